"""Audit: what an article of the clinic claims, leaves out, and what verified sources say to each claim."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from corpus.evidence import Role, Slug, Standing, Text, Topic, Value
from corpus.record import Entry, read_entries

GRAVITY = (Standing.SUPPORTED, Standing.QUALIFIED, Standing.UNSUPPORTED, Standing.CONTRADICTED)
"""The standings, the gravest last."""
_TABLES = ("claim", "aside", "omission")


class Quotation(Value):
    """A statement of a source, word for word, called as a witness."""

    source: Slug
    says: Text


class AuditedClaim(Value):
    """One claim of an article, the sentences it stands in, and the sources that speak for or against it."""

    id: Annotated[int, Field(ge=1)]
    claim: Text
    sentences: tuple[Text, ...]
    """Sentences or list items of the article, word for word; none for what was left out of it."""
    standing: Standing
    supports: tuple[Slug, ...] = ()
    qualifies: tuple[Quotation, ...] = ()
    """Statements that limit the claim; each is enough by itself, and without one the claim is not said."""
    contradicts: tuple[Quotation, ...] = ()
    role: Role | None = None
    """What the claim's sentences do in an answer; ``None`` leaves them facts."""
    topics: tuple[Topic, ...] = ()
    """What the claim's sentences are about; none leaves them with the topics of the whole article."""
    comment: Text
    """What is wrong or right with the claim, for the clinic's editor."""
    direction: Text | None = None
    """What the editor may do about it; ``None`` only where nothing has to change."""

    @property
    def heard(self) -> tuple[Quotation, ...]:
        """Return every statement that speaks against the claim as it stands."""
        return self.qualifies + self.contradicts

    @property
    def sources(self) -> frozenset[str]:
        """Return every source that the claim is judged by."""
        return frozenset((*self.supports, *(quoted.source for quoted in self.heard)))

    @model_validator(mode="after")
    def _standing_has_its_sources(self) -> Self:
        if self.standing is Standing.CONTRADICTED and not self.contradicts:
            raise ValueError("a contradicted claim names a source in `contradicts`")
        if self.standing is not Standing.CONTRADICTED and self.contradicts:
            raise ValueError("a claim with a source in `contradicts` is contradicted")
        if self.standing is Standing.QUALIFIED and not self.qualifies:
            raise ValueError("a qualified claim names a source in `qualifies`")
        if self.standing is Standing.SUPPORTED and not self.supports:
            raise ValueError("a supported claim names a source in `supports`")
        if self.standing is not Standing.SUPPORTED and not self.direction:
            raise ValueError("a claim that is not supported says in `direction` what the editor can do")
        return self


class Aside(Value):
    """A sentence of an article that claims nothing about the medicine, such as an invitation."""

    sentence: Text
    why: Text


class Omission(Value):
    """What an article leaves out and its readers have to know, in the words of sources."""

    point: Text
    why: Text
    statements: tuple[Quotation, ...] = Field(min_length=1)
    direction: Text

    @property
    def sources(self) -> frozenset[str]:
        """Return every source that speaks of it."""
        return frozenset(quoted.source for quoted in self.statements)


@dataclass(frozen=True, slots=True)
class Audit:
    """The whole audit of one article."""

    article: str
    claims: tuple[AuditedClaim, ...]
    asides: tuple[Aside, ...]
    omissions: tuple[Omission, ...]


@dataclass(frozen=True, slots=True)
class AuditFile:
    """An audit, and where its file says what."""

    path: Path
    claims: tuple[Entry[AuditedClaim], ...]
    asides: tuple[Entry[Aside], ...]
    omissions: tuple[Entry[Omission], ...]

    @property
    def article(self) -> str:
        """Return the id of the article that is audited: the name of the file."""
        return self.path.stem

    @property
    def audit(self) -> Audit:
        """Return the audit alone."""
        return Audit(
            self.article,
            tuple(entry.value for entry in self.claims),
            tuple(entry.value for entry in self.asides),
            tuple(entry.value for entry in self.omissions),
        )

    def quotations(self) -> Iterator[tuple[Entry[AuditedClaim] | Entry[Omission], str, int, Quotation]]:
        """Yield each quotation with its entry, the key that it stands under, and its place there."""
        for claim in self.claims:
            for key in ("qualifies", "contradicts"):
                for place, quoted in enumerate(getattr(claim.value, key)):
                    yield claim, key, place, quoted
        for omission in self.omissions:
            for place, quoted in enumerate(omission.value.statements):
                yield omission, "statements", place, quoted


class Judgement(Value):
    """What the audit says of one sentence of an article; the default is that of a sentence that claims nothing."""

    standing: Standing | None = None
    qualified_by: tuple[Slug, ...] = ()
    qualifications: tuple[tuple[Text, ...], ...] = ()
    role: Role = Role.FACT
    topics: tuple[Topic, ...] = ()


def read_audit(path: Path) -> AuditFile:
    """Return the audit of a TOML file named after its article; ``CorpusError`` names all that is wrong with it."""
    return AuditFile(
        path,
        read_entries(path, "claim", AuditedClaim, beside=_TABLES),
        read_entries(path, "aside", Aside, beside=_TABLES, needed=False),
        read_entries(path, "omission", Omission, beside=_TABLES, needed=False),
    )


def judge_sentences(claims: Iterable[AuditedClaim]) -> Mapping[str, Judgement]:
    """Return the judgement of every sentence that claims stand in: the worst standing, and all that must be heard."""
    by_sentence: dict[str, list[AuditedClaim]] = defaultdict(list)
    for claim in claims:
        for sentence in claim.sentences:
            by_sentence[sentence].append(claim)
    return {sentence: _judge(standing_in) for sentence, standing_in in by_sentence.items()}


def _judge(claims: list[AuditedClaim]) -> Judgement:
    worst = max((claim.standing for claim in claims), key=GRAVITY.index)
    heard = dict.fromkeys(quoted.source for claim in claims for quoted in claim.heard)
    groups = [claim.qualifies for claim in claims if claim.standing is Standing.QUALIFIED]
    roles = (claim.role for claim in claims if claim.role and claim.standing is worst)
    topics = dict.fromkeys(topic for claim in claims for topic in claim.topics)
    return Judgement(
        standing=worst,
        qualified_by=tuple(heard),
        qualifications=tuple(tuple(quoted.says for quoted in group) for group in groups),
        role=next(roles, Role.FACT),
        topics=tuple(topics),
    )
