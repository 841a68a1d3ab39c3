"""Comparison: whether a work as somebody cites it is the work that a registry has, field by field."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from corpus.bibliography import RegistryRecord, Sought, family_name
from corpus.evidence import Value
from corpus.text import stem, words

IDENTIFIERS = ("doi", "pmid", "pmcid")
SAME_TITLE, SAME_WORD = 90, 92
"""Least likeness in per cent: ``hyperalgesia`` is 87 like ``hypoalgesia``, ``effective`` 90 like ``ineffective``."""
UNKNOWN = "unknown"
"""What a registry says of an identifier that it has not."""
_SHORTEST_MAIN_TITLE, _LONG_TITLE = 5, 8
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "ß": "ss", "æ": "a", "œ": "o", "đ": "d", "\u0131": "i", "þ": "th", "ð": "d"}
)
_SPELLINGS = (("ae", "a"), ("oe", "o"), ("ue", "u"))
_ACRONYM = re.compile(r"\(\s*[A-Z][A-Za-z0-9-]{1,9}\s*\)")
_FILLERS = frozenset("a an and as at by for from in into its of on or the to with s".split())
_TURNS = frozenset("no not non none without never neither nor anti un lack fail".split())
"""Words that turn what a title says into something else."""
_PARTS = frozenset("i ii iii iv v vi vii viii ix x".split())


class Difference(Value):
    """A field in which a citation and a registry disagree, and what each says."""

    field: str
    ours: str
    theirs: str


class Comparison(Value):
    """What a registry's record says against a citation, and what a reader should know besides."""

    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()


def compare(work: Sought, record: RegistryRecord, others: Iterable[RegistryRecord] = ()) -> Comparison:
    """Return how a citation and a record differ; what the citation leaves open is no difference.

    ``others`` are the other registries' records: one of the same work may know the title in another language, the
    journal by another name or the year of print.
    """
    records = (record, *(other for other in others if _is_same_work(record, other)))
    differences, notes = [], []
    theirs = {
        "title": _first(record.titles) if not _title_agrees(work, records) else None,
        "first author": _first(record.authors) if not _author_agrees(work, records) else None,
        "container": _first(record.containers) if not _container_agrees(work, records) else None,
    }
    ours = {"title": work.title, "first author": _first(work.authors), "container": work.container or ""}
    for field, value in theirs.items():
        if value is not None:
            differences.append(Difference(field=field, ours=ours[field], theirs=value))
    years = sorted({year for one in records for year in one.years})
    if work.year and years and work.year not in years:
        known = " or ".join(map(str, years))
        if min(abs(work.year - year) for year in years) == 1:
            notes.append(f"year {work.year} is {known} in the registry: online and print may differ by one")
        else:
            differences.append(Difference(field="year", ours=str(work.year), theirs=known))
    for field in IDENTIFIERS:
        mine, its = getattr(work, field), getattr(record, field)
        if mine and its and mine.lower() != its.lower():
            differences.append(Difference(field=field, ours=mine, theirs=its))
    return Comparison(differences=tuple(differences), notes=tuple(notes))


def denied(work: Sought, unknown: Iterable[str], records: Iterable[RegistryRecord]) -> tuple[Difference, ...]:
    """Return the identifiers that one registry does not know and none of the ``records`` of all of them confirms."""
    confirmed = {(field, (getattr(one, field) or "").lower()) for one in records for field in IDENTIFIERS}
    ours = ((field, getattr(work, field) or "") for field in unknown)
    return tuple(
        Difference(field=field, ours=value, theirs=UNKNOWN)
        for field, value in ours
        if (field, value.lower()) not in confirmed
    )


def same_title(ours: str, theirs: str) -> bool:
    """Tell whether two titles are one: spelling, marks, a bracketed acronym or one word may differ, no more.

    Numbers and negations must agree exactly, and a title without its subtitle is still that title.
    """
    pairs = ((ours, theirs), *((main, theirs) for main in _main(ours)), *((ours, main) for main in _main(theirs)))
    return any(_alike(_forms(one), _forms(other)) for one, other in pairs)


def same_author(ours: str, theirs: str) -> bool:
    """Tell whether two authors have one family name; accents and left-out parts of a double name do not count."""
    mine, its = (words(_folded(family_name(name))) for name in (ours, theirs))
    short, long = sorted((mine, its), key=len)
    return bool(short) and (long[: len(short)] == short or long[-len(short) :] == short)


def same_container(ours: str, theirs: str) -> bool:
    """Tell whether two names are one journal's, in full or abbreviated word by word."""
    mine, its = (_journal(name) for name in (ours, theirs))
    if not mine or len(mine) != len(its):
        return False
    return all(_abbreviates(one, other) or _abbreviates(other, one) for one, other in zip(mine, its, strict=True))


def _first(values: Sequence[str]) -> str:
    return values[0] if values else ""


def _is_same_work(record: RegistryRecord, other: RegistryRecord) -> bool:
    pairs = ((getattr(record, field), getattr(other, field)) for field in IDENTIFIERS)
    return other is not record and any(one and two and one.lower() == two.lower() for one, two in pairs)


def _title_agrees(work: Sought, records: Sequence[RegistryRecord]) -> bool:
    return not work.title or any(same_title(work.title, title) for one in records for title in one.titles)


def _author_agrees(work: Sought, records: Sequence[RegistryRecord]) -> bool:
    firsts = [one.authors[0] for one in records if one.authors]
    return not work.authors or not firsts or any(same_author(work.authors[0], first) for first in firsts)


def _container_agrees(work: Sought, records: Sequence[RegistryRecord]) -> bool:
    names = [name for one in records for name in one.containers]
    return not work.container or not names or any(same_container(work.container, name) for name in names)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    folded = "".join(char for char in decomposed if not unicodedata.combining(char))
    for spelling, letter in _SPELLINGS:
        folded = folded.replace(spelling, letter)
    return folded


def _main(title: str) -> tuple[str, ...]:
    """Return the part of a title before its subtitle, where that is long enough to tell it from others."""
    main = re.split(r"[:?.]\s|\s[–—-]\s", title, maxsplit=1)[0]
    return (main,) if main != title and len(words(main)) >= _SHORTEST_MAIN_TITLE else ()


def _forms(title: str) -> tuple[str, ...]:
    folded = _folded(_ACRONYM.sub(" ", title)).replace("z", "s").replace("our", "or")
    return tuple(stem(word.replace("'", "")) for word in re.findall(r"[^\W_]+(?:'[^\W_]+)?", folded.replace("’", "'")))


def _alike(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    if _decisive(ours) != _decisive(theirs):
        return False
    left_over = len(_unmatched(ours, theirs)) + len(_unmatched(theirs, ours))
    allowed = 1 if min(len(ours), len(theirs)) >= _LONG_TITLE else 0
    return bool(ours and theirs) and left_over <= allowed and fuzz.ratio(" ".join(ours), " ".join(theirs)) >= SAME_TITLE


def _decisive(title: tuple[str, ...]) -> list[str]:
    return sorted(word for word in title if word in _TURNS or word in _PARTS or any(map(str.isdigit, word)))


def _unmatched(ours: tuple[str, ...], theirs: tuple[str, ...]) -> list[str]:
    return [
        word
        for word in ours
        if word not in _FILLERS and word not in theirs and not any(fuzz.ratio(word, it) >= SAME_WORD for it in theirs)
    ]


def _journal(name: str) -> tuple[str, ...]:
    main = re.sub(r"\([^)]*\)", " ", name).replace("&", " and ").split(":")[0]
    return tuple(word for word in words(_folded(main)) if word not in _FILLERS | {"der", "die", "das", "le", "la"})


def _abbreviates(short: str, long: str) -> bool:
    """Tell whether a word keeps the first letter of another and goes on with some of its letters, in order."""
    letters = iter(long[1:])
    return short[:1] == long[:1] and all(letter in letters for letter in short[1:])
