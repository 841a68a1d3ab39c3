"""Numerals: numbers that are written in words, English and Spanish, read as digits."""

import re
from collections.abc import Iterator
from itertools import count

from corpus.normal import Normalised

_TEENS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_QUINCE = (
    # "Once" is eleven in Spanish and one time in English: it stays a word.
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez - doce trece catorce quince dieciseis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete "
    "veintiocho veintinueve"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_TREINTA = "- treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_CIENTOS = (
    "cien doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos".split()
)
_VALUES = (
    dict(zip(_TEENS, count(), strict=False))
    | dict(zip(_QUINCE, count(), strict=False))
    | dict(zip(_TENS, count(20, 10), strict=False))
    | dict(zip(_TREINTA, count(20, 10), strict=False))
    | dict(zip(_CIENTOS, count(100, 100), strict=False))
    | {"un": 1, "una": 1, "veintiun": 21, "veintiuna": 21, "ciento": 100}
)
del _VALUES["-"]
_THOUSAND = 1000
_SCALES = {"hundred": 100, "thousand": _THOUSAND, "mil": _THOUSAND}
_PARTS = {"quarter": 25, "cuarto": 25, "half": 5, "medio": 5, "media": 5, "three quarters": 75, "tres cuartos": 75}
# Alone these are articles, pronouns or a unit (a "mil" of a syringe) rather than numbers.
_NEVER_ALONE = frozenset({"one", "uno", "un", "una", "mil", "hundred", "thousand"})

_WORD = "|".join(sorted((*_VALUES, *_SCALES), key=len, reverse=True))
_NUMBER = re.compile(rf"(?<![\w.])(?:{_WORD})(?:(?:[ -]| and | y )(?:{_WORD})(?!\w))*(?!\w)")
_TOKEN = re.compile(_WORD)
_POINT = re.compile(
    r"(?<![\w.])(?:(\d+) (?:point|punto|coma|con|dot)|point|punto) ((?:\d|oh|o)(?: (?:\d|oh|o))*|\d+)(?![\w.])"
)
_AND_PART = re.compile(
    r"(?<![\w.,/])(\d+) (?:and|y|&) (?:an? |one |1 |un )?(half|quarter|3 quarters|medi[oa]|cuarto|3 cuartos)(?!\w)"
)
_TAIL = re.compile(
    rf" (?:point|dot|punto|coma|con) (?:\d|oh?\b|{_WORD})| (?:and|y) (?:an? |one )?(?:half|quarter|medi[oa])\b"
)


def in_digits(form: Normalised) -> Normalised:
    """Return a normal form with its number words as digits: ``four and a half`` and ``cuatro coma cinco`` as ``4.5``.

    This is a reading of its own and no part of the normal form, since reviewed patterns also speak of numbers in
    words. What may be no number at all (``one`` alone, ``once``, ``a couple``) stays as it is.
    """
    counted = form.rewritten(_counted(form.text))
    pointed = counted.rewritten((*match.span(), _pointed(match)) for match in _POINT.finditer(counted.text))
    return pointed.rewritten((*match.span(), _and_part(match)) for match in _AND_PART.finditer(pointed.text))


def _counted(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _NUMBER.finditer(text):
        tokens = list(_TOKEN.finditer(text, *match.span()))
        for start, end, value in _numbers(tokens):
            if text[start:end] not in _NEVER_ALONE or _TAIL.match(text, end):
                yield start, end, str(value)


def _numbers(tokens: list[re.Match[str]]) -> Iterator[tuple[int, int, int]]:
    """Yield the numbers that words in a row make, each as long as it goes on: ``nine one one`` are three."""
    start, end, whole, rest = tokens[0].start(), tokens[0].start(), 0, 0
    for token in tokens:
        word = token.group()
        if end > start and not _goes_on(whole, rest, word):
            yield start, end, whole + rest
            start, whole, rest = token.start(), 0, 0
        if word in _SCALES:
            rest = max(rest, 1) * _SCALES[word]
            whole, rest = (whole + rest, 0) if _SCALES[word] == _THOUSAND else (whole, rest)
        else:
            rest += _VALUES[word]
        end = token.end()
    yield start, end, whole + rest


def _goes_on(whole: int, rest: int, word: str) -> bool:
    """Tell whether a word goes on with a number of so many thousands and a rest, or begins the next one."""
    if word in _SCALES:
        return 0 < rest < _SCALES[word]
    if rest == 0:
        return whole > 0
    # Hundreds leave two places open and tens one; after ten or twelve nothing more can come.
    places = str(rest)[-2:]
    is_open = places != "10" and places.endswith("0")
    return is_open and 0 < _VALUES[word] < int("1" + "0" * places.count("0"))


def _pointed(match: re.Match[str]) -> str:
    digits = match[2].replace("oh", "0").replace("o", "0").replace(" ", "")
    return f"{match[1] or 0}.{digits}"


def _and_part(match: re.Match[str]) -> str:
    part = match[2].replace("3", "three" if match[2].endswith("quarters") else "tres")
    return f"{match[1]}.{_PARTS[part]}"
