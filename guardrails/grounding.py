"""Grounding: whether a claim says no more than its passages say, brings what balances it, and promises nothing.

``support`` compares a sentence with its evidence word by word: stems and reviewed synonyms for what it is about, and
exact agreement for what a single wrong word falsifies: numbers, negations, directions, hedges and names.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from corpus.evidence import Claim, Passage, Role, Standing, Text, Value
from corpus.text import normalise, sentences, stem
from guardrails.lexicon import FOLDER, Lexicon
from guardrails.verdict import Action, Rule, Said, Span

# Measured on sentences by experts (101 supported, 62 refuted, 87 without enough evidence): it lets 15 % of the refuted
# and 18 % of the unproven through and keeps 40 % of the supported. Without a model it cannot be had both ways, and a
# true sentence withheld does less harm than a false one said. Quotations are kept whole.
THRESHOLD: Final = 0.5
"""The support below which a claim is withheld."""

_REPEATS = 0.8
CAP: Final = 0.4
"""The most that a claim can reach which contradicts its evidence or goes beyond it."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['\-][^\W_]+)*|\d+[^\W_]+")
_NAMED = re.compile(r"(?<![.!?:]\s)(?<!^)(?<![\w\-])(?:[A-Z][a-z]{2,}|[A-Z][A-Za-z]*[A-Z0-9][\w\-]*)")
_BALANCING: Final = frozenset({Role.LIMIT, Role.NO_BENEFIT, Role.RISK})
_NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen twenty".split()
    )
} | {word: str(10 * tens) for tens, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), 3)}
_COMPOUND = re.compile(
    r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[\s-](one|two|three|four|five|six|seven|eight|nine)\b"
)


class Likeness(Value):
    """Reviewed words for comparing a sentence with its evidence."""

    source: Text
    reviewed_by: str = ""
    same: tuple[tuple[str, ...], ...]
    opposite: tuple[tuple[str, str], ...]
    negation: frozenset[str]
    hedge: frozenset[str]
    empty: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a comparison reads in a sentence."""

    words: tuple[str, ...]
    content: frozenset[str]
    numbers: frozenset[str]
    negated: bool
    hedges: int


def support(text: str, evidence: Sequence[str]) -> float:
    """Return how far the evidence carries a sentence: 0 not at all, 1 word for word."""
    if any(_quotes(text, quoted) for quoted in evidence):
        return 1.0
    claim = _read(text)
    readings = [_read(sentence) for quoted in evidence for sentence in sentences(quoted)]
    if not claim.content or not readings:
        return 0.0
    best = max(readings, key=lambda reading: _coverage(claim.content, reading.content))
    whole = frozenset[str]().union(*(reading.content for reading in readings))
    score = 0.5 * _coverage(claim.content, best.content) + 0.5 * _coverage(claim.content, whole)
    beyond = not claim.numbers <= whole or _contradicts(claim, best) or _names_more(text, evidence)
    return min(score, CAP) if beyond else score


def find_ungrounded(said: Said) -> Iterator[Span]:
    """Yield the whole claim when it has no passages or they do not support it."""
    texts = [passage.text for passage in said.claim.passages]
    if not texts or support(said.claim.text, texts) < THRESHOLD:
        yield _whole(said.claim)


def find_unbalanced(said: Said) -> Iterator[Span]:
    """Yield the whole claim when it says only the bright side, or what the audit of the article does not carry."""
    heard = (*said.before, said.claim)
    passages = [passage for claim in heard for passage in claim.passages]
    balancing = [passage for passage in passages if passage.role in _BALANCING]
    for passage in said.claim.passages:
        if not _may_stand(passage, passages) or (passage.role is Role.BENEFIT and not _balanced(passage, balancing)):
            yield _whole(said.claim)
            return


def find_promise(said: Said) -> Iterator[Span]:
    """Yield promises, orders and words that no answer may use."""
    yield from _promises().spans(said.claim.text)


UNGROUNDED = Rule("ungrounded", Action.WITHHOLD, find_ungrounded)
UNBALANCED = Rule("unbalanced", Action.WITHHOLD, find_unbalanced)
PROMISE = Rule("promise", Action.WITHHOLD, find_promise)


def _may_stand(passage: Passage, heard: Sequence[Passage]) -> bool:
    """Tell whether the audit lets a passage be said after, or together with, what was heard."""
    match passage.standing:
        case Standing.CONTRADICTED | Standing.UNSUPPORTED:
            return False
        case Standing.QUALIFIED:
            witnesses = [other for other in heard if other.source_id in passage.qualified_by]
            texts = {other.text for other in witnesses}
            return bool(witnesses) and all(not texts.isdisjoint(group) for group in passage.qualifications)
        case _:
            return True


def _balanced(benefit: Passage, balancing: Sequence[Passage]) -> bool:
    return any(
        passage.source_id == benefit.source_id or not set(passage.topics).isdisjoint(benefit.topics)
        for passage in balancing
    )


def _whole(claim: Claim) -> Span:
    return Span(start=0, end=len(claim.text))


def _contradicts(claim: Reading, best: Reading) -> bool:
    """Tell whether one word turns the evidence round: a negation, a direction, a hedge left out."""
    return (
        claim.negated != best.negated
        or _dares(claim, best)
        or any(_turns(claim.words, best.words, *pair) for pair in _opposites())
    )


def _dares(claim: Reading, best: Reading) -> bool:
    """Tell whether a claim left out a hedge: the only one, or one of several while it repeats most of the rest."""
    repeats = _coverage(best.content, claim.content) >= _REPEATS
    return claim.hedges < best.hedges and (claim.hedges == 0 or repeats)


def _turns(claim: Sequence[str], best: Sequence[str], one: str, other: str) -> bool:
    """Tell whether one of two opposites stands where the evidence has the other."""
    ones, others = claim.count(one) - best.count(one), claim.count(other) - best.count(other)
    return ones * others < 0


def _names_more(text: str, evidence: Sequence[str]) -> bool:
    """Tell whether a name (a proper noun, an acronym) in the text appears in no evidence."""
    known = _words(" ".join(evidence))
    return any(not set(_words(name)) <= set(known) for name in _NAMED.findall(text))


def _coverage(wanted: frozenset[str], given: frozenset[str]) -> float:
    return len(wanted & given) / len(wanted) if wanted else 0.0


def _quotes(text: str, quoted: str) -> bool:
    """Tell whether a text is a stretch of whole sentences of what it cites."""
    wanted = tuple(_plain(sentence) for sentence in sentences(text))
    given = tuple(_plain(sentence) for sentence in sentences(quoted))
    spans = range(len(given) - len(wanted) + 1)
    return bool(wanted) and any(given[at : at + len(wanted)] == wanted for at in spans)


def _plain(sentence: str) -> str:
    return " ".join(normalise(sentence).text.rstrip(".!? ").split())


@lru_cache(maxsize=4096)
def _read(sentence: str) -> Reading:
    likeness = _likeness()
    plain = normalise(sentence).text
    found = _TOKEN.findall(plain)
    words = _words(sentence)
    return Reading(
        words=words,
        content=frozenset(word for word in words if word not in _empty_stems()),
        numbers=frozenset(word for word in words if word[0].isdigit()),
        negated=sum(word in likeness.negation or word.endswith("n't") for word in found) % 2 == 1,
        hedges=sum(word in likeness.hedge for word in found),
    )


def _words(text: str) -> tuple[str, ...]:
    """Return the stems of a text, one for all synonyms and one for a number however it is written."""
    plain = _COMPOUND.sub(
        lambda tens: str(int(_NUMBER_WORDS[tens[1]]) + int(_NUMBER_WORDS[tens[2]])), normalise(text).text
    )
    plain = _phrases().sub(lambda phrase: _names()[phrase.group()], plain)
    return tuple(_word(found) for found in _TOKEN.findall(plain))


def _word(found: str) -> str:
    if found[0].isdigit():
        return found.replace(",", "")
    return _NUMBER_WORDS.get(found) or _heads().get(stem(found), stem(found))


@cache
def _likeness() -> Likeness:
    return Likeness.model_validate(tomllib.loads((FOLDER / "synonyms.toml").read_text("utf-8")))


@cache
def _names() -> dict[str, str]:
    """Return for each name of several words the one word that stands for it."""
    groups = _likeness().same
    return {name: group[0].replace(" ", "-") for group in groups for name in group if " " in name or "-" in name}


@cache
def _phrases() -> re.Pattern[str]:
    longest_first = sorted(_names(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


@cache
def _heads() -> dict[str, str]:
    """Return for the stem of each name of one word the stem that stands for its group; the first group wins."""
    heads: dict[str, str] = {}
    for group in _likeness().same:
        head = stem(group[0].replace(" ", "-"))
        for name in group:
            heads.setdefault(stem(name.replace(" ", "-")), head)
    return heads


@cache
def _opposites() -> tuple[tuple[str, str], ...]:
    return tuple((_word(one), _word(other)) for one, other in _likeness().opposite)


@cache
def _empty_stems() -> frozenset[str]:
    return frozenset(_heads().get(stem(word), stem(word)) for word in _likeness().empty)


@cache
def _promises() -> Lexicon:
    return Lexicon.load("promise")
