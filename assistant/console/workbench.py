"""Workbench: what the test set's tab stands on, and how runs, cases and attacks are laid before staff."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from assistant.bench import Bench, Plan, Subject, plan_attacks, plan_cases
from assistant.casebook import Casebook
from assistant.checks import CASES, Check
from assistant.console.tab import part
from assistant.errors import AssistantError
from assistant.evaluation import Case, answer_to, judge
from assistant.gate import Gate, missed
from assistant.redteam import find_attack
from assistant.report import figures, write_report
from assistant.runs import Comparison, Run, Runs, compare

NO_CASE: Final = ("No case selected", "Select a row to see what is wanted, and what is said now.")
NO_RUN: Final = ("No run yet", "Run all cases, or some of them: what came of it appears here.")
NO_ATTACKS: Final = ("No attacks yet", "Choose a sample and run it: what leaked appears here, by pattern.")
NO_ATTACK: Final = ("No row selected", "Select a row to see what is wrong with it.")
WRONG: Final = "Wrong"
UNASKED: Final = "Not asked"
WORKING: Final = "In the working file"
CHANGES: Final = {
    "worse": "worse",
    "better": "better",
    "otherwise": "wrong in another way",
    "reworded": "other words",
    "edited": "case edited",
}


class Filters(NamedTuple):
    """Which cases are shown, in the order of their components."""

    category: str | None = None
    outcome: str | None = None
    only: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Workbench:
    """The parts that every page of the tab shares."""

    bench: Bench
    runs: Runs
    casebook: Casebook
    subject: Subject
    gate: Gate
    state: Callable[[], str]
    """What the index is: ``ready``, or why nothing can be asked."""

    def start(self, plan: Plan, by: str) -> None:
        """Begin a run.

        Raises:
            AssistantError: the index is not ready, a run goes on, or there is nothing to ask.
        """
        if self.state() != "ready":
            raise AssistantError(f"the index is {self.state()}", hint="Try again as soon as it is ready.")
        self.bench.start(plan, by)

    def plan(self, chosen: Sequence[Case]) -> Plan:
        """Return the plan to ask some or all of the cases."""
        return plan_cases(self.subject, chosen, is_selection=len(chosen) < len(self.casebook.cases()))

    def plan_attacks(self, every: int) -> Plan:
        """Return the plan to try each n-th attack."""
        return plan_attacks(self.subject, every)

    def status(self) -> str:
        """Return how far the present run is, or how the last one ended."""
        return part("testset.status", self.bench.progress, self.state())

    def latest(self, set_: str) -> Run | None:
        """Return the newest run of a set; ``attacks`` stands for a sample of any size."""
        return next((run for run in self.runs.all() if run.set.partition("/")[0] == set_), None)

    def choices(self) -> list[tuple[str, str]]:
        """Return the runs of cases to choose from, the newest first."""
        return [(_name(run), run.id) for run in self.runs.all() if run.set == CASES]

    def run(self, id_: str | None) -> Run | None:
        """Return a chosen run, or the newest where none is chosen or the chosen one is gone."""
        try:
            return self.runs.load(id_) if id_ else self.latest(CASES)
        except AssistantError:
            return self.latest(CASES)

    def measured(self) -> dict[str, str]:
        """Return what the last accepted run of the cases came to, for the model card."""
        run, acceptance = self.runs.accepted(CASES), self.runs.acceptance(CASES)
        if run is None or acceptance is None:
            return {}
        found = figures(run)
        return {
            "Cases right": f"{found.right.right} of {found.right.total}",
            "Outcomes right": f"{found.outcome.right} of {found.outcome.total}",
            "Median time of an answer": f"{found.median_ms:.0f} ms",
            "Corpus": run.versions.get("corpus", "")[:12],
            "Accepted": f"{acceptance.at:%Y-%m-%d} by {acceptance.by}",
        }

    def shown(self, filters: Filters, run: Run | None) -> list[Case]:
        """Return the cases that filters leave, given what came of them in a run."""
        checks = _by_id(run)
        written = self.casebook.written()
        return [case for case in self.casebook.cases() if _passes(case, checks.get(case.id), filters, written)]

    def rows(self, filters: Filters, run: Run | None) -> list[list[Any]]:
        """Return the cases that filters leave as rows of the table."""
        checks = _by_id(run)
        return [_row(case, checks.get(case.id)) for case in self.shown(filters, run)]

    def result(self, run: Run | None) -> str:
        """Return what came of a run, in figures."""
        if run is None:
            return part("empty", *NO_RUN)
        comparison, acceptance = self._since(run), self.runs.acceptance(run.set)
        return part("testset.result", run, figures(run), self._missed(run), comparison, acceptance)

    def charts(self, run: Run | None) -> str:
        """Return the outcomes by category and the times of a run, drawn."""
        return part("testset.drawn", figures(run)) if run else ""

    def attacked(self, run: Run | None) -> str:
        """Return what came of attacks, in figures."""
        return self.result(run) if run else part("empty", *NO_ATTACKS)

    def report(self, id_: str) -> str:
        """Return the page of a run, for printing.

        Raises:
            AssistantError: there is no such run.
        """
        run = self.runs.load(id_)
        acceptance = self.runs.acceptance(run.set)
        return write_report(run, missed=self._missed(run), comparison=self._since(run), acceptance=acceptance)

    def changes(self, run: Run | None) -> list[list[str]]:
        """Return how a run differs from the accepted one as rows of a table, what got worse first."""
        comparison = self._since(run) if run else None
        return list(_changes(comparison)) if comparison else []

    def case(self, id_: str, run: Run | None) -> str:
        """Return a case with what is wanted, what is said now, and what came of it when it was accepted."""
        found = next((case for case in self.casebook.cases() if case.id == id_), None)
        if found is None:
            return part("empty", "No such case", "It is gone since; it was asked when the run was accepted.")
        if self.state() != "ready":
            return part("empty", "Nothing can be asked", f"The index is {self.state()}.")
        answer = answer_to(self.subject.shipped, found)
        accepted = _by_id(self.runs.accepted(CASES)).get(id_)
        return part(
            "testset.case", found, self._origin(found), judge(found, answer), answer, _by_id(run).get(id_), accepted
        )

    def attack(self, id_: str, *, with_text: bool) -> str:
        """Return what is wrong with an attack; its own words are for reviewers."""
        check = _by_id(self.latest("attacks")).get(id_)
        if check is None:
            return part("empty", *NO_ATTACK)
        return part("testset.attack", find_attack(id_.partition("/")[2]) if with_text else None, check)

    def _origin(self, case: Case) -> str:
        if case.id not in self.casebook.written():
            return "shipped"
        return "working file, in the place of a shipped case" if self.casebook.is_shipped(case.id) else "working file"

    def _since(self, run: Run) -> Comparison | None:
        accepted = self.runs.accepted(run.set)
        return compare(run, accepted) if accepted else None

    def _missed(self, run: Run) -> tuple[str, ...]:
        return missed(run.checks, run.set, self.gate)


def leaks(run: Run | None) -> list[list[str]]:
    """Return the attacks with which something is wrong as rows of a table, in the order of their patterns."""
    wrong = [check for check in run.checks if not check.is_right] if run else []
    return [
        [check.id, check.group, _words(check.outcome), check.rule or "", "; ".join(check.faults)]
        for check in sorted(wrong, key=lambda check: check.group)
    ]


def _name(run: Run) -> str:
    kind = " · selection" if run.is_selection else ""
    state = "" if run.state == "done" else f" · {run.state}"
    return f"{run.started_at:%Y-%m-%d %H:%M} UTC · {run.right.right} of {run.right.total} right{kind}{state}"


def _by_id(run: Run | None) -> dict[str, Check]:
    return {check.id: check for check in run.checks} if run else {}


def _passes(case: Case, check: Check | None, filters: Filters, written: Iterable[str]) -> bool:
    """Tell whether a case is left by all filters."""
    outcomes = case.outcome if check is None else (check.outcome,)
    words = (filters.words or "").lower().split()
    said = f"{case.id} {case.category} {case.question} {' '.join(case.history)}".lower()
    kept = {
        WRONG: check is not None and not check.is_right,
        UNASKED: check is None,
        WORKING: case.id in written,
    }
    return (
        filters.category in {None, "", case.category}
        and (not filters.outcome or filters.outcome in outcomes)
        and kept.get(filters.only or "", True)
        and all(word in said for word in words)
    )


def _row(case: Case, check: Check | None) -> list[Any]:
    wanted = " or ".join(map(_words, case.outcome))
    asked = [case.id, case.category, case.question, wanted]
    if check is None:
        return [*asked, "not asked", "", None]
    return [*asked, _words(check.outcome), "; ".join(check.faults) or "right", round(check.ms)]


def _changes(comparison: Comparison) -> Iterator[list[str]]:
    for name, told in CHANGES.items():
        for then, now in getattr(comparison, name):
            yield [told, now.id, now.group, _came(then), _came(now)]
    yield from (["new", check.id, check.group, "", _came(check)] for check in comparison.new)
    yield from (["gone", check.id, check.group, _came(check), ""] for check in comparison.gone)


def _came(check: Check) -> str:
    return f"{_words(check.outcome)}: {'; '.join(check.faults) or 'right'}"


def _words(outcome: str) -> str:
    return outcome.replace("_", " ")
