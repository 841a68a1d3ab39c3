"""Grounding: whether a claim says no more than its passages say, brings what balances it, and promises nothing.

``support`` compares a sentence with one passage at a time: how many of its words the passage has, whether its clauses
point the way that those of the passage point, and whether it goes beyond it by a number, a name, a stronger word or a
hedge left out. What repeats its passage nearly word for word is held to the word: there a patch is another statement.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise
from typing import Final

from corpus.evidence import Claim, Passage, Role, Standing
from corpus.normal import normalise
from corpus.text import sentences
from guardrails.direction import Bearing, bearings
from guardrails.lexicon import Lexicon
from guardrails.reading import Reading, coverage, heads, holds, read, rivals, short_forms
from guardrails.verdict import Action, Rule, Said, Span

# Measured on true statements made false by code: 0.2 to 0.7 % of 3,900 pass, by seed. On sentences by experts on other
# matters (101 supported, 62 refuted, 87 without enough evidence) it keeps 40, 15 and 15 %; it was set with these rates
# in view. Without a model of entailment it cannot be had both ways, and to withhold what is true harms less than to
# say what is false. Quotations are kept whole.
THRESHOLD: Final = 0.42
"""The support below which a claim is withheld."""
CAP: Final = 0.3
"""The most that a claim can reach which contradicts its evidence or goes beyond it."""

_IN_ONE_SENTENCE, _IN_ALL = 0.3, 0.7
_UNPOINTED, _REWORDED = 0.25, 0.99
_REPEATS, _REPEATED_RUN = 0.7, 5
_OPPOSITE_WAYS: Final = (frozenset({"=up", "=down"}), frozenset({"=better", "=worse"}))
_ARTICLES: Final = frozenset({"the", "a", "an"})
_BALANCING: Final = frozenset({Role.LIMIT, Role.NO_BENEFIT, Role.RISK})

Entails = Callable[[str, Sequence[str]], float]
"""A model's opinion, 0 to 1, of how far texts entail a sentence."""


def support(text: str, evidence: Sequence[str]) -> float:
    """Return how far evidence carries a sentence: 0 not at all, 1 word for word.

    One passage must carry all of it: what is put together from two says something that neither does.
    """
    if any(_quotes(text, quoted) for quoted in evidence):
        return 1.0
    return max((_carried(text, quoted) for quoted in evidence), default=0.0)


def grounding_rule(entails: Entails | None = None) -> Rule[Said]:
    """Return the rule that withholds what its passages do not support; a model may find fault, never excuse."""

    def find(said: Said) -> Iterator[Span]:
        texts = [*(passage.text for passage in said.claim.passages), *said.claim.reviewed]
        scores = [support(said.claim.text, texts)]
        # A quotation needs no opinion, and what the words do not carry no opinion saves.
        if entails and THRESHOLD <= scores[0] < 1:
            scores.append(entails(said.claim.text, texts))
        if not all(score >= THRESHOLD for score in scores):  # "not a number" withholds too
            yield _whole(said.claim)

    return Rule("ungrounded", Action.WITHHOLD, find)


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


UNGROUNDED = grounding_rule()
find_ungrounded = UNGROUNDED.find
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


def _carried(text: str, quoted: str) -> float:
    """Return how far one passage carries a text: as far as the least supported of its sentences."""
    for long, short in short_forms(quoted).items():
        name = re.compile(rf"{re.escape(long)}(?: \({re.escape(short)}\))?", re.IGNORECASE)
        text, quoted = name.sub(short, text), name.sub(short, quoted)
    claims = [read(sentence) for sentence in sentences(text)]
    evidence = [read(sentence) for sentence in sentences(quoted)]
    return min((_score(claim, evidence) for claim in claims), default=0.0) if evidence else 0.0


def _score(claim: Reading, evidence: Sequence[Reading]) -> float:
    given = frozenset[str]().union(*(reading.content for reading in evidence))
    best = max(evidence, key=lambda reading: coverage(claim.content, reading.content))
    found = bearings(claim, evidence)
    pointing = bearings(claim, evidence, pointing=True)
    agreeing = pointing.count(Bearing.AGREES) / len(pointing) if pointing else 1.0
    covered = _IN_ONE_SENTENCE * coverage(claim.content, best.content) + _IN_ALL * coverage(claim.content, given)
    score = min(_REWORDED, max(0.0, covered - _UNPOINTED * (1 - agreeing)))
    beyond = (
        Bearing.CONTRADICTS in found
        or _counts_otherwise(claim, evidence)
        or _names_a_rival(claim, given)
        or _dares(claim, best, evidence)
        or _affirms_the_denied(claim, evidence)
        or _patches(claim, best, given)
    )
    return min(score, CAP) if beyond else score


def _counts_otherwise(claim: Reading, evidence: Sequence[Reading]) -> bool:
    """Tell whether a claim has a number that its evidence has not, or has of something else."""
    amounts = frozenset[tuple[str, str]]().union(*(reading.amounts for reading in evidence))
    bare = {number for number, unit in amounts if not unit}
    known = {number for number, _ in amounts}
    return not all((number, unit) in amounts or number in (bare if unit else known) for number, unit in claim.amounts)


def _names_a_rival(claim: Reading, given: frozenset[str]) -> bool:
    """Tell whether a claim has one of several exclusive words where its evidence has another of them."""
    said = frozenset(word.head for word in claim.words)
    # What is missing turns what follows from it, so that both ways may be right.
    groups = rivals() if "=lack" in said | given else (*rivals(), *_OPPOSITE_WAYS)
    return any((said & group) - given and (given & group) - said for group in groups)


def _dares(claim: Reading, best: Reading, evidence: Sequence[Reading]) -> bool:
    """Tell whether a claim leaves out a hedge, or strengthens with a word that no evidence has."""
    heard = {word.head for reading in evidence for word in reading.words}
    if any(word.head in heads("strong") and word.head not in heard for word in claim.words):
        return True
    if _repeats(claim, best):
        return _count(claim, "hedge", "modal") < _count(best, "hedge", "modal")
    return not _count(claim, "hedge", "modal") and _count(best, "modal") > 0


def _affirms_the_denied(claim: Reading, evidence: Sequence[Reading]) -> bool:
    """Tell whether a claim says of something what its evidence says of it only with "not" right before it."""
    denied = frozenset[str]().union(*map(_denied, evidence))
    affirmed = frozenset[str]().union(*(_heads_of(reading) - _denied(reading) for reading in evidence))
    return bool((denied - affirmed) & claim.content - _denied(claim))


def _denied(reading: Reading) -> frozenset[str]:
    return frozenset(word.head for before, word in pairwise(reading.words) if before.denies)


def _heads_of(reading: Reading) -> frozenset[str]:
    return frozenset(word.head for word in reading.words)


def _count(reading: Reading, *lists: str) -> int:
    return sum(any(word.head in heads(name) for name in lists) for word in reading.words)


def _repeats(claim: Reading, best: Reading) -> bool:
    """Tell whether a claim repeats a sentence of its evidence nearly, or for a stretch, word for word."""
    blocks = _matcher(claim, best).get_matching_blocks()
    size = max(1, len(_ordered(claim)))
    return sum(block.size for block in blocks) / size >= _REPEATS or max(b.size for b in blocks) >= _REPEATED_RUN


def _patches(claim: Reading, best: Reading, given: frozenset[str]) -> bool:
    """Tell whether a claim repeats its evidence but for a word put in, put elsewhere or left out."""
    if not _repeats(claim, best):
        return False
    if any(name not in heads("frame") and not holds(given, name) for name in claim.content):
        return True
    said, quoted = _ordered(claim), _ordered(best)
    changes = [change for change in _matcher(claim, best).get_opcodes() if change[0] != "equal"]
    put_in = Counter(name for _, start, end, _, _ in changes for name in said[start:end])
    # A beginning or an end may be left out, but not a first word: "only".
    inner = (change for change in changes if (change[3] > 0 or change[4] == 1) and change[4] < len(quoted))
    left_out = Counter(name for _, _, _, start, end in inner for name in quoted[start:end])
    return (
        any(name[0].isdigit() or any(name in group for group in rivals()) for name in put_in)
        or any(_turns(name) for name in put_in - left_out)
        or any((_turns(name) and name != "=link") or name in heads("limit") for name in left_out - put_in)
    )


def _turns(name: str) -> bool:
    """Tell whether one word can turn a sentence round: a direction or a denial."""
    return name.startswith("=") or name in heads("negation")


def _matcher(claim: Reading, best: Reading) -> "SequenceMatcher[str]":
    return SequenceMatcher(None, _ordered(claim), _ordered(best), autojunk=False)


def _ordered(reading: Reading) -> list[str]:
    return [word.head for word in reading.words if word.plain not in _ARTICLES]


def _quotes(text: str, quoted: str) -> bool:
    """Tell whether a text is a stretch of whole sentences of what it cites."""
    wanted = tuple(_plain(sentence) for sentence in sentences(text))
    given = tuple(_plain(sentence) for sentence in sentences(quoted))
    spans = range(len(given) - len(wanted) + 1)
    return bool(wanted) and any(given[at : at + len(wanted)] == wanted for at in spans)


def _plain(sentence: str) -> str:
    return " ".join(normalise(sentence).text.rstrip(".!? ").split())


@cache
def _promises() -> Lexicon:
    return Lexicon.load("promise")
