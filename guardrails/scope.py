"""Scope: what is not for this assistant, who is too young for it, and what needs courtesy rather than a source."""

import re
from typing import Final, Literal

from corpus.text import normalise
from guardrails.lexicon import Lexicon, fold
from guardrails.verdict import Action, Asked, Rule, Span

Lang = Literal["en", "es"]

_SCOPE = Lexicon.load("scope")
_COURTESY = Lexicon.load("courtesy")
_SPANISH_MARKS = re.compile(r"[¿¡ñ]")
_ACCENTS = re.compile(r"[áéíóú]")
_WORD = re.compile(r"[a-z']+")
_SPANISH = frozenset(
    "el la los las un una unos unas de del al que es son esta estoy soy eres para por con sin como cuando donde "
    "cual cuanto cuanta mi mis tu su sus me te se lo le les y o pero si muy mas ya tambien tomar tomo puedo puede "
    "puedes tengo tiene quiero hola gracias ayuda ayudar sirve sobre entre hay ser estar hace ansiedad dolor dosis "
    "naltrexona efectos secundarios cita medico medicina ustedes usted yo no nada ella ellos esto eso este adios "
    "buenos buenas dias quien porque necesito".split()
)
_ENGLISH = frozenset(
    "the a an of to in is are was were be am i you he she it we they my your his her their this that these those "
    "and or but if for with without on at by from as do does did can could will would should what which who why how "
    "when where not have has had me him them there about take taking help helps hi hello thanks please tell".split()
)


def language(text: str, otherwise: Lang = "en") -> Lang:
    """Return the language of a message; ``otherwise`` where its words speak for neither."""
    found = _WORD.findall(fold(normalise(text).text))
    spanish = (
        sum(word in _SPANISH for word in found)
        + 2 * bool(_SPANISH_MARKS.search(text.lower()))
        + bool(_ACCENTS.search(text.lower()))
    )
    english = sum(word in _ENGLISH for word in found)
    if spanish == english:
        return otherwise
    return "es" if spanish > english else "en"


def courtesy(text: str) -> str | None:
    """Return the key of the fixed answer when the whole message is a courtesy or asks about the assistant itself."""
    hits = _COURTESY.hits(fold(normalise(text).text))
    return f"courtesy.{hits[0].label}" if hits else None


def _off_topic(asked: Asked) -> tuple[Span, ...]:
    """Return what is clearly not for this assistant; a topic only where nothing in the message belongs here."""
    spans = _SCOPE.spans(asked.text)
    ours = any(span.label == "ours" for span in spans)
    return tuple(span for span in spans if span.label == "task" or (span.label == "topic" and not ours))


def _minor(asked: Asked) -> tuple[Span, ...]:
    """Return where a visitor says to be under eighteen, in this message or before."""
    spans = tuple(span for span in _SCOPE.spans(asked.text) if span.label == "minor")
    if not spans and any(
        hit.label == "minor" for text in asked.history for hit in _SCOPE.hits(fold(normalise(text).text))
    ):
        return (Span(start=0, end=len(asked.text), label="minor"),)
    return spans


OFF_TOPIC: Final[Rule[Asked]] = Rule("off_topic", Action.REFUSE, _off_topic)
MINOR: Final[Rule[Asked]] = Rule("minor", Action.REFUSE, _minor)
