"""Direction: which way a clause points, and whether its evidence points there too.

A clause makes something more (+1), less (-1) or leaves it (0); what it leaves open is a set of these. "Did not fall" is
{0, +1}, "is linked to" is {-1, +1}. A claim agrees when its evidence leaves open no more than it does itself.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from guardrails.reading import COMPARING, Clause, Reading, Word, coverage, empty_heads, heads, holds, points


class Bearing(StrEnum):
    """How a clause of a claim stands to its evidence."""

    AGREES = "agrees"
    VAGUE = "vague"
    """It says less than its evidence: not which way."""
    EXCEEDS = "exceeds"
    """It says more than its evidence: a way where that names none."""
    CONTRADICTS = "contradicts"
    UNKNOWN = "unknown"
    """Nothing in the evidence speaks of it."""


class Way(NamedTuple):
    """What a clause leaves open, and whether it points anywhere at all."""

    open: frozenset[int]
    points: bool


_SPOKEN_OF, _NEAR_BEST, _TIE, _WHOLE_BONUS, _WHOLE_COST = 0.34, 0.6, 0.02, 0.15, 0.1
_FOLLOWING, _PRECEDING, _LACKING = 3, 2, 2
_STOPS: Final = COMPARING | frozenset("when in with among after during by if for to from on at while".split())
_DEGREES: Final = frozenset("small large high low great little slight slightly significant significantly short".split())
_LACKS_WHAT_FOLLOWS: Final = frozenset("of the with in".split())
_LACKING_WORDS: Final = frozenset("without lack lacks lacked anti".split())


def bearings(claim: Reading, evidence: Sequence[Reading], *, pointing: bool = False) -> tuple[Bearing, ...]:
    """Return how each clause of a claim stands to the nearest clause of its evidence, perhaps only those that point."""
    clauses = (clause for clause in claim.clauses if subjects(clause) and (points(clause) or not pointing))
    return tuple(_bearing(clause, evidence) for clause in clauses)


def subjects(clause: Clause) -> frozenset[str]:
    """Return what a clause is about."""
    return frozenset(word.head for word in clause if not (word.way or word.denies or word.head in empty_heads()))


def _bearing(clause: Clause, evidence: Sequence[Reading]) -> Bearing:
    candidates = [candidate for reading in evidence for candidate in _candidates(clause, reading)]
    best = max(fit for fit, _ in candidates)
    if best < _SPOKEN_OF:
        return Bearing.UNKNOWN
    near = [(fit, other) for fit, other in candidates if fit >= best * _NEAR_BEST]
    if points(clause):
        near = [(fit, other) for fit, other in near if points(other)] or near
    best = max(fit for fit, _ in near)
    found = {_compared(clause, other) for fit, other in near if fit >= best - _TIE}
    return next(bearing for bearing in Bearing if bearing in found)


def _candidates(clause: Clause, reading: Reading) -> Iterator[tuple[float, Clause]]:
    """Yield the clauses of a sentence with how well they fit, and the whole where it fits better than its parts."""
    fits = [(_fit(clause, other), other) for other in reading.clauses]
    yield from fits
    whole = _fit(clause, reading.words)
    if whole > max((fit for fit, _ in fits), default=0.0) + _WHOLE_BONUS or not fits:
        yield whole - _WHOLE_COST, reading.words


def _fit(clause: Clause, other: Clause) -> float:
    """Return how well a clause of the evidence speaks of what a clause is about, and of what that says more or less."""
    given = subjects(other)
    fit = coverage(subjects(clause), given)
    objects = _objects(clause)
    return 0.5 * fit + 0.5 * coverage(objects, given) if objects else fit


def _objects(clause: Clause) -> frozenset[str]:
    pointing = [at for at, word in enumerate(clause) if word.denies or (word.way and word.way != "lack")]
    near = (_following(clause, at, _FOLLOWING) or _preceding(clause, at, _FOLLOWING) for at in pointing)
    return frozenset(word.head for words in near for word in words)


def _compared(clause: Clause, other: Clause) -> Bearing:
    claimed, found = _way(clause, subjects(other)), _way(other, subjects(clause))
    if _sides_swapped(clause, other):
        found = Way(frozenset(-sign for sign in found.open), points=True)
    if claimed.points != found.points:
        return Bearing.EXCEEDS if claimed.points else Bearing.VAGUE
    if found.open <= claimed.open:
        return Bearing.AGREES
    return Bearing.EXCEEDS if found.open & claimed.open else Bearing.CONTRADICTS


def _way(clause: Clause, shared: Collection[str]) -> Way:
    """Return which way a clause points as far as it speaks of what is shared."""
    sign, denied = 1, False
    ways = set()
    for at, word in enumerate(clause):
        denied ^= word.denies
        if word.way == "lack":
            sign *= _lack_sign(clause, at, shared)
        elif word.way and not _is_degree(clause, at) and _speaks_of(clause, at, shared):
            ways.add(word.way)
            sign *= _sign(clause, at)
    return Way(_open(ways, sign, denied=denied), bool(ways))


def _open(ways: Collection[str], sign: int, *, denied: bool) -> frozenset[int]:
    if "level" in ways:
        return frozenset({-1, 1} if denied else {0})
    if {"up", "down", "better", "worse"} & set(ways):
        return frozenset({0, -sign} if denied else {sign})
    if "link" in ways:
        return frozenset({0} if denied else {-1, 1})
    return frozenset({-sign if denied else sign})


def _sign(clause: Clause, at: int) -> int:
    """Return the sign of a pointing word; better is less of what is bad."""
    way = clause[at].way
    if way in {"better", "worse"}:
        sign = 1 if way == "better" else -1
        soon_points = any(word.way in {"up", "down"} for word in clause[at + 1 : at + 4])
        passive = any(word.plain == "with" for word in clause[at + 1 : at + 2])
        before, after = _preceding(clause, at, _PRECEDING), _following(clause, at, _PRECEDING)
        near = before if passive or not after else after
        return sign if soon_points or not any(word.head in heads("bad") for word in near) else -sign
    return -1 if way == "down" else 1


def _lack_sign(clause: Clause, at: int, shared: Collection[str]) -> int:
    """Return -1 for a missing thing that both clauses speak of; what hangs on it turns round."""
    if any(word.plain in COMPARING or word.plain == "those" for word in clause[:at]):
        return 1
    word, after = clause[at].plain, clause[at + 1 : at + 2]
    forward = (
        word in _LACKING_WORDS
        or word.endswith("ing")
        or any(following.plain in _LACKS_WHAT_FOLLOWS for following in after)
    )
    missing = _following(clause, at, _LACKING) if forward else _preceding(clause, at, 1)
    return -1 if any(holds(shared, each.head) for each in missing) else 1


def _is_degree(clause: Clause, at: int) -> bool:
    """Tell whether a word only says how much another points ("a small increase")."""
    return clause[at].plain in _DEGREES and any(word.way for word in clause[at + 1 : at + 2])


def _speaks_of(clause: Clause, at: int, shared: Collection[str]) -> bool:
    near = _following(clause, at, _FOLLOWING) + _preceding(clause, at, _PRECEDING)
    return not near or any(holds(shared, word.head) for word in near)


def _following(clause: Clause, at: int, most: int) -> list[Word]:
    """Return the next words that name something, up to where another phrase begins."""
    found: list[Word] = []
    for word in clause[at + 1 :]:
        if len(found) == most or (found and (word.plain in _STOPS or word.way)):
            break
        if word.names:
            found.append(word)
    return found


def _preceding(clause: Clause, at: int, most: int) -> list[Word]:
    return [word for word in clause[:at] if word.names][-most:]


def _sides_swapped(clause: Clause, other: Clause) -> bool:
    """Tell whether what one clause compares stands on the other side in the other."""
    (left, right), (other_left, other_right) = _sides(clause), _sides(other)
    return bool((right - other_right) & other_left) and bool((other_right - right) & left)


def _sides(clause: Clause) -> tuple[frozenset[str], frozenset[str]]:
    at = next((at for at, word in enumerate(clause) if at and word.plain in COMPARING), len(clause))
    return _named(clause[:at]), _named(clause[at + 1 :])


def _named(words: Iterable[Word]) -> frozenset[str]:
    return frozenset(word.head for word in words if not word.way and word.head not in empty_heads())
