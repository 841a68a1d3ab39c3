"""Text: sentences, words and stems."""

import re
from functools import lru_cache

import Stemmer

_ABBREVIATIONS = (
    "e.g.",
    "i.e.",
    "etc.",
    "vs.",
    "dr.",
    "mr.",
    "ms.",
    "mrs.",
    "no.",
    "al.",
    "u.s.",
    "approx.",
    "p.m.",
    "a.m.",
)
_SENTENCE_END = re.compile(r"[.!?…][)\"'”’\]]*(?=\s+[^a-z\s]|\s*$)|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text in order, stripped; a blank line or a list item ends one too."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        so_far = text[start : match.end()]
        if so_far.lower().endswith(_ABBREVIATIONS):
            continue
        found.append(so_far)
        start = match.end()
    found.append(text[start:])
    return tuple(stripped for sentence in found if (stripped := sentence.strip()))


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, in order; punctuation and underscores separate."""
    return tuple(word.lower().replace("’", "'") for word in _WORD.findall(text))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of an English word in lower case (Snowball's English stemmer)."""
    return str(_stemmer().stemWord(word.lower()))


def stems(text: str) -> tuple[str, ...]:
    """Return the stems of a text's words, in order."""
    return tuple(map(stem, words(text)))


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english", 0)
