"""Dosing: every form of a dose is found, every way of asking is refused, and nothing near the border is."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.evidence import Claim, Passage, Role
from guardrails.dosing import DOSE_STATED, DOSING_REQUEST, find_dose
from guardrails.verdict import Asked, Said

CASES = Path(__file__).parent / "cases"
REQUEST = tomllib.loads((CASES / "dosing_request.toml").read_text(encoding="utf-8"))
STATED = tomllib.loads((CASES / "dose_stated.toml").read_text(encoding="utf-8"))

NUMBERS = st.sampled_from(
    [
        "4",
        "4.5",
        "0,5",
        "½",
        "1 1/2",
        "two",
        "twenty-five",
        "four and a half",
        "four point five",
        "3-5",
        "1 to 3",
        "dos",
        "cinco",
    ]
)
UNITS = st.sampled_from(
    [
        "mg",
        "milligrams",
        "mcg",
        "µg",
        "ml",
        "drops",
        "tablets",
        "capsules",
        "pills",
        "teaspoons",
        "IU",
        "miligramos",
        "gotas",
    ]
)
CARRIERS = st.sampled_from(
    [
        "{}",
        "The women took {} of it.",
        "It was ({}).",
        "In 2019, 99 women had {}, and 30 percent felt better.",
        "Se usó {} en el estudio.",
        "Naltrexone {} versus placebo",
    ]
)


def asks(text: str, history: tuple[str, ...] = ()) -> bool:
    """Tell whether the rule refuses a question."""
    return any(True for _ in DOSING_REQUEST.find(Asked(text=text, history=history)))


def withheld(text: str, *passages: Passage, before: tuple[str, ...] = ()) -> bool:
    """Tell whether the rule withholds a claim."""
    claim = Claim(text=text, passages=passages)
    return any(True for _ in DOSE_STATED.find(Said(claim=claim, before=tuple(Claim(text=said) for said in before))))


@pytest.mark.parametrize("text", REQUEST["asks"])
def test_refuses_a_dosing_question(text: str) -> None:
    """A question for dosing is refused however it is put."""
    assert asks(text)


@pytest.mark.parametrize("text", REQUEST["passes"])
def test_lets_other_questions_pass(text: str) -> None:
    """A question that is no dosing question passes, however near it comes."""
    assert not asks(text)


@pytest.mark.parametrize(("history", "text"), REQUEST["follow_ups"])
def test_refuses_a_follow_up_of_a_dosing_question(history: list[str], text: str) -> None:
    """What means dosing only after an earlier question is refused after it, and not by itself."""
    assert asks(text, tuple(history))


@pytest.mark.parametrize(("history", "text"), REQUEST["follow_ups_of_nothing"])
def test_lets_a_follow_up_of_another_question_pass(history: list[str], text: str) -> None:
    """The same words after a harmless question are harmless."""
    assert not asks(text, tuple(history))


@pytest.mark.parametrize("text", STATED["stated"])
def test_finds_a_stated_dose(text: str) -> None:
    """A stated dose is found in every form, and its span lies in the text."""
    spans = find_dose(text)
    assert spans
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


@pytest.mark.parametrize("text", STATED["survives"])
def test_leaves_other_numbers_alone(text: str) -> None:
    """Phone numbers, years, people, shares and lengths of studies are no doses."""
    assert find_dose(text) == ()


@given(NUMBERS, UNITS, CARRIERS, st.sampled_from([" ", "-", "  "]))
def test_finds_any_quantity_in_any_sentence(number: str, unit: str, carrier: str, gap: str) -> None:
    """Every number with every unit is found in every sentence."""
    assert find_dose(carrier.format(f"{number}{gap}{unit}"))


def test_withholds_a_claim_whose_passage_states_a_dose() -> None:
    """The quoted passage is shown, so it is judged like the claim."""
    passage = Passage(source_id="a", heading=("About",), text="They took 6 mg.", role=Role.ABOUT)
    assert withheld("They took it.", passage)
    assert not withheld("They took it.", passage.model_copy(update={"text": "They took part."}))


def test_withholds_a_number_split_over_two_claims() -> None:
    """A quantity cannot be smuggled out in two sentences."""
    assert withheld("milligrams were used.", before=("The number was four",))
    assert not withheld("Women were asked.", before=("There were four",))


def test_a_long_question_is_judged_in_time() -> None:
    """A long story is judged well below what a visitor notices."""
    story = "I have had pain for years, and my doctor said that LDN may help with it and with sleep. " * 20
    asks("warm up")
    started = time.perf_counter()
    asks(story)
    assert time.perf_counter() - started < 1.0
