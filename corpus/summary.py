"""Summaries: what our sources say to one question that patients ask, in plain words, each word with its statements."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from corpus.audit import Quotation
from corpus.checks import Screen, unheard
from corpus.errors import CorpusError, Problem
from corpus.evidence import Claim, Passage, Role, Slug, Text, Topic, Value
from corpus.normal import normalise
from corpus.numerals import in_digits
from corpus.passages import SourceFile
from corpus.record import Entry, read_entries
from corpus.text import LANGUAGES, Lang

_SIGNATURES = ("reviewed_by", "translated_by")
_NO_NUMBER = re.compile(r"las 24 horas|\bun(?= \d)|por ciento", re.IGNORECASE)
"""Around the clock, the article before a share, and the share itself."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def _quotation(written: object) -> object:
    """Return the quotation that ``source-id: Statement.`` is short for."""
    if not isinstance(written, str):
        return written
    source, _, says = written.partition(": ")
    return {"source": source, "says": says}


class Wordings(Value):
    """Questions of one meaning, in each language."""

    en: tuple[Text, ...] = Field(min_length=1)
    es: tuple[Text, ...] = Field(min_length=1)

    def of(self, lang: Lang) -> tuple[str, ...]:
        """Return the questions in a language."""
        return self.es if lang == "es" else self.en

    def entries(self, id_: str) -> Iterator[tuple[str, Lang, str]]:
        """Yield each question with an id of its own, below that of what it asks for, and its language."""
        for lang in LANGUAGES:
            for at, question in enumerate(self.of(lang)):
                yield f"{id_}?{lang}{at}", lang, question


_HEARD = TypeAdapter(dict[Slug, Wordings])


class DraftPoint(Value):
    """A point as its file has it: the statements that it rests on are quoted, the one that carries it best first."""

    role: Role
    en: Text
    es: Text
    rests_on: tuple[Annotated[Quotation, BeforeValidator(_quotation)], ...] = Field(min_length=1, max_length=3)


class DraftSummary(Value):
    """A summary as its file has it."""

    id: Slug
    topics: tuple[Topic, ...] = ()
    questions: Wordings
    point: tuple[DraftPoint, ...] = Field(min_length=1, max_length=6)


class Point(Value):
    """One sentence of a summary in each language, and the passages that it rests on."""

    role: Role
    en: Text
    es: Text
    passages: tuple[Passage, ...]

    def text(self, lang: Lang) -> str:
        """Return the sentence in a language."""
        return self.es if lang == "es" else self.en

    def claim(self, lang: Lang) -> Claim:
        """Return the claim that says it."""
        return Claim(text=self.text(lang), passages=self.passages, reviewed=(self.en, self.es))


class Summary(Value):
    """An answer in points, the direct one first, and the questions that it answers."""

    id: Slug
    topics: tuple[Topic, ...]
    questions: Wordings
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class SummaryFile:
    """A file of summaries, and who signed it; without a name it is a draft."""

    path: Path
    entries: tuple[Entry[DraftSummary], ...]
    reviewed_by: str
    translated_by: str


def read_summaries(path: Path) -> SummaryFile:
    """Return the summaries of a TOML file; ``CorpusError`` names all that is wrong with it."""
    entries = read_entries(path, "summary", DraftSummary, beside=_SIGNATURES)
    signed = tomllib.loads(path.read_text(encoding="utf-8"))
    return SummaryFile(path, entries, *(str(signed.get(key, "")) for key in _SIGNATURES))


def count_unsigned(folder: Path) -> int:
    """Return how many summaries of a folder nobody has signed, in one language or the other."""
    files = (read_summaries(path) for path in folder.glob("*.toml"))
    return sum(len(file.entries) for file in files if not (file.reviewed_by and file.translated_by))


def read_heard(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield more ways to ask for what a summary says, with the summary's id; ``CorpusError`` for a damaged file."""
    for path in sorted(folder.glob("*.toml")):
        try:
            heard = _HEARD.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise CorpusError(Problem(path, 1, "is no list of questions in en and es by summary")) from error
        for id_, wordings in heard.items():
            yield from ((id_, question) for lang in LANGUAGES for question in wordings.of(lang))


def read_questions(corpus: Path) -> Iterator[tuple[str, str]]:
    """Yield all that asks for what a summary says, its own questions and the heard ones, with the summary's id.

    Whether a source was withdrawn makes no difference: what its summaries were asked for by stays what it was.
    """
    for path in sorted((corpus / "summaries").glob("[!.]*.toml")):
        for draft in (entry.value for entry in read_summaries(path).entries):
            yield from ((draft.id, question) for lang in LANGUAGES for question in draft.questions.of(lang))
    yield from read_heard(corpus / "heard")


def resolve(drafts: Iterable[DraftSummary], say: Callable[[str, str], Passage | None]) -> Iterator[Summary]:
    """Yield summaries with their passages, as far as these may be said.

    ``say`` returns the passage of a source with a text, or ``None`` when it was withdrawn. A point that lost one of its
    passages is left out, and a summary that lost its first point, the direct answer, altogether.
    """
    for draft in drafts:
        points = [
            Point(role=point.role, en=point.en, es=point.es, passages=tuple(filter(None, found)))
            for point in draft.point
            if all(found := [say(quoted.source, quoted.says) for quoted in point.rests_on])
        ]
        if points and points[0].en == draft.point[0].en:
            yield Summary(id=draft.id, topics=draft.topics, questions=draft.questions, points=tuple(points))


def check_summaries(
    summaries: Iterable[SummaryFile], files: Iterable[SourceFile], screens: Mapping[str, Screen]
) -> Iterator[Problem]:
    """Yield what is wrong with summaries: words that no source says, numbers that differ, what no patient may see."""
    by_id = {file.source.id: file for file in files}
    seen: set[str] = set()
    for entry in (entry for file in summaries for entry in file.entries):
        summary, fields = entry.value, entry.fields
        if summary.id in seen:
            yield fields.problem(("id",), f"the summary {summary.id} stands in the files a second time")
        seen.add(summary.id)
        for point in summary.point:
            for quoted in point.rests_on:
                if fault := unheard(quoted, by_id, by_id.keys()):
                    yield fields.problem((), fault)
            if _numbers(point.en) != _numbers(re.sub(r"\bonce\b", "11", point.es, flags=re.IGNORECASE)):
                yield fields.problem((), f"the numbers of “{point.en}” and of its Spanish differ")
        for text in _shown(summary):
            yield from (
                fields.problem((), f"{name} in a summary that patients can see: “{text[found.start : found.end]}”")
                for name, screen in screens.items()
                for found in screen(text)
            )


def _shown(summary: DraftSummary) -> Iterator[str]:
    """Yield every text of a summary that a patient may be shown; questions are offered as suggestions."""
    yield from (*summary.questions.en, *summary.questions.es)
    for point in summary.point:
        yield from (point.en, point.es)


def _numbers(text: str) -> list[str]:
    """Return the numbers of a text, those in words too; "one" and "a" are articles as often, so they do not count."""
    plain = _NO_NUMBER.sub("", text.replace(",", ""))
    return sorted(found for found in _NUMBER.findall(in_digits(normalise(plain)).text) if found != "1")


def entries(summaries: Iterable[Summary]) -> Iterator[tuple[str, Summary, Lang, str]]:
    """Yield every question of every summary: its id, the summary, its language and its text."""
    for summary in summaries:
        for id_, lang, question in summary.questions.entries(summary.id):
            yield id_, summary, lang, question
