"""Injection: instructions to the assistant about itself, from a visitor or from inside a source."""

import re
from collections.abc import Iterator
from typing import Final

from guardrails.disguise import SPELT, TAGS, hidden
from guardrails.lexicon import Lexicon
from guardrails.verdict import Action, Asked, Rule, Span

_LEXICON = Lexicon.load("injection")
_UNSEEN = re.compile(rf"{TAGS}|[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile(r"(?:[\u200b\u2060\u2061-\u2064\ufeff]\s?){4,}|[\ufe00-\ufe0f\U000E0100-\U000E01EF]{3,}")
_COMMENT = re.compile(
    r"<!--.*?-->|style\s*=\s*[\"'][^\"']*(?:display\s*:\s*none|font-size\s*:\s*0)[^\"']*[\"']", re.DOTALL
)
_ORDERING = re.compile(
    r"\b(?:ignore|you|must|assistant|ai|model|instructions?|prompt|tell|say|answer|respond|always|never)\b",
    re.IGNORECASE,
)


def find_instruction(text: str) -> tuple[Span, ...]:
    """Return where a text inside a source orders the assistant about, openly or hidden."""
    spoken = (span for span in _LEXICON.spans(text) if not span.label.startswith("said."))
    return tuple(sorted((*spoken, *_hidden(text), *_comments(text)), key=lambda span: (span.start, span.end)))


def _injection(asked: Asked) -> tuple[Span, ...]:
    """Return where a message gives the assistant orders about itself."""
    found = _LEXICON.spans(asked.text, certain=asked.is_unlikely("injection"))
    spoken = (span for span in found if not span.label.startswith("page."))
    whole = [Span(start=0, end=len(asked.text), label="said.likely")] if asked.is_likely("injection") else []
    return (*spoken, *_hidden(asked.text), *_encoded(asked.text), *whole)


def _hidden(text: str) -> Iterator[Span]:
    for pattern in (_UNSEEN, _INVISIBLE):
        for match in pattern.finditer(text):
            yield Span(start=match.start(), end=match.end(), label="hidden")


def _encoded(text: str) -> Iterator[Span]:
    for span, _ in hidden(text):
        if span.label not in SPELT:
            yield span.model_copy(update={"label": "said.payload"})


def _comments(text: str) -> Iterator[Span]:
    for match in _COMMENT.finditer(text):
        if not match.group().startswith("<!--") or _ORDERING.search(match.group()):
            yield Span(start=match.start(), end=match.end(), label="page.comment")


INJECTION: Final[Rule[Asked]] = Rule("injection", Action.REFUSE, _injection)
