"""The normal form: disguises fall, numbers and ordinary words stay, offsets lead back to the original."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.normal import Normalised, guess_again, normalise
from corpus.numerals import in_digits

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


@pytest.mark.parametrize(("raw", "plain"), CASES["guessed"])
def test_reads_a_doubtful_disguise_the_other_way(raw: str, plain: str) -> None:
    """Where a sign can stand for two letters, the second reading has the other one, and the first has not."""
    assert guess_again(raw).text == plain
    assert normalise(raw).text != plain


@pytest.mark.parametrize(("raw", "digits"), CASES["digits"])
def test_reads_number_words_as_digits(raw: str, digits: str) -> None:
    """A number in words has a reading in digits that stands for all its words."""
    form = in_digits(normalise(raw))
    assert form.text == digits
    assert form.span(0, len(digits)) == (0, len(raw))


@pytest.mark.parametrize("text", CASES["words"])
def test_leaves_words_that_may_be_no_numbers(text: str) -> None:
    """Articles, adverbs and parts of longer words are not counted."""
    assert in_digits(normalise(text)).text == text


def test_plain_texts_are_not_guessed_at() -> None:
    """The second reading costs nothing where nothing is doubtful: it is the normal form itself."""
    text = "How much does a first visit cost, and is LDN low-dose naltrexone?"
    assert guess_again(text) is normalise(text)


@given(NASTY)
@example("½½")
@example("d  o s e")
@example("İ `a\u00b4 4 , 5")
def test_normalising_twice_changes_nothing(text: str) -> None:
    """The normal form is its own normal form."""
    once = normalise(text).text
    assert normalise(once).text == once


@given(NASTY, st.integers(0, 60), st.integers(0, 60))
@example("nal  trexone d...o...s...e", 0, 15)
@example("treinta y cinco ki11", 0, 2)
def test_spans_lead_back_into_the_original(text: str, first: int, second: int) -> None:
    """Every stretch of every reading maps to a valid stretch of the original, in order."""
    for form in (normalise(text), guess_again(text), in_digits(normalise(text))):
        start, end = sorted((min(first, len(form.text)), min(second, len(form.text))))
        left, right = form.span(start, end)
        assert 0 <= left <= right <= len(text)
        assert (left < right) == (start < end)
        assert list(form.origin) == sorted(form.origin)
        assert len(form.origin) == len(form.text) + 1
        assert form.origin[-1] == len(text)


@given(st.text(alphabet=st.sampled_from("ldntrexonaivs134 -.'|!"), max_size=24))
@example("na naltrexone")
@example("naltrexon e")
@example("n4ltrexxxon")
def test_near_names_come_to_rest(text: str) -> None:
    """Letters near our names have a normal form that does not change any more."""
    once = normalise(text).text
    assert normalise(once).text == once


def test_span_covers_the_disguised_word() -> None:
    """The span of a word found in the normal form is the whole disguised word of the original."""
    text = "My  d\u200bо-s-е is…"
    form = normalise("the d-o-s-e is")
    at = form.text.index("dose")
    assert form.span(at, at + 4) == (4, 11)
    form = normalise(text.replace("-", ""))
    at = form.text.index("dose")
    assert form.span(at, at + 4) == (4, 9)


@pytest.mark.parametrize(
    ("text", "word", "written"),
    [
        ("is nal trexone safe", "naltrexone", "nal trexone"),
        ("is naltrexown safe", "naltrexone", "naltrexown"),
        ("my doooose now", "dose", "doooose"),
        ("a d - o - s - e of", "dose", "d - o - s - e"),
        ("say ½ now", "1/2", "½"),
        ("say 4,5 now", "4.5", "4,5"),
        ("ask LND about", "ldn", "LND"),
        ("Œuvre ﬁbro now", "fibro", "ﬁbro"),
    ],
)
def test_span_is_what_was_written(text: str, word: str, written: str) -> None:
    """The span of what was undone is the whole of what had been written."""
    form = normalise(text)
    at = form.text.index(word)
    start, end = form.span(at, at + len(word))
    assert text[start:end] == written


def test_other_words_stand_for_the_whole_stretch() -> None:
    """Every letter of what a stretch was rewritten as leads back to the whole stretch."""
    form = Normalised("abcdef", (0, 1, 2, 3, 4, 5, 6)).rewritten([(1, 3, "xyz"), (4, 5, "")])
    assert form.text == "axyzdf"
    assert {form.span(at, at + 1) for at in (1, 2, 3)} == {(1, 3)}
    assert form.span(4, 6) == (3, 6)


def test_a_question_takes_well_under_a_millisecond() -> None:
    """Normalising is fast enough to be done by every rule."""
    text = "My doctor spoke of l0w-dose naltrexone for my fibromyalgia; what should I know, y cuánto cuesta? " * 2
    started = time.perf_counter()
    for at in range(50):
        normalise(f"{text}{at}")
    assert (time.perf_counter() - started) / 50 < 0.005
