"""Advice: questions that ask what is right for this very person."""

from typing import Final

from guardrails.lexicon import Lexicon
from guardrails.verdict import Action, Asked, Rule, Span

_LEXICON = Lexicon.load("advice")


def _personal_advice(asked: Asked) -> tuple[Span, ...]:
    """Return where a message asks for advice about the writer or someone close, or speaks of a pregnancy."""
    spans = _LEXICON.spans(asked.text, certain=asked.is_unlikely("personal_advice"))
    if not spans and asked.likelihoods and asked.is_likely("personal_advice"):
        spans = (Span(start=0, end=len(asked.text), label=asked.likelihoods.kind("personal_advice")),)
    return spans


PERSONAL_ADVICE: Final[Rule[Asked]] = Rule("personal_advice", Action.CAUTION, _personal_advice)
