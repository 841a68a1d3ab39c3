"""Ledger: where each source comes from and how far it was verified, as the console shows it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from assistant.console.tab import Column
from corpus.audit import GRAVITY
from corpus.evidence import Kind, Source, Standing, Value, Verification
from corpus.library import Library
from corpus.report import STANDINGS, Correction, audit_report
from corpus.verification import Compared

SOON_DAYS = 60
"""From how many days before its date a review is near."""
BESIDE = "What else it claims, in lists and descriptions of works"
COLUMNS = (
    Column("Source", "170px"),
    Column("Kind", "200px"),
    Column("Verification", "150px"),
    Column("Registry", "120px"),
    Column("Review by", "120px"),
    Column("Audience", "110px"),
    Column("How much was seen", "300px"),
)


class Sentence(Value):
    """A sentence of the article, with what the audit says of each claim in it; nothing where it claims nothing."""

    text: str
    standing: Standing | None
    correction: Correction | None
    is_said: bool


def rows(library: Library, compared: Mapping[str, Compared], today: date) -> list[list[Any]]:
    """Return all sources as rows: what wants a look first, then by id."""
    listed = sorted(library.sources.values(), key=lambda source: (source.id not in library.withdrawn, source.id))
    return [
        [
            source.id,
            source.kind.plain,
            "confirmed by a registry"
            if source.provenance.verification is Verification.CONFIRMED
            else "seen by a person",
            registry(compared.get(source.id)),
            review(source, today),
            f"withdrawn: {library.withdrawn[source.id]}" if source.id in library.withdrawn else source.audience.value,
            source.provenance.seen_extent,
        ]
        for source in listed
    ]


def registry(one: Compared | None) -> str:
    """Return in words what the registries said of a work as it is cited now."""
    if one is None:
        return "not checked"
    return one.verdict.value.replace("_", " ") if one.verdict else one.state.value


def review(source: Source, today: date) -> str:
    """Return until when a source stands without a new review, and whether that is near or past."""
    due = source.provenance.review_by
    left = (due - today).days
    return f"{due} {'overdue' if left < 0 else 'soon' if left <= SOON_DAYS else ''}".strip()


def counts(library: Library, compared: Mapping[str, Compared], today: date) -> dict[str, int]:
    """Return the figures above the ledger."""
    sources = library.sources.values()
    near = sum(0 <= (one.provenance.review_by - today).days <= SOON_DAYS for one in sources)
    retracted = sum(one.verdict is not None and one.verdict.value == "retracted" for one in compared.values())
    return {
        "Sources": len(sources),
        "Not compared with a registry": sum(
            one.provenance.verification is not Verification.CONFIRMED for one in sources if one.kind is not Kind.GAP
        ),
        "Review due soon": near,
        "Withdrawn": len(library.withdrawn),
        "Retracted": retracted,
    }


def article(library: Library, id_: str) -> tuple[list[tuple[str, list[Sentence]]], dict[Standing, int]]:
    """Return an article's sentences under their headings, each with its audit, and how many have each standing."""
    found = library.source(id_)
    report = next((one for one in audit_report(library).articles if one.id == id_), None)
    corrections = (*report.corrections, *report.sound) if report else ()
    judged = {one.sentence: one for one in corrections}
    said = {passage.text for passage in library.patient_passages() if passage.source_id == id_}
    parts: dict[str, list[Sentence]] = {}
    for passage in found.passages:
        sentence = Sentence(
            text=passage.text,
            standing=passage.standing,
            correction=judged.get(passage.text),
            is_said=passage.text in said,
        )
        parts.setdefault(passage.heading[-1] if passage.heading else "", []).append(sentence)
    sentences = {passage.text for passage in found.passages}
    if beside := [one for one in corrections if one.sentence not in sentences]:
        parts[BESIDE] = [
            Sentence(text=one.sentence or one.findings[0].claim, standing=one.standing, correction=one, is_said=False)
            for one in beside
        ]
    standings = [one.standing for sentences in parts.values() for one in sentences]
    return list(parts.items()), {standing: standings.count(standing) for standing in GRAVITY}


def meaning(standing: Standing) -> str:
    """Return what a standing means, in words."""
    return STANDINGS[standing]
