"""Answers: the values that leave the assistant, and their form on the wire."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from assistant.desk import About
from corpus.evidence import Passage, Source, Value
from corpus.summary import Summary
from corpus.text import Lang
from guardrails.verdict import Finding


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    NO_EVIDENCE = "no_evidence"
    DECLINED = "declined"
    ESCALATED = "escalated"
    COURTESY = "courtesy"
    """A greeting, thanks, or a question about the assistant itself: a fixed text."""
    UNAVAILABLE = "unavailable"


class Citation(Value):
    """Where a claim comes from, with the exact words that carry it."""

    n: int = Field(ge=1)
    passage: str
    """The id of the passage that is quoted."""
    source: str
    title: str
    byline: str
    """Authors and year in a few words."""
    kind: str
    """The strength of evidence in plain words, such as ``small randomised trial with 37 people``."""
    url: str
    quote: str

    @classmethod
    def of(cls, n: int, source: Source, passage: Passage) -> "Citation":
        """Return citation number ``n`` of a passage, under the title that patients may see."""
        reference = source.reference
        return cls(
            n=n,
            passage=passage.id,
            source=source.id,
            title=reference.shown_title,
            byline=reference.byline,
            kind=source.strength,
            url=reference.link,
            quote=passage.text,
        )


class CitedClaim(Value):
    """A judged sentence as it is shown: its text and the citations that carry it."""

    text: str
    citations: tuple[Citation, ...]

    def to_wire(self) -> dict[str, Any]:
        """Return text and citation numbers, as in an answer's ``claims``."""
        return {"text": self.text, "citations": [citation.n for citation in self.citations]}

    def to_event(self) -> dict[str, Any]:
        """Return the ``claim`` event: as on the wire, with the cited sources, so that marks work at once."""
        return self.to_wire() | {"sources": [citation.model_dump() for citation in self.citations]}


class Link(Value):
    """Something a visitor can press: ``href`` is a tel:, sms:, mailto: or https: address, or one of this site."""

    label: str
    href: str


class Card(Value):
    """A fixed box beside an answer: a way to people."""

    kind: str
    """``consultation``, ``crisis``, ``emergency``."""
    title: str
    text: str
    links: tuple[Link, ...] = ()


class Hit(Value):
    """A retrieved passage and how it was found. Scores are comparable within one search only."""

    passage: Passage
    score: float
    """Fused score, higher is better; zero for a passage that no search found and that only balances the others."""
    dense: float | None = None
    """Cosine similarity, or ``None`` when the vectors did not find it."""
    lexical: float | None = None
    """BM25 score, or ``None`` when the words did not find it."""


class Found(Value):
    """What a search brought."""

    summaries: tuple[Summary, ...] = ()
    """The summaries that answer the question, best first."""
    hits: tuple[Hit, ...] = ()
    """The passages to answer from, best first; none when nothing is relevant enough."""
    missing: tuple[str, ...] = ()
    """What the question names and no source speaks of, when that is why nothing was found."""
    related: tuple[str, ...] = ()
    """Questions to go on with, which our sources answer."""
    desk: About | None = None
    """What is asked of the clinic itself, if that is what the question is."""

    def texts(self, lang: Lang) -> tuple[str, ...]:
        """Return all sentences that may be said in a language, the summaries' first; statements are in English only."""
        points = (point.text(lang) for summary in self.summaries for point in summary.points)
        return (*points, *(hit.passage.text for hit in self.hits if lang == "en"))


class Withheld(Value):
    """A sentence that was not shown, and the rule that withheld it. For staff only."""

    text: str
    rule: str


class Trace(Value):
    """Why an answer is what it is. For staff only: it never goes over the patients' wire."""

    findings: tuple[Finding, ...] = ()
    searched: str = ""
    """What was searched for: the allowed part of the question, with follow-ups resolved."""
    hits: tuple[Hit, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    timings_ms: dict[str, float] = Field(default_factory=dict)
    """Wall time by step, in milliseconds."""


class Answer(Value):
    """Closes the stream of claims: what came of a question."""

    id: str
    session: str
    question: str
    """The question as it may be kept: with personal data masked."""
    lang: str
    outcome: Outcome
    rule: str | None = None
    message: str = ""
    """The fixed text of a refusal, a courtesy or a lack of evidence, in ``lang``."""
    claims: tuple[CitedClaim, ...] = ()
    is_list: bool = False
    """Whether the claims are items of a list: studies, or things compared."""
    notices: tuple[str, ...] = ()
    card: Card | None = None
    suggestions: tuple[str, ...] = ()
    ms: float
    fingerprint: str | None
    """The corpus that was searched; ``None`` when none was."""
    generator: str
    trace: Trace = Trace()

    @property
    def text(self) -> str:
        """Return all that is said, in order: claims, then the fixed message."""
        return " ".join(filter(None, [*(claim.text for claim in self.claims), self.message]))

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Return the citations of all claims, each once, by number."""
        cited = {citation.n: citation for claim in self.claims for citation in claim.citations}
        return tuple(cited[n] for n in sorted(cited))

    def to_wire(self) -> dict[str, Any]:
        """Return what a visitor's browser and ``batch`` get (DESIGN, section 6); the trace stays here."""
        kept = self.model_dump(mode="json", exclude={"trace", "claims"})
        return kept | {
            "text": self.text,
            "claims": [claim.to_wire() for claim in self.claims],
            "citations": [citation.model_dump() for citation in self.citations],
            "findings": [{"rule": found.rule, "action": found.action.name} for found in self.trace.findings],
        }
