"""Records: what a reviewed file says, checked against its schema, with the line of every mistake."""

import codecs
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from corpus.errors import CorpusError, Problem
from corpus.evidence import Value

V = TypeVar("V", bound=Value)
Place = tuple[int | str, ...]

MAX_BYTES = 1_000_000
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
_FORMS = {
    "id": "lower-case words joined by hyphens",
    "doi": "10., a number, a slash and the rest, without https://doi.org/",
    "pmid": "digits only",
    "pmcid": "PMC and digits",
    "url": "an address that starts with http:// or https:// (or with / for a page of our own)",
    "checksum": "64 hexadecimal digits in lower case",
}
_SCHEMA_MESSAGES = {
    "missing": "`{name}` is missing",
    "extra_forbidden": "`{name}` is not a known key",
    "invalid_key": "a key must be text, not {given}",
    "enum": "`{name}` is {given}; known are {expected}",
    "string_type": "`{name}` must be text, not {given}; put it in quotes",
    "string_pattern_mismatch": "`{name}` is {given}; expected {form}",
    "tuple_type": "`{name}` must be a list, not {given}",
    "value_error": "{error}",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one record as they were read, and the line of each in its file."""

    path: Path
    values: Mapping[str, object]
    lines: Mapping[Place, int]
    """Line (from 1) by place, such as ``("reference", "doi")``; the record itself stands at the place ``()``."""

    def line(self, place: Place) -> int:
        """Return the line of a field, or of the nearest field around it."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]

    def problem(self, place: Place, message: str) -> Problem:
        """Return a problem of a field, at its line."""
        return Problem(self.path, self.line(place), message)


@dataclass(frozen=True, slots=True)
class Entry(Generic[V]):
    """A value, and the fields that it was read from."""

    value: V
    fields: Fields


@dataclass(frozen=True, slots=True)
class Parts:
    """A Markdown file: its front matter, its body, and the line (from 1) on which the body starts."""

    fields: Fields
    body: str
    first_line: int

    def body_lines(self) -> Iterator[tuple[int, str]]:
        """Yield the lines of the body that are not blank, with their numbers in the file."""
        numbered = enumerate(self.body.split("\n"), self.first_line)
        return ((number, line) for number, line in numbered if line.strip())


def read_text(path: Path) -> str:
    """Return the text of a reviewed file; ``CorpusError`` names what makes it unfit to be trusted as text."""
    if path.is_symlink():
        raise CorpusError(Problem(path, 1, "is a symbolic link; put the file itself here"))
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CorpusError(Problem(path, 1, f"cannot be read: {error.strerror}")) from error
    if len(raw) > MAX_BYTES:
        raise CorpusError(Problem(path, 1, f"is larger than {MAX_BYTES:,} bytes"))
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CorpusError(Problem(path, line, "is not valid UTF-8; save it in that encoding")) from error
    flaws = [Problem(path, line, message) for line, message in _flaws(text)]
    if raw.startswith(codecs.BOM_UTF8):
        flaws.insert(0, Problem(path, 1, "starts with a byte order mark; save it as UTF-8 without one"))
    if flaws:
        raise CorpusError(*flaws)
    return text


def _flaws(text: str) -> Iterator[tuple[int, str]]:
    if not text.strip():
        yield 1, "is empty"
    if "\r" in text:
        yield text.count("\n", 0, text.index("\r")) + 1, "has Windows line ends; save it with LF"
    for line, content in enumerate(text.replace("\r", "").split("\n"), 1):
        # Invisible characters can hide words from a reader that a model or a search still sees.
        if hidden := next((char for char in content if unicodedata.category(char).startswith("C")), None):
            yield line, f"has an invisible character (U+{ord(hidden):04X}); delete it"


def split_front_matter(path: Path, text: str) -> Parts:
    """Return the parts of a Markdown file; ``CorpusError`` if its front matter is missing or broken."""
    match = _FRONT_MATTER.match(text)
    if not match:
        raise CorpusError(Problem(path, 1, "has no front matter between two lines of three hyphens"))
    first_line = text.count("\n", 0, match.end()) + 1
    return Parts(_read_yaml(path, match[1]), text[match.end() :], first_line)


def _read_yaml(path: Path, front: str) -> Fields:
    try:
        aliases = [token for token in yaml.scan(front, yaml.SafeLoader) if isinstance(token, yaml.AliasToken)]
        places = [] if aliases else list(_places(yaml.compose(front, yaml.SafeLoader)))
        values = yaml.safe_load(front)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or type(error).__name__
        line = mark.line + 2 if mark else 1
        raise CorpusError(Problem(path, line, f"front matter is not valid YAML: {reason}")) from error
    # A reference can repeat itself without end, and a reader has to look up what it says.
    flaws = [Problem(path, alias.start_mark.line + 2, "refers to a value elsewhere; write it out") for alias in aliases]
    lines: dict[Place, int] = {(): 1}
    for place, line in places:
        if place in lines:
            flaws.append(Problem(path, line, f"`{_name(place)}` stands here a second time"))
        lines[place] = line
    if not isinstance(values, dict):
        flaws.append(Problem(path, 1, "front matter must be a list of `key: value` lines"))
    if flaws:
        raise CorpusError(*flaws)
    return Fields(path, values, lines)


def _places(node: yaml.Node | None, place: Place = ()) -> Iterator[tuple[Place, int]]:
    if isinstance(node, yaml.MappingNode):
        # The front matter starts on the second line of its file, and marks count from 0.
        inner = [((*place, str(key.value)), key.start_mark.line + 2, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        inner = [((*place, index), item.start_mark.line + 2, item) for index, item in enumerate(node.value)]
    else:
        return
    for here, line, value in inner:
        yield here, line
        yield from _places(value, here)


def read_entries(
    path: Path, name: str, model: type[V], *, beside: tuple[str, ...] = (), needed: bool = True
) -> tuple[Entry[V], ...]:
    """Return the ``[[name]]`` tables of a TOML file as values; ``CorpusError`` names all that is wrong with it.

    ``beside`` names the other tables that the file may hold; only a table that is not ``needed`` may be missing.
    """
    entries: list[Entry[V]] = []
    problems: list[Problem] = []
    for fields in _read_tables(path, name, {name, *beside}, needed=needed):
        try:
            entries.append(Entry(validate(model, fields), fields))
        except CorpusError as error:
            problems += error.problems
    if problems:
        raise CorpusError(*problems)
    return tuple(entries)


def _read_tables(path: Path, name: str, known: set[str], *, needed: bool) -> Iterator[Fields]:
    text = read_text(path)
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise CorpusError(Problem(path, int(line[1]) if line else 1, f"is not valid TOML: {error}")) from error
    tables, lines = content.get(name, []), _table_lines(text, name)
    if {*content} - known or (needed and not tables) or len(tables) != len(lines):
        kinds = " and ".join(f"[[{kind}]]" for kind in sorted(known))
        raise CorpusError(Problem(path, 1, f"must hold {kinds} tables and nothing else"))
    return (Fields(path, table, places) for table, places in zip(tables, lines, strict=True))


def _table_lines(text: str, name: str) -> list[dict[Place, int]]:
    """Return for each ``[[name]]`` table the lines of its keys, and of the items of lists that have a line each."""
    tables: list[dict[Place, int]] = []
    inside, key, items = False, "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("[["):
            inside = line.startswith(f"[[{name}]]")
            tables += [{(): number}] if inside else []
        elif inside and (found := re.match(r"([\w-]+)\s*=", line)):
            key, items = found[1], 0
            tables[-1].setdefault((key,), number)
        elif inside and re.match(r"\s+[\"'{]", line):
            tables[-1].setdefault((key, items), number)
            items += 1
    return tables


def validate(model: type[V], fields: Fields) -> V:
    """Return a record's fields as a value; ``CorpusError`` names every field that does not fit, with its line."""
    try:
        return model.model_validate(fields.values)
    except ValidationError as error:
        problems = [fields.problem(detail["loc"], _in_words(detail)) for detail in error.errors()]
        raise CorpusError(*problems) from error


def _in_words(detail: ErrorDetails) -> str:
    words = {
        "name": _name(detail["loc"]),
        "given": repr(detail["input"])[:60],
        "form": _FORMS.get(str(detail["loc"][-1]) if detail["loc"] else "", _FORMS["id"]),
        "reason": detail["msg"][0].lower() + detail["msg"][1:],
        **detail.get("ctx", {}),
    }
    return _SCHEMA_MESSAGES.get(detail["type"], "`{name}` is {given}: {reason}").format_map(words)


def _name(place: Place) -> str:
    return ".".join(str(part) if isinstance(part, str) else str(part + 1) for part in place)
