"""Reading: what a sentence says, word by word and clause by clause, for comparing it with its evidence."""

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from corpus.evidence import Text, Value
from corpus.normal import normalise
from corpus.text import stem
from guardrails.lexicon import FOLDER

NUMBERS: Final = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen twenty".split()
    )
} | {word: str(10 * tens) for tens, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), 3)}
"""Number words as digits."""
UNITS: Final = frozenset(map(stem, "percent day week month year hour minute mg mmhg fold".split()))
COMPARING: Final = frozenset("than compared versus vs relative outweigh outweighs outweighed exceed exceeds".split())
"""What stands between the two sides of a comparison."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*(?![^\W\d_])|[^\W_]+(?:['\-/][^\W_]+)*|[,;:]")
_ENDS_CLAUSE = frozenset(", ; : but whereas while although though because which so however unless until".split())
_TENS = re.compile(
    r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[\s-](one|two|three|four|five|six|seven|eight|nine)\b"
)
_COUNT = rf"(\d+|{'|'.join(NUMBERS)})"
_SHARE = re.compile(
    rf"\b{_COUNT} (?:in|out of)(?: every| each)? {_COUNT}\b(?! (?:percent|years?|months?|weeks?|days?))"
)
_SHARES = {
    re.compile(r"\bhalf (?:of|the)\b"): "50 percent of",
    re.compile(r"\b(?:one|a) third\b"): "33 percent",
    re.compile(r"\btwo[ -]thirds\b"): "67 percent",
    re.compile(r"\b(?:one|a) quarter\b"): "25 percent",
    re.compile(r"\bthree[ -]quarters\b"): "75 percent",
    re.compile(r"(?<=\d) ?%|\bper cent\b"): " percent",
}
_AS_MUCH_AS = re.compile(
    r"(?<!twice )(?<!times )(?<!half )\bas (?:\w+ly )?([\w-]+(?: (?:with|in|on|for|to)(?: [\w-]+){1,4}?)?) as\b"
)
_JOINED_BEFORE = frozenset(
    "deficient induced related associated dependent based resistant treated specific positive negative free fed"
    " mediated delivered driven term like".split()
)
_JOINED_AFTER = frozenset("anti non high low".split())
_ACRONYM = re.compile(r"\((?=\w*[A-Z]\w*[A-Z])([A-Za-z][\w-]{1,7}?)s?\)")
# A word of every abstract says little, a name or a code much.
_WORTH_FRAME, _WORTH_SHORT, _WORTH_CODE, _SHORT = 0.35, 0.8, 1.5, 3
_SAME_START, _SAME_SHARE = 5, 0.6


class Likeness(Value):
    """Reviewed words for comparing a sentence with its evidence; the file says what each list is for."""

    source: Text
    reviewed_by: str = ""
    same: tuple[tuple[str, ...], ...]
    up: frozenset[str]
    down: frozenset[str]
    better: frozenset[str]
    worse: frozenset[str]
    bad: frozenset[str]
    level: frozenset[str]
    link: frozenset[str]
    lack: frozenset[str]
    negation: frozenset[str]
    rival: tuple[tuple[str, ...], ...]
    modal: frozenset[str]
    hedge: frozenset[str]
    limit: frozenset[str]
    strong: frozenset[str]
    frame: frozenset[str]
    empty: frozenset[str]

    def way(self, word: str) -> str:
        """Return the list that says which way a word points, or nothing."""
        return next((name for name in _WAYS if word in getattr(self, name)), "")


_WAYS = ("lack", "level", "link", "up", "down", "better", "worse")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as a comparison sees it."""

    plain: str
    head: str
    """Its stem; one for all synonyms, for all words that point one way, and for a number however it is written."""
    way: str = ""
    denies: bool = False

    @property
    def counts(self) -> bool:
        """Tell whether it is a number."""
        return self.head[0].isdigit() and self.head.replace(".", "").isdigit()

    @property
    def names(self) -> bool:
        """Tell whether it names what a clause is about, not how much or which way."""
        return not (self.way or self.denies or self.counts or self.head in UNITS or self.head in empty_heads())


Clause = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a comparison reads in a sentence."""

    words: tuple[Word, ...]
    clauses: tuple[Clause, ...]
    content: frozenset[str]
    amounts: frozenset[tuple[str, str]]
    """Its numbers, each with the unit that follows or nothing."""


@lru_cache(maxsize=4096)
def read(sentence: str) -> Reading:
    """Return what a sentence says."""
    clauses: list[list[Word]] = [[]]
    for found in _TOKEN.findall(_spelt(normalise(sentence).text)):
        if found in _ENDS_CLAUSE:
            clauses.append([])
        if found not in {",", ";", ":"}:
            clauses[-1].extend(map(word, _unjoined(found)))
    words = tuple(each for clause in clauses for each in clause)
    return Reading(
        words=words,
        clauses=tuple(part for clause in clauses for part in _coordinated(tuple(clause))),
        content=frozenset(each.head for each in words if each.head not in empty_heads()),
        amounts=frozenset(_amounts(words)),
    )


@cache
def word(plain: str) -> Word:
    """Return a word of a text in normal form."""
    if plain[0].isdigit():
        return Word(plain, plain.replace(",", ""))
    if plain in NUMBERS:
        return Word(plain, NUMBERS[plain])
    spaced = phrases_back().get(plain, plain)
    way = likeness().way(spaced)
    denies = spaced in likeness().negation or plain.endswith("n't")
    return Word(plain, f"={way}" if way else head(plain), way, denies)


@cache
def head(name: str) -> str:
    """Return the stem that stands for a name and its synonyms."""
    return _heads().get(_stem(name), _stem(name))


@cache
def likeness() -> Likeness:
    """Return the reviewed words."""
    return Likeness.model_validate(tomllib.loads((FOLDER / "synonyms.toml").read_text("utf-8")))


@cache
def heads(name: str) -> frozenset[str]:
    """Return the stems that stand for the words of one list."""
    return frozenset(map(head, getattr(likeness(), name)))


@cache
def empty_heads() -> frozenset[str]:
    """Return the stems of words without content of their own."""
    return heads("empty")


@cache
def rivals() -> tuple[frozenset[str], ...]:
    """Return the groups of words of which one does not stand for another; which way words point is asked elsewhere."""
    groups = ((word(name.replace(" ", "-")) for name in group) for group in likeness().rival)
    return tuple(frozenset(each.head for each in group if not each.way) for group in groups)


@cache
def worth(name: str) -> float:
    """Return how much a word weighs in a comparison."""
    if name in heads("frame") or name.startswith("="):
        return _WORTH_FRAME
    usual = 1.0 if len(name) > _SHORT else _WORTH_SHORT
    return _WORTH_CODE if any(char.isdigit() for char in name) else usual


def coverage(wanted: Iterable[str], given: Collection[str]) -> float:
    """Return the share, by worth, of the wanted words that are given; nothing wanted is nothing covered."""
    weights = {name: worth(name) for name in wanted}
    total = sum(weights.values())
    return sum(weight for name, weight in weights.items() if holds(given, name)) / total if total else 0.0


def holds(given: Collection[str], name: str) -> bool:
    """Tell whether a word is given, perhaps as another form of the same root."""
    return name in given or (len(name) >= _SAME_START and any(_kin(name, other) for other in given))


def short_forms(evidence: str) -> dict[str, str]:
    """Return for each long form that evidence abbreviates ("tumor necrosis factor (TNF)") its short form."""
    found = {}
    for match in _ACRONYM.finditer(evidence):
        letters = [char for char in match[1].lower() if char.isalpha()]
        before = evidence[: match.start()].split()[-len(letters) :]
        if len(before) > 1 and before[0][:1].lower() == letters[0]:
            found[" ".join(before)] = match[1]
    return found


@lru_cache(maxsize=65536)
def _kin(one: str, other: str) -> bool:
    """Tell whether two stems share so long a beginning that they are forms of one word."""
    pairs = zip(one, other, strict=False)
    same = next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))
    return same >= _SAME_START and same / max(len(one), len(other)) >= _SAME_SHARE


def _spelt(plain: str) -> str:
    """Return a text with shares as percentages and names of several words joined."""
    text = _TENS.sub(lambda tens: str(int(NUMBERS[tens[1]]) + int(NUMBERS[tens[2]])), plain)
    for pattern, share in _SHARES.items():
        text = pattern.sub(share, text)
    text = _AS_MUCH_AS.sub(lambda match: f"equally {match[1]} with", _SHARE.sub(_percent, text))
    return _phrases().sub(lambda phrase: _joined()[phrase.group()], text)


def _percent(match: re.Match[str]) -> str:
    part, whole = (int(NUMBERS.get(group, group)) for group in match.groups())
    return f"{100 * part / whole:.3g} percent" if 0 < part <= whole else match[0]


def _unjoined(found: str) -> tuple[str, ...]:
    """Return the parts of a compound that says something of its first part ("diet-induced"), else the whole."""
    parts = found.split("-")
    known = found in phrases_back() or likeness().way(found)
    joins = len(parts) > 1 and (parts[-1] in _JOINED_BEFORE or parts[0] in _JOINED_AFTER)
    return tuple(parts) if joins and not known else (found,)


def _coordinated(clause: Clause) -> tuple[Clause, ...]:
    """Return the halves of a clause at "and", where each points somewhere; no clause is empty."""
    for at, each in enumerate(clause):
        if each.plain == "and" and points(clause[:at]) and points(clause[at + 1 :]):
            return (clause[:at], *_coordinated(clause[at + 1 :]))
    return (clause,) if clause else ()


def points(clause: Clause) -> bool:
    """Tell whether a clause says that something is more, less, level, linked, missing or not so."""
    return any(each.way or each.denies for each in clause)


def _amounts(words: tuple[Word, ...]) -> Iterable[tuple[str, str]]:
    for at, each in enumerate(words):
        if each.counts and each.plain != "one":
            yield each.head, next((unit.head for unit in words[at + 1 : at + 2] if unit.head in UNITS), "")


def _stem(name: str) -> str:
    return stem(name.replace(" ", "-"))


@cache
def _heads() -> dict[str, str]:
    """Return for the stem of each name the stem that stands for its group; the first group wins."""
    found: dict[str, str] = {}
    for group in likeness().same:
        for name in group:
            found.setdefault(_stem(name), _stem(group[0]))
    return found


@cache
def _joined() -> dict[str, str]:
    """Return for each name of several words the one word that stands for it."""
    found: dict[str, str] = {}
    for group in likeness().same:
        found |= {name: group[0].replace(" ", "-") for name in group if {" ", "-"} & set(name) and name not in found}
    pointing = {name for way in (*_WAYS, "negation") for name in getattr(likeness(), way) if " " in name}
    return {name: name.replace(" ", "-") for name in pointing} | found


@cache
def phrases_back() -> dict[str, str]:
    """Return for each joined name how it is written."""
    return {joined: name for name, joined in _joined().items() if joined.replace("-", " ") == name.replace("-", " ")}


@cache
def _phrases() -> re.Pattern[str]:
    longest_first = sorted(_joined(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
