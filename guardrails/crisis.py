"""Crisis: messages about suicide or self-harm, and bodily or violent emergencies, that people must answer at once."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from corpus.normal import normalise
from guardrails.lexicon import Hit, Lexicon, fold
from guardrails.parts import may_ask
from guardrails.verdict import Action, Asked, Rule, Span

EMERGENCIES: Final = (
    "overdose",
    "allergy",
    "acute",
    "hidden_opioid",
    "withdrawal",
    "poisoning",
    "serotonin",
    "blockade",
    "harm",
    "psychosis",
    "liver",
    "surgery",
)
"""The kinds of emergency, the one whose advice is most urgent first."""

ASKED_IN_GENERAL: Final = frozenset({"withdrawal", "hidden_opioid", "surgery", ""})
"""The kinds that people ask about long before they are one: what naltrexone does with opioids and in an operation. What
is of no kind that the classifier can name was no emergency in nine of ten such messages by other authors."""

REMEMBERED: Final = 3
"""How many earlier messages can give the present one its meaning."""

SHORT: Final = 160
"""How long, in characters, a message of nothing but despair can be."""

NOW: Final = "crisis.now"
"""The key of the card for an attempt that is under way."""

POSSIBLY: Final = "possible"
"""The kind of what may be a red flag, and may as well be none: its card stands above an answer."""

_CRISIS = Lexicon.load("crisis")
_EMERGENCY = Lexicon.load("emergency")
_ALARM = "crisis"
_MATTER = "matter"
_MEDICINE = "medicine"
_SAFE = "safe"
_UNNAMED = "acute"
_OPERATION = "surgery"
_MATTERS = frozenset({_MATTER, _MEDICINE})
_SILENT = _MATTERS | {"hint.unsafe"}
_AT_HAND = re.compile(
    r"\b(?:now(?! (?:i|we|s?he)\b)|today|tonight|tomorrow|tmrw|morning|afternoon|this week"
    r"|weekend|\w+day|hours?|minutes?|emergency|er|hurts?|hurting|broken?|fractured|crash|wreck|accident|hospital"
    r"|opioids?|morphine|fentanyl|oxy\w*|hydrocodone"
    r"|ahora|hoy|ma[nñ]ana|esta (?:noche|tarde|semana)|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo"
    r"|horas?|urgencias|emergencias?|duele|romp[ií]|accidente|opioides?|morfina|fentanilo)\b",
    re.IGNORECASE,
)
"""What makes an operation more than a plan: it is near, something is hurt, or opioids are at hand."""
_DESPAIR = frozenset({"hint.hopeless", "hint.worthless", "hint.escape"})


def _crisis(asked: Asked) -> tuple[Span, ...]:
    """Return where a message, by itself or after what was written before, speaks of suicide or self-harm."""
    spans = _CRISIS.spans(asked.text, certain=asked.is_unlikely("crisis"))
    alarms = tuple(span for span in spans if span.label == _ALARM)
    if alarms:
        return alarms
    labels = {span.label for span in spans}
    if (heard := _heard("crisis", asked)) and not (labels <= _MATTERS and _is_doubtful("crisis", asked)):
        return heard
    if _SAFE in labels or asked.is_unlikely("crisis"):
        return ()
    earlier = {hit.label for text in asked.history[-REMEMBERED:] for hit in _CRISIS.hits(_folded(text))}
    if _cries(asked.text, labels) or _together(labels, earlier) or _runs_on(asked):
        return (Span(start=0, end=len(asked.text), label=_ALARM),)
    return ()


def _possible_crisis(asked: Asked) -> tuple[Span, ...]:
    """Return a message that may speak of a crisis, and may as well be a story."""
    heard = _heard("crisis", asked)
    return () if not heard or _crisis(asked) else heard


def _possible_emergency(asked: Asked) -> tuple[Span, ...]:
    """Return a message that may report an emergency, and may as well ask about one beforehand."""
    if reported := _reported(asked):
        return reported if _is_planned(asked.text, reported) else ()
    heard = _heard("emergency", asked) if _may_be_in_general(asked) else ()
    return tuple(span.model_copy(update={"label": _kind(asked) or POSSIBLY}) for span in heard)


def _heard(rule: str, asked: Asked) -> tuple[Span, ...]:
    """Return the whole of a message that the classifier takes for one that a rule is about, with the kind it is of."""
    if not asked.likelihoods or not asked.is_likely(rule):
        return ()
    label = _ALARM if rule == "crisis" else _kind(asked) or _UNNAMED
    return (Span(start=0, end=len(asked.text), label=label),)


def _is_doubtful(rule: str, asked: Asked) -> bool:
    """Tell whether the classifier is not sure of a message that asks something.

    Of the short messages by another author that it took for a crisis so, 29 of 31 were harmless.
    """
    return asked.likelihoods is not None and may_ask(asked.text) and not asked.likelihoods.is_sure(rule)


def _may_be_in_general(asked: Asked) -> bool:
    """Tell whether a message may ask of the medicine, or of one named just before, what people ask beforehand."""
    if _kind(asked) not in ASKED_IN_GENERAL or not _is_doubtful("emergency", asked):
        return False
    about = (asked.text, *asked.history[-REMEMBERED:])
    return any(hit.label == _MEDICINE for text in about for hit in _CRISIS.hits(_folded(text)))


def _kind(asked: Asked) -> str:
    return asked.likelihoods.kind("emergency") if asked.likelihoods else ""


def _cries(text: str, labels: set[str]) -> bool:
    """Tell whether a short message is nothing but despair: it asks nothing and names no matter of the clinic."""
    return len(text) <= SHORT and "?" not in text and _MATTER not in labels and bool(labels & _DESPAIR)


def _together(labels: set[str], earlier: set[str]) -> bool:
    """Tell whether hints that are no alarm alone become one with each other or with what came before."""
    if _ALARM in earlier:
        return bool(labels - _MATTERS)
    now, before = labels - _SILENT, earlier - _SILENT
    return len(now) > 1 or bool(now and before)


def _emergency(asked: Asked) -> tuple[Span, ...]:
    """Return the emergencies that a message reports, the most urgent first."""
    if reported := _reported(asked):
        return () if _is_planned(asked.text, reported) else reported
    return () if _may_be_in_general(asked) else _heard("emergency", asked)


def _reported(asked: Asked) -> tuple[Span, ...]:
    """Return the emergencies that patterns find in a message, or in it and the last one together."""
    spans = _EMERGENCY.spans(asked.text, certain=asked.is_unlikely("emergency"))
    labels = set[str]()
    if not spans and not asked.is_unlikely("emergency"):
        labels = {hit.label for hit in _bridging(_EMERGENCY, asked)}
    whole = (Span(start=0, end=len(asked.text), label=label) for label in labels)
    return tuple(sorted((*spans, *whole), key=lambda span: EMERGENCIES.index(span.label)))


def _is_planned(text: str, reported: Iterable[Span]) -> bool:
    """Tell whether a message only asks about an operation to come: that is answered, below the card."""
    return all(span.label == _OPERATION for span in reported) and may_ask(text) and not _AT_HAND.search(text)


def _runs_on(asked: Asked) -> bool:
    """Tell whether the last message and this one together say what neither says alone."""
    return any(hit.label == _ALARM for hit in _bridging(_CRISIS, asked))


def _bridging(lexicon: Lexicon, asked: Asked) -> Iterator[Hit]:
    if not asked.history:
        return
    before = _folded(asked.history[-1]).rstrip(" .!?…")
    for hit in lexicon.hits(f"{before} {_folded(asked.text)}"):
        if hit.start < len(before) < hit.end - 1:
            yield hit


def _folded(text: str) -> str:
    return fold(normalise(text).text)


CRISIS: Final[Rule[Asked]] = Rule("crisis", Action.ESCALATE, _crisis)
EMERGENCY: Final[Rule[Asked]] = Rule("emergency", Action.ESCALATE, _emergency)
RED_FLAGS: Final = frozenset({CRISIS.name, EMERGENCY.name})
"""The rules whose findings lead to help lines, in place of an answer or above it."""
POSSIBLE: Final[tuple[Rule[Asked], ...]] = (
    Rule("crisis", Action.CAUTION, _possible_crisis),
    Rule("emergency", Action.CAUTION, _possible_emergency),
)
