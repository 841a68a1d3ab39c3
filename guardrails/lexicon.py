"""Lexicon: reviewed patterns, written for people to read, that a rule looks for."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from pydantic import Field

from corpus.evidence import Text, Value
from corpus.normal import Normalised, guess_again, normalise
from corpus.numerals import in_digits
from guardrails.disguise import hidden
from guardrails.verdict import Span

FOLDER: Final = Path(__file__).with_name("lexicon")

_ACCENTED = str.maketrans("áàâäãåéèêëíìîïóòôöõúùûüñç\u2019\u2018\u0060\u00b4", "aaaaaaeeeeiiiiooooouuuunc''''")
_DOTS = re.compile(r"\.{2,}")
_NAME = re.compile(r"\{([a-z_]+)\}")
_MARKS = {
    " >> ": r"\W(?:.{0,120}?\W)??",
    " ... ": r"[^\w.!?]+(?:\w[\w']*[^\w.!?]+){0,5}?",
    " ?": r"[^\w.!?]*",
    " ": r"[^\w.!?]+",
    "'": "'?",
}
_MARK = re.compile("|".join(map(re.escape, _MARKS)))
# A pattern without signs can only begin at a word, and looking for words alone takes half the time.
_SIGNS = re.compile(r"""(?<!\[)\^|\\[][{}S]|(?<!\?)<|["#]|(?:^|\(\?:|\|)(?:\\[W(]|\[[.!])|^(?:\(\?:)*\[""")


class Entry(Value):
    """Patterns that mean the same, with what they mean and why they are here."""

    label: str = ""
    why: Text
    patterns: tuple[Text, ...] = Field(min_length=1)


class Words(Value):
    """One lexicon file as it is written."""

    source: Text
    """Where the clinical or technical knowledge comes from."""
    reviewed_by: str = ""
    """Who approved it; empty while it is a draft."""
    words: dict[str, tuple[Text, ...]] = Field(default_factory=dict)
    """Named alternatives; ``{name}`` in a pattern stands for any of them."""
    entry: tuple[Entry, ...] = ()
    certain: tuple[Entry, ...] = ()
    """Entries that no exception excuses."""
    exception: tuple[Entry, ...] = ()
    """What looks like an entry and is none; the label, if any, names the only entries that it excuses."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of the folded text that an entry matched."""

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The compiled patterns of one file."""

    entries: tuple[tuple[str, re.Pattern[str]], ...]
    exceptions: tuple[tuple[str, re.Pattern[str]], ...]
    certain: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @classmethod
    def load(cls, name: str, folder: Path = FOLDER) -> "Lexicon":
        """Return the lexicon of that name; a file that does not hold together raises at once."""
        written = Words.model_validate(tomllib.loads((folder / f"{name}.toml").read_text("utf-8")))
        return cls(*(_compiled(part, written.words) for part in (written.entry, written.exception, written.certain)))

    def hits(self, text: str, *, certain: bool = False) -> tuple[Hit, ...]:
        """Return what the entries match in a folded text and no exception excuses; or what is certain alone."""
        found = () if certain else _hits(self.entries, text)
        excuses = _hits(self.exceptions, text) if found else ()
        excused = (hit for hit in found if not any(_excuses(excuse, hit) for excuse in excuses))
        return (*_hits(self.certain, text), *excused)

    def spans(self, text: str, *, certain: bool = False) -> tuple[Span, ...]:
        """Return the spans of an original text that the entries match, in its normal form or as it was written."""
        found = [_span(form, hit) for form in forms(text) for hit in self.hits(fold(form.text), certain=certain)]
        return tuple(dict.fromkeys(found))


@lru_cache(maxsize=256)
def forms(text: str) -> tuple[Normalised, ...]:
    """Return the different forms in which a text is read, its normal form first.

    The others are the text as it was written, the normal form with doubtful disguises read the other way, what the
    text hides, and the normal form and what is hidden with number words as digits.
    """
    normal, secret = normalise(text), _revealed(text)
    distinct: dict[str, Normalised] = {}
    for form in (normal, plainly(text), guess_again(text), secret, in_digits(normal), in_digits(secret)):
        if form.text:
            distinct.setdefault(form.text, form)
    return tuple(distinct.values())


def _revealed(text: str) -> Normalised:
    """Return the normal form of what a text hides; each piece stands for the whole stretch that hides it."""
    revealed, origin = "", [0]
    for span, plain in hidden(text):
        piece = f"{normalise(plain).text} "
        revealed += piece
        origin[-1:] = [*[span.start] * (len(piece) - 1), span.end, span.end]
    # The blank behind the last piece stands for nothing.
    return Normalised(revealed[:-1], (*origin[:-2], origin[-1]))


def plainly(text: str) -> Normalised:
    """Return a text in lower case and otherwise as it was written."""
    lowered = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return Normalised(lowered, (*range(len(text)), len(text)))


def fold(text: str) -> str:
    """Return a lower-case text of the same length without accents, curly apostrophes and runs of dots."""
    return _DOTS.sub(lambda dots: " " * len(dots.group()), text.translate(_ACCENTED))


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression; blanks, ``...`` and ``>>`` stand for growing distances."""
    marked = _MARK.sub(lambda mark: _MARKS[mark.group()], pattern.translate(_ACCENTED))
    start = r"(?!(?<=\w)\w)" if _SIGNS.search(pattern) else r"\b"
    return re.compile(rf"{start}(?:{marked})(?!(?<=\w)\w)", re.DOTALL)


def _hits(patterns: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> tuple[Hit, ...]:
    return tuple(Hit(label, *match.span()) for label, pattern in patterns for match in pattern.finditer(text))


def _excuses(excuse: Hit, hit: Hit) -> bool:
    return excuse.label in ("", hit.label) and excuse.start < hit.end and hit.start < excuse.end


def _span(form: Normalised, hit: Hit) -> Span:
    start, end = form.span(hit.start, hit.end)
    return Span(start=start, end=end, label=hit.label)


def _compiled(
    entries: tuple[Entry, ...], words: dict[str, tuple[Text, ...]]
) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((entry.label, compiled(_spelt_out(pattern, words))) for entry in entries for pattern in entry.patterns)


def _spelt_out(pattern: str, words: dict[str, tuple[Text, ...]]) -> str:
    while _NAME.search(pattern):
        pattern = _NAME.sub(lambda name: f"(?:{'|'.join(words[name.group(1)])})", pattern)
    return pattern
