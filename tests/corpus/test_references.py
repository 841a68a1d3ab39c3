"""Claimed references: what became of them, read from a file."""

from typing import Any

import pytest

from corpus.errors import CorpusError
from corpus.references import ReferenceVerdict, load_references


def test_references_are_read_in_order(shelf: Any) -> None:
    """The file's tables become values in the order of the file."""
    first, second = load_references(shelf.path("references.toml"))
    assert (first.n, first.verdict, first.source) == (1, ReferenceVerdict.NOT_FOUND, None)
    assert (second.n, second.verdict, second.source) == (2, ReferenceVerdict.MISDESCRIBED, "two")


def test_every_broken_reference_is_named(shelf: Any) -> None:
    """Problems of several tables come together, each at the line of its key."""
    shelf.change("references.toml", "year = 2019", 'year = "long ago"')
    shelf.change("references.toml", 'source = "two"', 'source = "Two!"')
    with pytest.raises(CorpusError) as caught:
        load_references(shelf.path("references.toml"))
    assert [problem.line for problem in caught.value.problems] == [4, 18]
