"""Text: sentences, words and stems."""

import re
from functools import cache, lru_cache
from typing import Final, Literal, get_args

import Stemmer

Lang = Literal["en", "es"]
"""The languages that are spoken here."""
LANGUAGES: Final[tuple[Lang, ...]] = get_args(Lang)
_ACCENTS = str.maketrans("áéíóúüñÁÉÍÓÚÜÑ", "aeiouunAEIOUUN")
_STEMMERS = {"en": "english", "es": "spanish"}

_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|etc|vs|dr|mr|ms|mrs|no|al|u\.s|approx|[ap]\.m|ee\. ?uu|ee|sra?|dra)\.$", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?…][)\"'”’\]]*(?=\s+[^a-z\s]|\s*$)|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text in order, stripped; a blank line or a list item ends one too."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        so_far = text[start : match.end()]
        if _ABBREVIATION.search(so_far):
            continue
        found.append(so_far)
        start = match.end()
    found.append(text[start:])
    return tuple(stripped for sentence in found if (stripped := sentence.strip()))


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, in order; punctuation and underscores separate."""
    return tuple(word.lower().replace("’", "'") for word in _WORD.findall(text))


def unaccented(text: str) -> str:
    """Return a text of the same length without the accents of Spanish, which people who type fast leave out."""
    return text.translate(_ACCENTS)


@lru_cache(maxsize=50_000)
def stem(word: str, lang: Lang = "en") -> str:
    """Return the stem of a word in lower case (Snowball's stemmers)."""
    return str(_stemmer(lang).stemWord(word.lower()))


def stems(text: str) -> tuple[str, ...]:
    """Return the stems of a text's words, in order."""
    return tuple(map(stem, words(text)))


@cache
def _stemmer(lang: Lang) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_STEMMERS[lang], 0)
