"""Evidence: the values that say what may be said and where each word comes from."""

import hashlib
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def digest(*texts: str) -> str:
    """Return the hex SHA-256 of texts in order; where one ends and the next begins counts."""
    total = hashlib.sha256()
    for text in texts:
        encoded = text.encode()
        total.update(len(encoded).to_bytes(8))
        total.update(encoded)
    return total.hexdigest()


class Value(BaseModel):
    """A frozen value; unknown fields are errors, not noise."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(StrEnum):
    """What sort of work a source is. Declared from strongest to weakest; ``rank`` relies on the order."""

    META_ANALYSIS = "meta-analysis"
    RCT = "rct"
    GUIDELINE = "guideline"
    LABEL = "label"
    PILOT = "pilot"
    OBSERVATIONAL = "observational"
    CASE_SERIES = "case-series"
    REVIEW = "review"
    PROTOCOL = "protocol"
    WEB_PAGE = "web-page"
    GAP = "evidence-gap"
    """A record of our own search: what was looked for and not found. It is cited like a work and proves nothing."""
    ARTICLE = "article"
    """The clinic's own article: an opinion whose claims are audited, never evidence for themselves."""

    @property
    def rank(self) -> int:
        """Return the rank of this kind of evidence; higher is stronger."""
        members = list(Kind)
        return len(members) - members.index(self)

    @property
    def is_study(self) -> bool:
        """Tell whether this kind observed people, or planned to or counted those who did."""
        return self in STUDIES

    @property
    def plain(self) -> str:
        """Return what patients read for this kind."""
        return PLAIN_KINDS[self]


PLAIN_KINDS = {
    Kind.META_ANALYSIS: "analysis that combines several studies",
    Kind.RCT: "randomised trial",
    Kind.GUIDELINE: "treatment guideline",
    Kind.LABEL: "official product information",
    Kind.PILOT: "small pilot study",
    Kind.OBSERVATIONAL: "observational study or survey",
    Kind.CASE_SERIES: "description of single cases",
    Kind.REVIEW: "review of earlier studies",
    Kind.PROTOCOL: "plan of a trial, no results",
    Kind.WEB_PAGE: "information page",
    Kind.GAP: "record of our own search",
    Kind.ARTICLE: "the clinic's own article",
}


STUDIES = frozenset({Kind.META_ANALYSIS, Kind.RCT, Kind.PILOT, Kind.OBSERVATIONAL, Kind.CASE_SERIES, Kind.PROTOCOL})
SMALL_STUDY: Final = 50  # with fewer people, chance alone may explain much of a result
OWN_PAGES: Final = "/"
"""How an address on the assistant's own site begins; only records of our own searches stand there."""


class Audience(StrEnum):
    """Who may see a source."""

    PATIENT = "patient"
    STAFF = "staff"


class Role(StrEnum):
    """What a statement does in an answer: the heading that it stands under in its source's file."""

    ABOUT = "about"
    """What the work is, and who took part."""
    BENEFIT = "benefit"
    NO_BENEFIT = "no benefit"
    LIMIT = "limit"
    """Why the result is less certain than it sounds."""
    RISK = "risk"
    FACT = "fact"
    """Definitions, regulation, mechanism, recommendations: neither benefit nor harm."""


class Topic(StrEnum):
    """What a statement is about: the complete vocabulary of topics; a file that uses another does not load."""

    DEPRESSION = "depression"
    ANXIETY = "anxiety"
    PTSD = "ptsd"
    DISSOCIATION = "dissociation"
    FIBROMYALGIA = "fibromyalgia"
    PAIN = "pain"
    CROHNS = "crohns"
    MULTIPLE_SCLEROSIS = "multiple-sclerosis"
    ALCOHOL = "alcohol"
    INFLAMMATION = "inflammation"
    MECHANISM = "mechanism"
    """How the medicine is thought to work."""
    SAFETY = "safety"
    SIDE_EFFECTS = "side-effects"
    OPIOIDS = "opioids"
    LIVER = "liver"
    PREGNANCY = "pregnancy"
    """Pregnancy and breastfeeding."""
    MOOD_WARNING = "mood-warning"
    """Low mood, agitation and thoughts of suicide while on the medicine."""
    APPROVAL = "approval"
    OFF_LABEL = "off-label"
    COMPOUNDING = "compounding"
    CRISIS_HELP = "crisis-help"
    TREATMENT_RESISTANCE = "treatment-resistance"
    OTHER_MEDICINES = "other-medicines"
    """Antidepressants and other treatments beside this one: taking both, changing, stopping."""
    CHILDREN = "children"
    OLDER_PEOPLE = "older-people"
    TREATMENT_GUIDELINE = "treatment-guideline"
    EVIDENCE_OVERVIEW = "evidence-overview"


class Verification(StrEnum):
    """How far somebody has checked that the work exists and is what its record says."""

    SEEN = "seen"
    """A person read the record and the text on the pages that the provenance names; no registry was asked."""
    CONFIRMED = "confirmed"
    """A registry (Crossref, PubMed) gave the same record."""


class Standing(StrEnum):
    """What the audit says of a sentence of the clinic's article."""

    SUPPORTED = "supported"
    QUALIFIED = "qualified"
    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"


class Reference(Value):
    """The bibliographic record of a work. What was not seen is ``None``, never a guess."""

    title: Text
    short_title: Text | None = None
    """Shown to patients instead of the title; required where the title states a dose."""
    authors: tuple[Text, ...] = ()
    authors_complete: bool = True
    container: Text | None = None
    """The journal, or the organisation that publishes the page."""
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    volume: Text | None = None
    issue: Text | None = None
    pages: Text | None = None
    doi: Annotated[str, StringConstraints(pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    pmid: Annotated[str, StringConstraints(pattern=r"^\d{1,9}$")] | None = None
    pmcid: Annotated[str, StringConstraints(pattern=r"^PMC\d+$")] | None = None
    url: Annotated[str, StringConstraints(pattern=r"^(?:https?:/)?/[^\s/]\S*$")]

    @property
    def shown_title(self) -> str:
        """Return the title that patients see."""
        return self.short_title or self.title

    @property
    def link(self) -> str:
        """Return where readers find the work: its DOI where one is known."""
        return f"https://doi.org/{self.doi}" if self.doi else self.url

    @property
    def byline(self) -> str:
        """Return authors and year in a few words, such as ``Younger J and Mackey S (2009)``."""
        match self.authors:
            case ():
                who = self.container or "Author not recorded"
            case (_,) | (_, _) if self.authors_complete:
                who = " and ".join(self.authors)
            case (first, *_):
                who = f"{first} et al."
        return f"{who} ({self.year})" if self.year else who


class Provenance(Value):
    """Who digested a source, from what, when, and how far to trust that."""

    digested_by: Text
    digested_on: date
    seen_at: tuple[Text, ...] = Field(min_length=1)
    """The pages that were read."""
    seen_extent: Text
    """How much of the work was seen: abstract, full text, first part."""
    licence: Text | None = None
    checksum: Sha256
    """SHA-256 of the file's body, so that no word changes unnoticed."""
    review_by: date
    verification: Verification


class Passage(Value):
    """One statement of one source under one heading: the unit of retrieval and of citing."""

    source_id: Slug
    heading: tuple[Text, ...]
    text: Text
    role: Role
    topics: tuple[Topic, ...] = ()
    standing: Standing | None = None
    """For a sentence of the clinic's article, what the audit says of it; ``None`` for other sources."""
    qualified_by: tuple[Slug, ...] = ()
    """The sources that speak on this sentence of the article; one of them must be heard with it."""
    qualifications: tuple[tuple[Text, ...], ...] = ()
    """For each qualified claim in it, the statements of which at least one must be heard with it."""

    @cached_property
    def id(self) -> str:
        """Return source, heading path and text hash; it changes when any of them does."""
        path = "/".join(part.lower().replace(" ", "-") for part in self.heading)
        return f"{self.source_id}#{path}:{digest(self.text)[:12]}"


class Record(Value):
    """What the head of a source's file says: the work, where our digest of it comes from, and who may see it."""

    id: Slug
    kind: Kind
    audience: Audience
    topics: tuple[Topic, ...] = Field(min_length=1)
    reference: Reference
    provenance: Provenance
    participants: int | None = Field(default=None, ge=1)
    """How many people were studied; ``None`` where that does not apply or was not seen."""
    searches: tuple[Text, ...] = ()
    """What was searched for, word for word; only a record of our own search has it."""
    population: Text | None = None
    limitations: Text | None = None
    notes: Text | None = None
    """Population, limitations and notes are for staff; they may state what patients must not see."""

    @property
    def strength(self) -> str:
        """Return kind and size of the evidence in plain words, such as ``small randomised trial with 37 people``."""
        if self.participants is None:
            return self.kind.plain
        is_small = self.kind in {Kind.RCT, Kind.OBSERVATIONAL} and self.participants < SMALL_STUDY
        people = "1 person" if self.participants == 1 else f"{self.participants:,} people"
        return f"{'small ' if is_small else ''}{self.kind.plain} with {people}"


class Source(Record):
    """A citable work: its record, and the statements that may be said."""

    passages: tuple[Passage, ...] = Field(min_length=1)
    body: str = ""
    """The Markdown that the statements stand in."""


class Claim(Value):
    """A sentence and the whole passages that carry it: the unit of checking, streaming and scoring."""

    text: Text
    passages: tuple[Passage, ...] = ()
    reviewed: tuple[Text, ...] = ()
    """Reviewed sentences, in any language, that say what the passages say; a claim may quote them like a passage."""

    @classmethod
    def quoting(cls, passage: Passage) -> "Claim":
        """Return the claim that says a passage word for word."""
        return cls(text=passage.text, passages=(passage,))


def fingerprint(sources: Iterable[Source]) -> str:
    """Return one hash over everything that patients can be shown; the index is keyed by it."""
    return digest(*(source.model_dump_json() for source in sorted(sources, key=lambda source: source.id)))
