"""References: what became of each reference that the clinic's article once claimed."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from corpus.evidence import Slug, Text, Value
from corpus.record import read_entries


class ReferenceVerdict(StrEnum):
    """What a search for a claimed reference came to."""

    VERIFIED = "verified"
    """The work exists and says what the article says that it says."""
    MISDESCRIBED = "misdescribed"
    """The work exists, but does not say that."""
    NOT_FOUND = "not_found"
    """No trace of the work: it is not a source, so nothing can cite it."""


class ClaimedReference(Value):
    """A reference as the article printed it, and the verdict on it."""

    n: Annotated[int, Field(ge=1)]
    """Its place in the article's list, from 1."""
    authors: tuple[Text, ...] = Field(min_length=1)
    """As the article cites them, right or wrong; so are year, title and container."""
    year: int
    title: Text
    container: Text | None = None
    described_as: Text
    """What the article says about the work."""
    verdict: ReferenceVerdict
    source: Slug | None = None
    """The source that the work really is; ``None`` if it was not found."""
    why: Text
    checked_on: date
    searches: tuple[Text, ...] = ()
    accepted_by: Text | None = None
    """The person who accepted the record after a registry had confirmed it; until then nobody cites it."""

    @model_validator(mode="after")
    def _source_goes_with_verdict(self) -> Self:
        if self.verdict is ReferenceVerdict.NOT_FOUND and self.source:
            raise ValueError("a reference that was not found has no `source`")
        if self.verdict is not ReferenceVerdict.NOT_FOUND and not self.source:
            raise ValueError("a reference that exists names its `source`")
        if self.verdict is ReferenceVerdict.VERIFIED and not self.accepted_by:
            raise ValueError("a verified reference names in `accepted_by` the person who accepted it")
        if self.verdict is ReferenceVerdict.NOT_FOUND and self.accepted_by:
            raise ValueError("a reference that was not found cannot have been accepted")
        return self


def load_references(path: Path) -> tuple[ClaimedReference, ...]:
    """Return the claimed references of a TOML file in order; ``CorpusError`` names all that is wrong with it."""
    return tuple(entry.value for entry in read_entries(path, "reference", ClaimedReference))
