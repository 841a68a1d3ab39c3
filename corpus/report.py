"""Report: what a clinic's editor has to correct, remove and add in its articles, and what was withdrawn."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from corpus.audit import GRAVITY, Audit, AuditedClaim, Omission, Quotation
from corpus.evidence import Audience, Kind, Source, Standing, Value, Verification
from corpus.library import Library
from corpus.references import ClaimedReference, ReferenceVerdict

_PAGES = Path(__file__).parent / "pages"
_SPECIAL = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|"})
STANDINGS = {
    Standing.SUPPORTED: "the sources bear it out",
    Standing.QUALIFIED: "true within limits that the article does not name",
    Standing.UNSUPPORTED: "no verified source was found",
    Standing.CONTRADICTED: "a source says otherwise",
}
"""What each standing means, for readers."""
_REMOVE = (
    "Delete the reference and the sentence that describes it. Do not put a similar paper under the same description."
)
_KEEP = "Keep it only with a description that the work itself bears out."


class Cited(Value):
    """A source as the report names it, with the statement that counts here if there is one."""

    id: str
    title: str
    byline: str
    strength: str
    link: str
    says: str | None = None


class Finding(Value):
    """What the audit says of one claim."""

    n: int
    claim: str
    standing: Standing
    wrong: str
    """What is wrong with the claim, or that it is right."""
    direction: str | None
    supports: tuple[Cited, ...]
    against: tuple[Cited, ...]


class Correction(Value):
    """One sentence of an article, or none where the claim is no longer in it, and all claims that it makes."""

    sentence: str | None
    part: str
    """The heading above the sentence."""
    standing: Standing
    """That of the worst claim."""
    findings: tuple[Finding, ...]
    is_said: bool
    """Whether the assistant says the sentence to patients."""


class Missing(Value):
    """What an article leaves out."""

    point: str
    why: str
    direction: str
    statements: tuple[Cited, ...]


class Examined(Value):
    """The audit of one article, sentence by sentence."""

    id: str
    title: str
    link: str
    counts: Mapping[Standing, int]
    """How many claims have each standing."""
    corrections: tuple[Correction, ...]
    """Sentences with a claim that needs a change, in the order of the article."""
    sound: tuple[Correction, ...]
    missing: tuple[Missing, ...]


class Removal(Value):
    """A reference that an article claimed and that cannot stay as it is."""

    n: int
    printed: str
    verdict: ReferenceVerdict
    why: str
    direction: str
    work: Cited | None
    """The work that it really is."""


class Withdrawal(Value):
    """A source that is not said any more, and what rested on it."""

    id: str
    title: str
    reason: str
    used_by: tuple[str, ...]


class Origin(Value):
    """One line of the ledger: where the statements of a source come from."""

    cited: Cited
    statements: int
    seen_extent: str
    digested_by: str
    digested_on: date
    review_by: date
    is_confirmed: bool
    """Whether a registry gave the same record."""
    audience: Audience


class Report(Value):
    """Everything that an editor can act on, on one page."""

    made_on: date
    fingerprint: str
    articles: tuple[Examined, ...]
    removals: tuple[Removal, ...]
    withdrawals: tuple[Withdrawal, ...]
    ledger: tuple[Origin, ...]

    def to_markdown(self) -> str:
        """Return the report as Markdown; what sources and articles say is escaped."""
        return _render("report.md.j2", self)

    def to_html(self) -> str:
        """Return the report as one page that needs nothing else: no script, no request, fit for print."""
        return _render("report.html.j2", self)


def audit_report(library: Library, *, made_on: date | None = None) -> Report:
    """Return what has to be done about the articles of a library; ``made_on`` is today if it is not given."""
    return Report(
        made_on=made_on or datetime.now(tz=UTC).date(),
        fingerprint=library.fingerprint,
        articles=tuple(_examined(library, audit) for audit in library.audits.values()),
        removals=tuple(_removal(library, one) for one in library.references if _is_wrong(one)),
        withdrawals=tuple(_withdrawal(library, id_) for id_ in sorted(library.withdrawn)),
        ledger=tuple(_origin(source) for source in library.sources.values() if source.kind is not Kind.ARTICLE),
    )


def _examined(library: Library, audit: Audit) -> Examined:
    article = library.source(audit.article)
    judged = [*_by_sentence(library, article, audit.claims), *_by_claim(library, audit.claims)]
    return Examined(
        id=article.id,
        title=article.reference.title,
        link=article.reference.link,
        counts={standing: sum(claim.standing is standing for claim in audit.claims) for standing in GRAVITY},
        corrections=tuple(one for one in judged if _needs_change(one)),
        sound=tuple(one for one in judged if not _needs_change(one)),
        missing=tuple(_missing(library, omission) for omission in audit.omissions),
    )


def _by_sentence(library: Library, article: Source, claims: Iterable[AuditedClaim]) -> list[Correction]:
    """Return the sentences that claims stand in, in the order of the article."""
    by_sentence: dict[str, list[AuditedClaim]] = {}
    for claim in claims:
        for sentence in claim.sentences:
            by_sentence.setdefault(sentence, []).append(claim)
    said = {passage.text for passage in library.patient_passages() if passage.source_id == article.id}
    parts = {passage.text: passage.heading[-1] for passage in article.passages if passage.heading}
    corrections = [
        Correction(
            sentence=sentence,
            part=parts.get(sentence, ""),
            standing=max((claim.standing for claim in found), key=GRAVITY.index),
            findings=tuple(_finding(library, claim) for claim in found),
            is_said=sentence in said,
        )
        for sentence, found in by_sentence.items()
    ]
    return sorted(corrections, key=lambda one: article.body.find(one.sentence or ""))


def _by_claim(library: Library, claims: Iterable[AuditedClaim]) -> list[Correction]:
    """Return the claims that no sentence of the article makes any more."""
    return [
        Correction(sentence=None, part="", standing=claim.standing, findings=(_finding(library, claim),), is_said=False)
        for claim in claims
        if not claim.sentences
    ]


def _needs_change(correction: Correction) -> bool:
    return correction.standing is not Standing.SUPPORTED or any(found.direction for found in correction.findings)


def _finding(library: Library, claim: AuditedClaim) -> Finding:
    return Finding(
        n=claim.id,
        claim=claim.claim,
        standing=claim.standing,
        wrong=claim.comment,
        direction=claim.direction,
        supports=tuple(_cited(library.source(id_)) for id_ in claim.supports),
        against=tuple(_quoted(library, one) for one in (*claim.contradicts, *claim.qualifies)),
    )


def _missing(library: Library, omission: Omission) -> Missing:
    return Missing(
        point=omission.point,
        why=omission.why,
        direction=omission.direction,
        statements=tuple(_quoted(library, one) for one in omission.statements),
    )


def _is_wrong(claimed: ClaimedReference) -> bool:
    return claimed.verdict is not ReferenceVerdict.VERIFIED


def _removal(library: Library, claimed: ClaimedReference) -> Removal:
    where = f" {claimed.container}." if claimed.container else ""
    return Removal(
        n=claimed.n,
        printed=f"{', '.join(claimed.authors)} ({claimed.year}). {claimed.title.rstrip('.')}.{where}",
        verdict=claimed.verdict,
        why=claimed.why,
        direction=_REMOVE if claimed.verdict is ReferenceVerdict.NOT_FOUND else _KEEP,
        work=_cited(library.source(claimed.source)) if claimed.source else None,
    )


def _withdrawal(library: Library, id_: str) -> Withdrawal:
    used = [use for audit in library.audits.values() for use in _uses(library, audit, id_)]
    used += [f"reference {one.n} of the article" for one in library.references if one.source == id_]
    title = library.source(id_).reference.shown_title
    return Withdrawal(id=id_, title=title, reason=library.withdrawn[id_], used_by=tuple(used))


def _uses(library: Library, audit: Audit, id_: str) -> Iterator[str]:
    """Yield what in an audit rests on a source, and which sentences are not said any more without it."""
    for claim in audit.claims:
        if id_ in claim.sources:
            yield f"{audit.article}, claim {claim.id}: {claim.claim}"
            for sentence in claim.sentences:
                if (audit.article, sentence) in library.fallen:
                    yield f"{audit.article}, not said any more: “{sentence}”"
    for omission in audit.omissions:
        if id_ in omission.sources:
            yield f"{audit.article}, left out: {omission.point}"


def _origin(source: Source) -> Origin:
    kept = source.provenance
    return Origin(
        cited=_cited(source),
        statements=len(source.passages),
        seen_extent=kept.seen_extent,
        digested_by=kept.digested_by,
        digested_on=kept.digested_on,
        review_by=kept.review_by,
        is_confirmed=kept.verification is Verification.CONFIRMED,
        audience=source.audience,
    )


def _quoted(library: Library, quoted: Quotation) -> Cited:
    return _cited(library.source(quoted.source), quoted.says)


def _cited(source: Source, says: str | None = None) -> Cited:
    reference = source.reference
    return Cited(
        id=source.id,
        title=reference.shown_title,
        byline=reference.byline,
        strength=source.strength,
        link=reference.link,
        says=says,
    )


def _render(name: str, report: Report) -> str:
    pages = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["plain"] = lambda text: str(text).translate(_SPECIAL)
    return pages.get_template(name).render(report=report, reason=STANDINGS)
