"""Desk: what people ask the clinic itself; its settings answer, or its people."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from corpus.evidence import Value
from corpus.summary import Wordings

FILE: Final = Path(__file__).with_name("desk.toml")
About = Literal["hours", "location", "booking", "prices", "insurance", "telehealth", "records", "people"]


class Matter(Value):
    """Something that the front desk is asked about, and how."""

    about: About
    questions: Wordings


class Desk(Value):
    """The matters of the front desk."""

    reviewed_by: str
    desk: tuple[Matter, ...] = Field(min_length=1)

    @classmethod
    def load(cls, path: Path = FILE) -> "Desk":
        """Return the matters of a reviewed file."""
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))

    def entries(self) -> Iterator[tuple[str, About, str]]:
        """Yield every question: its id, what it is about, and its text."""
        for matter in self.desk:
            for id_, _, question in matter.questions.entries(f"desk:{matter.about}"):
                yield id_, matter.about, question
