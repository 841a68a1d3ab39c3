"""The library: every source that was read, checked and may be cited."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from corpus.audit import AuditedClaim, judge_sentences
from corpus.checks import (
    Screen,
    check_claims,
    check_folder,
    check_identities,
    check_record,
    check_references,
    check_repetition,
    check_screens,
)
from corpus.errors import CorpusError, Problem, UnknownPassageError
from corpus.evidence import Audience, Passage, Source, Standing, fingerprint
from corpus.passages import SourceFile, read_source_file
from corpus.record import Entry, read_entries
from corpus.references import ClaimedReference

_FOLDERS = ("article", "sources")
_UNTRUE = (Standing.CONTRADICTED, Standing.UNSUPPORTED)


@dataclass(frozen=True)
class Library:
    """All sources by id, and what became of the references that the article once claimed."""

    sources: Mapping[str, Source]
    references: tuple[ClaimedReference, ...]

    def source(self, id_: str) -> Source:
        """Return the source with this id; ``KeyError`` if there is none."""
        return self.sources[id_]

    def passage(self, id_: str) -> Passage:
        """Return the passage with this id; ``UnknownPassageError`` if it is stale or made up."""
        try:
            return self._passages[id_]
        except KeyError:
            raise UnknownPassageError(id_) from None

    def patient_passages(self) -> tuple[Passage, ...]:
        """Return what may be said to patients, without the article's sentences that the audit found untrue or bare."""
        return tuple(
            passage
            for source in self.sources.values()
            if source.audience is Audience.PATIENT
            for passage in source.passages
            if passage.standing not in _UNTRUE
        )

    @cached_property
    def fingerprint(self) -> str:
        """One hash over all sources; an index built from other words has another."""
        return fingerprint(self.sources.values())

    @cached_property
    def _passages(self) -> Mapping[str, Passage]:
        return {passage.id: passage for source in self.sources.values() for passage in source.passages}


def load_library(folder: Path, screens: Mapping[str, Screen], *, today: date | None = None) -> Library:
    """Return the checked library of a corpus folder; ``CorpusError`` lists all problems of all its files.

    ``screens`` are named searches for what patients must not be shown; they are asked for so that none is forgotten.
    """
    reading = _read(folder)
    if problems := _problems(reading, screens, today):
        raise CorpusError(*problems)
    sources = {file.source.id: file.source for file in reading.files}
    return Library(MappingProxyType(sources), tuple(entry.value for entry in reading.references))


def find_problems(folder: Path, screens: Mapping[str, Screen], *, today: date | None = None) -> tuple[Problem, ...]:
    """Return every problem of every file of a corpus folder, in the order of files and lines."""
    return _problems(_read(folder), screens, today)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What could be read of a corpus folder, and why the rest could not."""

    files: tuple[SourceFile, ...]
    known: frozenset[str]
    """The names of all files of sources, also of those that could not be read: one mistake is one problem."""
    references: tuple[Entry[ClaimedReference], ...]
    claims: tuple[Entry[AuditedClaim], ...]
    problems: tuple[Problem, ...]


def _read(folder: Path) -> _Reading:
    problems = [problem for name in _FOLDERS for problem in check_folder(folder / name)]
    references: tuple[Entry[ClaimedReference], ...] = ()
    claims: tuple[Entry[AuditedClaim], ...] = ()
    files = []
    with _noting(problems):
        references = read_entries(folder / "references.toml", "reference", ClaimedReference)
    with _noting(problems):
        claims = read_entries(folder / "claims.toml", "claim", AuditedClaim)
    judgements = judge_sentences(entry.value for entry in claims)
    for path in sorted(path for name in _FOLDERS for path in (folder / name).glob("[!.]*.md")):
        with _noting(problems):
            files.append(read_source_file(path, judgements))
    known = frozenset(path.stem for path in (folder / "sources").glob("[!.]*.md"))
    return _Reading(tuple(files), known, references, claims, tuple(problems))


@contextmanager
def _noting(problems: list[Problem]) -> Iterator[None]:
    try:
        yield
    except CorpusError as error:
        problems += error.problems


def _problems(reading: _Reading, screens: Mapping[str, Screen], today: date | None) -> tuple[Problem, ...]:
    day = today or datetime.now(tz=UTC).date()
    found = [*reading.problems]
    for file in reading.files:
        found += check_record(file, day)
        found += check_repetition(file)
        found += check_screens(file, screens)
    found += check_identities(reading.files)
    found += check_references(reading.references, reading.files, reading.known)
    found += check_claims(reading.claims, reading.files, reading.known)
    return tuple(sorted(found, key=lambda problem: (problem.path, problem.line)))
