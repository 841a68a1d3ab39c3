"""Checks: what must hold of the files of the corpus, beyond each file's own form."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from corpus.audit import AuditFile, Quotation
from corpus.bibliography import family_name
from corpus.comparison import same_title
from corpus.errors import Problem
from corpus.evidence import OWN_PAGES, Audience, Kind
from corpus.passages import SourceFile
from corpus.record import Entry, Place
from corpus.references import ClaimedReference, ReferenceVerdict
from corpus.text import words


class Stretch(Protocol):
    """A stretch ``text[start:end]`` that a screen objects to."""

    @property
    def start(self) -> int:
        """Offset of the first character."""

    @property
    def end(self) -> int:
        """Offset after the last character."""


Screen = Callable[[str], Sequence[Stretch]]
"""Finds what patients must not be shown: a dose, words that give orders to a model."""


def check_folder(folder: Path, suffix: str = ".md") -> Iterator[Problem]:
    """Yield why a folder of reviewed files is not one, and what in it would be passed over in silence."""
    if folder.is_symlink() or not folder.is_dir():
        yield Problem(folder, 1, "is not a folder; reviewed files are read from it")
        return
    for path in folder.iterdir():
        if path.suffix != suffix and not path.name.startswith("."):
            yield Problem(path, 1, f"is not read; only files named <id>{suffix} belong here")
    if not any(folder.glob(f"[!.]*{suffix}")):
        yield Problem(folder, 1, f"holds no file named <id>{suffix}")


def check_record(file: SourceFile, today: date) -> Iterator[Problem]:
    """Yield where a file's head contradicts its name, its folder, its body or the calendar (``today``)."""
    source, fields = file.source, file.fields
    kept, folder = source.provenance, file.path.parent.name
    if source.id != file.path.stem:
        yield fields.problem(("id",), f"`id` is {source.id}, but the file is named {file.path.stem}")
    if (source.kind is Kind.ARTICLE) != (folder == "article"):
        yield fields.problem(("kind",), f"`kind` is {source.kind.value}, which has no place in the folder {folder}")
    if kept.checksum != file.checksum:
        change = f"the text below the front matter changed; after a review set `checksum` to {file.checksum}"
        yield fields.problem(("provenance", "checksum"), change)
    if kept.digested_on > today:
        yield fields.problem(("provenance", "digested_on"), f"`digested_on` is {kept.digested_on}, in the future")
    if kept.review_by < kept.digested_on:
        yield fields.problem(("provenance", "review_by"), f"`review_by` is before `digested_on` ({kept.digested_on})")
    if (source.reference.year or 0) > today.year + 1:
        yield fields.problem(("reference", "year"), f"`year` is {source.reference.year}, in the future")
    yield from _check_own_search(file)


def _check_own_search(file: SourceFile) -> Iterator[Problem]:
    """Yield where a record of our own search says not what was searched, or where another work looks like one."""
    source, fields, is_own = file.source, file.fields, file.source.kind is Kind.GAP
    if is_own and not source.searches:
        yield fields.problem((), "a record of our own search lists in `searches` what was searched for")
    if source.searches and not is_own:
        yield fields.problem(("searches",), f"`searches` belongs to the kind {Kind.GAP.value} alone")
    if source.reference.url.startswith(OWN_PAGES) and not is_own:
        yield fields.problem(("reference", "url"), "an address of our own is no place where readers find this work")


def check_review(file: SourceFile, today: date) -> Iterator[Problem]:
    """Yield that a source is past its review date: it is withdrawn until somebody reads it again."""
    if (due := file.source.provenance.review_by) < today:
        said = f"`review_by` was {due}: the source is withdrawn until somebody reviews it and sets a new date"
        yield file.fields.problem(("provenance", "review_by"), said)


def check_repetition(file: SourceFile) -> Iterator[Problem]:
    """Yield every statement of a file that says the words of an earlier one again."""
    first: dict[tuple[str, ...], int] = {}
    for statement in file.statements:
        line = first.setdefault(words(statement.text), statement.line)
        if line != statement.line:
            yield Problem(file.path, statement.line, f"repeats the statement on line {line}")


def check_screens(file: SourceFile, screens: Mapping[str, Screen]) -> Iterator[Problem]:
    """Yield what each screen finds in a file's words that patients can see; no more is echoed than it found."""
    if file.source.audience is not Audience.PATIENT:
        return
    for line, what, text in _seen_by_patients(file):
        for name, screen in screens.items():
            for stretch in screen(text):
                quoted = text[stretch.start : stretch.end]
                yield Problem(file.path, line, f"{name} in {what} that patients can see: “{quoted}”")


def _seen_by_patients(file: SourceFile) -> Iterator[tuple[int, str, str]]:
    reference = file.source.reference
    title = "a title (give it a clean `short_title`)" if reference.short_title is None else "a short title"
    shown: tuple[tuple[Place, str, str | None], ...] = (
        (("reference", "short_title" if reference.short_title else "title"), title, reference.shown_title),
        (("reference", "authors"), "a byline", reference.byline),
        (("reference", "container"), "a container", reference.container),
        (("reference", "doi"), "a DOI", _spelled_out(reference.doi or "")),
        (("reference", "url"), "an address", _spelled_out(reference.url)),
        (("id",), "an id", _spelled_out(file.source.id)),
        (("provenance", "seen_extent"), "the extent seen", file.source.provenance.seen_extent),
    )
    for place, what, text in shown:
        if text:
            yield file.fields.line(place), what, text
    for statement in file.statements:
        yield statement.line, "a statement", statement.text
    for earlier, later in pairwise((None, *file.statements)):
        if later and (earlier is None or earlier.heading != later.heading):
            yield later.line, "the heading above a statement", " / ".join(later.heading)


def _spelled_out(address: str) -> str:
    # Addresses repeat titles, with hyphens for the blanks that a screen expects between words.
    return unquote(address).translate(str.maketrans("-_/", "   "))


def check_identities(files: Iterable[SourceFile]) -> Iterator[Problem]:
    """Yield every file that takes an id that another file has already."""
    first: dict[str, SourceFile] = {}
    for file in files:
        other = first.setdefault(file.source.id, file)
        if other is not file:
            yield file.fields.problem(("id",), f"`id` {file.source.id} belongs to {other.path} already")


def check_works(files: Iterable[SourceFile]) -> Iterator[Problem]:
    """Yield every file that may record a work a second time, so that it would count twice."""
    first: dict[tuple[str, str], SourceFile] = {}
    for file in (file for file in files if file.source.kind is not Kind.ARTICLE):
        for key, value in file.source.reference.model_dump(include={"doi", "pmid", "pmcid"}, exclude_none=True).items():
            other = first.setdefault((key, value.lower()), file)
            if other is not file:
                yield file.fields.problem(("reference", key), f"`{key}` {value} is that of {other.path} too")


def check_references(
    references: Iterable[Entry[ClaimedReference]], files: Sequence[SourceFile], known: frozenset[str]
) -> Iterator[Problem]:
    """Yield references whose source is not ``known``, and sources that revive a reference nobody could find."""
    invented: list[ClaimedReference] = []
    numbers: set[int] = set()
    for entry in references:
        claimed = entry.value
        if claimed.n in numbers:
            yield entry.fields.problem(("n",), f"`n` {claimed.n} stands here a second time")
        numbers.add(claimed.n)
        if claimed.source and claimed.source not in known:
            yield entry.fields.problem(("source",), f"there is no source {claimed.source}")
        if claimed.verdict is ReferenceVerdict.NOT_FOUND:
            invented.append(claimed)
    for file in files:
        for claimed in invented:
            yield from _check_revival(file, claimed)


def _check_revival(file: SourceFile, claimed: ClaimedReference) -> Iterator[Problem]:
    """Yield where a source bears the title, or authors and year, of a claimed reference, or speaks of its title."""
    reference, wording = file.source.reference, f" {' '.join(words(claimed.title))} "
    if any(same_title(claimed.title, title) for title in (reference.title, reference.short_title) if title):
        yield file.fields.problem(("reference", "title"), f"is the title of reference {claimed.n}, which was not found")
    named = {family_name(author).lower() for author in claimed.authors} - {"et al."}
    ours = {family_name(author).lower() for author in reference.authors}
    if len(named) > 1 and named <= ours and reference.year == claimed.year:
        message = f"are authors and year of reference {claimed.n}, which was not found"
        yield file.fields.problem(("reference", "authors"), message)
    for statement in file.statements:
        if wording in f" {' '.join(words(statement.text))} ":
            yield Problem(file.path, statement.line, f"names reference {claimed.n}, which was not found")


def check_audits(
    audits: Sequence[AuditFile], unread: Collection[str], files: Sequence[SourceFile], known: frozenset[str]
) -> Iterator[Problem]:
    """Yield audits without an article, articles without an audit (``unread`` ones are reported already), and faults."""
    articles = {file.source.id: file for file in files if file.source.kind is Kind.ARTICLE}
    by_id = {file.source.id: file for file in files if file.source.kind is not Kind.ARTICLE}
    for id_ in sorted(articles.keys() - {audit.article for audit in audits} - {*unread}):
        message = f"nobody audited this article: claims/{id_}.toml is missing, so nothing of it may be said"
        yield Problem(articles[id_].path, 1, message)
    for audit in audits:
        yield from _check_claims(audit, known)
        for entry, key, place, quoted in audit.quotations():
            if fault := unheard(quoted, by_id, known):
                yield entry.fields.problem((key, place), fault)
        if article := articles.get(audit.article):
            yield from _check_sentences(audit, article)


def _check_claims(audit: AuditFile, known: frozenset[str]) -> Iterator[Problem]:
    ids: set[int] = set()
    for entry in audit.claims:
        claim, fields = entry.value, entry.fields
        if claim.id in ids:
            yield fields.problem(("id",), f"`id` {claim.id} stands here a second time")
        ids.add(claim.id)
        for place, source in enumerate(claim.supports):
            if source not in known:
                yield fields.problem(("supports", place), f"there is no source {source}")


def unheard(quoted: Quotation, files: Mapping[str, SourceFile], known: Collection[str]) -> str:
    """Return why patients could not hear a quoted statement; nothing if they can, or if its file could not be read."""
    if quoted.source not in known:
        return f"there is no source {quoted.source}"
    if not (file := files.get(quoted.source)):
        return ""
    if quoted.says not in {statement.text for statement in file.statements}:
        return f"{quoted.source} does not say “{quoted.says}”"
    if file.source.audience is not Audience.PATIENT:
        return f"{quoted.source} is for staff, so no patient could hear what it says"
    return ""


def _check_sentences(audit: AuditFile, article: SourceFile) -> Iterator[Problem]:
    """Yield sentences that the article does not say, and sentences of it that nobody judged."""
    printed = {statement.text for statement in article.statements}
    claimed = {sentence for entry in audit.claims for sentence in entry.value.sentences}
    asides = {entry.value.sentence for entry in audit.asides}
    for entry in audit.claims:
        for place, sentence in enumerate(entry.value.sentences):
            if sentence not in printed:
                yield entry.fields.problem(("sentences", place), f"the article does not say “{sentence}”")
    for aside in audit.asides:
        if aside.value.sentence not in printed:
            yield aside.fields.problem(("sentence",), f"the article does not say “{aside.value.sentence}”")
        elif aside.value.sentence in claimed:
            yield aside.fields.problem(("sentence",), "is a sentence with a claim, so it is no aside")
    yield from (
        Problem(article.path, statement.line, f"nobody judged “{statement.text}”; audit it as a claim or an aside")
        for statement in article.statements
        if statement.is_whole and statement.text not in claimed | asides
    )
