"""The library: every source that was read, checked and may be cited, and what was withdrawn from it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from corpus.audit import Audit, AuditFile, judge_sentences, read_audit
from corpus.checks import (
    Screen,
    check_audits,
    check_folder,
    check_identities,
    check_record,
    check_references,
    check_repetition,
    check_review,
    check_screens,
    check_works,
)
from corpus.errors import CorpusError, Problem, UnknownPassageError
from corpus.evidence import Audience, Passage, Source, Standing, digest, fingerprint
from corpus.lock import load_lock
from corpus.lock import withdrawn as withdrawn_by_registries
from corpus.passages import SourceFile, read_source_file
from corpus.record import Entry, read_entries
from corpus.references import ClaimedReference
from corpus.summary import DraftSummary, Summary, SummaryFile, check_summaries, read_summaries, resolve

LOCK = "references.lock.json"
"""The file beside the sources that holds what the registries said of each."""
_FOLDERS = ("article", "sources")
_AUDITS = "claims"
_SUMMARIES = "summaries"
_UNTRUE = (Standing.CONTRADICTED, Standing.UNSUPPORTED)


@dataclass(frozen=True)
class Library:
    """All sources by id, the audits of the articles, and what became of the references that were once claimed."""

    sources: Mapping[str, Source]
    references: tuple[ClaimedReference, ...]
    audits: Mapping[str, Audit] = field(default_factory=dict)
    """The audit of each article, by the article's id."""
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    """Sources that are kept but neither said nor cited, and why, in words: overdue for review, retracted, doubtful."""
    drafts: tuple[DraftSummary, ...] = ()
    """The summaries as their files have them; ``summaries`` are those of them that may be said."""

    def source(self, id_: str) -> Source:
        """Return the source with this id; ``KeyError`` if there is none."""
        return self.sources[id_]

    def passage(self, id_: str) -> Passage:
        """Return the passage with this id; ``UnknownPassageError`` if it is stale or made up."""
        try:
            return self._passages[id_]
        except KeyError:
            raise UnknownPassageError(id_) from None

    def patient_sources(self) -> tuple[Source, ...]:
        """Return the sources that an answer to a patient may cite."""
        return tuple(
            source
            for id_, source in self.sources.items()
            if source.audience is Audience.PATIENT and id_ not in self.withdrawn
        )

    def patient_passages(self) -> tuple[Passage, ...]:
        """Return what may be said to patients.

        Left out are the article's sentences that the audit found untrue or bare, or whose support was withdrawn.
        """
        return tuple(
            passage
            for source in self.patient_sources()
            for passage in source.passages
            if passage.standing not in _UNTRUE and (source.id, passage.text) not in self.fallen
        )

    def qualifying(self, passage: Passage) -> tuple[tuple[Passage, ...], ...]:
        """Return for each qualified claim in a passage what qualifies it; one of each must be heard before it."""
        said = {other.text: other for other in self.patient_passages() if other.source_id in passage.qualified_by}
        return tuple(tuple(said[text] for text in group if text in said) for group in passage.qualifications)

    @cached_property
    def summaries(self) -> tuple[Summary, ...]:
        """What may be said to patients in summary; what rests on withdrawn sources is left out."""
        said = {(passage.source_id, passage.text): passage for passage in self.patient_passages()}
        return tuple(resolve(self.drafts, lambda source, text: said.get((source, text))))

    @cached_property
    def fallen(self) -> frozenset[tuple[str, str]]:
        """The sentences, each after its article's id, that lost what they rested on when sources were withdrawn."""
        return frozenset(
            (audit.article, sentence)
            for audit in self.audits.values()
            for claim in audit.claims
            if _fell(claim.supports, self.withdrawn)
            or (claim.standing is Standing.QUALIFIED and _fell((one.source for one in claim.qualifies), self.withdrawn))
            for sentence in claim.sentences
        )

    @cached_property
    def fingerprint(self) -> str:
        """One hash over all sources and what was withdrawn; an index built from other words has another."""
        summaries = (summary.model_dump_json() for summary in self.drafts)
        return digest(fingerprint(self.sources.values()), *sorted(self.withdrawn), *summaries)

    @cached_property
    def _passages(self) -> Mapping[str, Passage]:
        return {passage.id: passage for source in self.sources.values() for passage in source.passages}


def _fell(rests_on: Iterable[str], withdrawn: Mapping[str, str]) -> bool:
    supports = {*rests_on}
    return bool(supports) and supports <= withdrawn.keys()


def load_library(folder: Path, screens: Mapping[str, Screen], *, today: date | None = None) -> Library:
    """Return the checked library of a corpus folder; ``CorpusError`` lists all problems of all its files.

    ``screens`` are named searches for what patients must not be shown; they are asked for so that none is forgotten.
    A source past its review date, or one that the lock beside it gives reason to doubt, is loaded as withdrawn.
    """
    reading, day = _read(folder), _day(today)
    if problems := _problems(reading, screens, day):
        raise CorpusError(*problems)
    return Library(
        MappingProxyType({file.source.id: file.source for file in reading.files}),
        tuple(entry.value for entry in reading.references),
        MappingProxyType({file.article: file.audit for file in reading.audits}),
        MappingProxyType({id_: "; ".join(reasons) for id_, reasons in _withdrawals(reading, day).items()}),
        tuple(entry.value for file in reading.summaries for entry in file.entries),
    )


def find_problems(folder: Path, screens: Mapping[str, Screen], *, today: date | None = None) -> tuple[Problem, ...]:
    """Return every problem of every file of a corpus folder, in the order of files and lines."""
    return _problems(_read(folder), screens, _day(today))


def find_warnings(folder: Path, *, today: date | None = None) -> tuple[Problem, ...]:
    """Return what stops nothing but needs a person: sources that are withdrawn, or that may be one work."""
    reading, day = _read(folder), _day(today)
    found = [*check_works(reading.files)]
    found += (problem for file in reading.files for problem in check_review(file, day))
    found += (
        file.fields.problem(("reference",), f"the source is withdrawn: {reading.doubts[file.source.id]}")
        for file in reading.files
        if file.source.id in reading.doubts
    )
    return _in_order(found)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What could be read of a corpus folder, and why the rest could not."""

    files: tuple[SourceFile, ...]
    known: frozenset[str]
    """The names of all files of sources, also of those that could not be read: one mistake is one problem."""
    references: tuple[Entry[ClaimedReference], ...]
    audits: tuple[AuditFile, ...]
    unread: frozenset[str]
    """The articles whose audit could not be read."""
    doubts: Mapping[str, str]
    """What the registries object to, by source."""
    summaries: tuple[SummaryFile, ...]
    problems: tuple[Problem, ...]


def _read(folder: Path) -> _Reading:
    problems = [problem for name in _FOLDERS for problem in check_folder(folder / name)]
    problems += check_folder(folder / _AUDITS, ".toml")
    references: tuple[Entry[ClaimedReference], ...] = ()
    doubts: Mapping[str, str] = {}
    audits: list[AuditFile] = []
    files: list[SourceFile] = []
    with _noting(problems):
        references = read_entries(folder / "references.toml", "reference", ClaimedReference)
    with _noting(problems):
        doubts = withdrawn_by_registries(load_lock(folder / LOCK))
    paths = sorted((folder / _AUDITS).glob("[!.]*.toml"))
    for path in paths:
        with _noting(problems):
            audits.append(read_audit(path))
    unread = frozenset(path.stem for path in paths) - {audit.article for audit in audits}
    judgements = {audit.article: judge_sentences(audit.audit.claims) for audit in audits}
    for path in sorted(path for name in _FOLDERS for path in (folder / name).glob("[!.]*.md")):
        with _noting(problems):
            files.append(read_source_file(path, judgements.get(path.stem, {})))
    for path in paths:
        if not (folder / "article" / f"{path.stem}.md").exists():
            problems.append(Problem(path, 1, f"audits no article: article/{path.stem}.md is missing"))
    summaries: list[SummaryFile] = []
    for path in sorted((folder / _SUMMARIES).glob("[!.]*.toml")):
        with _noting(problems):
            summaries.append(read_summaries(path))
    known = frozenset(path.stem for path in (folder / "sources").glob("[!.]*.md"))
    return _Reading(tuple(files), known, references, tuple(audits), unread, doubts, tuple(summaries), tuple(problems))


@contextmanager
def _noting(problems: list[Problem]) -> Iterator[None]:
    try:
        yield
    except CorpusError as error:
        problems += error.problems


def _problems(reading: _Reading, screens: Mapping[str, Screen], day: date) -> tuple[Problem, ...]:
    found = [*reading.problems]
    for file in reading.files:
        found += check_record(file, day)
        found += check_repetition(file)
        found += check_screens(file, screens)
    found += check_identities(reading.files)
    found += check_references(reading.references, reading.files, reading.known)
    found += check_audits(reading.audits, reading.unread, reading.files, reading.known)
    found += check_summaries(reading.summaries, reading.files, screens)
    return _in_order(found)


def _withdrawals(reading: _Reading, day: date) -> Mapping[str, list[str]]:
    """Return by id why sources are withdrawn; what the registries say of other works is left out."""
    reasons: dict[str, list[str]] = {}
    for source in (file.source for file in reading.files):
        if (due := source.provenance.review_by) < day:
            reasons.setdefault(source.id, []).append(f"its review was due on {due}")
        if doubt := reading.doubts.get(source.id):
            reasons.setdefault(source.id, []).append(doubt)
    return reasons


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (problem.path, problem.line)))


def _day(today: date | None) -> date:
    return today or datetime.now(tz=UTC).date()
