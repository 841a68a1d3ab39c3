"""Runs: what came of cases and attacks, kept as dated files, and how one run differs from another."""

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from statistics import median
from typing import Annotated, Final, Literal

import structlog
from pydantic import AwareDatetime, StringConstraints, TypeAdapter, ValidationError

from assistant.checks import Check, Rates
from assistant.errors import AssistantError
from corpus.evidence import Text, Value
from corpus.files import write_whole

log = structlog.get_logger(__name__)

RunId = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}$")]
State = Literal["done", "cancelled", "broken"]


class Run(Value):
    """All checks of one set in one go, with what they were made of."""

    id: RunId
    set: Text
    """What was asked: ``cases``, the names of files, or ``attacks/131`` for each 131st attack."""
    started_at: AwareDatetime
    ended_at: AwareDatetime
    by: str = ""
    """Who started it; nobody by name on the command line."""
    state: State
    planned: int
    is_selection: bool = False
    times: int = 1
    """How often each case was asked; the worst time counts."""
    versions: dict[str, str]
    """What answered, by names and checksums that change when it does: program, corpus, policy, generator."""
    checks: tuple[Check, ...]

    @property
    def is_whole(self) -> bool:
        """Tell whether everything that the set holds was asked."""
        return self.state == "done" and not self.is_selection

    @property
    def right(self) -> Rates:
        """Return how many checks are right."""
        return Rates.of(check.is_right for check in self.checks)

    @property
    def median_ms(self) -> float:
        """Return the median time of an answer in milliseconds; zero where nothing was asked."""
        return median(check.ms for check in self.checks) if self.checks else 0.0


def new_id(at: datetime) -> str:
    """Return a new id of a run; ids sort by the time that they began."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token_hex(3)}"


class Comparison(Value):
    """How a run differs from an earlier one: pairs of then and now."""

    worse: tuple[tuple[Check, Check], ...] = ()
    """Right then and wrong now."""
    better: tuple[tuple[Check, Check], ...] = ()
    """Wrong then and right now."""
    otherwise: tuple[tuple[Check, Check], ...] = ()
    """Wrong both times, with other faults."""
    reworded: tuple[tuple[Check, Check], ...] = ()
    """As right or wrong as then, in other words."""
    edited: tuple[tuple[Check, Check], ...] = ()
    """The case itself is another one now, so the two cannot be compared."""
    new: tuple[Check, ...] = ()
    gone: tuple[Check, ...] = ()
    """Asked then and not now; told of whole runs only."""
    versions: tuple[str, ...] = ()
    """What of the versions is another now."""


def compare(run: Run, earlier: Run) -> Comparison:
    """Return how a run differs from an earlier one."""
    then = {check.id: check for check in earlier.checks}
    asked = {check.id for check in run.checks}
    pairs: dict[str, list[tuple[Check, Check]]] = {}
    for check in run.checks:
        if check.id in then:
            pairs.setdefault(_change(then[check.id], check), []).append((then[check.id], check))
    pairs.pop("same", None)
    return Comparison(
        **{change: tuple(found) for change, found in pairs.items()},
        new=tuple(check for check in run.checks if check.id not in then),
        gone=tuple(check for check in earlier.checks if check.id not in asked) if run.is_whole else (),
        versions=tuple(name for name, made in run.versions.items() if made != earlier.versions.get(name)),
    )


def _change(then: Check, now: Check) -> str:
    if then.asked != now.asked:
        return "edited"
    if then.is_right != now.is_right:
        return "better" if now.is_right else "worse"
    if set(then.faults) != set(now.faults):
        return "otherwise"
    return "same" if then.said == now.said else "reworded"


class Acceptance(Value):
    """That somebody takes a run as the one that later ones are compared with."""

    run: RunId
    by: str
    at: AwareDatetime


_ACCEPTED: Final = TypeAdapter(dict[str, Acceptance])


class Runs:
    """The kept runs: a file each, which never changes, and one that says which were accepted."""

    MOST = 60
    """Older runs make room for new ones; an accepted run stays as long as it is the last accepted of its set."""
    MOST_IN_MEMORY = 100_000
    """Checks; a run of all attacks has tens of thousands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._accepted = folder / "accepted.json"
        self._read: dict[str, Run] = {}
        self._lock = threading.Lock()

    def keep(self, run: Run) -> None:
        """Write a run without the texts of its answers, and let the oldest go."""
        self._folder.mkdir(parents=True, exist_ok=True)
        bare = run.model_dump(mode="json", exclude={"checks": {"__all__": {"text"}}}, exclude_defaults=True)
        write_whole(self._file(run.id), json.dumps(bare, ensure_ascii=False, indent=1) + "\n")
        kept = {acceptance.run for acceptance in self._acceptances().values()}
        for id_ in [id_ for id_ in self._ids()[self.MOST :] if id_ not in kept]:
            self._file(id_).unlink(missing_ok=True)
            self._read.pop(id_, None)

    def all(self) -> Iterator[Run]:
        """Yield every run that can be read, the newest first."""
        for id_ in self._ids():
            try:
                yield self.load(id_)
            except AssistantError:
                log.error("run_unreadable", run=id_)

    def load(self, id_: str) -> Run:
        """Return one run.

        Raises:
            AssistantError: there is none of this name, or its file is damaged.
        """
        with self._lock:
            if id_ not in self._read:
                self._read[id_] = load_run(self._file(id_)) if id_ in self._ids() else _unknown(id_)
            run = self._read[id_]
            while len(self._read) > 1 and sum(len(one.checks) for one in self._read.values()) > self.MOST_IN_MEMORY:
                self._read.pop(next(iter(self._read)))
            return run

    def accept(self, run: Run, by: str) -> Acceptance:
        """Take a run as the one that later runs of its set are compared with.

        Raises:
            AssistantError: it was cancelled, broke, or is of a selection only.
        """
        if not run.is_whole:
            raise AssistantError("this run did not ask everything", hint="Accept a run of the whole set.")
        acceptance = Acceptance(run=run.id, by=by, at=datetime.now(UTC))
        with self._lock:
            known = self._acceptances() | {run.set: acceptance}
            write_whole(self._accepted, _ACCEPTED.dump_json(known, indent=1).decode() + "\n")
        return acceptance

    def acceptance(self, set_: str) -> Acceptance | None:
        """Return which run of a set was accepted last, by whom and when."""
        return self._acceptances().get(set_)

    def accepted(self, set_: str) -> Run | None:
        """Return the last accepted run of a set, unless there is none or it cannot be read."""
        acceptance = self.acceptance(set_)
        try:
            return self.load(acceptance.run) if acceptance else None
        except AssistantError:
            return None

    def _acceptances(self) -> dict[str, Acceptance]:
        try:
            return _ACCEPTED.validate_json(self._accepted.read_bytes())
        except FileNotFoundError:
            return {}
        except ValidationError:
            log.error("acceptances_unreadable")
            return {}

    def _ids(self) -> Sequence[str]:
        return sorted((path.stem for path in self._folder.glob("[0-9]*T[0-9]*Z-*.json")), reverse=True)

    def _file(self, id_: str) -> Path:
        return self._folder / f"{id_}.json"


def load_run(path: Path) -> Run:
    """Return the run of a file.

    Raises:
        AssistantError: the file is no run.
    """
    try:
        return Run.model_validate_json(path.read_bytes())
    except ValidationError:
        raise AssistantError(f"{path.name} is no run", hint="Delete it, and run again.") from None


def _unknown(id_: str) -> Run:
    raise AssistantError(f"there is no run {id_[:40]}", hint="It may have made room for newer ones.")
