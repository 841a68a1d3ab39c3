"""Crisis: messages about suicide or self-harm, and bodily or violent emergencies, that people must answer at once."""

from collections.abc import Iterator
from typing import Final

from corpus.normal import normalise
from guardrails.lexicon import Hit, Lexicon, fold
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

REMEMBERED: Final = 3
"""How many earlier messages can give the present one its meaning."""

SHORT: Final = 160
"""How long, in characters, a message of nothing but despair can be."""

NOW: Final = "crisis.now"
"""The key of the card for an attempt that is under way."""

_CRISIS = Lexicon.load("crisis")
_EMERGENCY = Lexicon.load("emergency")
_ALARM = "crisis"
_MATTER = "matter"
_SAFE = "safe"
_UNNAMED = "acute"
_SILENT = frozenset({_MATTER, "hint.unsafe"})
_DESPAIR = frozenset({"hint.hopeless", "hint.worthless", "hint.escape"})


def _crisis(asked: Asked) -> tuple[Span, ...]:
    """Return where a message, by itself or after what was written before, speaks of suicide or self-harm."""
    spans = _CRISIS.spans(asked.text, certain=asked.is_unlikely("crisis"))
    alarms = tuple(span for span in spans if span.label == _ALARM)
    if alarms:
        return alarms
    if asked.is_likely("crisis"):
        return (Span(start=0, end=len(asked.text), label=_ALARM),)
    labels = {span.label for span in spans}
    if _SAFE in labels or asked.is_unlikely("crisis"):
        return ()
    earlier = {hit.label for text in asked.history[-REMEMBERED:] for hit in _CRISIS.hits(_folded(text))}
    if _cries(asked.text, labels) or _together(labels, earlier) or _runs_on(_CRISIS, asked, _ALARM):
        return (Span(start=0, end=len(asked.text), label=_ALARM),)
    return ()


def _cries(text: str, labels: set[str]) -> bool:
    """Tell whether a short message is nothing but despair: it asks nothing and names no matter of the clinic."""
    return len(text) <= SHORT and "?" not in text and _MATTER not in labels and bool(labels & _DESPAIR)


def _together(labels: set[str], earlier: set[str]) -> bool:
    """Tell whether hints that are no alarm alone become one with each other or with what came before."""
    if _ALARM in earlier:
        return bool(labels - {_MATTER})
    now, before = labels - _SILENT, earlier - _SILENT
    return len(now) > 1 or bool(now and before)


def _emergency(asked: Asked) -> tuple[Span, ...]:
    """Return the emergencies that a message reports, the most urgent first."""
    spans = _EMERGENCY.spans(asked.text, certain=asked.is_unlikely("emergency"))
    labels: list[str] = []
    if not spans and not asked.is_unlikely("emergency"):
        labels = [label for label in EMERGENCIES if _runs_on(_EMERGENCY, asked, label)]
    if not spans and not labels and asked.likelihoods and asked.is_likely("emergency"):
        labels = [asked.likelihoods.kind("emergency") or _UNNAMED]
    whole = (Span(start=0, end=len(asked.text), label=label) for label in labels)
    return tuple(sorted((*spans, *whole), key=lambda span: EMERGENCIES.index(span.label)))


def _runs_on(lexicon: Lexicon, asked: Asked, label: str) -> bool:
    """Tell whether the last message and this one together say what neither says alone."""
    return any(hit.label == label for hit in _bridging(lexicon, asked))


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
