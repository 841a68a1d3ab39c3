"""Dosing: one grammar for the doses that visitors ask for and the doses that answers must not state.

The grammar is the reviewed file ``lexicon/dosing.toml``. From small words (``number``, ``unit``, ``frequency``,
``take``, ``drug``) it builds what a *stated* dose looks like: a quantity with a unit, a part or multiple of another
dose, a schedule beside the medicine or its taking, a titration, a split, an interval, a bare number in answer to a
dose question. And it builds what a *request* looks like, class by class: the wide reading of dosing for which any
medicine counts. Phone numbers, years, sample sizes, shares of people and the lengths of studies are neither.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from corpus.evidence import Passage
from guardrails.lexicon import Lexicon
from guardrails.likelihood import SURE
from guardrails.verdict import PERHAPS, Action, Asked, Rule, Said, Span

FOLLOW_UP: Final = "follow_up"
LIKELY: Final = "likely"
STATED: Final = "stated."
QUANTITY: Final = "stated.quantity"
TURNS: Final = 6
"""How many earlier questions of the visitor a follow-up may refer to."""


def find_dose(text: str) -> tuple[Span, ...]:
    """Return the stretches of a text that state or mention an amount, a schedule or a change of a dose."""
    return _stated().spans(text)


def find_request(asked: Asked) -> Iterator[Span]:
    """Yield the stretches of a question that ask for dosing, by themselves or after an earlier dosing question."""
    found = _request().spans(asked.text, certain=asked.is_unlikely("dosing_request"))
    yield from (span for span in found if span.label != FOLLOW_UP)
    heard, rule = asked.likelihoods, "dosing_request"
    if heard and (asked.is_likely(rule) or heard.is_asked_apart(rule)):
        label = LIKELY if heard.is_sure(rule) or heard.apart.get(rule, 0) >= SURE[rule] else PERHAPS
        yield Span(start=0, end=len(asked.text), label=label)
    follow_ups = [span for span in found if span.label == FOLLOW_UP]
    if follow_ups and any(_asks(earlier) for earlier in asked.history[-TURNS:]):
        yield from follow_ups


def find_stated(said: Said) -> Iterator[Span]:
    """Yield the doses of a claim, of what it cites, and of the claim before and this one read together."""
    text = said.claim.text
    yield from find_dose(text)
    if any(find_dose(quoted) for passage in said.claim.passages for quoted in _shown(passage)):
        yield Span(start=0, end=len(text), label="stated.citation")
    if said.before and _joins(said.before[-1].text, text):
        yield Span(start=0, end=len(text), label="stated.joined")


DOSING_REQUEST = Rule("dosing_request", Action.REFUSE, find_request)
DOSE_STATED = Rule("dose_stated", Action.WITHHOLD, find_stated)


def _asks(text: str) -> bool:
    return any(span.label != FOLLOW_UP for span in _request().spans(text))


def _shown(passage: Passage) -> Iterable[str]:
    return (passage.text, *passage.heading)


def _joins(before: str, text: str) -> bool:
    """Tell whether a quantity begins in one sentence and ends in the next."""
    first = before.rstrip(" .…!?")
    joined = f"{first} {text}"
    return any(span.label == QUANTITY and span.start < len(first) < span.end - 1 for span in _stated().spans(joined))


@cache
def _lexicon() -> Lexicon:
    return Lexicon.load("dosing")


@cache
def _stated() -> Lexicon:
    """Return the patterns of stated doses; nothing excuses one."""
    return Lexicon(tuple(entry for entry in _lexicon().entries if entry[0].startswith(STATED)), ())


@cache
def _request() -> Lexicon:
    """Return the patterns of requests, with what excuses them."""
    whole = _lexicon()
    asked = tuple(entry for entry in whole.entries if not entry[0].startswith(STATED))
    return Lexicon(asked, whole.exceptions, whole.certain)
