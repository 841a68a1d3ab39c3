"""Normal form: one plain way to write a text, whatever it was disguised in, with the way back to the original."""

import importlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from corpus.spelling import misspelt

_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Mn"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# As code points, since most of these marks cannot be told apart on the page.
_PLAIN = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`\u02bc\u02b9\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2043", "-"),
    **dict.fromkeys("\u2044\u2215", "/"),
    "\u00d7": "x",
    "\u066b": ".",
    "\U0001f51f": "10",
    "\U0001f4af": "100",
}
_SMALL_CAPITAL = re.compile(r"LATIN LETTER SMALL CAPITAL ([A-Z])")
_FOREIGN_WORD = re.compile(r"[^\W\d_]*[^\x00-\x7f\W\d_][^\W\d_]*")
_LOOKS = {
    "μ": "u",
    "в": "b",
    "н": "h",
    "м": "m",
    "к": "k",
    "т": "t",
    "η": "n",
    "\u0269": "i",
    "\u0131": "i",
    "ł": "l",
    "ø": "o",
}

# A dropped character holds its place until the end of a pass, so that every step keeps the length of the text.
_DROPPED = "\0"
_SPACES = re.compile(r"(?<= ) +|^ +| +$")
_SPACED_LETTERS = re.compile(r"(?<![\w'])[a-z]([ .\-_*|/~:•·]| [.\-_*|/~•·] |\.{2,3})[a-z](?:\1[a-z])+(?![\w'])")
_SPACED_UNIT = re.compile(r"(?<![^\W\d])(?:m[.\- _](?:c[.\- _])?[gl]|c\.c)(?![^\W\d])")
_SPACED_DECIMAL = re.compile(
    r"(?<=\d) [.,] (?=\d)|(?<=\d)[·,](?=\d{1,2}(?![\d,\]]))|(?<=\d)'(?=\d{1,2} ?(?:m?c?g|ml|mili\w+)\b)"
)
_LIST_OF_NUMBERS = re.compile(r"[\[(]\d{1,3}(?:, ?\d{1,3})+[\])]|(?<!\d)\d+(?:,\d+){2,}")
_DIGIT = re.compile(r"[0-9]")
_LEET = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"}
_LEET |= {"@": "a", "$": "s", "§": "s", "€": "e", "£": "l", "¢": "c", "(": "c", "!": "i", "|": "i"}
_LEET_SIGN = re.compile(
    r"(?<=[a-z])[@$§€£¢](?=[a-z]+(?![\w.-]*\.[a-z]))|(?<=[a-z])\((?=[a-z])(?![^()]{0,80}\))"
    r"|(?<=\b[b-df-hj-np-tv-z])[!|](?=[b-df-hj-np-tv-z]{2})"
)
_LEET_WORD = re.compile(
    # Codes that really hold digits (enzymes, prescription shorthand, amounts glued to a word) stay as they are.
    r"(?<![\w.])(?!cyp\d|q\d|[a-z]+\d(?:m?c?g|m?l|cc|x|h|hrs?|am|pm|days?|weeks?|months?|years?|yo)\b)"
    r"(?:0(?=[a-z]{3})|1(?=(?:ow|dn)\b)|[a-z])(?:[a-z]|[0134578](?=[a-z])|(?<=[a-z])[0134578]\b)+(?!\w)"
)
_LETTERS_AROUND_ZERO, _LETTERS_AROUND_DIGIT = 2, 3
_HELD = re.compile(r"([a-z])\1{2,}", re.IGNORECASE)
_LONG_WORD = re.compile(r"(?<![\w.@/:-])[a-z]{4,}(?![\w@])")
_ROMAN = frozenset("ivxlcdm")
_DOUBTFUL = re.compile(
    # A letter held down; signs between letters, or ones for its last letters; a word cut into pieces.
    r"(?<![\w.@$/-])(?:[\w@$€£!|+]{0,24}[a-z][\d@$€£!|+]{1,3}[a-z](?:[\w@$€£!|+]{0,24}\w)?(?![\w@])|[a-z]{1,3}11\b)"
    r"|([a-z])\1{2,}|(?<![\w-])[a-z]{2,5}(?:-[a-z]{2,5}){2,}(?![\w-])",
    re.IGNORECASE,
)
_GUESSES = str.maketrans("0123456789@$€£!|+", "oizeasgtbgaseliit", "-")
_CONSONANTS = frozenset("bcdfghjkmnpqrstvwxz")


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text in normal form, and where each of its characters stood in the original."""

    text: str
    origin: tuple[int, ...]
    """For each character of ``text`` the offset in the original of the character it came from, then the end."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the original that ``text[start:end]`` stands for, with what was left out behind it."""
        if start >= end:
            return self.origin[start], self.origin[start]
        return self.origin[start], self.origin[bisect_right(self.origin, self.origin[end - 1])]

    def rewritten(self, stretches: Iterable[tuple[int, int, str]]) -> "Normalised":
        """Return the text with other words for some of its stretches, given in order, that do not overlap."""
        text, origin, end = [], list(self.origin[:0]), 0
        for start, stop, words in stretches:
            text += [self.text[end:start], words]
            origin += [*self.origin[end:start], *[self.origin[start]] * len(words)]
            end = stop
        return Normalised("".join((*text, self.text[end:])), (*origin, *self.origin[end:]))


@lru_cache(maxsize=4096)
def normalise(text: str) -> Normalised:
    """Return a text in the normal form that all patterns are written for; normalising that again changes nothing.

    The form is lower case and plain: compatibility forms, look-alikes and digits of other scripts become ASCII,
    accents fold away (``cuánto`` and ``cuanto`` are one word, so patterns carry no accents), invisible characters go,
    disguises (``d0se``, ``d o s e``) are undone, ``½`` is ``1/2``, ``4,5`` is ``4.5``, white space is one space.
    """
    form = Normalised(text, (*range(len(text) + 1),))
    # One pass can bring together what the next one joins; every pass shortens or simplifies, and real texts need two.
    for _ in range(len(text) + 2):
        changed = _pass(form)
        if changed.text == form.text:
            break
        form = changed
    return form


def guess_again(text: str) -> Normalised:
    """Return the normal form of a text whose doubtful disguises are read the other way; often the same form.

    A letter held down stands for two (``killll``, where the normal form has one), a ``1`` for i (``su1c1de``), every
    sign inside a word for a letter (``mi11i9rams``), and short pieces joined by hyphens are one word.
    """
    stretches = [(*match.span(), _guess(match.group())) for match in _DOUBTFUL.finditer(text)]
    if not stretches:
        return normalise(text)
    guessed = Normalised(text, (*range(len(text) + 1),)).rewritten(stretches)
    normal = normalise(guessed.text)
    return Normalised(normal.text, tuple(guessed.origin[at] for at in normal.origin))


def _guess(word: str) -> str:
    return _HELD.sub(lambda held: held[1] * 2, word.replace("11", "ll").translate(_GUESSES))


def _pass(form: Normalised) -> Normalised:
    folded = (
        form
        if form.text.isascii() and form.text.isprintable() and form.text.islower() and "`" not in form.text
        else _fold(form)
    )
    text = folded.text if folded.text.isascii() else _unmask(folded.text)
    if _DIGIT.search(text):
        lists = [match.span() for match in _LIST_OF_NUMBERS.finditer(text)]
        text = _SPACED_DECIMAL.sub(lambda match: _decimal(match, lists), text)
        text = _LEET_WORD.sub(_unleet, text)
    if _HELD.search(text):
        text = _LONG_WORD.sub(_let_go, text)
    text = _SPACED_LETTERS.sub(_join, text)
    text = _SPACED_UNIT.sub(_join, text)
    text = _LEET_SIGN.sub(lambda match: _LEET[match.group()], text)
    text = _SPACES.sub(lambda match: _DROPPED * len(match.group()), text)
    plain = Normalised(text, folded.origin)
    if _DROPPED in text:
        kept = [at for at, char in enumerate(text) if char != _DROPPED]
        plain = Normalised(text.replace(_DROPPED, ""), (*(folded.origin[at] for at in kept), folded.origin[-1]))
    named = tuple(misspelt(plain.text))
    return plain.rewritten(named) if named else plain


def _fold(form: Normalised) -> Normalised:
    text, origin = [], []
    for char, start in zip(form.text, form.origin, strict=False):
        plain = _plain(char)
        text.append(plain)
        origin.extend([start] * len(plain))
    return Normalised("".join(text), (*origin, form.origin[-1]))


@cache
def _plain(char: str) -> str:
    if char in _PLAIN:
        return _PLAIN[char]
    if char.isascii() and char.isprintable():
        return char.lower()
    if char.isspace():
        return " "
    if enclosed := _enclosed(char):
        return enclosed
    if (digit := unicodedata.digit(char, None)) is not None:
        return str(digit)
    visible = [part for part in unicodedata.normalize("NFKD", char) if _is_visible(part)]
    plain = unicodedata.normalize("NFKC", "".join(_PLAIN.get(part, part.lower()) for part in visible))
    # A fraction is a number of its own: "4½" is four and a half, not forty-one halves.
    return f" {plain}" if plain[:1].isdigit() and "/" in plain else plain


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) not in _INVISIBLE and char not in _BLANK_LETTERS


def _enclosed(char: str) -> str:
    """Return the letter of a small capital, a squared or circled capital or a flag letter, which NFKC leaves alone."""
    for first in (0x1F150, 0x1F170, 0x1F1E6):
        if first <= ord(char) < first + 26:
            return chr(ord("a") + ord(char) - first)
    match = _SMALL_CAPITAL.fullmatch(unicodedata.name(char, ""))
    return match[1].lower() if match else ""


@cache
def _look(char: str) -> str:
    """Return the ASCII letter that a letter looks like, or the letter itself."""
    if char.isascii() or char in _LOOKS:
        return _LOOKS.get(char, char)
    # Loaded at the first foreign letter: the table is large, and most texts have none.
    table = importlib.import_module("confusable_homoglyphs.confusables").confusables_data
    for form in (char, char.upper()):
        for twin in table.get(form, ()):
            look = str(twin["c"])
            if len(look) == 1 and look.isascii() and look.isalpha():
                return look.lower()
    return char


def _unmask(text: str) -> str:
    """Return a text with look-alike letters as ASCII in words of mixed script and in texts otherwise Latin."""
    looks = {word: "".join(map(_look, word)) for word in _FOREIGN_WORD.findall(text)}
    otherwise_latin = all(look.isascii() for look in looks.values())

    def unmask(match: re.Match[str]) -> str:
        word = match.group()
        is_mixed = any(char.isascii() for char in word)
        return looks[word] if is_mixed or (otherwise_latin and len(word) > 1) else word

    return _FOREIGN_WORD.sub(unmask, text)


def _join(match: re.Match[str]) -> str:
    return "".join(char if char.isalpha() else _DROPPED for char in match.group())


def _let_go(match: re.Match[str]) -> str:
    """Return a word with each letter that was held down once; numerals and what is one letter only stay."""
    word = match.group()
    if len(set(word)) == 1 or set(word) <= _ROMAN:
        return word
    return _HELD.sub(lambda held: held[1] + _DROPPED * (len(held.group()) - 1), word)


def _decimal(match: re.Match[str], lists: list[tuple[int, int]]) -> str:
    if any(start <= match.start() < end for start, end in lists):
        return match.group()
    return re.sub("[,·']", ".", match.group().replace(" ", _DROPPED))


def _unleet(match: re.Match[str]) -> str:
    word = match.group()
    letters = sum(char.isalpha() for char in word)
    inner = [char for char in word[:-1] if char.isdigit()]
    # "l0w" is a word; "b1c" and "h1n1" may well be what they seem.
    enough = _LETTERS_AROUND_ZERO if set(inner) == {"0"} or word in {"1ow", "1dn"} else _LETTERS_AROUND_DIGIT
    if not inner or letters < enough:
        return word
    return "".join(_letter(word, at) for at in range(len(word)))


def _letter(word: str, at: int) -> str:
    """Return the letter that a digit inside a word stands for; ``1`` is i between consonants and before l, else l."""
    if word[at] != "1":
        return _LEET.get(word[at], word[at])
    after = word[at + 1 : at + 2]
    before = word[at - 1 : at]
    return "i" if after == "l" or (before in _CONSONANTS and after in _CONSONANTS) else "l"
