"""Advice: questions about this very person are told apart from questions of knowledge."""

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from guardrails.advice import PERSONAL_ADVICE
from guardrails.verdict import Action, Asked

CASES: Final[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("cases").joinpath("advice.toml").read_text("utf-8")
)


def labels(text: str) -> set[str]:
    """Return the labels that the rule gives a message."""
    return {span.label for span in PERSONAL_ADVICE.find(Asked(text=text))}


@pytest.mark.parametrize("text", CASES["personal"]["texts"])
def test_a_question_about_this_person_is_found(text: str) -> None:
    """Should I, is it safe for me, can I take it with mine: all of them ask for advice."""
    assert labels(text)


@pytest.mark.parametrize("text", CASES["pregnancy"]["texts"])
def test_a_pregnancy_is_named(text: str) -> None:
    """Pregnancy, breastfeeding and trying to conceive get their own notice."""
    assert "pregnancy" in labels(text)


@pytest.mark.parametrize("text", CASES["none"]["texts"])
def test_a_question_of_knowledge_is_no_advice(text: str) -> None:
    """Facts, visits and sources need no notice."""
    assert not labels(text)


def test_advice_never_blocks() -> None:
    """Personal questions get general information and a notice; they are not refused."""
    assert PERSONAL_ADVICE.action is Action.CAUTION
