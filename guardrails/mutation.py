"""Mutation: true statements made false in one place each, to measure whether grounding notices.

Pure and deterministic: the same passages and seed give the same mutations. The words stand here and not in the lexicon
of ``grounding``; but what passed was looked at, and that lexicon gained words from it: a rate measured here is that of
material known to the developers.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from corpus.evidence import Passage
from corpus.text import sentences, words
from guardrails.grounding import THRESHOLD, support

_DIGITS = re.compile(r"(?<![\w.-])\d[\d,]*(?![\w-]|\.\d)")
_WORDS: Final = tuple(
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty sixty eighty".split()
)
_NUMBER = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100

_PAIRS: Final = {
    "direction": (
        "more frequent|less frequent; higher|lower; more|less; larger|smaller; fewer|more; better|worse; "
        "improved|worsened; improve|worsen; reduced|increased; reduce|increase; fell|rose; went down|went up; "
        "raised|lowered; rare|common; rarely|often; most|few; before|after; positive|negative; safe|dangerous; "
        "mild|severe; calm|stimulate; block|activate; outweighs|equals; small|large; weak|strong; easy|hard; "
        "benefits|harms; benefit|harm; little|much; fewer|additional; encouraging|discouraging; early|late; "
        "against|for"
    ),
    "population": (
        "women|men; adults|children; people|mice; patients|rats; veterans|teenagers; participants|students; "
        "older people|young people; mother|father; children|adults; humans|monkeys; women|girls; people|athletes; "
        "patients|infants"
    ),
    "condition": (
        "depression|schizophrenia; anxiety|asthma; PTSD|autism; fibromyalgia|lupus; "
        "multiple sclerosis|Parkinson's disease; Crohn's disease|psoriasis; alcohol dependence|obesity; "
        "Gulf War Illness|long COVID; pain|blood pressure; inflammation|cholesterol; sleep|appetite; "
        "nausea|seizures; dreams|headaches; opioid|nicotine; fibromyalgia|depression; depression|PTSD; "
        "anxiety|insomnia; liver|kidney"
    ),
    "drug": (
        "low-dose naltrexone|ketamine; Low-dose naltrexone|Gabapentin; low-dose naltrexone|naltrexone; "
        "naltrexone|naloxone; Naltrexone|Sertraline; naltrexone|psilocybin; placebo|ibuprofen; "
        "antidepressant|antibiotic; opioids|benzodiazepines; methadone|lithium; paroxetine|bupropion; "
        "naltrexone|low-dose naltrexone"
    ),
    "hedge": (
        "may have improved|improved; may also have reduced|reduced; may not|does not; may|does; may|will; "
        "can|always does; could have been|was; suggest|prove; suggests|proves; think|know; "
        "is thought to|is known to; has been linked to|causes; possible|certain; reported|proved; showed|proved; "
        "say|have proved; says|proves; about|exactly; perhaps |; generally |; somewhat |; "
        "warned that this could be|said that this was not; preliminary|conclusive; experimental|established; "
        "pilot study|definitive study"
    ),
    "scope": (
        "some|all; Some|All; several|all; Several|All; most|all; Most|All; only |; Only |; many|all; few|many; "
        "a person|every person; one of|all of; part of|all of; half|all; mostly |; sometimes|always; can|always; "
        "two|all; certain|all"
    ),
}
"""One side for the other: one|other; what stands first is tried first."""
_ONE_WAY: Final = frozenset({"hedge", "scope"})
_VERBS: Final = "is are was were can did does has have may could should must".split()
_DENIED = re.compile(r"\b(did|does|do|was|were|is|are|has|have|could|may|must|should) not\b ?|\bno (?=\w)|\bNo (?=\w)")
_VERB = re.compile(rf"\b({'|'.join(_VERBS)})\b(?! not)")
_BENEFITS: Final = (
    " and improves sleep",
    " and relieves anxiety",
    ", with lasting relief of depression",
    " and restores normal mood",
    ", which makes it the best treatment",
    " and helps people lose weight",
)
_LEAST_HALF, _MOST_SHARED = 4, 0.5


@dataclass(frozen=True, slots=True)
class Mutation:
    """A statement made false, and the evidence that a claim would cite for it."""

    kind: str
    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many mutations of one kind were judged, and which passed as supported."""

    judged: int
    passed: tuple[Mutation, ...]


def mutations(passages: Sequence[Passage], seed: int = 0) -> tuple[Mutation, ...]:
    """Return the mutations of all passages, each text once."""
    chance = Random(seed)  # noqa: S311 - it only has to be repeatable
    known = {_plain(passage.text) for passage in passages}
    found = [mutation for passage in passages for mutation in _of_one(passage.text, chance)]
    found += _stitched(passages, chance)
    return tuple(
        {
            (mutation.text, mutation.evidence): mutation for mutation in found if _plain(mutation.text) not in known
        }.values()
    )


def let_through(judged: Iterable[Mutation]) -> dict[str, Tally]:
    """Return for each kind of mutation how many were judged and which passed as supported."""
    counts, passed = Counter[str](), dict[str, list[Mutation]]()
    for mutation in judged:
        counts[mutation.kind] += 1
        if support(mutation.text, mutation.evidence) >= THRESHOLD:
            passed.setdefault(mutation.kind, []).append(mutation)
    return {kind: Tally(count, tuple(passed.get(kind, ()))) for kind, count in counts.items()}


def _of_one(text: str, chance: Random) -> Iterator[Mutation]:
    changes = [*_numbers(text, chance), *_negations(text), *_benefits(text, chance)]
    changes += [
        (kind, changed)
        for kind, pairs in _turns().items()
        for one, other in pairs
        if (changed := _turned(text, one, other)) != text
    ]
    return (Mutation(kind, changed, (text,)) for kind, changed in changes)


@cache
def _turns() -> dict[str, tuple[tuple[str, str], ...]]:
    """Return for each kind what is put for what; both ways, except where only one weakens or strengthens."""
    turns = {}
    for kind, written in _PAIRS.items():
        pairs = [(one, other) for one, _, other in (pair.partition("|") for pair in written.split("; "))]
        turns[kind] = (*pairs, *((other, one) for one, other in pairs if kind not in _ONE_WAY))
    return turns


def _turned(text: str, one: str, other: str) -> str:
    end = "" if one.endswith(" ") else r"(?![\w-])"
    return re.sub(rf"(?<![\w-]){re.escape(one)}{end}", other, text, count=1)


def _numbers(text: str, chance: Random) -> Iterator[tuple[str, str]]:
    for match in _DIGITS.finditer(text):
        value = int(match[0].replace(",", ""))
        after = text[match.end() :].lstrip()
        kind = "percentage" if after.startswith(("percent", "%")) else "number"
        kind = "year" if _FIRST_YEAR < value < _LAST_YEAR else kind
        for other in {value + chance.randint(1, 9), max(1, value - chance.randint(1, 3)), 10 * value} - {value}:
            yield kind, text[: match.start()] + str(other) + text[match.end() :]
    for match in _NUMBER.finditer(text):
        named = chance.choice([word for word in _WORDS if word != match[0].lower()])
        named = named.title() if match[0][0].isupper() else named
        yield "number", text[: match.start()] + named + text[match.end() :]


def _negations(text: str) -> Iterator[tuple[str, str]]:
    for match in _DENIED.finditer(text):
        yield "negation removed", text[: match.start()] + (f"{match[1]} " if match[1] else "") + text[match.end() :]
    for match in _VERB.finditer(text):
        yield "negation added", f"{text[: match.end()]} not{text[match.end() :]}"


def _benefits(text: str, chance: Random) -> Iterator[tuple[str, str]]:
    if "naltrexone" in text.lower():
        yield "benefit added", text.rstrip(".") + chance.choice(_BENEFITS) + "."


def _stitched(passages: Sequence[Passage], chance: Random) -> Iterator[Mutation]:
    """Yield every passage put together with one that is about something else, whole and by halves."""
    for passage in passages:
        others = [other for other in passages if _differ(passage.text, other.text)]
        if not others:
            continue
        other = chance.choice(others)
        both = () if other.source_id == passage.source_id else ((passage.text, other.text),)
        for kind, text in _seams(passage.text, other.text):
            for evidence in ((passage.text,), (other.text,), *both):
                yield Mutation(kind, text, evidence)


def _seams(one: str, other: str) -> Iterator[tuple[str, str]]:
    first, second = one.rstrip("."), other[0].lower() + other[1:]
    yield "stitched with and", f"{first} and {second}"
    yield "stitched", f"{first}, {second}"
    begun, ended = sentences(one)[0].split(), sentences(other)[-1].split()
    yield "stitched halves", " ".join([*begun[: len(begun) // 2], *ended[len(ended) // 2 :]])


def _differ(one: str, other: str) -> bool:
    """Tell whether two statements are long enough to halve, and so unlike that together they say a new thing."""
    said, heard = set(words(one)), set(words(other))
    long = min(len(one.split()), len(other.split())) >= 2 * _LEAST_HALF
    return long and len(said & heard) <= _MOST_SHARED * min(len(said), len(heard))


def _plain(text: str) -> str:
    return " ".join(words(text))
