"""Disguise: stretches of a text that hide another text, and what they hide, so that every rule can judge it."""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote

from corpus.normal import normalise
from guardrails.verdict import Span

SPELT: Final = frozenset({"percent", "spaced"})
"""The kinds that also come from copying and pasting: what they hide is judged, but hiding it is no offence."""

TAGS: Final = (
    # A few tags behind a black flag are the flags of Scotland and Wales.
    r"(?<![\U0001F3F4\U000E0000-\U000E007F])[\U000E0000-\U000E007F]+|(?<=\U0001F3F4)[\U000E0000-\U000E007F]{8,}"
)

_TAGS = re.compile(TAGS)
_LINK = re.compile(r"(?:\b[a-z][a-z+]+://|\bwww\.|\bdoi\.org/|\b10\.\d{4,9}/)\S+", re.IGNORECASE)
_BASE64 = re.compile(r"(?<![\w+/=.-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=-])")
_BINARY = re.compile(r"(?<!\w)(?:[01]{8}[\s,]*){4,}(?!\w)")
_HEX = re.compile(r"(?<![\w-])(?:(?:\\x|\\u00|0x|%|U\+00)?[0-9a-fA-F]{2}[\s,;:]*){8,}(?![\w-])")
_CODES = re.compile(r"(?<![\w.,/])(?:\d{2,3}[\s,]+){5,}\d{2,3}(?![\w.,/])")
_ENTITIES = re.compile(r"&#x?[0-9a-fA-F]{2,4};(?:\s?&#x?[0-9a-fA-F]{2,4};){3,}")
_PERCENT = re.compile(r"(?:[\w.?,!'-]{1,40}%[0-9a-fA-F]{2}){2,}[\w.?,!'-]*")
_MORSE = re.compile(r"(?<![\w.-])[.\-]{1,6}(?:(?: ?[/|] ?| )[.\-]{1,6}){4,}(?![\w-])")
_SPACED = re.compile(r"(?<![\w'])[a-z](?: [a-z]){7,}(?![\w'])", re.IGNORECASE)
_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")

_COMMON = frozenset(
    "a about again all also am an and any anxiety are as ask at be because been before bed best but by can capsule "
    "capsules clinic could day daily depression did die do doctor does dose dosing drug end every feel for forget from "
    "get give had has have help her him his how hurt i if ignore in instructions is it just kill know ldn life like "
    "live low many maximum me medicine mg milligrams more much must my myself naltrexone need never new night no not "
    "now of often on one or our out overdose pain patient people pill pills please previous prompt really recommended "
    "rules safe say should show side so some start starting stop strength suicide system tablet take taking tell that "
    "the their them then there they this to too two use usual want was we week what when where which who why will with "
    "would you your "
    "ahora al algo como con cual cuando cuanta cuantas cuanto cuantos de deberia debo decir del dia dias dime doctora "
    "dolor dosis ella en es esta este esto hay la las lo los mas matarme medicina mejor mi miligramos morir mucho "
    "naltrexona no noche nunca para pastilla pastillas pero por porque puedo que quiero se si sin sobre soy su tengo "
    "toma tomar tomo todo un una usted vez y yo".split()
)
# These are words too, or the shorthand of our sources, when they are read as they stand.
_AT_HOME = frozenset(
    "ba bar dna era es fur gb le na nat nbg ng nos nun od os ph re saw si sol son ti ton va vs war yam".split()
)
_FEWEST = 3
_MOST = 0.8
_UNPRINTED = frozenset({"Cc", "Cn", "Co", "Cs"})
_LAST_LATIN = "\u024f"
_CODE_OF_MORSE: Final[dict[str, str]] = dict(
    zip(
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
        "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. ..--.. .-.-.- --..--".split(),
        "abcdefghijklmnopqrstuvwxyz0123456789?.,",
        strict=True,
    )
)


def hidden(text: str) -> tuple[tuple[Span, str], ...]:
    """Return the stretches of a text that hide another, in order and apart, each with the text it hides.

    The label of a span is the kind of disguise. What a disguise hides is decoded once, not again. Links are left
    alone, and a stretch counts only when it decodes to something that reads like words.
    """
    links = [match.span() for match in _LINK.finditer(text)]
    found: list[tuple[Span, str]] = []
    for label, find in _DISGUISES.items():
        for start, end, plain in find(text):
            taken = (*links, *((span.start, span.end) for span, _ in found))
            if not any(start < right and left < end for left, right in taken):
                found.append((Span(start=start, end=end, label=label), plain))
    return tuple(sorted(found, key=lambda one: one[0].start))


def _tagged(text: str) -> Iterator[tuple[int, int, str]]:
    if text.isascii():
        return
    for match in _TAGS.finditer(text):
        letters = "".join(chr(ord(tag) & 0x7F) for tag in match.group())
        if plain := "".join(filter(str.isprintable, letters)):
            yield *match.span(), plain


def _decoded(pattern: re.Pattern[str], decode: Callable[[str], str]) -> Callable[[str], Iterator[tuple[int, int, str]]]:
    """Return what finds the stretches of a pattern that decode to something readable."""

    def find(text: str) -> Iterator[tuple[int, int, str]]:
        for match in pattern.finditer(text):
            if _reads(plain := decode(match.group())):
                yield *match.span(), plain

    return find


def _reads(plain: str) -> bool:
    """Tell whether a decoded text can be words: printable, mostly letters, with vowels and some variety."""
    letters = [char for char in plain.lower() if char.isalpha()]
    foreign = sum(char > _LAST_LATIN for char in letters)
    printable = all(char in "\n\r\t" or unicodedata.category(char) not in _UNPRINTED for char in plain)
    mostly_letters = sum(char.isalpha() or char.isspace() or char in ",.?!'" for char in plain) >= _MOST * len(plain)
    one_script = foreign > _MOST * len(letters) or (not foreign and bool(set("aeiouyáéíóú") & set(letters)))
    return printable and mostly_letters and one_script and len(set(letters)) >= _FEWEST


def _from_base64(run: str) -> str:
    digits = run.rstrip("=").replace("-", "+").replace("_", "/")
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _from_hex(run: str) -> str:
    pairs = re.findall(r"(?:\\x|\\u00|0x|%|U\+00)?([0-9a-fA-F]{2})", run)
    if not any(char in "abcdef" for char in "".join(pairs).lower()):
        return ""
    return bytes.fromhex("".join(pairs)).decode(errors="replace").replace("\ufffd", "\0")


def _from_binary(run: str) -> str:
    return "".join(chr(int(octet, 2)) for octet in re.findall("[01]{8}", run))


def _from_codes(run: str) -> str:
    plain = "".join(chr(int(code)) for code in re.findall(r"\d+", run))
    return plain if _COMMON & set(_WORD.findall(plain.lower())) else ""


def _in_morse(text: str) -> Iterator[tuple[int, int, str]]:
    if "-" not in text and "." not in text:
        return
    form = normalise(text)
    for match in _MORSE.finditer(form.text):
        words = re.split(r" ?[/|] ?", match.group())
        plain = " ".join("".join(_CODE_OF_MORSE.get(sign, "\0") for sign in word.split()) for word in words)
        if _reads(plain):
            yield *form.span(*match.span()), plain


def _in_cipher(
    encipher: Callable[[str], str], decode: Callable[[str], str]
) -> Callable[[str], Iterator[tuple[int, int, str]]]:
    """Return what finds the stretch from the first to the last word that is a common one once deciphered."""
    ciphered = frozenset(map(encipher, _COMMON)) - _COMMON - _AT_HOME

    def find(text: str) -> Iterator[tuple[int, int, str]]:
        form = normalise(text)
        words = list(_WORD.finditer(form.text))
        strange = [at for at, word in enumerate(words) if word.group() in ciphered]
        met = {words[at].group() for at in strange}
        if max(map(len, met), default=0) < _FEWEST:
            return
        stretch = words[strange[0] : strange[-1] + 1]
        plain = sum(word.group() in _COMMON for word in stretch)
        is_whole_text = 1 < len(strange) == len(words)
        if is_whole_text or (len(met) >= _FEWEST and len(strange) > _FEWEST * plain):
            start, end = stretch[0].start(), stretch[-1].end()
            yield *form.span(start, end), decode(form.text[start:end])

    return find


def _turned(text: str) -> str:
    """Return a reversed text read from its end, and once more with only its words turned."""
    return f"{text[::-1]}\n{' '.join(word[::-1] for word in text.split())}"


def _rotated(text: str) -> str:
    return codecs.encode(text, "rot13")


def _spaced(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _SPACED.finditer(text):
        if words := _parted(match.group().replace(" ", "").lower()):
            yield *match.span(), words


def _parted(letters: str) -> str:
    """Return letters without gaps as common words, or nothing where they are none; long words are tried first."""
    best: dict[int, list[str]] = {0: []}
    for start in range(len(letters)):
        if start not in best:
            continue
        for end in range(start + 1, min(len(letters), start + 12) + 1):
            word = letters[start:end]
            if word in _COMMON and (end not in best or len(best[end]) > len(best[start]) + 1):
                best[end] = [*best[start], word]
    return " ".join(best.get(len(letters), ()))


_DISGUISES: Final[dict[str, Callable[[str], Iterator[tuple[int, int, str]]]]] = {
    "tags": _tagged,
    "binary": _decoded(_BINARY, _from_binary),
    "hex": _decoded(_HEX, _from_hex),
    "codes": _decoded(_CODES, _from_codes),
    "entities": _decoded(_ENTITIES, html.unescape),
    "percent": _decoded(_PERCENT, unquote),
    "base64": _decoded(_BASE64, _from_base64),
    "morse": _in_morse,
    "rot13": _in_cipher(_rotated, _rotated),
    "reversed": _in_cipher(lambda word: word[::-1], _turned),
    "spaced": _spaced,
}
