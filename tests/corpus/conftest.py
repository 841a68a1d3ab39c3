"""A small corpus on disk, whole until a test damages it."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from corpus.evidence import digest
from corpus.library import find_problems

TODAY = date(2026, 11, 30)

HEAD = """\
---
id: {id}
kind: {kind}
audience: patient
topics: [depression, safety]
reference:
  title: {title}
  authors:
    - Able A
    - Baker B
  container: Journal of Examples
  year: 2020
  volume: '12'
  doi: 10.1000/example
  url: https://example.org/{id}
provenance:
  digested_by: A. Person
  digested_on: 2026-11-23
  seen_at:
    - https://example.org/{id}
  seen_extent: whole abstract
  checksum: {checksum}
  review_by: 2027-11-23
  verification: seen
---
"""

DIGEST = """
## About

- This trial had ten people.

## Risk

- Some people slept badly.

### Pregnancy and liver

- It was not studied in pregnancy.
"""

ARTICLE = """
# The remedy

The remedy has shown promise. It is not a first choice.

## Who might benefit?

- People with examples

## Next steps

- Talk with us.
"""

CLAIMS = """\
[[claim]]
id = 1
claim = "It works"
sentences = ["The remedy has shown promise.", "People with examples"]
standing = "contradicted"
contradicts = [{ source = "one", says = "It was not studied in pregnancy." }]
comment = "It does not."
direction = "Delete it."

[[claim]]
id = 2
claim = "It is not first"
sentences = ["It is not a first choice."]
standing = "qualified"
supports = ["two"]
qualifies = [
  { source = "one", says = "Some people slept badly." },
  { source = "two", says = "It was not studied in pregnancy." },
]
role = "limit"
comment = "True within limits."
direction = "Say that people slept badly."

[[aside]]
sentence = "Talk with us."
why = "An invitation."

[[omission]]
point = "Pregnancy"
why = "Nobody studied it."
statements = [{ source = "two", says = "It was not studied in pregnancy." }]
direction = "Say so."
"""

REFERENCES = """\
[[reference]]
n = 1
authors = ["Nobody, N.", "Else, E."]
year = 2019
title = "The remedy: a miracle"
described_as = "It says all."
verdict = "not_found"
why = "No page has it."
checked_on = 2026-11-23

[[reference]]
n = 2
authors = ["Able, A."]
year = 2020
title = "Title of two"
described_as = "It shows all."
verdict = "misdescribed"
source = "two"
why = "It shows less."
checked_on = 2026-11-23
"""


@dataclass(frozen=True)
class Shelf:
    """A corpus folder that tests write to, and what is wrong with it."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return the path of one of its files."""
        return self.folder / name

    def write(self, name: str, text: str) -> None:
        """Write a file with the checksum that its body asks for."""
        body = text.split("---\n", 2)[-1].rstrip()
        text = re.sub(r"checksum: \S+", f"checksum: {digest(body)}", text)
        self.path(name).write_text(text, encoding="utf-8", newline="")

    def change(self, name: str, old: str, new: str) -> None:
        """Replace the first occurrence of a text that must be there."""
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def add(self, name: str, head: dict[str, str], body: str) -> None:
        """Write one more file with a front matter of its own."""
        filled = {
            "kind": "rct",
            "title": f"Title of {head['id']}",
            "checksum": "0",
        } | head
        self.write(name, HEAD.format(**filled) + body)

    def problems(self, **screens: object) -> list[str]:
        """Return all problems with paths relative to the folder."""
        found = find_problems(self.folder, screens, today=TODAY)
        return [str(problem).removeprefix(f"{self.folder}/") for problem in found]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return a whole corpus of two sources, an article, its audit and its references."""
    shelf = Shelf(tmp_path)
    for folder in ("article", "claims", "sources"):
        shelf.path(folder).mkdir()
    for id_ in ("one", "two"):
        head = HEAD.format(id=id_, kind="rct", title=f"Title of {id_}", checksum="0")
        shelf.write(f"sources/{id_}.md", head + DIGEST)
    head = HEAD.format(id="remedy", kind="article", title="The remedy", checksum="0")
    shelf.write("article/remedy.md", head + ARTICLE)
    shelf.write("claims/remedy.toml", CLAIMS)
    shelf.write("references.toml", REFERENCES)
    return shelf
