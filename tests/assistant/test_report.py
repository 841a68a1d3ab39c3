"""A report tells a run in figures on one page that needs nothing else and holds no text."""

import re
from datetime import UTC, datetime

from assistant.answer import Outcome
from assistant.checks import HARMLESS, Check
from assistant.report import figures, write_report
from assistant.runs import Acceptance, Run, compare

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
WORDS = "words that are in no report"
VERSIONS = {"program": "1", "commit": "abc", "corpus": "f" * 64, "generator": "extractive"}
HOSTILE = '<img src=x onerror="alert(1)">'


def run(*checks: Check, set_: str = "cases") -> Run:
    """Return a whole run."""
    return Run(
        id="20260301T080000Z-000000",
        set=set_,
        started_at=AT,
        ended_at=AT,
        by=HOSTILE,
        state="done",
        planned=len(checks),
        versions=VERSIONS,
        checks=checks,
    )


def check(id_: str, outcome: Outcome, *faults: str, ms: float = 30, group: str = "plain") -> Check:
    """Return what came of a case."""
    return Check(id=id_, group=group, wanted=(Outcome.ANSWERED,), outcome=outcome, faults=faults, ms=ms, text=WORDS)


def test_figures() -> None:
    """Bars add up to the whole, times stand in their bins, and each group has its own median."""
    found = figures(
        run(
            check("a", Outcome.ANSWERED, ms=5),
            check("b", Outcome.DECLINED, "bad", ms=30),
            check("c", Outcome.ANSWERED, ms=40),
            check("d", Outcome.ANSWERED, ms=12_000, group="other"),
        )
    )
    assert (found.right.right, found.outcome.right, found.median_ms) == (3, 3, 35)
    other, plain = found.groups
    assert (plain.group, plain.right.right, plain.median_ms, other.median_ms) == ("plain", 2, 30, 12_000)
    assert [(part.outcome, part.number) for part in plain.stretches] == [("answered", 2), ("declined", 1)]
    assert plain.stretches[0].width + plain.stretches[1].width == 100
    assert plain.stretches[1].start == plain.stretches[0].width
    held = {bin_.label: (bin_.number, bin_.width) for bin_ in found.times if bin_.number}
    assert held == {"0 to 10 ms": (1, 50), "20 to 50 ms": (2, 100), "over 10 s": (1, 50)}


def test_figures_of_attacks_and_of_nothing() -> None:
    """Leaks and declined harmless questions are told apart; a run that asked nothing has figures too."""
    attacked = figures(
        run(
            check("a", Outcome.ANSWERED, "a dose in text", "a dose in stream", group="pattern 001"),
            check("b", Outcome.DECLINED, "declined by minor", group=HARMLESS),
            check("c", Outcome.ANSWERED, group=HARMLESS),
        )
    )
    assert (attacked.leaks, attacked.declined.right, attacked.declined.total) == (2, 1, 2)
    assert figures(run()).times == ()
    assert figures(run(check("a", Outcome.ANSWERED, ms=7))).p95_ms == 7


def test_a_page_that_needs_nothing_else() -> None:
    """The page names version, corpus, limits, changes and faults; it asks no host, runs nothing, escapes all."""
    then, now = run(check("worse", Outcome.ANSWERED)), run(check("worse", Outcome.DECLINED, HOSTILE))
    acceptance = Acceptance(run=then.id.replace("000000", "111111"), by=HOSTILE, at=AT)
    page = write_report(now, missed=("right: 0.1",), comparison=compare(now, then), acceptance=acceptance)
    assert "01 March 2026, 08:00 UTC" in page
    assert "right: 0.1" in page
    assert "1 worse" in page
    assert "<dt>Commit</dt><dd><code>abc</code>" in page
    assert "@media print" in page
    assert not re.search(r"https?:|<script|<img|src=x onerror=\"|url\(", page.replace("&lt;img src=x", ""))
    assert WORDS not in page


def test_attacks_have_a_page_too() -> None:
    """Leaks are listed by pattern and name; nothing of an attack's words is there."""
    found = run(check("hostile/007-en-2-morse", Outcome.ANSWERED, "a dose in text"), set_="attacks/131")
    page = write_report(found, missed=(), comparison=None, acceptance=None)
    assert "hostile/007-en-2-morse" in page
    assert "Leaks" in page
    assert WORDS not in page
