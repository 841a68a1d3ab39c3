"""Works: which of our sources a text names, and what it calls them."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from assistant.terms import phrases
from corpus.bibliography import family_name
from corpus.evidence import STUDIES, Kind, Slug, Source, Topic
from corpus.normal import normalise
from corpus.numerals import in_digits
from corpus.vocabulary import Vocabulary

_NAMES_A_WORK = phrases(
    r"stud(?:y|ies)|trials?|papers?|research\w*|reviews?|guidelines?|article|authors?|team|et al",
    r"reports?|pilot|doctors|ones?|regist(?:er|ry)|survey|paper|vs|versus|says?|recommend\w*|label|college|(?:19|20)\d\d",
    "tried|tested|gave|women|found|find|innova|cochrane|livertox|samhsa|estudios?|ensayos?|art[ií]culo|d?el de",
    r"doctor(?:es)?s?|m[eé]dicos|probaron|dieron|mujeres|encontr\w+|hall\w+",
)
_COUNTED = re.compile(
    r"\b(\d+)[- ]?(?:depressed |adult )?(?:women|woman|people|persons?|patients?|adults|veterans|volunteers"
    r"|participants|mujeres|personas|pacientes|participantes)\b"
)
"""How many took part in a work, which is what it is known by."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DATED = re.compile(
    r"\b((?:19|20)\d\d) (?:[\w'’-]+ ){0,3}?(?:stud(?:y|ies)|trial|paper|review|analysis|one|pilot)\b"
    r"|\b(?:stud(?:y|ies)|trial|paper|review|analysis|pilot|estudio|ensayo|revisi[oó]n|an[aá]lisis|art[ií]culo)"
    r"(?: (?:from|of|in|de|del))? ((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
"""The year of a work, beside what says that it is one."""
_PUBLISHED = STUDIES | {Kind.GUIDELINE, Kind.REVIEW}
_EMPTIED = re.compile(r"\s*\([\s,]*\)")


class Works:
    """Knows works by their authors, their years, how many took part, and what people call them."""

    def __init__(self, vocabulary: Vocabulary, sources: Sequence[Source]) -> None:
        self._vocabulary = vocabulary
        self._sources = {source.id: source for source in sources}
        self._authors = _first_authors(sources)

    def named_in(self, text: str) -> tuple[Slug, ...]:
        """Return the works that a text names by their first author, by what the vocabulary calls them, or by a number.

        Of several by one author, those that the text calls by their year or another name.
        """
        if not _NAMES_A_WORK.search(text):
            return ()
        called, years = self._vocabulary.works_in(text), _YEAR.findall(text)
        found: list[Slug] = []
        for name, ids in self._authors.items():
            if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE):
                told_apart = [id_ for id_ in ids if id_ in called or any(id_.endswith(year) for year in years)]
                found += told_apart or ids
        named = [*found, *called]
        return tuple(dict.fromkeys([*(named or self._counted_in(text)), *self._dated_in(text, named)]))

    def called(self, work: Slug, said: str) -> str:
        """Return what a work was called in what was said, else what people call it, else its first author and year."""
        names = self._vocabulary.works.get(work, ())
        by_author = next((f"{name} {work[-4:]}" for name, ids in self._authors.items() if work in ids), "")
        return next((name for name in names if name.lower() in said.lower()), next(iter(names), by_author))

    def topics_of(self, works: Sequence[Slug]) -> tuple[Topic, ...]:
        """Return what works are about."""
        return tuple(topic for id_ in works for topic in self._sources[id_].topics)

    def beside(self, works: Sequence[Slug]) -> tuple[Slug, ...]:
        """Return the other works of the same kind on the same thing."""
        alike = {(self._sources[id_].kind, self._sources[id_].topics[0]) for id_ in works}
        return tuple(
            id_ for id_, one in self._sources.items() if (one.kind, one.topics[0]) in alike and id_ not in works
        )

    def without(self, text: str) -> str:
        """Return a text without the names of single works in it."""
        text = phrases(*map(re.escape, self._authors)).sub("", self._vocabulary.without_works(text))
        return _EMPTIED.sub("", text)

    def _dated_in(self, text: str, named: Collection[Slug]) -> Iterator[Slug]:
        """Yield the works that a text calls by their year, each the only such one on what is named, beside others."""
        conditions = {*self._vocabulary.conditions_in(text)}
        told = {self._sources[id_].reference.year for id_ in named}
        for year in sorted({int(first or second) for first, second in _DATED.findall(text)} - told):
            ones = [one for one in self._sources.values() if one.reference.year == year and one.kind in _PUBLISHED]
            fitting = [one.id for one in ones if not conditions.isdisjoint(one.topics)] or [one.id for one in ones]
            yield from fitting if len(fitting) == 1 else ()

    def _counted_in(self, text: str) -> tuple[Slug, ...]:
        """Return the study that a text calls by how many took part, if there is but one such on what it names."""
        counts = {int(count) for count in _COUNTED.findall(in_digits(normalise(text)).text)}
        named = {*self._vocabulary.conditions_in(text)}
        alike = [one for one in self._sources.values() if one.participants in counts and one.kind.is_study]
        fitting = [one.id for one in alike if not named or not named.isdisjoint(one.topics)]
        return tuple(fitting) if len(fitting) == len(counts) else ()


def _first_authors(sources: Sequence[Source]) -> Mapping[str, tuple[Slug, ...]]:
    """Return the ids of works by the family name of their first author."""
    found: dict[str, tuple[Slug, ...]] = {}
    for source in sources:
        if source.reference.authors and source.kind is not Kind.ARTICLE:
            name = family_name(source.reference.authors[0])
            found[name] = (*found.get(name, ()), source.id)
    return found
