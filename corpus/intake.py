"""Intake: drafts of new sources, which nobody can load before a person has read, written and signed them."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from corpus.bibliography import AskedBy, Registry, RegistryName, RegistryRecord, Sought, family_name
from corpus.checks import Screen
from corpus.documents import read_document, visible_text
from corpus.errors import CorpusError, Problem
from corpus.evidence import Audience, Kind, Role, Verification
from corpus.text import sentences, words

DRAFTS = "drafts"
"""The folder of the corpus for drafts; the loader does not read it."""
_FOLDERS = ("article", "sources", DRAFTS)
CANDIDATES = "Candidates"
"""The heading of sentences without a role, which the loader refuses."""
_REVIEW_AFTER = timedelta(days=365)
_NO_CHECKSUM = "0" * 64
_FEWEST_WORDS = 3
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d"})
_KINDS = {
    "meta-analysis": Kind.META_ANALYSIS,
    "systematic review": Kind.META_ANALYSIS,
    "clinical trial protocol": Kind.PROTOCOL,
    "randomized controlled trial": Kind.RCT,
    "practice guideline": Kind.GUIDELINE,
    "guideline": Kind.GUIDELINE,
    "case reports": Kind.CASE_SERIES,
    "observational study": Kind.OBSERVATIONAL,
    "review": Kind.REVIEW,
}
"""PubMed's types of publication, the most telling first; Crossref knows none of these."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The file of a source to be: its id and its text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What a draft is made with: the screens for what patients must not see, the date, and the ids in use."""

    screens: Mapping[str, Screen]
    today: date
    taken: Collection[str] = ()

    def objections(self, text: str) -> tuple[str, ...]:
        """Return the names of the screens that find something in a text."""
        return tuple(name for name, screen in self.screens.items() if screen(text))

    def free_id(self, wanted: str) -> str:
        """Return an id that nobody uses: the one that is wanted, or that with a number after it."""
        wanted = wanted[:72].strip("-") or "untitled"
        ids = (wanted, *(f"{wanted}-{n}" for n in range(2, len(self.taken) + 3)))
        return next(id_ for id_ in ids if id_ not in self.taken)


def taken_ids(folder: Path) -> frozenset[str]:
    """Return the ids of all sources, articles and drafts in a corpus folder."""
    return frozenset(path.stem for name in _FOLDERS for path in (folder / name).glob("*.md"))


def find_duplicate(record: RegistryRecord, folder: Path) -> Path | None:
    """Return the file of a source, an article or a draft in a corpus folder that bears the record's DOI or PMID."""
    ids = [f"{field}: *['\"]?{re.escape(value)}" for field in ("doi", "pmid") if (value := getattr(record, field))]
    pattern = re.compile(rf"^ *(?:{'|'.join(ids)})['\"]? *$", re.IGNORECASE | re.MULTILINE)
    paths = (path for name in _FOLDERS for path in sorted((folder / name).glob("*.md")))
    return next(
        (path for path in paths if ids and pattern.search(path.read_text(encoding="utf-8", errors="replace"))), None
    )


def fetch_record(work: Sought, registries: Collection[Registry]) -> RegistryRecord | None:
    """Return what the registries together know of the work with a DOI or PMID; ``None`` if none knows it.

    Raises:
        RegistryUnavailableError: a registry did not answer, so that a retraction could have been missed.
    """
    known: RegistryRecord | None = None
    # Who has the identifier comes first, since it knows the other one, with which the next can be asked.
    for registry in sorted(registries, key=lambda one: one.name is RegistryName.PUBMED, reverse=work.doi is None):
        if known:
            work = work.model_copy(update={"doi": work.doi or known.doi, "pmid": work.pmid or known.pmid})
        found = registry.find(work) if work.doi or work.pmid else None
        if found and found.records and found.asked_by is not AskedBy.TITLE:
            known = _merged(known, found.records[0]) if known else found.records[0]
    return known


def draft_from_record(record: RegistryRecord, desk: Desk) -> Draft:
    """Return the draft of a source whose record is known and whose statements are still to be written."""
    title = record.titles[0]
    first = family_name(record.authors[0]) if record.authors else title
    year = next(iter(record.years), None)
    id_ = desk.free_id(_slug(f"{' '.join(words(first)[:3])} {year or ''}"))
    reference = {
        "title": title,
        "short_title": None,
        "authors": [*record.authors],
        "authors_complete": True,
        "container": next(iter(record.containers), None),
        "year": year,
        "volume": record.volume,
        "issue": record.issue,
        "pages": record.pages,
        "doi": record.doi,
        "pmid": record.pmid,
        "pmcid": record.pmcid,
        "url": record.link,
    }
    notes = [
        f"{notice.kind.value}: {notice.label} {notice.doi or notice.pmid or ''}".strip() for notice in record.notices
    ]
    if found := desk.objections(title):
        notes.append(f"the title has a {' and a '.join(found)}: give it a short_title")
    kinds = {name.lower() for name in record.types}
    kind = next((kind for name, kind in _KINDS.items() if name in kinds), None)
    body = "\n\n".join(f"## {role.capitalize()}" for role in Role)
    head = _head(id_, kind, reference, desk, notes)
    head["provenance"] |= {"seen_at": [record.link], "verification": Verification.CONFIRMED.value}
    return Draft(id_, _file(head, body))


def draft_from_file(path: Path, desk: Desk) -> Draft:
    """Return the draft of a source with the sentences of a document as candidates, flagged where a screen objects.

    Raises:
        CorpusError: the document is of another type than Markdown, HTML, DOCX or PDF, or its text cannot be had.
    """
    document = read_document(path)
    name, _ = visible_text(path.name)
    id_ = desk.free_id(_slug(path.stem))
    notes = [f"imported from {name}"]
    if document.hidden:
        notes.append(f"left out as hidden from readers: {document.hidden}")
    lines = []
    for sentence in sentences(document.text):
        text = sentence.lstrip("-*• ")
        if len(words(text)) >= _FEWEST_WORDS:
            flags = "".join(f"[{flag}] " for flag in desk.objections(text))
            lines.append(f"- {flags}{text}")
    if not lines:
        raise CorpusError(Problem(path, 1, "has no sentence in its visible text"))
    head = _head(id_, None, {"title": None, "authors": [], "url": None}, desk, notes)
    head["provenance"] |= {"seen_at": [name]}
    return Draft(id_, _file(head, f"## {CANDIDATES}\n\n" + "\n".join(lines)))


def save_draft(draft: Draft, folder: Path) -> Path:
    """Write a draft into the drafts of a corpus folder and return its path; ``CorpusError`` if a file is there."""
    path = folder / DRAFTS / f"{draft.id}.md"
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(draft.text)
    except FileExistsError as error:
        raise CorpusError(Problem(path, 1, "exists already; finish or delete it first")) from error
    return path


def _merged(one: RegistryRecord, other: RegistryRecord) -> RegistryRecord:
    lacking = {name: value for name, value in other if not getattr(one, name)}
    both = {name: (*getattr(one, name), *getattr(other, name)) for name in ("types", "notices")}
    return one.model_copy(update=lacking | both)


def _slug(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "-".join(re.findall(r"[a-z0-9]+", "".join(char for char in letters if not unicodedata.combining(char))))


def _head(
    id_: str, kind: Kind | None, reference: Mapping[str, object], desk: Desk, notes: Iterable[str]
) -> dict[str, Any]:
    """Return the front matter of a draft; what is null or empty is what a person has to find out and fill in."""
    return {
        "id": id_,
        "status": "draft",
        "kind": kind.value if kind else None,
        "audience": Audience.STAFF.value,
        "topics": [],
        "reference": dict(reference),
        "provenance": {
            "digested_by": None,
            "digested_on": desk.today,
            "seen_at": [],
            "seen_extent": None,
            "licence": None,
            "checksum": _NO_CHECKSUM,
            "review_by": desk.today + _REVIEW_AFTER,
            "verification": Verification.SEEN.value,
        },
        "participants": None,
        "population": None,
        "limitations": None,
        "notes": "; ".join(notes) or None,
    }


def _file(head: Mapping[str, Any], body: str) -> str:
    front = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=110)
    return f"---\n{front}---\n\n{body}\n"
