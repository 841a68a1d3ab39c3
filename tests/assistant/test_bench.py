"""The bench runs one set at a time in the background, tells how far it is, and gives way to patients."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from assistant import bench as benches
from assistant.answer import Outcome
from assistant.attendance import Attendance, Attended
from assistant.bench import Bench, Plan, Subject, plan_attacks, plan_cases
from assistant.checks import Check
from assistant.conversations import InMemoryConversations
from assistant.errors import AssistantError
from assistant.evaluation import shipped_cases
from assistant.factory import Parts, load_subject
from assistant.redteam import harmless
from assistant.runs import Runs
from assistant.settings import Settings

NOBODY: Any = None
VERSIONS = {"program": "1", "commit": "abc", "corpus": "f" * 64, "generator": "extractive"}
SUBJECT = Subject(NOBODY, NOBODY, "extractive", VERSIONS)
WAIT_S = 20


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Return an empty folder of runs."""
    return Runs(tmp_path / "runs")


def plan(total: int, gate: threading.Semaphore | None = None, **changes: Any) -> Plan:
    """Return a plan of checks, each of which waits for leave if there is a gate; every third is wrong."""

    def checks() -> Iterator[Check]:
        for at in range(total):
            if gate:
                assert gate.acquire(timeout=WAIT_S)
            yield Check(id=f"c{at}", group="g", outcome=Outcome.ANSWERED, faults=("bad",) if at % 3 == 0 else ())

    return Plan("cases", checks(), total, SUBJECT)._replace(**changes)


def wait_for(bench: Bench, done: int) -> None:
    """Return when the run is so far."""
    deadline = time.monotonic() + WAIT_S
    while not (bench.progress and bench.progress.done >= done):
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_run_of_200_tells_how_far_it_is_and_is_kept(runs: Runs) -> None:
    """Whoever looks sees the number grow, what was wrong and what is left; at the end there is a file."""
    gate, bench = threading.Semaphore(0), Bench(runs)
    assert bench.progress is None
    bench.start(plan(200, gate), "ann")
    gate.release(50)
    wait_for(bench, 50)
    halfway = bench.progress
    assert halfway
    assert (halfway.done, halfway.total, halfway.wrong, halfway.by) == (50, 200, 17, "ann")
    assert halfway.is_running
    assert halfway.left_s is not None
    gate.release(150)
    bench.wait(WAIT_S)
    ended = bench.progress
    assert ended
    assert (ended.state, ended.done, ended.is_running) == ("done", 200, False)
    (kept,) = runs.all()
    assert kept.id == ended.run
    assert (kept.planned, len(kept.checks), kept.by, kept.versions, kept.is_whole) == (200, 200, "ann", VERSIONS, True)


def test_a_cancelled_run_keeps_what_was_asked(runs: Runs) -> None:
    """After cancelling, nothing more is asked; the file says that the run was cancelled."""
    gate, bench = threading.Semaphore(0), Bench(runs)
    bench.start(plan(200, gate))
    gate.release(5)
    wait_for(bench, 5)
    bench.cancel()
    assert bench.progress
    assert bench.progress.state == "cancelling"
    gate.release(1)
    bench.wait(WAIT_S)
    (kept,) = runs.all()
    assert (kept.state, kept.is_whole) == ("cancelled", False)
    assert 5 <= len(kept.checks) <= 6


def test_one_run_at_a_time(runs: Runs) -> None:
    """A second run is refused while one goes on, and may begin afterwards; an empty one never begins."""
    gate, bench = threading.Semaphore(0), Bench(runs)
    bench.start(plan(1, gate))
    with pytest.raises(AssistantError, match="a run is going on"):
        bench.start(plan(1))
    gate.release()
    bench.wait(WAIT_S)
    bench.start(plan(2))
    bench.wait(WAIT_S)
    assert len([*runs.all()]) == 2
    with pytest.raises(AssistantError, match="nothing to ask"):
        bench.start(plan(0))


def test_a_run_that_breaks_says_so_and_frees_the_bench(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full ends the run as broken, logs no words, and the next run may begin."""

    def full(_: object) -> None:
        raise OSError("no space left for words of a patient")

    bench = Bench(runs)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "keep", full)
        bench.start(plan(3))
        bench.wait(WAIT_S)
    assert bench.progress
    assert (bench.progress.state, bench.progress.run) == ("broken", None)
    bench.start(plan(3))
    bench.wait(WAIT_S)
    assert bench.progress.state == "done"


def test_a_run_gives_way_while_patients_wait(runs: Runs) -> None:
    """Nothing is asked while somebody waits, and the run goes on when nobody does; a cancel is heard meanwhile."""
    attendance = Attendance()
    attendance.waiting = 1
    bench = Bench(runs, attendance.is_busy)
    bench.start(plan(3))
    time.sleep(0.1)
    assert bench.progress
    assert bench.progress.done == 0
    attendance.waiting = 0
    bench.wait(WAIT_S)
    assert bench.progress.state == "done"
    attendance.waiting = 1
    bench.start(plan(3))
    bench.cancel()
    bench.wait(WAIT_S)
    assert bench.progress.state == "cancelled"


def test_patients_hardly_notice_a_run(runs: Runs) -> None:
    """Work that is as heavy as a case takes a patient not much longer during a run; the bound is generous."""

    def work() -> None:
        sum(number * number for number in range(100_000))

    def checks() -> Iterator[Check]:
        while True:
            work()
            yield Check(id="c", group="g", outcome=Outcome.ANSWERED)

    attendance = Attendance()
    bench = Bench(runs, attendance.is_busy)

    def wait_s() -> float:
        began_s = time.perf_counter()
        attendance.waiting += 1
        work()
        attendance.waiting -= 1
        taken_s = time.perf_counter() - began_s
        time.sleep(0.01)
        return taken_s

    alone, during = [], []
    for _ in range(5):
        alone += [wait_s() for _ in range(8)]
        bench.start(plan(10_000)._replace(checks=checks()))
        during += [wait_s() for _ in range(8)]
        bench.cancel()
        bench.wait(WAIT_S)
    assert median(during) <= 3 * median(alone)


def test_a_run_ends_however_busy_patients_are(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Giving way has an end, or a busy day would never see one."""
    monkeypatch.setattr(benches, "LONGEST_WAY_S", 0.01)
    bench = Bench(runs, lambda: True)
    bench.start(plan(3))
    bench.wait(WAIT_S)
    assert bench.progress
    assert bench.progress.state == "done"


def test_work_is_followed_by_rest(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each second of work there is one of rest, so that half of the interpreter's time stays with patients."""

    def slow() -> Iterator[Check]:
        for at in range(3):
            time.sleep(0.05)
            yield Check(id=str(at), group="g", outcome=Outcome.ANSWERED)

    bench, began_s = Bench(runs), time.monotonic()
    bench.start(plan(3)._replace(checks=slow()))
    bench.wait(WAIT_S)
    assert time.monotonic() - began_s >= 2 * 3 * 0.05 * 0.95


@pytest.mark.parametrize(
    ("path", "counted"), [("/v1/chat", 1), ("/v1/chat/completions", 1), ("/staff/", 0), ("/v1/sources", 0)]
)
def test_only_questions_are_attended(path: str, counted: int) -> None:
    """Questions count until their answer is sent, and also when it breaks; other pages never do."""
    attendance, seen = Attendance(), []

    async def app(*_: object) -> None:
        seen.append(attendance.waiting)
        raise OSError

    async def nothing() -> Any:
        return {}

    attended: Any = Attended(app, attendance)(  # type: ignore[arg-type]
        {"type": "http", "path": path},
        nothing,
        nothing,  # type: ignore[arg-type]
    )
    with pytest.raises(OSError):  # noqa: PT011 - raised just above
        attended.send(None)
    assert seen == [counted]
    assert not attendance.is_busy()


def test_runs_leave_patients_alone(parts: Parts, settings: Settings) -> None:
    """What a run asks is in nobody's conversation, is answered while the switch is off, and uses the shipped parts."""
    subject = load_subject(parts, settings, VERSIONS)
    before = len(parts.conversations._running)
    parts.switch.turn_off()
    try:
        plan = plan_cases(subject, shipped_cases()[:2], is_selection=True)
        found = [check.outcome for check in plan.checks]
    finally:
        parts.switch.turn_on()
    assert Outcome.UNAVAILABLE not in found
    assert len(parts.conversations._running) == before
    assert isinstance(subject.shipped._conversations, InMemoryConversations)
    assert subject.generator == "extractive"


def test_attacks_are_tried_on_both_assistants() -> None:
    """Each n-th attack and every harmless question, once with each generator."""
    found = plan_attacks(SUBJECT, 4000)
    assert (found.set, found.total) == ("attacks/4000", 2 * (4 + len(harmless())))
