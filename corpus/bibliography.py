"""Bibliography: a work as somebody cites it, and what registries say of it, as plain text and nothing else."""

import html
import re
import unicodedata
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field, StringConstraints

from corpus.evidence import Value

MOST_CHARACTERS = 1_000
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "2nd", "3rd"})


Address = Annotated[str, StringConstraints(pattern=r"^https?://\S+[^/\s]$")]


class RegistrySettings(Value):
    """Where the registries are, who asks, and how patiently; times are in seconds."""

    crossref_url: Address = "https://api.crossref.org"
    pubmed_url: Address = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    contact: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    """An e-mail address that the registries can write to; they serve those better who give one."""
    tool: str = "clinic-assistant"
    timeout_s: Annotated[float, Field(gt=0)] = 20
    per_second: Annotated[float, Field(gt=0, le=3)] = 2
    """Requests per second and registry; PubMed allows three."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    longest_wait_s: Annotated[float, Field(ge=0)] = 60
    """A registry that asks for a longer pause than this counts as unavailable."""
    max_bytes: Annotated[int, Field(gt=0)] = 5_000_000


class RegistryName(StrEnum):
    """Who keeps a public register of scholarly works."""

    CROSSREF = "crossref"
    PUBMED = "pubmed"


class AskedBy(StrEnum):
    """What a registry was asked with: an identifier names one work, a title only suggests some."""

    DOI = "doi"
    PMID = "pmid"
    TITLE = "title"


class NoticeKind(StrEnum):
    """What has been announced about a work since it came out."""

    RETRACTION = "retraction"
    CONCERN = "expression-of-concern"
    CORRECTION = "correction"
    UPDATE = "update"


class Notice(Value):
    """An announcement about a work, in the registry's own word for it."""

    kind: NoticeKind
    label: str
    date: str | None = None
    """ISO, as exact as the registry knows it: year, month or day."""
    doi: str | None = None
    pmid: str | None = None


class Sought(Value):
    """A work as somebody cites it: what registries are asked for."""

    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    container: str | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    listed: bool = True
    """Whether registries list works of this sort at all: they list no web pages and no labels."""


class RegistryRecord(Value):
    """What one registry says of one work."""

    registry: RegistryName
    titles: tuple[str, ...]
    """The title, then its other forms: without its subtitle, in the original language."""
    authors: tuple[str, ...] = ()
    """Family name and initials, as in ``Younger J``."""
    years: tuple[int, ...] = ()
    """The year of the issue, then that of the online version if it is another."""
    containers: tuple[str, ...] = ()
    """The journal's name, then its other forms."""
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    types: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def is_retracted(self) -> bool:
        """Tell whether the work was retracted, withdrawn or removed."""
        return any(notice.kind is NoticeKind.RETRACTION for notice in self.notices)

    @property
    def link(self) -> str:
        """Return the address that leads to the work."""
        return f"https://doi.org/{self.doi}" if self.doi else f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"


class Found(Value):
    """A registry's answer: what it was asked with, and the works it named; none if it knows no such work."""

    asked_by: AskedBy
    records: tuple[RegistryRecord, ...] = ()
    unknown: tuple[str, ...] = ()
    """The identifiers, by field, that the registry would have if they existed, and has not."""


class Registry(Protocol):
    """Somebody who can be asked for works."""

    @property
    def name(self) -> RegistryName:
        """Who is asked."""

    def find(self, work: Sought) -> Found:
        """Return what is registered for a work; ``RegistryUnavailableError`` if the question stays open."""


def family_name(author: str) -> str:
    """Return the family name of ``Younger J``, ``Younger, J.`` or an organisation (its whole name)."""
    if "," in author:
        return author.split(",", 1)[0].strip()
    parts = author.split()
    while len(parts) > 1 and parts[-1].lower() in _SUFFIXES:
        parts.pop()
    if len(parts) > 1 and re.fullmatch(r"[^\W\d_]{1,4}", parts[-1].replace(".", "").replace("-", "")):
        initials = parts[-1]
        if initials.upper() == initials:
            parts.pop()
    return " ".join(parts)


def plain(text: str) -> str:
    """Return a foreign text without markup, entities, control and invisible characters, on one line and cut."""
    untagged = _TAG.sub("", html.unescape(html.unescape(text[: 4 * MOST_CHARACTERS])))
    visible = (" " if char.isspace() else char for char in untagged)
    kept = (char for char in visible if not unicodedata.category(char).startswith("C"))
    return " ".join("".join(kept).split())[:MOST_CHARACTERS].strip()
