"""The test set's tab: filters, what is shown of runs, cases and attacks, and what a role does not get."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.answer import Answer, Citation, CitedClaim, Outcome
from assistant.bench import Bench, Subject
from assistant.casebook import Casebook
from assistant.checks import Check
from assistant.console import caseform
from assistant.console.page import build
from assistant.console.papers import paper_routes
from assistant.console.testset import BenchTab
from assistant.console.workbench import UNASKED, WORKING, WRONG, Filters, Workbench, leaks
from assistant.evaluation import shipped_cases
from assistant.gate import load_gate
from assistant.redteam import attacks, load_patterns
from assistant.runs import Run, Runs, new_id
from assistant.settings import StaffRole
from assistant.staff import Member
from assistant.testing import passage

HOSTILE = "<img src=x onerror=alert(1)>"
FIRST, SECOND = shipped_cases()[:2]
ATTACK = next(attacks(load_patterns()[6:7], ["rot13"]))
WAIT_S = 20
VERSIONS = {"program": "1", "commit": "abc", "corpus": "f" * 64, "generator": "extractive"}


class Scripted:
    """An assistant that answers everything with one cited sentence of markup."""

    def ask(self, question: str, **_: object) -> Iterator[CitedClaim | Answer]:
        """Answer."""
        citation = Citation(n=1, passage="p#a", source="p", title="T", byline="B", kind="k", url="u", quote=HOSTILE)
        claim = CitedClaim(text=f"Said {HOSTILE}", citations=(citation,))
        yield claim
        yield Answer(
            id="1",
            session="s",
            question=question,
            lang="en",
            outcome=Outcome.ANSWERED,
            claims=(claim,),
            ms=3,
            fingerprint="f",
            generator="scripted",
        )


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    """Return a workbench with scripted assistants and no runs."""
    scripted: Any = Scripted()
    runs = Runs(tmp_path / "runs")
    return Workbench(
        bench=Bench(runs),
        runs=runs,
        casebook=Casebook(tmp_path, [passage("LDN may disturb sleep.")]),
        subject=Subject(scripted, scripted, "scripted", VERSIONS),
        gate=load_gate(),
        state=lambda: "ready",
    )


def kept(workbench: Workbench, *checks: Check, set_: str = "cases", **changes: object) -> Run:
    """Return a run of these checks, which is kept."""
    at = datetime.now(UTC)
    run = Run(
        id=new_id(at),
        set=set_,
        started_at=at,
        ended_at=at,
        state="done",
        planned=len(checks),
        versions=VERSIONS,
        checks=checks,
    ).model_copy(update=changes)
    workbench.runs.keep(run)
    return run


def check(id_: str, *faults: str, outcome: Outcome = Outcome.ANSWERED) -> Check:
    """Return what came of a case."""
    return Check(id=id_, group="g", outcome=outcome, faults=faults, ms=5)


def write(workbench: Workbench, **fields: object) -> None:
    """Write a case to the working file."""
    whole = {"id": "own", "category": "own", "question": "Q?", "outcome": ("answered",), "grounds": "G."}
    workbench.casebook.save(whole | fields)


def test_filters_leave_what_they_say(workbench: Workbench) -> None:
    """Category, outcome, what is wrong, not asked or our own, and words: each alone and together."""
    write(workbench, question="Zebra stripes?")
    run = kept(workbench, check(FIRST.id, "bad", outcome=Outcome.DECLINED), check(SECOND.id))

    def ids(**filters: str) -> list[str]:
        return [row[0] for row in workbench.rows(Filters(**filters), run)]

    everything = len(shipped_cases()) + 1
    assert len(ids()) == everything
    assert ids(only=WRONG) == [FIRST.id]
    assert len(ids(only=UNASKED)) == everything - 2
    assert ids(only=WORKING) == ids(category="own") == ids(words="ZEBRA stripes") == ["own"]
    assert ids(outcome="declined", only=WRONG) == [FIRST.id]
    assert ids(category="own", words="nothing of it") == []
    row = next(row for row in workbench.rows(Filters(), run) if row[0] == FIRST.id)
    assert row[4:] == ["declined", "bad", 5]


def test_a_selection_is_planned_as_one(workbench: Workbench) -> None:
    """Some cases are a selection, which cannot be accepted later; all of them are not."""
    assert workbench.plan(workbench.casebook.cases()).is_selection is False
    assert workbench.plan(workbench.casebook.cases()[:3]).is_selection is True


def test_changes_are_rows_with_what_got_worse_first(workbench: Workbench) -> None:
    """A seeded regression stands on top, then what got better, then what is new and gone."""
    old = check("x")
    accepted = kept(workbench, check(FIRST.id), check(SECOND.id, "bad"), old)
    workbench.runs.accept(accepted, "ann")
    run = kept(workbench, check(SECOND.id), check(FIRST.id, "worse now"), check("y"))
    rows = workbench.changes(run)
    assert [(row[0], row[1]) for row in rows] == [
        ("worse", FIRST.id),
        ("better", SECOND.id),
        ("new", "y"),
        ("gone", "x"),
    ]
    assert rows[0][3:] == ["answered: right", "answered: worse now"]
    assert "1 worse" in workbench.result(run)
    assert "Accepted by ann" in workbench.result(accepted)
    assert workbench.changes(None) == []
    assert workbench.measured()["Cases right"] == "2 of 3"


def test_a_case_is_shown_with_what_is_said_now(workbench: Workbench) -> None:
    """What is wanted stands beside the present answer and beside what the accepted run got."""
    workbench.runs.accept(kept(workbench, check(FIRST.id, "was bad")), "ann")
    shown = workbench.case(FIRST.id, None)
    for words in (FIRST.grounds, "What is said now", "was bad", "Said &lt;img", "other words than now"):
        assert words in shown
    assert "No such case" in workbench.case("unknown", None)


def test_markup_in_cases_and_names_is_text(workbench: Workbench) -> None:
    """Whatever a case, a fault or a user's name says is shown and never obeyed, on every part of the tab."""
    write(workbench, category=HOSTILE, question=HOSTILE, grounds=HOSTILE, must_not_say=(HOSTILE,))
    run = kept(workbench, check("own", HOSTILE).model_copy(update={"group": HOSTILE}), by=HOSTILE)
    workbench.runs.accept(run, HOSTILE)
    parts = [
        workbench.case("own", run),
        workbench.result(run),
        workbench.charts(run),
        workbench.report(run.id),
    ]
    assert all("<img" not in shown and "&lt;img" in shown for shown in parts)


def test_attacks_are_listed_by_pattern_and_their_words_are_for_reviewers(workbench: Workbench) -> None:
    """What leaked is listed without the words of the attack; only a reviewer reads those, on selection."""
    leak = Check(id=f"hostile/{ATTACK.id}", group=ATTACK.group, outcome=Outcome.ANSWERED, faults=("a dose in text",))
    run = kept(workbench, leak, check("hostile/must-001"), set_="attacks/131")
    assert leaks(run) == [[leak.id, ATTACK.group, "answered", "", "a dose in text"]]
    assert workbench.latest("attacks") == run
    assert workbench.latest("cases") is None
    told, read = (workbench.attack(leak.id, with_text=with_text) for with_text in (False, True))
    assert "a dose in text" in told
    assert "Its text is for reviewers" in told
    assert ATTACK.text in read
    assert ATTACK.text not in told + workbench.attacked(run)
    assert "No row selected" in workbench.attack("hostile/unknown", with_text=True)


def test_nothing_begins_before_the_index_is_ready(workbench: Workbench) -> None:
    """While the index loads, a run would only measure that: it is refused with a sentence."""
    tab = BenchTab(
        Workbench(
            bench=workbench.bench,
            runs=workbench.runs,
            casebook=workbench.casebook,
            subject=workbench.subject,
            gate=workbench.gate,
            state=lambda: "loading",
        )
    )
    said, *_ = tab.run_all(SimpleNamespace(username="ann"))  # type: ignore[arg-type]
    assert "the index is loading" in said
    assert workbench.bench.progress is None
    assert "Nothing can be asked" in tab._bench.case(FIRST.id, None)


def test_a_page_that_is_loaded_again_finds_the_run(workbench: Workbench) -> None:
    """Started by one page, a run of all cases is found by another, ends, and is then shown in every part."""
    tab = BenchTab(workbench)
    said, status, cancel, timer = tab.run_all(SimpleNamespace(username="ann"))  # type: ignore[arg-type]
    assert (said, cancel.interactive, timer.active) == ("", True, True)
    assert "started by ann" in status
    again = BenchTab(workbench)
    assert "running" in again.look()[0]
    assert "a run is going on" in again.run_all(SimpleNamespace(username="bob"))[0]  # type: ignore[arg-type]
    deadline = time.monotonic() + WAIT_S
    while workbench.bench.progress and workbench.bench.progress.is_running:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    status, cancel, timer, rows, choice, result, *_ = again.look_on(None)
    assert "Done" in status
    assert (cancel.interactive, timer.active) == (False, False)
    assert len(rows) == len(shipped_cases())
    assert choice.value == workbench.bench.progress.run  # type: ignore[union-attr]
    assert f"of {len(shipped_cases())}" in result


def test_the_form_writes_what_it_reads(workbench: Workbench) -> None:
    """A shipped case goes through the form unchanged, spaces included, and a fault is told above the form."""
    tab = BenchTab(workbench)
    case = next(
        case for case in shipped_cases() if " mg" in case.must_not_say and not (case.must_cite or case.any_cite)
    )
    _, _, *values = tab.edit(case.id)
    assert caseform.written(*values)["must_not_say"] == case.must_not_say
    blank = [None] * len(Filters._fields)
    said, working, rows = tab.save(*blank, *values)
    assert case.id in said + working
    assert workbench.casebook.written() == {case.id: case}
    assert len(rows) == len(shipped_cases())
    said, *_ = tab.save(*blank, *caseform.values(None))
    assert "failure" in said
    assert "question: is missing" in said
    said, working, _ = tab.remove(*blank, case.id)
    assert "no longer" in said
    assert "is empty" in working
    assert "failure" in tab.remove(*blank, case.id)[0]


@pytest.mark.parametrize(("role", "accepts"), [(StaffRole.STAFF, False), (StaffRole.CLINICAL_REVIEWER, True)])
def test_what_a_role_may_not_do_is_not_in_its_page(workbench: Workbench, role: StaffRole, accepts: bool) -> None:  # noqa: FBT001 - a case
    """Accepting a run and reading an attack's words exist for reviewers alone, as components and as events."""
    page = build((BenchTab(workbench),), role, {})
    buttons = {block.elem_id for block in page.blocks.values() if isinstance(block, gr.Button)}
    events = {getattr(event.fn, "__name__", "") for event in page.fns.values()}
    assert {"run-all", "run-shown", "run-attacks", "cancel-run", "save-case"} <= buttons
    assert ({"accept", "accept-attacks"} <= buttons) is accepts
    assert ({"accept", "accept_attacks", "show_attack_with_text"} <= events) is accepts
    assert ("show_attack" in events) is not accepts
    assert not accepts or "accept" in buttons


def test_papers_need_a_login(workbench: Workbench) -> None:
    """Reports and the working file are for staff alone; no name of a run leads anywhere else."""
    run = kept(workbench, check(FIRST.id))
    member: list[Member | None] = [None]
    app = FastAPI()
    app.include_router(paper_routes(workbench, lambda _: member[0]))
    with TestClient(app) as client:
        for path in (f"/staff/runs/{run.id}.html", "/staff/cases.toml"):
            assert client.get(path).status_code == 401
            assert run.id not in client.get(path).text
        member[0] = Member("ann", StaffRole.STAFF)
        page = client.get(f"/staff/runs/{run.id}.html")
        assert (page.status_code, run.id in page.text) == (200, True)
        assert client.get("/staff/runs/20260301T080000Z-000000.html").status_code == 404
        assert client.get("/staff/runs/..%2f..%2fcases.html").status_code == 404
        write(workbench)
        cases = client.get("/staff/cases.toml")
        assert 'filename="cases.toml"' in cases.headers["content-disposition"]
        assert 'id = "own"' in cases.text
