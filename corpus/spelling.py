"""Spelling: the names of our medicine and the words of our sources as patients misspell them."""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import IntEnum
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from jellyfish import metaphone
from rapidfuzz import process
from rapidfuzz.distance import OSA
from wordfreq import top_n_list, zipf_frequency

from corpus.evidence import Value
from corpus.text import Lang

_FILE = Path(__file__).with_name("vocabulary.toml")
_NEAR = 2
_SHORTEST = 7
_SHORTEST_SLIP, _LONG = 4, 9
_SHORTEST_SOUND = 5
_MOST_PIECES = 4
"""How many words one word may have fallen into."""
_NO_PIECE = 4.3
"""A word as frequent (Zipf scale) and more is no piece of another one."""
_DICTIONARY = 30_000
"""How many of the most frequent English words a slip is compared with, beside our own."""
_ZIPF_OF_ALL = 9
"""The frequency of all words together on the Zipf scale."""
_USUAL, _EVERYDAY = 3.7, 5.0
"""From which frequency on (Zipf scale) a word may be one of those that were run together; such that nobody minds."""
_SHORT_PARTS = {1: 6.5, 2: 6.0, 3: 5.0}
"""The same for short ones, by their letters: any may stand in a name."""
_VOWELS = re.compile("[aeiouáéíóú]")
_UNMISTAKABLE = 8
"""How many letters a word has that is known by its consonants."""
_FEW_VOWELS = 1.5
"""How many times as long as its consonants a word is that has most of its vowels."""
_POSSESSIVE = re.compile("['’]s$")
_GLUED = re.compile(r"(?<=\d)(?=[a-z]{4})", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


class Names(Value):
    """The reviewed names, and what is not to be taken for one of them."""

    names: tuple[str, ...]
    apart: frozenset[str]
    """Other medicines whose names are near to ours."""
    slips: dict[str, str]
    """Misspellings that no distance tells: the short and those with another first letter."""


def misspelt(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the stretches of a text in lower case that misspell a name, each with the name, in order.

    A word counts when it has seven letters and more, begins as the name does and is at most two letters away from it;
    two words when the name fell apart (``nal trexone``), and up to four that sound like it (``nail trek zone``).
    """
    found = [(*match.span(), _name(match.group())) for match in _candidate().finditer(text)]
    slips = [slip for slip in found if slip[2] != text[slip[0] : slip[1]]]
    heard = [slip for slip in _heard(text) if all(slip[1] <= start or end <= slip[0] for start, end, _ in slips)]
    yield from sorted(slips + heard)


def _heard(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where words side by side sound like a name, as a telephone writes down what it hears."""
    sounds = _sounds()
    initials = {name[0] for name in sounds.values()}
    found = [*_LETTERS.finditer(text)]
    for at, first in enumerate(found):
        for last in found[at + 1 : at + _MOST_PIECES] if first.group()[0] in initials else ():
            said = text[first.start() : last.end()]
            whole = said.replace(" ", "")
            if whole.isalpha() and (name := sounds.get(metaphone(whole))):
                yield first.start(), last.end(), name
                break


@lru_cache(maxsize=10_000)
def _name(word: str) -> str:
    known = _names()
    if word in known.slips:
        return known.slips[word]
    if (whole := re.sub("[ -]", "", word)) in known.names:
        return whole
    if len(word) < _SHORTEST or word in known.apart or word.removesuffix("s") in known.names:
        return word
    distances = {name: OSA.distance(word, name) for name in known.names if name[0] == word[0]}
    nearest = min(distances, key=distances.__getitem__, default=word)
    return nearest if distances.get(nearest, _NEAR + 1) <= _NEAR else word


@cache
def _names() -> Names:
    return Names.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8"))["spelling"])


@cache
def _sounds() -> Mapping[str, str]:
    """Return the reviewed names by how they sound."""
    return {metaphone(name): name for name in reversed(_names().names)}


@cache
def _candidate() -> re.Pattern[str]:
    """Return the pattern of what may misspell a name: a slip, a name in two parts, a word that begins like one."""
    known = _names()
    parts = {f"{name[:cut]}[ -]{name[cut:]}" for name in known.names for cut in range(2, len(name) - 1)}
    whole = {f"{name[0]}[a-z]{{{_SHORTEST - 1},{len(name) + _NEAR - 1}}}" for name in known.names}
    return re.compile(rf"(?<![\w-])(?:{'|'.join([*known.slips, *sorted(parts), *sorted(whole)])})(?![\w-])")


class Weight(IntEnum):
    """How much a word says of what a question is about."""

    COMMON = 0
    LIGHT = 1
    """A word of its own, but one of many things: missing, it does not make a near question another one."""
    HEAVY = 2
    """A rare word."""
    LISTED = 3
    """One of those that always weigh: a thing of the body, an illness, a substance."""


class Speller:
    """Corrects what is no word to the nearest word of ours, and weighs words."""

    COMMON: Final[Mapping[Lang, float]] = {"en": 4.0, "es": 3.8}
    """From which frequency on (Zipf scale of wordfreq: 4 is once in 100,000 words) a word names no subject."""
    RARE: Final = 3.3
    """Below it a word is heavy."""
    DOUBTFUL: Final = 3.0
    """Below it, in both languages, a word is corrected if one of ours, or a common one, is near."""
    NO_WORD: Final = 2.0
    """Below it, in both languages, a word is none."""

    def __init__(
        self, ours: Iterable[str], weighty: Mapping[str, Collection[str]], shorthand: Mapping[str, str]
    ) -> None:
        """Learn our own words; ``weighty`` are words that weigh much however common they are, by language."""
        letters = {word for word in ours if word.replace("'", "").isalpha()}
        self._ours = frozenset(word for word in letters if len(word) >= _SHORTEST_SLIP)
        # Such as "ldn": what no dictionary knows may be read in words that were run together.
        self._short = frozenset(word for word in letters - self._ours if self._frequency(word) < self.DOUBTFUL)
        known = {word for word in top_n_list("en", _DICTIONARY) if len(word) >= _SHORTEST_SLIP and word.isalpha()}
        # What no source speaks of is read as well, so that it can be named.
        self._likely = self._ours.union(*weighty.values())
        self._known = self._likely | known
        self._sounds: dict[str, list[str]] = {}
        for word in self._known:
            self._sounds.setdefault(metaphone(word), []).append(word)
        rarest_first = sorted(self._known, key=lambda word: zipf_frequency(word, "en"))
        self._consonants = {_VOWELS.sub("", word): word for word in rarest_first if len(word) >= _UNMISTAKABLE}
        self._weighty = weighty
        self._shorthand = shorthand

    def corrected(self, text: str) -> str:
        """Return a text with the words corrected that neither we nor the dictionaries know."""
        for start, end, name in reversed([*misspelt(text.lower())]):
            text = text[:start] + name + text[end:]
        text = self._rejoined(text)
        is_shouted = text.isupper()
        return _LETTERS.sub(lambda match: self._nearest(match.group(), is_shouted=is_shouted), _GLUED.sub(" ", text))

    def _rejoined(self, text: str) -> str:
        """Return a text with those of our words in one that fell apart: ``com pounded``, ``anx iety dis order``."""
        found = [*_LETTERS.finditer(text)]
        for first, second in reversed([*pairwise(found)]):
            pieces = first.group().lower(), second.group().lower()
            fell_apart = text[first.end() : second.start()] == " " and self._is_one("".join(pieces), pieces)
            if fell_apart:
                text = text[: first.end()] + text[second.start() :]
        return text

    def _is_one(self, word: str, pieces: tuple[str, str]) -> bool:
        """Tell whether a word is ours, and one of its pieces too rare to have been meant as a word of its own."""
        rarest = min(pieces, key=self._frequency)
        return word in self._ours and rarest not in self._ours and self._frequency(rarest) < _NO_PIECE

    def is_weighty(self, word: str, lang: Lang) -> bool:
        """Tell whether a word in lower case, or what it is the plural of, is among those that always weigh."""
        return word in self._weighty[lang] or word.removesuffix("s") in self._weighty[lang]

    def is_foreign(self, word: str, lang: Lang) -> bool:
        """Tell whether a word in lower case always weighs and stands in none of our texts."""
        return self.is_weighty(word, lang) and word not in self._ours

    def is_word(self, word: str) -> bool:
        """Tell whether we or a dictionary of either language know a word in lower case."""
        return self._is_of_ours(word) or self._frequency(word) >= self.NO_WORD

    def weight(self, word: str, lang: Lang) -> Weight:
        """Return how much a word in lower case says."""
        if self.is_weighty(word, lang):
            return Weight.LISTED
        frequency = zipf_frequency(word, lang)
        if frequency >= self.COMMON[lang]:
            return Weight.COMMON
        return Weight.LIGHT if frequency >= self.RARE else Weight.HEAVY

    def _nearest(self, written: str, *, is_shouted: bool) -> str:
        word = written.lower()
        if word in self._shorthand:
            return self._shorthand[word]
        # Whoever writes one word in capitals means an abbreviation.
        is_abbreviation = written.isupper() and not is_shouted
        stem = _POSSESSIVE.sub("", word)
        if len(stem) < _SHORTEST_SLIP or is_abbreviation or self._is_right(stem):
            return written
        is_word = self.is_word(word)
        if not is_word and (whole := self._whole(word)):
            return whole
        alike = self._alike(word, self._likely if is_word else self._known)
        if alike and OSA.distance(word, alike) <= 1:
            return alike
        return self._apart(word, _EVERYDAY) or alike or (not is_word and self._apart(word)) or written

    def _whole(self, word: str) -> str:
        """Return our word that is written without its vowels: ``fbrmylgia``; nothing if none is."""
        consonants = _VOWELS.sub("", word)
        return self._consonants.get(consonants, "") if len(word) < _FEW_VOWELS * len(consonants) else ""

    def _is_right(self, word: str) -> bool:
        return self._is_of_ours(word) or self._frequency(word) >= self.DOUBTFUL

    def _is_of_ours(self, word: str) -> bool:
        return word in self._ours or any(word in listed for listed in self._weighty.values())

    def _alike(self, word: str, among: Collection[str]) -> str:
        """Return the word nearest to one that is none, ours and the usual ones first; nothing if none is near.

        Letters that were missed, doubled or swapped count, and one less where both words sound alike.
        """
        limit = 1 if len(word) < _LONG else 2
        near = process.extract(word, among, scorer=OSA.distance, score_cutoff=limit, limit=None)
        sounding = self._sounds.get(metaphone(word), []) if len(word) >= _SHORTEST_SOUND else []
        distances = {known: int(distance) for known, distance, _ in near}
        distances |= {known: OSA.distance(word, known) - 1 for known in sounding if known in among}
        rank = {
            known: (distance, not self._is_of_ours(known), -self._frequency(known), known)
            for known, distance in distances.items()
            if known[0] == word[0] and distance <= limit
        }
        return min(rank, key=rank.__getitem__, default="")

    def _apart(self, word: str, least: float = _USUAL) -> str:
        """Return the words that were run together, the most usual; nothing if one would be rarer than ``least``."""
        # By where it ends: the likelihood (in powers of ten) of the best way to cut the letters before, and that way.
        best: dict[int, tuple[float, tuple[str, ...]]] = {0: (0.0, ())}
        for end in range(1, len(word) + 1):
            ways = [
                (best[start][0] + self._usual(part) - _ZIPF_OF_ALL, (*best[start][1], part))
                for start in range(end)
                if start in best and self._usual(part := word[start:end]) >= max(least, _SHORT_PARTS.get(len(part), 0))
            ]
            if ways:
                best[end] = max(ways)
        return " ".join(best.get(len(word), (0.0, ()))[1])

    def _usual(self, word: str) -> float:
        """Return how frequent a word is, ours counting as usual ones."""
        return max(self._frequency(word), _EVERYDAY if word in self._ours or word in self._short else 0)

    @staticmethod
    def _frequency(word: str) -> float:
        return max(zipf_frequency(word, "en"), zipf_frequency(word, "es"))
