"""Command line: serve, ask, batch, index, check; curation of the corpus is beside it.

What a command needs is imported inside it: torch, Chroma and Gradio take seconds that ``--help`` must not pay.
"""

# ruff: noqa: PLC0415 - see above

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from pydantic import BaseModel, ConfigDict, ValidationError
from rich.progress import track
from rich.table import Table

from assistant import curation, quality
from assistant.errors import AssistantError
from assistant.terminal import err, out, reported

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.answer import Answer
    from assistant.factory import Parts
    from assistant.settings import Settings
    from corpus.text import Lang

app = typer.Typer(
    add_completion=False,
    help="A clinic's assistant that cites every sentence and states no dose.",
    no_args_is_help=True,
)
app.add_typer(curation.corpus_app, name="corpus")
app.add_typer(curation.source_app, name="source")
staff_app = typer.Typer(help="Who may use the staff console.", no_args_is_help=True)
app.add_typer(staff_app, name="staff")

SHORTEST_PASSWORD = 12

LEVELS = {"ok": "[green]ok", "note": "[yellow]note", "fault": "[red]fault"}


class BatchRow(BaseModel):
    """One line of a batch: a question, and what the same visitor wrote before it."""

    model_config = ConfigDict(extra="ignore")

    id: str
    text: str
    history: list[str] = []


@app.command()
def serve() -> None:
    """Serve the page, the widget, the API and the staff console."""
    with reported():
        from assistant.factory import build_app
        from assistant.settings import read_settings

        settings = read_settings()
        run(build_app(settings), settings)


def run(application: "FastAPI", settings: "Settings") -> None:
    """Print where everything is, and serve until stopped."""
    import uvicorn

    from assistant.logs import set_up_logging

    set_up_logging(settings.log_level)
    address = f"http://{settings.server.host}:{settings.server.port}"
    out.print(f"Page     {address}/", f"API docs {address}/docs", sep="\n", highlight=False)
    if settings.staff.console:
        password = getattr(application.state, "one_time_password", None)
        hint = f"   user: staff   one-time password: {password}" if password else ""
        out.print(f"Console  {address}/staff{hint}", highlight=False, soft_wrap=True)
    uvicorn.run(
        application,
        host=settings.server.host,
        port=settings.server.port,
        log_level="warning",
        server_header=False,
        # Whom to believe is decided within the application, the same for every server that runs it.
        proxy_headers=False,
    )


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What a patient would type.")],
    lang: Annotated[Literal["en", "es"], typer.Option(help="Where the question does not tell.")] = "en",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print all fields.")] = False,
) -> None:
    """Answer one question."""
    with reported():
        answer = _answer(_ready(), question, lang=lang)
    if as_json:
        typer.echo(json.dumps(answer.to_wire(), ensure_ascii=False, indent=2))
    else:
        _print(answer)


@app.command()
def batch(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", help='Lines of {"id", "text", "history"?}.')],
    target: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="One answer per line, in order.")],
    depth: Annotated[int, typer.Option(min=0, help="Answer from this many of the best passages; 0 for all.")] = 0,
) -> None:
    """Answer many questions in one process."""
    with reported():
        rows = _rows(source)
        parts = _ready(depth)
        # Each line is there as soon as its question was answered.
        with target.open("w", encoding="utf-8", buffering=1) as file:
            for row in track(rows, "Answering", console=err, transient=True):
                wire = _answer(parts, row.text, history=row.history).to_wire() | {"id": row.id}
                file.write(json.dumps(wire, ensure_ascii=False) + "\n")


@app.command()
def index() -> None:
    """Build the index of the present corpus, where it is not there yet."""
    with reported():
        parts = _ready()
        passages = len(parts.library.patient_passages())
    out.print(f"The index holds {passages} passages of corpus {parts.library.fingerprint[:12]}.", highlight=False)


class Position(StrEnum):
    """Of the switch."""

    ON = "on"
    OFF = "off"


@app.command()
def switch(
    position: Annotated[Position, typer.Argument(help="off leads everybody to people; red flags are answered.")],
) -> None:
    """Switch the assistant off or on, for every process that uses this data folder, from the next question on."""
    from assistant.settings import read_settings
    from assistant.switch import Switch

    with reported():
        flag = Switch(read_settings().data_dir)
        (flag.turn_off if position is Position.OFF else flag.turn_on)()
    out.print(f"The assistant is {position.value}.", highlight=False)


@app.command()
def check() -> None:
    """Say what is missing or unreviewed, and exit with 1 where something does not work."""
    from assistant.doctor import diagnose

    with reported():
        from assistant.settings import read_settings

        findings = diagnose(read_settings())
    table = Table("", "What", "Found", box=None)
    for finding in findings:
        table.add_row(
            LEVELS[finding.level],
            finding.what,
            finding.found,
        )
    out.print(table)
    raise typer.Exit(any(finding.level == "fault" for finding in findings))


@staff_app.command("add")
def add_staff(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[Literal["staff", "clinical-reviewer"], typer.Option(help="What the account may do.")] = "staff",
) -> None:
    """Ask for a password twice and print the setting with the new account beside those that are there."""
    from argon2 import PasswordHasher

    from assistant.settings import Account, StaffRole, read_settings

    with reported():
        if not re.fullmatch(r"[^\s\"'{}$]{1,64}", name):
            raise AssistantError("this name cannot be used", hint="Use up to 64 letters, digits, dots and dashes.")
        accounts = dict(read_settings().staff.accounts)
        password = typer.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
        if len(password) < SHORTEST_PASSWORD:
            raise AssistantError("the password is too short", hint=f"Use {SHORTEST_PASSWORD} characters or more.")
        accounts[name] = Account(hash=PasswordHasher().hash(password), role=StaffRole(role))
        known = {name: account.model_dump(mode="json") for name, account in accounts.items()}
    typer.echo("Put this line into .env; in a shell, put what follows the = between single quotes.", err=True)
    typer.echo(f"ASSISTANT_STAFF__ACCOUNTS={json.dumps(known)}")


def _ready(depth: int = 0) -> "Parts":
    from assistant.factory import assemble
    from assistant.logs import set_up_logging
    from assistant.settings import read_settings

    set_up_logging("warning")
    parts = assemble(read_settings(), depth=depth)
    parts.retriever.warm()
    return parts


def _answer(parts: "Parts", question: str, lang: "Lang" = "en", history: list[str] | None = None) -> "Answer":
    from assistant.answer import Answer

    *_, answer = parts.assistant.ask(question, lang=lang, history=history)
    if not isinstance(answer, Answer):
        raise AssistantError("the stream did not close with an answer")
    return answer


def _print(answer: "Answer") -> None:
    for claim in answer.claims:
        marks = "".join(f"[{citation.n}]" for citation in claim.citations)
        out.print(f"{claim.text} {marks}", markup=False, highlight=False)
    if answer.message:
        out.print(answer.message, markup=False, highlight=False)
    for notice in answer.notices:
        out.print(f"- {notice}", markup=False, highlight=False, style="dim")
    for citation in answer.citations:
        source = f"[{citation.n}] {citation.byline}. {citation.title}. {citation.url}"
        out.print(source, markup=False, highlight=False, style="cyan")
    out.print(f"{answer.outcome.value} · {answer.rule or 'no rule'} · {answer.ms:.0f} ms", style="dim", highlight=False)


def _rows(source: Path) -> list[BatchRow]:
    rows = []
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            rows.append(BatchRow.model_validate_json(line))
        except ValidationError as error:
            fault = error.errors(include_input=False)[0]
            where = ".".join(map(str, fault["loc"])) or "line"
            raise AssistantError(
                f"{source.name}:{number}: {where}: {fault['msg']}", hint='Each line is {"id": …, "text": …}.'
            ) from None
    return rows


app.command()(curation.verify)
app.command()(quality.train)
app.command()(quality.learn)
app.command()(quality.redteam)
app.command()(quality.evaluate)
app.command()(quality.samples)
