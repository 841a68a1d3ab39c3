"""Curation: the commands of those who keep the corpus: check it, verify its records, add to it, audit the article.

What a command needs is imported inside it, as in the command line beside.
"""

# ruff: noqa: PLC0415 - see above

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from assistant.terminal import err, out, reported

if TYPE_CHECKING:
    from corpus.verification import Checked, Compared

corpus_app = typer.Typer(help="The reviewed files that answers are made from.", no_args_is_help=True)
source_app = typer.Typer(help="New sources, as drafts that a person finishes.", no_args_is_help=True)


@corpus_app.command("check")
def check_corpus(*, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Print every problem of every file of the corpus, and what wants a look; exit with 1 where there is a problem."""
    from assistant.factory import CORPUS, SCREENS
    from corpus.library import find_problems, find_warnings

    problems, warnings = find_problems(CORPUS, SCREENS), find_warnings(CORPUS)
    if as_json:
        listed = [("problem", one) for one in problems] + [("warning", one) for one in warnings]
        rows = [{"level": level, "path": str(p.path), "line": p.line, "message": p.message} for level, p in listed]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        table = Table("", "Where", "What", box=None, show_header=bool(problems or warnings))
        for level, found in (("[red]problem", problems), ("[yellow]warning", warnings)):
            for one in found:
                place = one.path.relative_to(CORPUS.parent)
                table.add_row(level, escape(f"{place}:{one.line}"), escape(one.message))
        out.print(table)
        out.print(f"{len(problems)} problems." if problems else "The corpus is clean.")
    raise typer.Exit(bool(problems))


@corpus_app.command("audit")
def audit_corpus(
    *,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write one self-contained page.")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write Markdown.")] = None,
) -> None:
    """Say what to correct, remove and add in the articles, and what was withdrawn; to standard output without FILE."""
    from assistant.factory import load_corpus
    from corpus.report import audit_report

    with reported():
        report = audit_report(load_corpus())
        if html:
            html.write_text(report.to_html(), encoding="utf-8")
        if markdown:
            markdown.write_text(report.to_markdown(), encoding="utf-8")
        if not (html or markdown):
            typer.echo(report.to_markdown())


def verify(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]…", help="Sources, or claimed-1 to claimed-5.")
    ] = None,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Compare the files only.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Ask again whatever is known.")] = False,
    max_age_days: Annotated[float, typer.Option(min=0, help="Do not ask again before.")] = 30,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Ask Crossref and PubMed for every work; exit with 1 where a person has to look, with 3 where nobody answered."""
    from assistant.factory import LOCK, load_corpus
    from assistant.settings import read_settings
    from corpus.lock import load_lock
    from corpus.registries import open_registries
    from corpus.verification import Terms, compare_offline, exit_code
    from corpus.verification import verify as ask_registries

    results: tuple[Compared, ...] | tuple[Checked, ...]
    with reported():
        if offline:
            results = compare_offline(load_corpus(), load_lock(LOCK), ids or ())
        else:
            terms = Terms(ids=tuple(ids or ()), max_age_days=max_age_days, force=force)
            watch = partial(track, description="Asking", console=err, transient=True)
            with open_registries(read_settings().registries) as registries:
                results = ask_registries(load_corpus(), LOCK, registries, terms, progress=watch)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in results], ensure_ascii=False, indent=2))
    else:
        table = Table("", "Work", "Verdict", "Why", box=None)
        for one in results:
            level = "[red]look" if one.concerns else "[yellow]later" if one.is_open else "[green]ok"
            table.add_row(level, *map(escape, (one.id, *_found(one))))
        out.print(table)
    raise typer.Exit(exit_code(results))


def _found(one: "Checked | Compared") -> tuple[str, str]:
    """Return the verdict on a work and the reasons for it, in words."""
    from corpus.verification import Checked

    if isinstance(one, Checked):
        return one.entry.verdict.value, "; ".join(one.entry.remarks)
    return (one.verdict or one.state).value, ""


@source_app.command("add")
def add_source(
    doi: Annotated[str | None, typer.Option(help="10.…, without https://doi.org/")] = None,
    pmid: Annotated[str | None, typer.Option(help="PubMed's number")] = None,
    file: Annotated[Path | None, typer.Option(help="Markdown, HTML, DOCX or PDF")] = None,
) -> None:
    """Write the draft of a new source; patients see nothing of it before a person has finished it."""
    from assistant.factory import CORPUS, SCREENS
    from assistant.settings import read_settings
    from assistant.upkeep import draft_of_record
    from corpus.bibliography import Sought
    from corpus.intake import Desk, draft_from_file, save_draft, taken_ids

    if [doi, pmid, file].count(None) != 2:  # noqa: PLR2004 - one of three
        raise typer.BadParameter("give one of --doi, --pmid and --file")
    with reported():
        desk = Desk(SCREENS, datetime.now(tz=UTC).date(), taken_ids(CORPUS))
        if file:
            draft = draft_from_file(file, desk)
        else:
            draft = draft_of_record(Sought(doi=doi, pmid=pmid), CORPUS, desk, read_settings())
        out.print(f"Draft {save_draft(draft, CORPUS)}", highlight=False, soft_wrap=True)
