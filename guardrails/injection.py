"""Injection: instructions to the assistant about itself, from a visitor or from inside a source."""

import re
from collections.abc import Iterator
from typing import Final

from guardrails.lexicon import Lexicon
from guardrails.verdict import Action, Asked, Rule, Span

_LEXICON = Lexicon.load("injection")
_TAGS = re.compile(
    # A few tags behind a black flag are the flags of Scotland and Wales.
    r"(?<![\U0001F3F4\U000E0000-\U000E007F])[\U000E0000-\U000E007F]+|(?<=\U0001F3F4)[\U000E0000-\U000E007F]{8,}"
    r"|[\u202a-\u202e\u2066-\u2069]"
)
_INVISIBLE = re.compile(r"(?:[\u200b\u2060\u2061-\u2064\ufeff]\s?){4,}|[\ufe00-\ufe0f\U000E0100-\U000E01EF]{3,}")
_ENCODED = re.compile(
    r"(?<![\w/+.:])(?=[A-Za-z0-9+/]*\d)(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])[A-Za-z0-9+/]{24,}={0,2}"
)
_BYTES = re.compile(r"(?:\b[01]{8}\s+){4,}|(?:(?:\\x|0x|%)[0-9a-fA-F]{2}\s?){6,}|(?:[.\-]{1,5}[ /]+){8,}")
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
    spoken = (span for span in _LEXICON.spans(asked.text) if not span.label.startswith("page."))
    return (*spoken, *_hidden(asked.text), *_encoded(asked.text))


def _hidden(text: str) -> Iterator[Span]:
    for pattern in (_TAGS, _INVISIBLE):
        for match in pattern.finditer(text):
            yield Span(start=match.start(), end=match.end(), label="hidden")


def _encoded(text: str) -> Iterator[Span]:
    for pattern in (_ENCODED, _BYTES):
        for match in pattern.finditer(text):
            yield Span(start=match.start(), end=match.end(), label="said.payload")


def _comments(text: str) -> Iterator[Span]:
    for match in _COMMENT.finditer(text):
        if not match.group().startswith("<!--") or _ORDERING.search(match.group()):
            yield Span(start=match.start(), end=match.end(), label="page.comment")


INJECTION: Final[Rule[Asked]] = Rule("injection", Action.REFUSE, _injection)
