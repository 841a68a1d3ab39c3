"""Likelihood: what the classifier makes of a message, and from where on that counts."""

from collections.abc import Mapping
from typing import Final

from pydantic import Field

from corpus.evidence import Value

# Chosen on the 874 messages by another author than the examples' that are in tests/evaluation/guards.toml and
# assistant/attacks/must_answer.toml: the lowest ones, in steps of 0.05, at which no rule but crisis has more than three
# false alarms in a hundred, and the questions that must be answered lose no more than three in a hundred to all rules
# together. A crisis that is missed weighs more than a card that was not needed: five.
LIKELY: Final = {
    "crisis": 0.75,
    "emergency": 0.9,
    "injection": 0.75,
    "minor": 0.95,
    "dosing_request": 0.9,
    "off_topic": 0.9,
    "personal_advice": 0.7,
}
"""The probability from which on a rule fires without any pattern."""

SURE: Final[Mapping[str, float]] = {"crisis": 0.9, "emergency": 0.98, "dosing_request": 0.98}
"""The probability from which on the classifier's word alone takes the place of an answer. Below it, half and more of
such messages by other authors were harmless (39 of 85 stories, 14 of 20 near an emergency, 10 of 15 near dosing): help
or refusal then stands beside what may be said."""

UNLIKELY: Final = 0.05
"""The probability below which a pattern that can also stand in a harmless message is not believed."""

EVEN: Final = 0.5
"""The probability from which on a label is likelier than not."""


class Likelihoods(Value):
    """Probabilities by rule, and by ``rule.label`` for the kinds of a rule that fires."""

    alone: dict[str, float]
    """Of the message by itself: of its likeliest stretch."""
    joined: dict[str, float] = Field(default_factory=dict)
    """Of the message behind the one before it; empty when there was none."""
    before: dict[str, float] = Field(default_factory=dict)
    """Of the message before it alone; empty when there was none."""
    apart: dict[str, float] = Field(default_factory=dict)
    """Of the likeliest of its parts; empty when it asks one thing."""

    def is_likely(self, rule: str) -> bool:
        """Tell whether a message is to be taken for one that the rule guards against."""
        return self.alone[rule] >= LIKELY[rule] or self._shows_together(rule)

    def is_asked_apart(self, rule: str) -> bool:
        """Tell whether one of several things that a message asks is what the rule guards against."""
        return self.apart.get(rule, 0) >= LIKELY[rule]

    def is_sure(self, rule: str) -> bool:
        """Tell whether a message is so much like such ones that no pattern has to bear it out."""
        return max(self.alone[rule], self.joined.get(rule, 0)) >= SURE[rule]

    def is_unlikely(self, rule: str) -> bool:
        """Tell whether a message is so far from such ones that a doubtful word in it means something else."""
        return max(self.alone[rule], self.joined.get(rule, 0)) < UNLIKELY

    def kind(self, rule: str) -> str:
        """Return the label of a rule that tells kinds apart which is likelier than not; else an empty one."""
        kinds = {name.removeprefix(f"{rule}."): p for name, p in self.alone.items() if name.startswith(f"{rule}.")}
        best = max(kinds, key=kinds.__getitem__, default="")
        return best if kinds.get(best, 0) >= EVEN else ""

    def _shows_together(self, rule: str) -> bool:
        """Tell whether only both messages together say it: the one before, judged by itself, did not."""
        return self.joined.get(rule, 0) >= LIKELY[rule] > self.before.get(rule, 0)
