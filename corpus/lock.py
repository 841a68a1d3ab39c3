"""Lock: what each registry said of each work, when, and what follows from it."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from corpus.bibliography import AskedBy, Notice, RegistryName, RegistryRecord, Sought
from corpus.comparison import IDENTIFIERS, UNKNOWN, Difference
from corpus.errors import CorpusError, Problem
from corpus.evidence import Sha256, Value
from corpus.files import write_whole

MOST_BYTES = 20_000_000


class Verdict(StrEnum):
    """What the registries' answers come to."""

    VERIFIED = "verified"
    """A registry has the work, and nothing contradicts the record."""
    MISMATCH = "mismatch"
    """The work exists, but fields of the record disagree with it."""
    NOT_FOUND = "not_found"
    RETRACTED = "retracted"
    """Retracted, withdrawn or removed, whatever else holds."""
    UNREACHABLE = "unreachable"
    """A registry never answered: nothing is known yet."""
    UNLISTED = "unlisted"
    """Registries list no works of this kind, such as web pages and labels; nobody was asked."""


class Answer(Value):
    """What one registry said: the work that comes closest, ``None`` if it has none, and how that differs."""

    asked_at: datetime
    asked_by: AskedBy
    record: RegistryRecord | None = None
    unknown: tuple[str, ...] = ()
    """The identifiers, by field, that this registry would have if they existed, and has not."""
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Tell whether the registry has the work just as it is cited."""
        return self.record is not None and not self.differences

    @property
    def is_retraction(self) -> bool:
        """Tell whether the registry says that this work, and not one of the same title, was retracted."""
        return (
            self.record is not None
            and self.record.is_retracted
            and (self.asked_by is not AskedBy.TITLE or not self.differences)
        )


class LockEntry(Value):
    """What is known of one work."""

    record_hash: Sha256
    """The hash of the citation that was compared; a citation that was edited since has another."""
    checked_at: datetime
    verdict: Verdict
    answers: dict[RegistryName, Answer] = Field(default_factory=dict)
    silent: tuple[RegistryName, ...] = ()
    """Who did not answer at the last attempt; what they said before is kept."""
    offered: dict[str, str] = Field(default_factory=dict)
    """What the citation lacks and the registries know, by field."""

    @property
    def differences(self) -> tuple[tuple[RegistryName, Difference], ...]:
        """Return the differences that count, with the registry that sees them."""
        counting = blemished(self.answers)
        return tuple((name, difference) for name in counting for difference in self.answers[name].differences)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Return what the registries announce about the work, each announcement once."""
        said = (answer.record.notices for answer in self.answers.values() if answer.record)
        return tuple(dict.fromkeys(notice for notices in said for notice in notices))

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return for readers why the verdict is what it is, and what else there is to know."""
        return (
            *(_in_words(name, difference) for name, difference in self.differences),
            *(f"{field} is unknown to {name.value}" for name, it in self.answers.items() for field in it.unknown),
            *(" ".join(filter(None, (notice.label, notice.date, notice.doi))) for notice in self.notices),
            *dict.fromkeys(note for answer in self.answers.values() for note in answer.notes),
            *(f"no answer from {name.value}" for name in self.silent),
            *(f"{field} would be {value}" for field, value in sorted(self.offered.items())),
        )


class Lock(Value):
    """All that is known, by the id of the source or ``claimed-`` and the number of the reference."""

    version: Literal[1] = 1
    entries: dict[str, LockEntry] = Field(default_factory=dict)


def judge(work: Sought, answers: Mapping[RegistryName, Answer], asked: Iterable[RegistryName]) -> Verdict:
    """Return the verdict on a work; without an answer of everybody ``asked``, good news is withheld."""
    if not work.listed:
        return Verdict.UNLISTED
    if any(answer.is_retraction for answer in answers.values()):
        return Verdict.RETRACTED
    if blemished(answers):
        return Verdict.MISMATCH
    if not answers or {*asked} - {*answers}:
        return Verdict.UNREACHABLE
    return Verdict.VERIFIED if any(answer.is_clean for answer in answers.values()) else Verdict.NOT_FOUND


def blemished(answers: Mapping[RegistryName, Answer]) -> tuple[RegistryName, ...]:
    """Return whose differences count.

    A search by title may come upon a reprint or an abstract of the same name. Where another registry confirms the
    work by its identifier, or by title and with no identifier in dispute, such a find says nothing.
    """
    clean = [answer for answer in answers.values() if answer.is_clean]
    is_anchored = any(answer.asked_by is not AskedBy.TITLE for answer in clean)

    def counts(answer: Answer) -> bool:
        if answer.asked_by is not AskedBy.TITLE or any(one.theirs == UNKNOWN for one in answer.differences):
            return True
        disputed = any(difference.field in IDENTIFIERS for difference in answer.differences)
        return not (is_anchored or (clean and not disputed))

    return tuple(name for name, answer in sorted(answers.items()) if answer.differences and counts(answer))


def withdrawn(lock: Lock) -> Mapping[str, str]:
    """Return by id the sources that must not be cited, and why: retracted, not what they say, or not there at all.

    A work that was only searched by title and not found stays: a search proves less than an unknown identifier.
    """
    reasons = ((id_, _objection(entry)) for id_, entry in sorted(lock.entries.items()))
    return {id_: reason for id_, reason in reasons if reason}


def _objection(entry: LockEntry) -> str:
    match entry.verdict:
        case Verdict.RETRACTED:
            return f"retracted according to {_listing(n for n, a in entry.answers.items() if a.is_retraction)}"
        case Verdict.MISMATCH:
            return "; ".join(_in_words(name, difference) for name, difference in entry.differences)
        case Verdict.NOT_FOUND if any(answer.unknown for answer in entry.answers.values()):
            return f"its identifier is unknown to {_listing(n for n, a in entry.answers.items() if a.unknown)}"
        case _:
            return ""


def _in_words(name: RegistryName, difference: Difference) -> str:
    return f"{difference.field} is “{difference.ours}” here and “{difference.theirs}” in {name.value}"


def _listing(names: Iterable[RegistryName]) -> str:
    return " and ".join(sorted(name.value for name in names))


def load_lock(path: Path) -> Lock:
    """Return the lock of a file, an empty one if there is no file; ``CorpusError`` if it is not a whole lock."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return Lock()
    except OSError as error:
        raise CorpusError(Problem(path, 1, f"cannot be read: {error.strerror}")) from error
    if len(raw) > MOST_BYTES:
        raise CorpusError(Problem(path, 1, f"is larger than {MOST_BYTES:,} bytes"))
    try:
        return Lock.model_validate_json(raw)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, wrong["loc"])) or "file"
        message = f"is not what `verify` wrote: {where}: {wrong['msg']}; delete it and verify again"
        raise CorpusError(Problem(path, 1, message)) from error


def save_lock(lock: Lock, path: Path) -> None:
    """Write a lock so that the file is at every moment whole: the old one or the new one."""
    content = {"version": lock.version} | lock.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    write_whole(path, f"{text}\n")
