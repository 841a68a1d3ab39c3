"""Verification: whether the works that we cite, and those that the article claimed, are what the registries have."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from corpus.bibliography import AskedBy, Found, Registry, RegistryName, RegistryRecord, Sought
from corpus.comparison import Comparison, compare, denied, same_title
from corpus.errors import CorpusError, Problem, RegistryUnavailableError
from corpus.evidence import Kind, Source, Value, digest
from corpus.library import Library
from corpus.lock import Answer, Lock, LockEntry, Verdict, judge, load_lock, save_lock
from corpus.references import ClaimedReference, ReferenceVerdict

UNREGISTERED = frozenset({Kind.WEB_PAGE, Kind.LABEL, Kind.ARTICLE, Kind.GAP})
"""Kinds of works that no registry lists unless they bear an identifier."""
GIVES_UP_AFTER = 3
"""After how many works in a row without an answer a registry is left alone for the rest of a run."""
LOOK, LATER = 1, 3
"""Exit codes."""
_OFFERED = ("doi", "pmid", "pmcid", "year", "container")


class Terms(Value):
    """About which works to ask, and when to ask again."""

    ids: tuple[str, ...] = ()
    """Sources by id and the article's references as ``claimed-1``; none means all."""
    max_age_days: Annotated[float, Field(ge=0)] = 30
    """An answer that is younger stands as long as the citation stays as it was."""
    force: bool = False
    """Ask again whatever stands."""


class Checked(Value):
    """What is known of one work after a run."""

    id: str
    entry: LockEntry
    asked: bool
    """Whether a registry was asked now; ``False`` where an earlier answer still stands."""
    concerns: bool
    """Whether a person has to look: the answer is not what the reviewed files say."""

    @property
    def is_open(self) -> bool:
        """Tell whether a registry has still to answer."""
        return bool(self.entry.silent)


class LockState(StrEnum):
    """How far the lock speaks of a citation as it is now."""

    CHECKED = "checked"
    CHANGED = "changed since"
    NOT_CHECKED = "not checked"
    GONE = "no longer cited"


class Compared(Value):
    """What the files alone say of one work."""

    id: str
    state: LockState
    verdict: Verdict | None = None
    """The verdict of the lock; ``None`` if it has none on the citation as it is now."""
    concerns: bool

    @property
    def is_open(self) -> bool:
        """Tell whether a registry has still to answer."""
        return self.verdict is Verdict.UNREACHABLE


def works_of(library: Library) -> Mapping[str, Sought]:
    """Return by id all works that are cited, and under ``claimed-`` and a number those that the article claimed."""
    cited = {id_: _sought(source) for id_, source in library.sources.items()}
    return cited | {_claim_id(claimed): _claimed(claimed) for claimed in library.references}


def verify(
    library: Library,
    lock_path: Path,
    registries: Sequence[Registry],
    terms: Terms,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
    progress: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> tuple[Checked, ...]:
    """Return what the registries say of all works, or of those that the terms name, and keep it in the lock.

    The lock is written after every work, so an interrupted run goes on where it stopped. A registry that does not
    answer takes nothing away: what it said before is kept, and it is asked again next time. ``progress`` is handed
    the ids and hands them back one by one.

    Raises:
        CorpusError: an id is neither a source nor a claimed reference, or the lock is broken.
    """
    works, lock = works_of(library), load_lock(lock_path)
    chosen = _chosen(terms.ids, works)
    welcome, inquiry, checked = _welcome(library), _Inquiry(registries, now), []
    for id_ in progress(chosen):
        earlier = lock.entries.get(id_)
        if earlier and _stands(earlier, works[id_], terms, now()):
            entry = earlier
        else:
            entry = inquiry.ask(works[id_], earlier)
            lock = lock.model_copy(update={"entries": {**lock.entries, id_: entry}})
            save_lock(lock, lock_path)
        concerns = entry.verdict not in welcome[id_]
        checked.append(Checked(id=id_, entry=entry, asked=entry is not earlier, concerns=concerns))
    return tuple(checked)


def compare_offline(library: Library, lock: Lock, ids: Iterable[str] = ()) -> tuple[Compared, ...]:
    """Return how far the lock speaks of all works, or of those with these ``ids``, as they are cited now.

    Nobody is asked. The verdict is derived anew from what the registries said: one written by hand does not count.

    Raises:
        CorpusError: an id is in neither the corpus nor the lock.
    """
    works, welcome = works_of(library), _welcome(library)
    states = {id_: _state(work, lock.entries.get(id_)) for id_, work in works.items()}
    states |= dict.fromkeys(lock.entries.keys() - works.keys(), LockState.GONE)
    compared = []
    for id_ in _chosen(ids, states):
        state = states[id_]
        verdict = lock.entries[id_].verdict if state is LockState.CHECKED else None
        concerns = state is not LockState.CHECKED or lock.entries[id_].verdict not in welcome[id_]
        compared.append(Compared(id=id_, state=state, verdict=verdict, concerns=concerns))
    return tuple(compared)


def may_be_cited(claimed: ClaimedReference, lock: Lock) -> bool:
    """Tell whether a reference of the article may be cited: a registry confirms it *and* a person accepted it."""
    entry = lock.entries.get(_claim_id(claimed))
    return (
        claimed.accepted_by is not None
        and _state(_claimed(claimed), entry) is LockState.CHECKED
        and (entry is not None and entry.verdict is Verdict.VERIFIED and claimed.verdict is ReferenceVerdict.VERIFIED)
    )


def exit_code(results: Iterable[Checked | Compared]) -> int:
    """Return 1 where a person has to look, else 3 where a registry has to be asked again, else 0."""
    seen = tuple(results)
    if any(one.concerns for one in seen):
        return LOOK
    return LATER if any(one.is_open for one in seen) else 0


class _Inquiry:
    """One run: asks the registries about works and leaves alone who has stopped to answer."""

    def __init__(self, registries: Sequence[Registry], now: Callable[[], datetime]) -> None:
        self._registries, self._now = registries, now
        self._unanswered: Counter[RegistryName] = Counter()

    def ask(self, work: Sought, earlier: LockEntry | None) -> LockEntry:
        """Return what is known of a work after asking about it."""
        at, record_hash = self._now().replace(microsecond=0), _hash(work)
        found = {one.name: self._find(one, work) for one in self._registries} if work.listed else {}
        said = {
            name: Answer(asked_at=at, asked_by=it.asked_by, record=_closest(work, it), unknown=it.unknown)
            for name, it in found.items()
            if it is not None
        }
        silent = tuple(sorted(found.keys() - said.keys()))
        # An edited citation needs new answers, but a retraction stands until its registry takes it back.
        said |= {
            name: kept
            for name, kept in (earlier.answers if earlier else {}).items()
            if name in silent and earlier and (earlier.record_hash == record_hash or kept.is_retraction)
        }
        answers = _compared(work, said)
        verdict = judge(work, answers, found)
        offered = _offered(work, answers) if verdict is Verdict.VERIFIED else {}
        return LockEntry(
            record_hash=record_hash, checked_at=at, verdict=verdict, answers=answers, silent=silent, offered=offered
        )

    def _find(self, registry: Registry, work: Sought) -> Found | None:
        if self._unanswered[registry.name] >= GIVES_UP_AFTER:
            return None
        try:
            found = registry.find(work)
        except RegistryUnavailableError:
            self._unanswered[registry.name] += 1
            return None
        self._unanswered[registry.name] = 0
        return found


def _compared(work: Sought, said: Mapping[RegistryName, Answer]) -> dict[RegistryName, Answer]:
    """Return answers with their differences from a work; another name that a registry knows is none."""
    records = [answer.record for answer in said.values() if answer.record]
    compared = {}
    for name, answer in said.items():
        seen = compare(work, answer.record, records) if answer.record else Comparison()
        named = {difference.field for difference in seen.differences}
        # Where nobody has the work, that nobody knows its identifier is no news.
        missing = denied(work, answer.unknown, records) if records else ()
        differences = (*seen.differences, *(one for one in missing if one.field not in named))
        compared[name] = answer.model_copy(update={"differences": differences, "notes": seen.notes})
    return compared


def _closest(work: Sought, found: Found) -> RegistryRecord | None:
    if found.asked_by is not AskedBy.TITLE:
        return found.records[0] if found.records else None
    named = [one for one in found.records if any(same_title(work.title, title) for title in one.titles)]
    return min(named, key=lambda one: len(compare(work, one).differences), default=None)


def _offered(work: Sought, answers: Mapping[RegistryName, Answer]) -> dict[str, str]:
    offered: dict[str, str] = {}
    for answer in answers.values():
        if answer.record and answer.is_clean:
            known = answer.record.model_dump(include={"doi", "pmid", "pmcid"})
            known["year"] = next(iter(answer.record.years), None)
            known["container"] = next(iter(answer.record.containers), None)
            lacking = {field: known[field] for field in _OFFERED if known[field] and not getattr(work, field)}
            offered = {**{field: str(value) for field, value in lacking.items()}, **offered}
    return offered


def _chosen(ids: Iterable[str], known: Mapping[str, object]) -> tuple[str, ...]:
    """Return the ids without repetition, all that are known if there are none; ``CorpusError`` names the others."""
    chosen = tuple(dict.fromkeys(ids)) or tuple(known)
    if unknown := [id_ for id_ in chosen if id_ not in known]:
        place = Path("references.lock.json")
        raise CorpusError(*(Problem(place, 1, f"cannot hold `{id_}`: there is no such source") for id_ in unknown))
    return chosen


def _sought(source: Source) -> Sought:
    reference = source.reference
    fields = reference.model_dump(include={"title", "authors", "year", "container", "doi", "pmid", "pmcid"})
    listed = source.kind not in UNREGISTERED or reference.doi is not None or reference.pmid is not None
    return Sought(**fields, listed=listed)


def _claimed(claimed: ClaimedReference) -> Sought:
    return Sought(title=claimed.title, authors=claimed.authors, year=claimed.year, container=claimed.container)


def _claim_id(claimed: ClaimedReference) -> str:
    return f"claimed-{claimed.n}"


def _hash(work: Sought) -> str:
    return digest(work.model_dump_json())


def _stands(entry: LockEntry, work: Sought, terms: Terms, now: datetime) -> bool:
    is_young = timedelta(0) <= now - entry.checked_at < timedelta(days=terms.max_age_days)
    is_whole = not entry.silent and entry.verdict is not Verdict.UNREACHABLE
    return is_young and is_whole and not terms.force and _state(work, entry) is LockState.CHECKED


def _state(work: Sought, entry: LockEntry | None) -> LockState:
    if entry is None:
        return LockState.NOT_CHECKED
    again = judge(work, _compared(work, entry.answers), {*entry.answers, *entry.silent})
    same = entry.record_hash == _hash(work) and again is entry.verdict
    return LockState.CHECKED if same else LockState.CHANGED


def _welcome(library: Library) -> Mapping[str, frozenset[Verdict]]:
    """Return by id the verdicts that agree with the reviewed files: nobody has to look at those."""
    cited = frozenset({Verdict.VERIFIED, Verdict.UNLISTED, Verdict.UNREACHABLE})
    invented = frozenset({Verdict.NOT_FOUND, Verdict.UNREACHABLE})
    claims = {one: one.verdict is ReferenceVerdict.NOT_FOUND for one in library.references}
    return dict.fromkeys(library.sources, cited) | {
        _claim_id(one): invented if is_invented else cited for one, is_invented in claims.items()
    }
