"""Testing: doubles of the assistant's collaborators, for our tests and for those of whoever builds on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant.answer import Found, Hit
from assistant.query import Query
from corpus.evidence import Passage, Role


def passage(
    text: str, *, source_id: str = "younger-2013", role: Role = Role.FACT, topics: Sequence[str] = ()
) -> Passage:
    """Return a passage that stands in no file; its source is one of the shipped corpus."""
    return Passage(source_id=source_id, heading=(role.value.capitalize(),), text=text, role=role, topics=tuple(topics))


@dataclass(slots=True)
class ScriptedRetriever:
    """Finds what it was given, or fails as it was told; remembers what it was asked."""

    passages: Sequence[Passage] = ()
    missing: tuple[str, ...] = ()
    failure: Exception | None = None
    asked: list[Query] = field(default_factory=list)

    def search(self, query: Query) -> Found:
        """Return the script's passages, best first."""
        self.asked.append(query)
        if self.failure:
            raise self.failure
        hits = (Hit(passage=found, score=1 / rank) for rank, found in enumerate(self.passages, start=1))
        return Found(hits=tuple(hits), missing=self.missing)


@dataclass(slots=True)
class ScriptedGenerator:
    """Says what it was told, whether it is true or not, and then perhaps fails: what a bad model would do."""

    sentences: Sequence[str] = ()
    failure: Exception | None = None
    name: str = "scripted"

    def generate(self, query: Query, found: Found) -> Iterator[str]:
        """Yield the script; without one, say everything that was found."""
        yield from self.sentences or found.texts(query.lang)
        if self.failure:
            raise self.failure
