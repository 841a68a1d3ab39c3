"""Passages: the body of a source's file, split into statements, and where each of them stands."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.audit import Judgement
from corpus.errors import CorpusError, Problem
from corpus.evidence import Kind, Passage, Record, Role, Source, Topic, digest
from corpus.record import Fields, Parts, read_text, split_front_matter, validate
from corpus.text import sentences

_WHOLE = re.compile(r"[.!?][)\"'”’\]]*$")
_HEADING = re.compile(r"(#{1,6}) +(\S.*)")
_ITEM = re.compile(r"- +(\S.*)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or a fragment of a file's body, the headings above it, and its line (from 1)."""

    text: str
    line: int
    heading: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Tell whether this is a sentence; a fragment means nothing without the heading above it."""
        return _WHOLE.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source, and where its file says what."""

    source: Source
    fields: Fields
    statements: tuple[Statement, ...]
    """Everything that the body says, fragments included; passages are made of the whole ones, in this order."""
    checksum: str
    """The checksum of the body as it is, which the front matter must repeat."""

    @property
    def path(self) -> Path:
        """Return the path of the file."""
        return self.fields.path


def read_source_file(path: Path, judgements: Mapping[str, Judgement]) -> SourceFile:
    """Return the source of a Markdown file; ``CorpusError`` names all that is wrong with its head and its body.

    ``judgements`` says by sentence what the audit found; only sentences of an article are looked up.
    """
    parts = split_front_matter(path, read_text(path))
    is_article = parts.fields.values.get("kind") == Kind.ARTICLE
    found = list(_read_article(parts) if is_article else _read_digest(parts))
    statements = tuple(item for item in found if isinstance(item, Statement))
    problems = [item for item in found if isinstance(item, Problem)]
    if not any(statement.is_whole for statement in statements):
        problems.append(Problem(path, parts.first_line, "has no statement below its front matter"))
    try:
        record = validate(Record, parts.fields)
    except CorpusError as error:
        raise CorpusError(*error.problems, *problems) from error
    if problems:
        raise CorpusError(*problems)
    passages = [
        _audited(record, statement, judgements.get(statement.text, Judgement()))
        if is_article
        else _stated(record, statement)
        for statement in statements
        if statement.is_whole
    ]
    source = Source(**dict(record), passages=tuple(passages), body=parts.body.strip())
    return SourceFile(source, parts.fields, statements, digest(parts.body.rstrip()))


def _read_digest(parts: Parts) -> Iterator[Statement | Problem]:
    """Yield what a digest says: ``- `` statements under ``## Role`` and, for topics of their own, ``### Topic``."""
    heading: tuple[str, ...] | None = None
    for number, line in parts.body_lines():
        if mark := _HEADING.fullmatch(line):
            heading, problem = _below(heading, mark[1], mark[2])
            if problem:
                yield Problem(parts.fields.path, number, problem)
        elif not (item := _ITEM.fullmatch(line)):
            yield Problem(
                parts.fields.path, number, "is neither a heading nor a statement; start a statement with `- `"
            )
        elif heading is None:
            yield Problem(parts.fields.path, number, "stands under no heading; start with one such as `## About`")
        elif not _WHOLE.search(item[1]):
            yield Problem(parts.fields.path, number, "is not a whole sentence; end it with a full stop")
        else:
            yield Statement(item[1], number, heading)


def _below(heading: tuple[str, ...] | None, marks: str, title: str) -> tuple[tuple[str, ...], str]:
    """Return the heading path after one more heading of a digest, and what is wrong with it, if anything."""
    above = (heading or ())[: len(marks) - 2]
    wrong = ""
    match marks:
        case "##":
            if title.lower() not in list(Role):
                wrong = f"unknown heading `{title}`; known are {', '.join(role.capitalize() for role in Role)}"
        case "###":
            if unknown := [slug for slug in _topic_slugs(title) if slug not in list(Topic)]:
                wrong = f"unknown topic `{unknown[0]}` in a heading; known are {', '.join(Topic)}"
            elif not above:
                wrong = "a topic stands below a role; start with a heading such as `## Risk`"
        case _:
            wrong = "only `## Role` and `### Topic` are headings here"
    return (*above, title), wrong


def _topic_slugs(title: str) -> list[str]:
    return [part.strip().replace(" ", "-") for part in title.lower().split(" and ")]


def _read_article(parts: Parts) -> Iterator[Statement]:
    """Yield the sentences and fragments of an article under its own headings, whatever they are."""
    heading: tuple[str, ...] = ()
    for number, line in parts.body_lines():
        if mark := _HEADING.fullmatch(line):
            heading = (*heading[: len(mark[1]) - 1], mark[2])
            continue
        item = _ITEM.fullmatch(line)
        for text in sentences(item[1] if item else line):
            yield Statement(text, number, heading)


def _stated(record: Record, statement: Statement) -> Passage:
    role, *topics = statement.heading
    return Passage(
        source_id=record.id,
        heading=statement.heading,
        text=statement.text,
        role=Role(role.lower()),
        topics=tuple(map(Topic, _topic_slugs(topics[0]))) if topics else record.topics,
    )


def _audited(record: Record, statement: Statement, judgement: Judgement) -> Passage:
    return Passage(
        source_id=record.id,
        heading=statement.heading,
        text=statement.text,
        **dict(judgement) | {"topics": judgement.topics or record.topics},
    )
