"""Spelling: the names of our medicine as patients misspell them; other medicines keep their names."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz.distance import OSA

from corpus.evidence import Value

_FILE = Path(__file__).with_name("vocabulary.toml")
_NEAR = 2
_SHORTEST = 7


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
    two words when the name fell apart (``nal trexone``).
    """
    for match in _candidate().finditer(text):
        name = _name(match.group())
        if name != match.group():
            yield *match.span(), name


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
def _candidate() -> re.Pattern[str]:
    """Return the pattern of what may misspell a name: a slip, a name in two parts, a word that begins like one."""
    known = _names()
    parts = {f"{name[:cut]}[ -]{name[cut:]}" for name in known.names for cut in range(2, len(name) - 1)}
    whole = {f"{name[0]}[a-z]{{{_SHORTEST - 1},{len(name) + _NEAR - 1}}}" for name in known.names}
    return re.compile(rf"(?<![\w-])(?:{'|'.join([*known.slips, *sorted(parts), *sorted(whole)])})(?![\w-])")
