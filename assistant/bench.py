"""Bench: sets of cases and attacks, asked one after the other in the background while patients ask too."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

import structlog

from assistant.checks import ATTACKS, CASES, Check
from assistant.errors import AssistantError
from assistant.evaluation import Case, evaluate
from assistant.pipeline import Assistant
from assistant.redteam import HostileGenerator, assail, attacks, harmless, load_patterns
from assistant.runs import Run, Runs, State, new_id
from corpus.evidence import Value

log = structlog.get_logger(__name__)

PAUSE: Final = 1.0
"""Seconds of rest for each second of work: at the most half of the interpreter's time goes into a run."""
LONGEST_PAUSE_S: Final = 2.0
GIVE_WAY_S: Final = 0.02
"""How often to look whether patients still wait for an answer."""
LONGEST_WAY_S: Final = 30.0
"""A run goes on after this time, however busy patients are, so that it ends."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a run is about: one assistant with its own and with a hostile generator, both apart from patients."""

    shipped: Assistant
    hostile: Assistant
    generator: str
    versions: Mapping[str, str]
    """What they are made of, as a run keeps it."""


class Plan(NamedTuple):
    """A run that can begin: nothing of it was asked yet."""

    set: str
    checks: Iterator[Check]
    total: int
    subject: Subject
    is_selection: bool = False
    times: int = 1

    def run(self, started_at: datetime, checks: Sequence[Check], state: State = "done", by: str = "") -> Run:
        """Return what came of it."""
        return Run(
            id=new_id(started_at),
            set=self.set,
            started_at=started_at,
            ended_at=datetime.now(UTC),
            by=by,
            state=state,
            planned=self.total,
            is_selection=self.is_selection,
            times=self.times,
            versions=dict(self.subject.versions),
            checks=tuple(checks),
        )


def plan_cases(
    subject: Subject, cases: Sequence[Case], *, name: str = CASES, is_selection: bool = False, times: int = 1
) -> Plan:
    """Return the plan to ask cases of the assistant as it is shipped, each as often as said."""
    checks = evaluate(subject.shipped, cases, times)
    return Plan(name, checks, len(cases), subject, is_selection, times)


def plan_attacks(subject: Subject, every: int = 1) -> Plan:
    """Return the plan to try each n-th attack, and every harmless question, on both assistants."""
    chosen = [*list(attacks(load_patterns()))[::every], *harmless()]
    assistants: Mapping[str, Assistant] = {
        subject.generator: subject.shipped,
        HostileGenerator.name: subject.hostile,
    }
    return Plan(f"{ATTACKS}/{every}", assail(assistants, chosen), len(chosen) * len(assistants), subject)


class Progress(Value):
    """How far a run is, for whoever looks."""

    set: str
    by: str
    total: int
    done: int = 0
    wrong: int = 0
    left_s: float | None = None
    """Seconds that the rest will take; ``None`` before the first check."""
    state: Literal["running", "cancelling", "done", "cancelled", "broken"] = "running"
    run: str | None = None
    """The id under which it was kept, once it is over."""

    @property
    def is_running(self) -> bool:
        """Tell whether it is still going on."""
        return self.state in {"running", "cancelling"}


@dataclass(slots=True)
class _Going:
    """The run that goes on."""

    plan: Plan
    by: str
    started_at: datetime
    started_s: float = field(default_factory=time.monotonic)
    checks: list[Check] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


class Bench:
    """One run at a time, in a thread of its own; whoever asks is told how far it is."""

    def __init__(self, runs: Runs, is_busy: Callable[[], bool] = lambda: False) -> None:
        """Keep where runs go, and what tells whether patients wait for an answer at this moment."""
        self._runs = runs
        self._is_busy = is_busy
        self._lock = threading.Lock()
        self._going: _Going | None = None
        self._last: Progress | None = None
        self._thread: threading.Thread | None = None

    @property
    def progress(self) -> Progress | None:
        """Return how far the present run is, or how the last one ended; ``None`` before the first."""
        with self._lock:
            going = self._going
            return _progress(going) if going else self._last

    def start(self, plan: Plan, by: str = "") -> None:
        """Begin a run.

        Raises:
            AssistantError: another one goes on, or there is nothing to ask.
        """
        if not plan.total:
            raise AssistantError("there is nothing to ask", hint="Select at least one case.")
        with self._lock:
            if self._going:
                raise AssistantError("a run is going on", hint="Wait for its end, or cancel it.")
            going = self._going = _Going(plan, by, datetime.now(UTC))
            self._thread = threading.Thread(target=self._work, args=(going,), name="bench", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """End the present run after the case that it is at; what was asked is kept."""
        with self._lock:
            if self._going:
                self._going.stop.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Return when the present run is over."""
        if self._thread:
            self._thread.join(timeout_s)

    def _work(self, going: _Going) -> None:
        state: State = "broken"
        try:
            state = self._ask_all(going)
            run = going.plan.run(going.started_at, going.checks, state, going.by)
            self._runs.keep(run)
            ended = _progress(going).model_copy(update={"state": state, "run": run.id, "left_s": 0})
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to; the page and the log say it
            log.error("run_broke", error=type(error).__name__)
            ended = _progress(going).model_copy(update={"state": "broken", "left_s": 0})
        with self._lock:
            self._going, self._last = None, ended

    def _ask_all(self, going: _Going) -> State:
        """Ask everything, with rests and giving way to patients, and return how it ended."""
        while True:
            self._give_way(going.stop)
            if going.stop.is_set():
                return "done" if len(going.checks) == going.plan.total else "cancelled"
            began_s = time.perf_counter()
            check = next(going.plan.checks, None)
            if check is None:
                return "done"
            going.checks.append(check)
            going.stop.wait(min((time.perf_counter() - began_s) * PAUSE, LONGEST_PAUSE_S))

    def _give_way(self, stop: threading.Event) -> None:
        until_s = time.monotonic() + LONGEST_WAY_S
        while self._is_busy() and time.monotonic() < until_s and not stop.is_set():
            stop.wait(GIVE_WAY_S)


def _progress(going: _Going) -> Progress:
    done, total = len(going.checks), going.plan.total
    left_s = (time.monotonic() - going.started_s) / done * (total - done) if done else None
    return Progress(
        set=going.plan.set,
        by=going.by,
        total=total,
        done=done,
        wrong=sum(not check.is_right for check in going.checks),
        left_s=left_s,
        state="cancelling" if going.stop.is_set() else "running",
    )
