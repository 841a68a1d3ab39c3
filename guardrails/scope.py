"""Scope: what is not for this assistant, who is too young for it, and what needs courtesy rather than a source."""

import re
from collections.abc import Sequence
from typing import Final

from corpus.normal import normalise
from corpus.text import Lang
from guardrails.lexicon import Hit, Lexicon, fold
from guardrails.verdict import Action, Asked, Rule, Span

_SCOPE = Lexicon.load("scope")
_COURTESY = Lexicon.load("courtesy")
_CALM, _CLINIC = "calm", "clinic"
_SMALL_TALK = frozenset({"greeting", "thanks", "goodbye", "identity", "abilities", "sources"})
_SPANISH_MARKS = re.compile(r"[¿¡ñ]|\b(?:qu[eé] es|no me|se me|lo que|a mi)\b")
_ACCENTS = re.compile(r"[áéíóú]")
_WORD = re.compile(r"(?<![\w+/=])[a-z']+(?![\w+/=])")
# Words that are at home in both languages, or in other ones too ("no", "a", "me", "de", "la"), speak for neither.
_SPANISH = frozenset(
    "el los las unos unas del estoy soy eres estamos somos puedo puede puedes podria tengo tiene tienen tuve "
    "quiero quisiera quiere voy vamos va van oigo escucho veo siento sientes sentir siente dice dicen hago hice "
    "tomo tome tomar tomando toma trague empece deje dejar comer debo deberia necesito necesita creo pienso ayuda "
    "ayudar ayudame ayuden sirve hay estar hace hacer hablar saber decir dime morir morirme matar matarme vivir "
    "con para por cuando donde cual cuales cuanto cuanta cuantos cuantas como quien porque que mi mis su sus pero "
    "muy mas ya tambien nada nunca siempre ayer hoy manana noche desde hasta despues antes sobre entre este esto "
    "esta eso esa ella ellos ellas usted ustedes yo hola gracias adios buenos buenas dias ansiedad dolor dosis "
    "naltrexona efectos secundarios cita medico medica medicina medicinas medicamento pastilla pastillas clinica "
    "doctora hijo hija esposo esposa madre padre hermano hermana vecino amigo amiga persona alguien voces miedo "
    "pecho salvo respirar".split()
)
_ENGLISH = frozenset(
    "the an of to in is are was were be been i i'm im i've i'd you she it it's we they my your his her their this "
    "that these those and or but if for with without on at by from do does did don't can can't could will would "
    "should what what's which who why how when where not have had him them there about take taking took help "
    "helps feel feeling want need hi hello hey thanks thank please tell ask like get got because since after "
    "before just safe".split()
)
_LEAD = 2


def language(text: str, otherwise: Lang = "en") -> Lang:
    """Return the language of a message; ``otherwise`` where its words clearly speak for neither."""
    found = _WORD.findall(fold(normalise(text).text))
    spanish = (
        sum(word in _SPANISH for word in found)
        + 2 * bool(_SPANISH_MARKS.search(text.lower()))
        + bool(_ACCENTS.search(text.lower()))
    )
    english = sum(word in _ENGLISH for word in found)
    # A message of one word has only one mark to give.
    lead = min(_LEAD, len(found)) or _LEAD
    if abs(spanish - english) < lead:
        return otherwise
    return "es" if spanish > english else "en"


def courtesy(text: str, *, after_crisis: bool = False) -> str | None:
    """Return the key of the fixed answer when the whole message is a courtesy or asks about the assistant itself.

    A bare yes answers the question of a crisis card, whether one is safe, and nothing else.
    """
    ignored = {_CLINIC} if after_crisis else {_CLINIC, _CALM}
    labels = [hit.label for hit in _courtesies(text) if hit.label not in ignored]
    if not labels:
        return None
    return f"courtesy.{'safe' if _CALM in labels else labels[0]}"


def asks_the_clinic(text: str) -> bool:
    """Tell whether a question is about visits, money, hours or people: nothing that a source could answer."""
    return any(hit.label == _CLINIC for hit in _courtesies(text))


def is_small_talk(text: str) -> bool:
    """Tell whether the whole message is a greeting, thanks or a farewell, which no classifier need read."""
    return any(hit.label in _SMALL_TALK for hit in _courtesies(text))


def _courtesies(text: str) -> Sequence[Hit]:
    return _COURTESY.hits(fold(normalise(text).text))


def _off_topic(asked: Asked) -> tuple[Span, ...]:
    """Return what is clearly not for this assistant; a topic only where nothing in the message belongs here."""
    spans = _SCOPE.spans(asked.text)
    ours = asked.is_unlikely("off_topic") or any(span.label == "ours" for span in spans)
    found = tuple(span for span in spans if span.label == "task" or (span.label == "topic" and not ours))
    if not found and not ours and asked.is_likely("off_topic"):
        return (Span(start=0, end=len(asked.text), label="topic"),)
    return found


def _minor(asked: Asked) -> tuple[Span, ...]:
    """Return where a visitor says to be under eighteen, in this message or before."""
    spans = tuple(span for span in _SCOPE.spans(asked.text) if span.label == "minor")
    if spans and not asked.is_unlikely("minor"):
        return spans
    said = any(hit.label == "minor" for text in asked.history for hit in _SCOPE.hits(fold(normalise(text).text)))
    return (Span(start=0, end=len(asked.text), label="minor"),) if said or asked.is_likely("minor") else ()


OFF_TOPIC: Final[Rule[Asked]] = Rule("off_topic", Action.REFUSE, _off_topic)
MINOR: Final[Rule[Asked]] = Rule("minor", Action.REFUSE, _minor)
