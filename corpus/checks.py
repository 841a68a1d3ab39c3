"""Checks: what must hold of the files of the corpus, beyond each file's own form."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from corpus.audit import AuditedClaim
from corpus.errors import Problem
from corpus.evidence import Audience, Kind
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


def check_folder(folder: Path) -> Iterator[Problem]:
    """Yield why a folder of sources is not one, and what in it would be passed over in silence."""
    if folder.is_symlink() or not folder.is_dir():
        yield Problem(folder, 1, "is not a folder; sources are read from it")
        return
    for path in folder.iterdir():
        if path.suffix != ".md" and not path.name.startswith("."):
            yield Problem(path, 1, "is not read; only files named <id>.md belong here")
    if not any(folder.glob("[!.]*.md")):
        yield Problem(folder, 1, "holds no file named <id>.md")


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


def check_references(
    references: Iterable[Entry[ClaimedReference]], files: Sequence[SourceFile], known: frozenset[str]
) -> Iterator[Problem]:
    """Yield references whose source is not ``known``, and sources that revive a reference nobody could find."""
    invented = {}
    numbers: set[int] = set()
    for entry in references:
        claimed = entry.value
        if claimed.n in numbers:
            yield entry.fields.problem(("n",), f"`n` {claimed.n} stands here a second time")
        numbers.add(claimed.n)
        if claimed.source and claimed.source not in known:
            yield entry.fields.problem(("source",), f"there is no source {claimed.source}")
        if claimed.verdict is ReferenceVerdict.NOT_FOUND:
            invented[words(claimed.title)] = claimed.n
    for file in files:
        if n := invented.get(words(file.source.reference.title)):
            yield file.fields.problem(("reference", "title"), f"is the title of reference {n}, which was not found")


def check_claims(
    claims: Iterable[Entry[AuditedClaim]], files: Sequence[SourceFile], known: frozenset[str]
) -> Iterator[Problem]:
    """Yield audited claims that point to sentences or sources (``known`` by id) that do not exist."""
    articles = [file for file in files if file.source.kind is Kind.ARTICLE]
    printed = {statement.text for file in articles for statement in file.statements}
    ids: set[int] = set()
    for entry in claims:
        claim, fields = entry.value, entry.fields
        if claim.id in ids:
            yield fields.problem(("id",), f"`id` {claim.id} stands here a second time")
        ids.add(claim.id)
        for sentence in claim.sentences:
            if articles and sentence not in printed:
                yield fields.problem(("sentences",), f"the article does not say “{sentence}”")
        for key in ("supports", "qualifies", "contradicts"):
            for unknown in sorted({*getattr(claim, key)} - known):
                yield fields.problem((key,), f"there is no source {unknown}")
