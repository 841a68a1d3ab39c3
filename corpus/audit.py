"""Audit: what the clinic's article claims, and what verified sources say to each claim."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from corpus.evidence import Role, Slug, Standing, Text, Topic, Value

_GRAVITY = (Standing.SUPPORTED, Standing.QUALIFIED, Standing.UNSUPPORTED, Standing.CONTRADICTED)


class AuditedClaim(Value):
    """One claim of the article, the sentences it stands in, and the sources that speak for or against it."""

    id: Annotated[int, Field(ge=1)]
    claim: Text
    sentences: tuple[Text, ...]
    """Sentences or list items of the article, word for word; none for what was left out of it."""
    standing: Standing
    supports: tuple[Slug, ...] = ()
    qualifies: tuple[Slug, ...] = ()
    contradicts: tuple[Slug, ...] = ()
    role: Role | None = None
    """What the claim's sentences do in an answer; ``None`` leaves them facts."""
    topics: tuple[Topic, ...] = ()
    """What the claim's sentences are about; none leaves them with the topics of the whole article."""
    comment: Text

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
        return self


class Judgement(Value):
    """What the audit says of one sentence of the article; the default is that of a sentence that claims nothing."""

    standing: Standing | None = None
    qualified_by: tuple[Slug, ...] = ()
    role: Role = Role.FACT
    topics: tuple[Topic, ...] = ()


def judge_sentences(claims: Iterable[AuditedClaim]) -> Mapping[str, Judgement]:
    """Return the judgement of every sentence that claims stand in: the worst standing, and all that must be heard."""
    by_sentence: dict[str, list[AuditedClaim]] = defaultdict(list)
    for claim in claims:
        for sentence in claim.sentences:
            by_sentence[sentence].append(claim)
    return {sentence: _judge(standing_in) for sentence, standing_in in by_sentence.items()}


def _judge(claims: list[AuditedClaim]) -> Judgement:
    worst = max((claim.standing for claim in claims), key=_GRAVITY.index)
    heard = dict.fromkeys(source for claim in claims for source in claim.qualifies + claim.contradicts)
    roles = (claim.role for claim in claims if claim.role and claim.standing is worst)
    topics = dict.fromkeys(topic for claim in claims for topic in claim.topics)
    return Judgement(standing=worst, qualified_by=tuple(heard), role=next(roles, Role.FACT), topics=tuple(topics))
