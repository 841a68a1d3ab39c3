"""The normal form: disguises fall, numbers and ordinary words stay, offsets lead back to the original."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.text import normalise, sentences, stems, words

CASES = tomllib.loads((Path(__file__).parent / "cases" / "normal_form.toml").read_text(encoding="utf-8"))

NASTY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("dosemgl01345 .,-/()@$!½¼²４ｍмоеіμŁ\u200b\u202e\ufe0f\u20e3\u0301\n\t'’\U000e0064"),
    ),
    max_size=40,
)


@pytest.mark.parametrize(("raw", "plain"), CASES["undone"])
def test_undoes_a_disguise(raw: str, plain: str) -> None:
    """A disguised text and the plain one have the same normal form."""
    assert normalise(raw).text == plain


@pytest.mark.parametrize("text", CASES["kept"])
def test_keeps_what_is_no_disguise(text: str) -> None:
    """Real numbers, codes and addresses are not read as disguised letters."""
    assert normalise(text).text == text


@given(NASTY)
@example("½½")
@example("d  o s e")
@example("İ `a\u00b4 4 , 5")
def test_normalising_twice_changes_nothing(text: str) -> None:
    """The normal form is its own normal form."""
    once = normalise(text).text
    assert normalise(once).text == once


@given(NASTY, st.integers(0, 60), st.integers(0, 60))
def test_spans_lead_back_into_the_original(text: str, first: int, second: int) -> None:
    """Every stretch of the normal form maps to a valid stretch of the original, in order."""
    form = normalise(text)
    start, end = sorted((min(first, len(form.text)), min(second, len(form.text))))
    left, right = form.span(start, end)
    assert 0 <= left <= right <= len(text)
    assert list(form.origin) == sorted(form.origin)
    assert len(form.origin) == len(form.text) + 1


def test_span_covers_the_disguised_word() -> None:
    """The span of a word found in the normal form is the whole disguised word of the original."""
    text = "My  d\u200bо-s-е is…"
    form = normalise("the d-o-s-e is")
    at = form.text.index("dose")
    assert form.span(at, at + 4) == (4, 11)
    form = normalise(text.replace("-", ""))
    at = form.text.index("dose")
    assert form.span(at, at + 4) == (4, 9)


def test_a_question_takes_well_under_a_millisecond() -> None:
    """Normalising is fast enough to be done by every rule."""
    text = "My doctor spoke of l0w-dose naltrexone for my fibromyalgia; what should I know, y cuánto cuesta? " * 2
    started = time.perf_counter()
    for at in range(50):
        normalise(f"{text}{at}")
    assert (time.perf_counter() - started) / 50 < 0.005


def test_sentences_end_where_they_end() -> None:
    """Abbreviations and decimals do not end a sentence; blank lines and list items do."""
    text = "Dr. Smith said so. It was 4.5 of 7, e.g. in 2019! Really?\n\nNew part\n- one\n- two"
    assert sentences(text) == (
        "Dr. Smith said so.",
        "It was 4.5 of 7, e.g. in 2019!",
        "Really?",
        "New part",
        "- one",
        "- two",
    )


def test_words_and_stems_are_lower_case() -> None:
    """Words keep their apostrophes; stems unite the forms of a word."""
    assert words("Don’t stop_taking Pills") == ("don't", "stop", "taking", "pills")
    assert stems("studies studied") == ("studi", "studi")
