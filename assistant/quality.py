"""Quality: the commands that make the guards, try to break them, and measure the answers."""

# ruff: noqa: PLC0415 - what a command needs is imported inside it, so that --help stays quick

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.progress import track
from rich.table import Table

from assistant.errors import AssistantError
from assistant.terminal import err, out, reported

if TYPE_CHECKING:
    from assistant.bench import Plan, Subject
    from assistant.checks import Check
    from assistant.runs import Run, Runs
    from assistant.settings import Settings


def train() -> None:
    """Make the guards' classifier again from guardrails/examples; needed whenever those change."""
    with reported():
        from assistant.embeddings import load_embeddings
        from guardrails.training import load_examples
        from guardrails.training import train as trained

        examples, embeddings = load_examples(), load_embeddings()
        weights = trained(examples, embeddings.read, embeddings.fingerprint)
        weights.save()
    out.print(f"{len(weights.heads)} heads learnt from {len(examples)} examples.", highlight=False)


def learn() -> None:
    """Learn anew which summary a question asks for; needed whenever their questions or corpus/heard change."""
    with reported():
        from assistant import intents
        from assistant.embeddings import load_embeddings
        from assistant.factory import CORPUS, load_corpus
        from corpus.summary import read_questions

        load_corpus()  # nothing is learned from files that are not whole
        lessons = [*read_questions(CORPUS)]
        intents.learn(lessons, load_embeddings()).save()
    out.print(f"Intents learnt from {len(lessons)} questions.", highlight=False)


CASES_FILES = typer.Argument(metavar="[CASES.toml]…", exists=True, dir_okay=False, help="The shipped cases, if none.")
GATE = typer.Option("--gate", metavar="GATE.toml", exists=True, dir_okay=False, help="Other limits than the shipped.")
JSON = typer.Option("--json", metavar="OUT.json", help="Write every result, with the answers to cases.")
JUNIT = typer.Option("--junit", metavar="OUT.xml", help="Write every result for continuous integration, without texts.")
COMPARE = typer.Option(
    "--compare", metavar="RUN.json", help="Say how this run differs from that one, or from the last one `accepted`."
)
ACCEPT = typer.Option("--accept", help="Compare later runs of this set with this one, if it keeps all limits.")
TIMES = typer.Option(min=1, max=20, help="Ask each case as often; the worst time counts.")


class Wanted(NamedTuple):
    """What a command was told to do with its run."""

    gate: Path | None
    target: Path | None
    junit: Path | None
    compare: str | None
    accept: bool


def evaluate(  # noqa: PLR0913 - its options
    files: Annotated[list[Path] | None, CASES_FILES] = None,
    *,
    gate: Annotated[Path | None, GATE] = None,
    target: Annotated[Path | None, JSON] = None,
    junit: Annotated[Path | None, JUNIT] = None,
    compare: Annotated[str | None, COMPARE] = None,
    accept: Annotated[bool, ACCEPT] = False,
    times: Annotated[int, TIMES] = 1,
) -> None:
    """Ask the questions of case files; exit with 1 below the limits of a release, or when something got worse."""
    with reported():
        from assistant import bench, checks
        from assistant.evaluation import load_cases, shipped_cases

        cases = [case for path in files for case in load_cases(path).case] if files else shipped_cases()
        name = "+".join(path.stem for path in files) if files else checks.CASES
        _conduct(
            name,
            lambda: bench.plan_cases(_subject(), cases, name=name, times=times),
            _print_answers,
            Wanted(gate, target, junit, compare, accept),
        )


def redteam(
    every: Annotated[int, typer.Option(min=1, help="Take each n-th attack only.")] = 1,
    *,
    gate: Annotated[Path | None, GATE] = None,
    target: Annotated[Path | None, JSON] = None,
    junit: Annotated[Path | None, JUNIT] = None,
    compare: Annotated[str | None, COMPARE] = None,
    accept: Annotated[bool, ACCEPT] = False,
) -> None:
    """Attack the assistant with its own and with a hostile generator; exit with 1 if anything leaks."""
    with reported():
        from assistant import bench, checks

        _conduct(
            f"{checks.ATTACKS}/{every}",
            lambda: bench.plan_attacks(_subject(), every),
            _print_attacks,
            Wanted(gate, target, junit, compare, accept),
        )


def _conduct(
    name: str, plan_of: "Callable[[], Plan]", show: "Callable[[Sequence[Check]], None]", wanted: Wanted
) -> None:
    """Run a plan to its end, keep it with the runs of the console, and say what is to be said of it."""
    from assistant import gate as gates
    from assistant.runs import Runs

    limits = gates.load_gate(wanted.gate or gates.SHIPPED)
    runs = Runs(_settings().data_dir / "runs")
    earlier = _earlier(runs, name, wanted.compare) if wanted.compare else None
    plan = plan_of()
    started_at = datetime.now(UTC)
    run = plan.run(started_at, list(track(plan.checks, "asking", plan.total, console=err, transient=True)))
    runs.keep(run)
    show(run.checks)
    if wanted.target:
        wanted.target.write_text(run.model_dump_json(indent=1), encoding="utf-8")
    if wanted.junit:
        gates.write_junit(wanted.junit, run.set, run.checks)
    failed = list(gates.missed(run.checks, run.set, limits))
    if wanted.accept and not failed:
        runs.accept(run, "command line")
        out.print(f"accepted: {run.id}", highlight=False)
    if earlier:
        failed += _print_comparison(run, earlier)
    for miss in failed:
        out.print(f"missed: {miss}", markup=False, highlight=False)
    raise typer.Exit(bool(failed))


def _earlier(runs: "Runs", set_: str, named: str) -> "Run":
    """Return the run to compare with: the last accepted one of a set, or that of a file."""
    from assistant.runs import load_run

    if named != "accepted":
        return load_run(Path(named))
    if accepted := runs.accepted(set_):
        return accepted
    raise AssistantError(f"no run of {set_} was accepted yet", hint="Run once with --accept.")


def _print_comparison(run: "Run", earlier: "Run") -> list[str]:
    """Print how a run differs from an earlier one, and return what got worse."""
    from assistant.runs import compare

    found = compare(run, earlier)
    pairs = {name: getattr(found, name) for name in ("worse", "better", "otherwise", "reworded", "edited")}
    counts = {name: len(of) for name, of in pairs.items()} | {"new": len(found.new), "gone": len(found.gone)}
    out.print(f"since {earlier.id}:", ", ".join(f"{times} {name}" for name, times in counts.items()), highlight=False)
    for name in ("worse", "better", "otherwise"):
        for then, now in pairs[name]:
            faults = "; ".join(now.faults or then.faults)
            out.print(f"  {name}: {now.id}: {faults}", markup=False, highlight=False, soft_wrap=True)
    return [f"worse: {len(found.worse)} cases that were right before"] if found.worse else []


def _print_answers(checks: "Sequence[Check]") -> None:
    """Print how many answers are right, by category and by urgency, and what is wrong with the others."""
    from assistant.checks import Rates, by_group
    from assistant.evaluation import no_evidence

    for title, groups in (
        ("Category", by_group(checks)),
        ("Urgency", by_group(checks, lambda check: check.urgency)),
    ):
        table = Table(title, "Right", "Of", "Share")
        for name, found in groups.items():
            rates = Rates.of(check.is_right for check in found)
            table.add_row(name, str(rates.right), str(rates.total), f"{rates.share:.2f}")
        out.print(table)
    for check in checks:
        if not check.is_right:
            out.print(f"{check.id}: {'; '.join(check.faults)}", markup=False, highlight=False)
    right = sum(check.is_right for check in checks)
    outcomes = sum(check.outcome in check.wanted for check in checks)
    precision, recall = no_evidence(checks)
    out.print(f"right {right}/{len(checks)}, outcome right {outcomes}/{len(checks)}", highlight=False)
    out.print(f"no evidence: precision {precision.share:.2f}, recall {recall.share:.2f}", highlight=False)


def _print_attacks(checks: "Sequence[Check]") -> None:
    """Print, for each generator, what leaked and where, and which harmless questions were declined."""
    from assistant.checks import HARMLESS, by_group

    for name, found in by_group(checks, lambda check: check.id.partition("/")[0]).items():
        leaking = [check for check in found if check.leaks]
        table = Table("Pattern", "Attack", "What came out", title=f"{name}: leaks")
        for check in leaking:
            table.add_row(check.group, check.id.partition("/")[2], "; ".join(check.leaks))
        out.print(table if leaking else f"{name}: nothing leaked in {len(found)} conversations.", highlight=False)
        outcomes = Counter(check.outcome.value for check in found if check.group != HARMLESS)
        said = ", ".join(f"{times} {outcome}" for outcome, times in outcomes.most_common())
        out.print("  attacks:", said, highlight=False)
        asked = [check for check in found if check.group == HARMLESS]
        declined = [check for check in asked if check.is_declined]
        out.print(f"  harmless questions declined: {len(declined)} of {len(asked)}", highlight=False)
        for check in declined:
            out.print(f"    {check.rule}: {check.id.partition('/')[2]}", markup=False, highlight=False)


CASES = typer.Argument(metavar="CASES.toml", exists=True, dir_okay=False, readable=True)


def samples(file: Annotated[Path, CASES]) -> None:
    """Print answers as patients read them, in Markdown: docs/samples.md is made so."""
    with reported():
        from assistant.evaluation import load_cases
        from assistant.samples import write_samples

        print(write_samples(_subject().shipped, load_cases(file).case))  # noqa: T201 - a file's content, not a message


def _settings() -> "Settings":
    from assistant.settings import read_settings

    return read_settings()


def _subject() -> "Subject":
    from assistant.card import versions
    from assistant.factory import assemble, load_subject
    from assistant.logs import set_up_logging

    set_up_logging("error")
    settings = _settings()
    parts = assemble(settings)
    parts.retriever.warm()
    return load_subject(parts, settings, versions(parts, settings).model_dump())
