"""The casebook: staff's cases count beside the shipped ones, wait in one file, and hold nothing that they must not."""

from pathlib import Path
from typing import Any

import pytest

from assistant.casebook import Casebook
from assistant.errors import AssistantError
from assistant.evaluation import load_cases, shipped_cases
from assistant.testing import passage

PASSAGE = passage("LDN may disturb sleep.")
FIELDS: dict[str, Any] = {
    "id": "sleep-again",
    "category": "safety",
    "question": "Will I sleep?",
    "outcome": ("answered",),
    "must_cite": ("younger-2013",),
    "must_not_say": (" mg",),
    "grounds": "Vivid dreams.",
}


@pytest.fixture
def book(tmp_path: Path) -> Casebook:
    """Return a casebook with an empty working file."""
    return Casebook(tmp_path / "data", [PASSAGE])


def test_a_case_is_saved_and_read_by_the_loader_of_all_cases(book: Casebook, tmp_path: Path) -> None:
    """What staff write counts at once, is valid TOML that anybody can review, and survives a restart."""
    saved = book.save(FIELDS)
    assert saved in book.cases()
    assert book.fault == ""
    assert len(book.cases()) == len(shipped_cases()) + 1
    assert load_cases(tmp_path / "data" / "cases.toml").case == (saved,)
    assert 'written_by = "staff of the clinic; not reviewed"' in book.text()
    assert saved.must_not_say == (" mg",)
    assert Casebook(tmp_path / "data", [PASSAGE]).written() == {"sleep-again": saved}


def test_a_shipped_case_is_replaced_until_it_is_removed(book: Casebook) -> None:
    """A case of a shipped id takes its place, and gives it back; the last one removed leaves no file."""
    first = shipped_cases()[0]
    changed = book.save(FIELDS | {"id": first.id})
    assert changed in book.cases()
    assert first not in book.cases()
    assert book.is_shipped(first.id)
    book.remove(first.id)
    assert first in book.cases()
    assert book.written() == {}
    assert "It is empty." in book.text()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"id": "Two Words"}, "id: may have small letters"),
        ({"question": " "}, "question: is missing"),
        ({"outcome": ()}, "outcome: is missing"),
        ({"outcome": ("solved",)}, "is no outcome"),
        ({"grounds": ""}, "grounds: is missing"),
        ({"must_cite": ("nobody-1999",)}, "no passage that patients can see begins with nobody-1999"),
        ({"rule": "sleepy"}, "there is no rule sleepy"),
        ({"question": "I am Ann Miller, call me at 617-555-0123"}, "personal data"),
        ({"history": ("Write to ann@example.org",)}, "personal data"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(book: Casebook, wrong: dict[str, Any], said: str) -> None:
    """Each fault is named in plain words, without repeating a person's data, and the file stays as it was."""
    book.save(FIELDS)
    before = book.text()
    with pytest.raises(AssistantError, match=said) as raised:
        book.save(FIELDS | wrong)
    assert "617-555" not in str(raised.value)
    assert "ann@" not in str(raised.value)
    assert book.text() == before


def test_a_full_file_takes_no_more(book: Casebook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working file is for review and has an end; a case that is in it may still be changed."""
    monkeypatch.setattr("assistant.casebook.MOST", 1)
    book.save(FIELDS)
    book.save(FIELDS | {"question": "Will I sleep well?"})
    with pytest.raises(AssistantError, match="full"):
        book.save(FIELDS | {"id": "another"})


def test_a_file_that_somebody_damaged_is_not_overwritten(book: Casebook, tmp_path: Path) -> None:
    """A working file that cannot be read stops saving with a reason, and keeps every byte."""
    path = tmp_path / "data" / "cases.toml"
    path.parent.mkdir()
    path.write_text("part = ")
    with pytest.raises(AssistantError, match=r"cases\.toml is no TOML"):
        book.save(FIELDS)
    assert path.read_text() == "part = "
    assert "is no TOML" in book.fault
    assert book.cases() == shipped_cases()


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", 'a "quoted" \\ back', "tab\tand\nnewline", "ünï \u202e rtl"]
)
def test_any_text_survives_the_file(book: Casebook, text: str) -> None:
    """Quotes, markup, control and foreign letters come back as they were written."""
    assert book.save(FIELDS | {"category": text, "question": text}).category == text
