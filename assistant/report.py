"""Report: a run in figures, and as one page that can be printed; both without the text of any case or answer."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.answer import Outcome
from assistant.checks import HARMLESS, Check, Rates, by_group
from assistant.runs import Acceptance, Comparison, Run

EDGES_MS: Final = (0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
"""Where the bars of the times begin."""

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages" / "console"), autoescape=True, undefined=StrictUndefined
)


class Stretch(NamedTuple):
    """A part of a bar, in hundredths of its length."""

    outcome: Outcome
    number: int
    start: float
    width: float


class Row(NamedTuple):
    """The checks of one group in figures."""

    group: str
    right: Rates
    stretches: tuple[Stretch, ...]
    median_ms: float


class Bin(NamedTuple):
    """How many answers took how long; the width is in hundredths of the fullest bin's."""

    label: str
    number: int
    width: float


class Figures(NamedTuple):
    """A run in figures."""

    right: Rates
    outcome: Rates
    leaks: int
    declined: Rates
    """Of the harmless questions, those that were declined."""
    median_ms: float
    p95_ms: float
    groups: tuple[Row, ...]
    urgencies: tuple[Row, ...]
    times: tuple[Bin, ...]


def figures(run: Run) -> Figures:
    """Return a run in figures."""
    checks = run.checks
    times = [check.ms for check in checks]
    return Figures(
        right=run.right,
        outcome=Rates.of(check.outcome in check.wanted for check in checks),
        leaks=sum(len(check.leaks) for check in checks),
        declined=Rates.of(check.is_declined for check in checks if check.group == HARMLESS),
        median_ms=run.median_ms,
        p95_ms=quantiles(times, n=20)[-1] if len(times) > 1 else run.median_ms,
        groups=tuple(_row(group, found) for group, found in by_group(checks).items()),
        urgencies=tuple(
            _row(urgency, found) for urgency, found in by_group(checks, lambda check: check.urgency).items()
        ),
        times=_bins(times),
    )


def write_report(
    run: Run, *, missed: Sequence[str], comparison: Comparison | None, acceptance: Acceptance | None
) -> str:
    """Return the page of a run: HTML that needs no other file and prints well."""
    return _PAGES.get_template("report.html").render(
        run=run, figures=figures(run), missed=missed, comparison=comparison, acceptance=acceptance
    )


def _row(group: str, checks: Sequence[Check]) -> Row:
    counts = Counter(check.outcome for check in checks)
    found = [(outcome, counts[outcome]) for outcome in Outcome if counts[outcome]]
    starts = accumulate((count for _, count in found), initial=0)
    whole = len(checks) / 100
    return Row(
        group,
        Rates.of(check.is_right for check in checks),
        tuple(
            Stretch(outcome, count, round(start / whole, 2), round(count / whole, 2))
            for (outcome, count), start in zip(found, starts, strict=False)
        ),
        median(check.ms for check in checks),
    )


def _bins(times_ms: Iterable[float]) -> tuple[Bin, ...]:
    """Return the times in bins, without the empty ones before the first and after the last that holds any."""
    found = list(times_ms)
    edges = [*pairwise((*EDGES_MS, float("inf")))]
    counts = [sum(low <= ms < high for ms in found) for low, high in edges]
    held = [at for at, count in enumerate(counts) if count]
    if not held:
        return ()
    return tuple(
        Bin(_label(*edges[at]), counts[at], round(100 * counts[at] / max(counts), 2))
        for at in range(held[0], held[-1] + 1)
    )


def _label(low: float, high: float) -> str:
    if high == float("inf"):
        return f"over {low / 1000:g} s"
    return f"{low:g} to {high:g} ms" if high <= 1000 else f"{low / 1000:g} to {high / 1000:g} s"  # noqa: PLR2004 - milliseconds
