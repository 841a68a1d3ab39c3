"""Advice: questions that ask what is right for this very person."""

from typing import Final

from guardrails.lexicon import Lexicon
from guardrails.verdict import Action, Asked, Rule, Span

_LEXICON = Lexicon.load("advice")


def _personal_advice(asked: Asked) -> tuple[Span, ...]:
    """Return where a message asks for advice about the writer or someone close, or speaks of a pregnancy."""
    return _LEXICON.spans(asked.text)


PERSONAL_ADVICE: Final[Rule[Asked]] = Rule("personal_advice", Action.CAUTION, _personal_advice)
