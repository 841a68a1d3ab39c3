"""Verdicts: what the rules found, and what follows from it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

from corpus.evidence import Claim, Value
from guardrails.likelihood import Likelihoods

T = TypeVar("T")

PERHAPS = "perhaps"
"""The label of what the classifier alone takes a message for, and not for sure."""


class Action(IntEnum):
    """What a finding asks for; the gravest of all findings wins."""

    ALLOW = 0
    REDACT = 1
    """Mask the spans and go on."""
    CAUTION = 2
    """Go on, with a fixed notice and the consultation card."""
    WITHHOLD = 3
    """Drop this one claim."""
    REFUSE = 4
    """Fixed message; the refused part is never searched."""
    ESCALATE = 5
    """Fixed card with help lines, first of all, before any other work."""


class Span(Value):
    """A stretch ``text[start:end]`` of the judged text, and what it was taken for."""

    start: int
    end: int
    label: str = ""
    """A word of the rule's own: the kind of emergency (``overdose``), of personal data (``EMAIL``)."""


class Asked(Value):
    """The subject of a question rule: what a visitor wrote, and what the same visitor wrote before (oldest first)."""

    text: str
    history: tuple[str, ...] = ()
    likelihoods: Likelihoods | None = None
    """What the classifier makes of it; ``None`` when it cannot judge, and then every pattern counts."""

    def is_likely(self, rule: str) -> bool:
        """Tell whether the classifier takes it for a message that the rule guards against."""
        return self.likelihoods is not None and self.likelihoods.is_likely(rule)

    def is_unlikely(self, rule: str) -> bool:
        """Tell whether the classifier is sure that it is no such message, so that a doubtful pattern does not count."""
        return self.likelihoods is not None and self.likelihoods.is_unlikely(rule)


class Said(Value):
    """The subject of a claim rule: a claim, and the claims of the same answer that were shown before it."""

    claim: Claim
    before: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule(Generic[T]):
    """A named question to a subject: where in it is that which this rule guards against.

    ``find`` is pure and returns the spans of the subject's original text; no spans means that the rule has nothing to
    say. It may raise: the policy takes that as a refusal.
    """

    name: str
    action: Action
    find: Callable[[T], Iterable[Span]]


class Finding(Value):
    """What one rule found, or that it broke."""

    rule: str
    action: Action
    spans: tuple[Span, ...] = ()
    broke: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels of the spans, in order, each once."""
        return tuple(dict.fromkeys(span.label for span in self.spans if span.label))


class Verdict(Value):
    """All findings on one text, and what follows from the gravest."""

    findings: tuple[Finding, ...] = ()
    text: str
    """The judged text with personal data masked; nothing else of it is ever kept or searched."""
    allowed: str = ""
    """The parts of the (masked) question that may be answered; empty when nothing may."""

    @property
    def gravest(self) -> Finding | None:
        """Return the deciding finding; among equals one that did not break, then the first in the policy's order."""
        return max(self.findings, key=lambda finding: (finding.action, not finding.broke), default=None)

    @property
    def action(self) -> Action:
        """Return the gravest action; ``ALLOW`` when no rule found anything."""
        return self.gravest.action if self.gravest else Action.ALLOW

    @property
    def rule(self) -> str | None:
        """Return the name of the deciding rule."""
        return self.gravest.rule if self.gravest else None

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether a refusal rests on doubt alone: what our sources say to the whole may stand beside it."""
        refusing = [finding for finding in self.findings if finding.action > Action.CAUTION]
        return bool(refusing) and all(found.labels == (PERHAPS,) and not found.broke for found in refusing)

    @property
    def allows(self) -> bool:
        """Tell whether the whole text may pass, perhaps masked or with a notice."""
        return self.action <= Action.CAUTION
