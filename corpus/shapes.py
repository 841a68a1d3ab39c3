"""Shapes: what the registries' answers look like, and how they become records."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from corpus.bibliography import Notice, NoticeKind, RegistryName, RegistryRecord, plain

MOST_ITEMS = 300
_RETRACTED_TITLE = re.compile(
    r"\A\W*(?:retracted|withdrawn|removed)(?:\s+(?:article|paper|publication|chapter))?\s*[:\])]\s*", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_PMCID = re.compile(r"PMC\d+")
_NOTICES = {
    "retract": NoticeKind.RETRACTION,
    "withdraw": NoticeKind.RETRACTION,
    "removal": NoticeKind.RETRACTION,
    "concern": NoticeKind.CONCERN,
    "correct": NoticeKind.CORRECTION,
    "corrig": NoticeKind.CORRECTION,
    "errat": NoticeKind.CORRECTION,
}
"""Parts of the registries' words for notices, gravest first; a partial retraction counts as one."""
_PUBMED_NOTICES = re.compile(r"\b(?:retraction|republished|erratum|concern|corrected|update|withdrawn)\b.*\bin\b")

Plain = Annotated[str, BeforeValidator(lambda given: "" if given is None else str(given)), AfterValidator(plain)]
Names = Annotated[
    tuple[Plain, ...],
    BeforeValidator(lambda given: (given or ())[:MOST_ITEMS]),
    AfterValidator(lambda found: tuple(filter(None, found))),
]


class _Shape(BaseModel):
    """The part of a registry's answer that is read; the rest is none of our business."""

    model_config = ConfigDict(extra="ignore", alias_generator=lambda name: name.replace("_", "-"))


class _Moment(_Shape):
    date_parts: tuple[tuple[int | None, ...], ...] = ()

    @property
    def iso(self) -> str | None:
        """Return year, month and day as far as they are known."""
        parts = [part for part in (self.date_parts or ((),))[0] if part is not None]
        return "-".join(f"{part:04d}" if at == 0 else f"{part:02d}" for at, part in enumerate(parts[:3])) or None


class _CrossrefAuthor(_Shape):
    family: Plain = ""
    given: Plain = ""
    name: Plain = ""

    def __str__(self) -> str:
        initials = "".join(part[0].upper() for part in re.split(r"[\s.\-]+", self.given) if part)
        return f"{self.family} {initials}".strip() if self.family else self.name


class _Update(_Shape):
    doi: Plain = Field("", alias="DOI")
    type: Plain = ""
    updated: _Moment = _Moment()


class CrossrefWork(_Shape):
    """A work in Crossref's documented shape."""

    doi: Plain = Field(alias="DOI", pattern=_DOI)
    title: Names = ()
    subtitle: Names = ()
    original_title: Names = ()
    author: tuple[_CrossrefAuthor, ...] = Field((), max_length=5_000)
    container_title: Names = ()
    short_container_title: Names = ()
    published_print: _Moment = _Moment()
    published_online: _Moment = _Moment()
    issued: _Moment = _Moment()
    volume: Plain = ""
    issue: Plain = ""
    page: Plain = ""
    type: Plain = ""
    update_to: tuple[_Update, ...] = Field((), max_length=MOST_ITEMS)
    updated_by: tuple[_Update, ...] = Field((), max_length=MOST_ITEMS)

    def record(self) -> RegistryRecord:
        """Return the work as a record."""
        # Without its subtitle a title would also be that of works with another one.
        ends = [f": {one}" for one in self.subtitle[:1] if one not in "".join(self.title)]
        titles, notices = _without_marks([*("".join((one, *ends)) for one in self.title), *self.original_title])
        # A notice names the work that it is about; some publishers let a work name itself.
        about = [*self.updated_by, *(one for one in self.update_to if one.doi.lower() == self.doi.lower())]
        for update in about:
            doi = update.doi if _DOI.fullmatch(update.doi) else None
            notices.append(Notice(kind=_kind(update.type), label=update.type, date=update.updated.iso, doi=doi))
        dates = (self.published_print.iso, self.issued.iso, self.published_online.iso)
        return RegistryRecord(
            registry=RegistryName.CROSSREF,
            titles=tuple(titles),
            authors=tuple(filter(None, map(str, self.author[:MOST_ITEMS]))),
            years=_years(dates),
            containers=(*self.container_title, *self.short_container_title),
            volume=self.volume or None,
            issue=self.issue or None,
            pages=self.page or None,
            doi=self.doi,
            types=(self.type,) if self.type else (),
            notices=tuple(notices),
        )


class _PubMedAuthor(_Shape):
    name: Plain = ""
    authtype: Plain = ""


class _PubMedId(_Shape):
    idtype: Plain = ""
    value: Plain = ""


class _PubMedReference(_Shape):
    reftype: Plain = ""
    refsource: Plain = ""
    pmid: Plain = ""


class PubMedSummary(_Shape):
    """A document summary in the documented shape of PubMed's E-utilities."""

    uid: Plain = Field(pattern=r"^\d{1,9}$")
    error: Plain = ""
    title: Plain = ""
    vernaculartitle: Plain = ""
    authors: tuple[_PubMedAuthor, ...] = Field((), max_length=5_000)
    source: Plain = ""
    fulljournalname: Plain = ""
    pubdate: Plain = ""
    epubdate: Plain = ""
    volume: Plain = ""
    issue: Plain = ""
    pages: Plain = ""
    pubtype: Names = ()
    articleids: tuple[_PubMedId, ...] = Field((), max_length=MOST_ITEMS)
    references: tuple[_PubMedReference, ...] = Field((), max_length=5_000)

    def record(self) -> RegistryRecord:
        """Return the summary as a record."""
        titles, notices = _without_marks([self.title, self.vernaculartitle])
        ids = {one.idtype: one.value for one in self.articleids}
        pmcid = _PMCID.search(ids.get("pmc") or ids.get("pmcid") or "")
        doi = _DOI.fullmatch(ids.get("doi", ""))
        writers = [one.name for one in self.authors if one.authtype.lower() not in {"editor", "investigator"}]
        return RegistryRecord(
            registry=RegistryName.PUBMED,
            titles=tuple(title.strip("[].").strip() for title in titles),
            authors=tuple(filter(None, writers[:MOST_ITEMS])),
            years=_years((self.pubdate, self.epubdate)),
            containers=tuple(filter(None, (self.fulljournalname, self.source))),
            volume=self.volume or None,
            issue=self.issue or None,
            pages=self.pages or None,
            doi=doi[0] if doi else None,
            pmid=self.uid,
            pmcid=pmcid[0] if pmcid else None,
            types=self.pubtype,
            notices=(*notices, *self._notices()),
        )

    def _notices(self) -> list[Notice]:
        marks = [name for name in self.pubtype if name.lower() in {"retracted publication", "expression of concern"}]
        notices = [Notice(kind=_kind(mark), label=mark) for mark in marks]
        for reference in self.references:
            if _PUBMED_NOTICES.search(reference.reftype.lower()):
                doi = _DOI.search(reference.refsource)
                notices.append(
                    Notice(
                        kind=_kind(reference.reftype),
                        label=reference.reftype,
                        doi=doi[0].rstrip(".;") if doi else None,
                        pmid=reference.pmid or None,
                    )
                )
        return notices[:MOST_ITEMS]


def _kind(word: str) -> NoticeKind:
    return next((kind for part, kind in _NOTICES.items() if part in word.lower()), NoticeKind.UPDATE)


def _years(dates: tuple[str | None, ...]) -> tuple[int, ...]:
    found = (_YEAR.search(date) for date in dates if date)
    return tuple(dict.fromkeys(int(year[0]) for year in found if year))


def _without_marks(titles: list[str]) -> tuple[list[str], list[Notice]]:
    """Return titles without a leading ``RETRACTED:``, and the notice that such a mark is."""
    notices = [Notice(kind=NoticeKind.RETRACTION, label="title")] if any(map(_RETRACTED_TITLE.match, titles)) else []
    return [cut for title in titles if (cut := _RETRACTED_TITLE.sub("", title, count=1))], notices
