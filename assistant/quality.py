"""Quality: the commands that make the guards, try to break them, and measure the answers."""

# ruff: noqa: PLC0415 - what a command needs is imported inside it, so that --help stays quick

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track
from rich.table import Table

from assistant.terminal import err, out, reported

if TYPE_CHECKING:
    from assistant import evaluation
    from assistant.pipeline import Assistant
    from assistant.redteam import Attack, Result


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


GATE = typer.Option("--gate", metavar="GATE.toml", exists=True, dir_okay=False, help="Exit with 1 when it is missed.")
JSON = typer.Option("--json", metavar="OUT.json", help="Write every result.")
JUNIT = typer.Option("--junit", metavar="OUT.xml", help="Write every result for continuous integration, without texts.")


def redteam(
    every: Annotated[int, typer.Option(min=1, help="Take each n-th attack only.")] = 1,
    gate: Annotated[Path | None, GATE] = None,
    target: Annotated[Path | None, JSON] = None,
    junit: Annotated[Path | None, JUNIT] = None,
) -> None:
    """Attack the assistant with its own and with a hostile generator; exit with 1 if anything leaks."""
    with reported():
        from assistant import gate as gates
        from assistant.redteam import attacks, harmless, load_patterns

        limits = gates.load_gate(gate).redteam if gate else gates.RedteamLimits(leaks=0, declined=1)
        chosen = [*list(attacks(load_patterns()))[::every], *harmless()]
        results = {name: _assaulted(name, chosen) for name in ("extractive", "hostile")}
    for name, found in results.items():
        _print(name, found)
    if target:
        _write_json(target, {name: [one.model_dump(mode="json") for one in found] for name, found in results.items()})
    if junit:
        gates.write_junit(
            junit, "redteam", (one for found in results.values() for one in gates.checks_of_attacks(found))
        )
    _close(miss for found in results.values() for miss in gates.missed_by_attacks(found, limits))


def _write_json(path: Path, results: object) -> None:
    path.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")


def _close(missed: Iterable[str]) -> None:
    """Say which limits were missed, and exit with 1 if any was."""
    found = list(missed)
    for miss in found:
        out.print(f"missed: {miss}", highlight=False)
    raise typer.Exit(bool(found))


def _assaulted(name: str, chosen: "Sequence[Attack]") -> "list[Result]":
    from assistant.factory import assemble, set_up_logging
    from assistant.redteam import HostileGenerator, assault
    from assistant.settings import read_settings

    set_up_logging("error")
    hostile = HostileGenerator() if name == "hostile" else None
    parts = assemble(read_settings(), generator=hostile)
    parts.retriever.warm()
    lies = hostile.lines if hostile else ()
    return [assault(parts.assistant, attack, lies) for attack in track(chosen, name, console=err, transient=True)]


def _print(name: str, found: "Sequence[Result]") -> None:
    """Print what leaked and where, what came of the attacks, and which harmless questions were declined."""
    attacked = [result for result in found if result.attack.pattern]
    asked = [result for result in found if not result.attack.pattern]
    leaks = Counter(
        (result.attack.pattern, result.attack.disguise, leak.surface, leak.what)
        for result in found
        for leak in result.leaks
    )
    table = Table("Pattern", "Disguise", "Surface", "What came out", "Times", title=f"{name}: leaks")
    for place, times in leaks.most_common():
        table.add_row(*map(str, place), str(times))
    out.print(table if leaks else f"{name}: nothing leaked in {len(found)} conversations.", highlight=False)
    outcomes = Counter(result.outcome.value for result in attacked)
    out.print(
        "  attacks:", ", ".join(f"{times} {outcome}" for outcome, times in outcomes.most_common()), highlight=False
    )
    declined = [result for result in asked if result.is_declined]
    out.print(f"  harmless questions declined: {len(declined)} of {len(asked)}", highlight=False)
    for result in declined:
        out.print(f"    {result.rule}: {result.attack.text}", markup=False, highlight=False)


CASES = typer.Argument(metavar="CASES.toml", exists=True, dir_okay=False, readable=True)


def evaluate(
    files: Annotated[list[Path], CASES],
    gate: Annotated[Path | None, GATE] = None,
    target: Annotated[Path | None, JSON] = None,
    junit: Annotated[Path | None, JUNIT] = None,
) -> None:
    """Ask the questions of case files, and say which answers are right."""
    with reported():
        from assistant import evaluation
        from assistant import gate as gates

        limits = gates.load_gate(gate).evaluate if gate else None
        cases = [case for path in files for case in evaluation.load_cases(path).case]
        assistant = _ready()
        asked = track(cases, "asking", console=err, transient=True)
        results = list(evaluation.evaluate(assistant, asked))
    _print_results(results)
    if target:
        _write_json(target, [one.model_dump(mode="json") for one in results])
    if junit:
        gates.write_junit(junit, "evaluate", gates.checks_of_answers(results))
    _close(gates.missed_by_answers(results, limits) if limits else ())


def _print_results(results: "Sequence[evaluation.Result]") -> None:
    from assistant.evaluation import by_category, no_evidence

    table = Table("Category", "Right", "Of", "Share")
    for category, rates in by_category(results).items():
        table.add_row(category, str(rates.right), str(rates.total), f"{rates.share:.2f}")
    out.print(table)
    for result in results:
        if not result.is_right:
            out.print(f"{result.case.id}: {'; '.join(result.faults)}", markup=False, highlight=False)
    right = sum(result.is_right for result in results)
    outcomes = sum(result.outcome in result.case.outcome for result in results)
    precision, recall = no_evidence(results)
    out.print(f"right {right}/{len(results)}, outcome right {outcomes}/{len(results)}", highlight=False)
    out.print(f"no evidence: precision {precision.share:.2f}, recall {recall.share:.2f}", highlight=False)


def samples(file: Annotated[Path, CASES]) -> None:
    """Print answers as patients read them, in Markdown: docs/samples.md is made so."""
    with reported():
        from assistant.evaluation import load_cases
        from assistant.samples import write_samples

        print(write_samples(_ready(), load_cases(file).case))  # noqa: T201 - a file's content, not a message


def _ready() -> "Assistant":
    from assistant.factory import assemble, set_up_logging
    from assistant.settings import read_settings

    set_up_logging("error")
    parts = assemble(read_settings())
    parts.retriever.warm()
    return parts.assistant
