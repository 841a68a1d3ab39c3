"""Scope: what is outside is refused, what is in doubt stays inside; minors, courtesies and languages are told apart."""

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from guardrails.scope import MINOR, OFF_TOPIC, courtesy, language
from guardrails.verdict import Asked

CASES: Final[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("cases").joinpath("scope.toml").read_text("utf-8")
)
COURTESIES: Final = ("greeting", "thanks", "goodbye", "identity", "abilities", "why_no_dose", "sources", "safe")


@pytest.mark.parametrize("text", CASES["off_topic"]["texts"])
def test_what_is_clearly_outside_is_refused(text: str) -> None:
    """Code, weather, sport, recipes, sums, politics, travel and verse are not for this assistant."""
    assert OFF_TOPIC.find(Asked(text=text))


@pytest.mark.parametrize("text", CASES["in_scope"]["texts"])
def test_what_is_in_doubt_stays_in_scope(text: str) -> None:
    """Health, the clinic, the assistant and anything unclear are left to the sources."""
    assert OFF_TOPIC.find(Asked(text=text)) == ()


@pytest.mark.parametrize("text", CASES["minor"]["texts"])
def test_a_stated_age_under_eighteen_is_found(text: str) -> None:
    """A visitor who says to be a minor is believed."""
    assert MINOR.find(Asked(text=text))


@pytest.mark.parametrize("text", CASES["adult"]["texts"])
def test_other_numbers_and_other_people_are_no_minors(text: str) -> None:
    """Children, weeks, weights and years of sobriety are not the visitor's age."""
    assert MINOR.find(Asked(text=text)) == ()


def test_a_minor_stays_a_minor() -> None:
    """Who said it once gets no health answer later in the conversation."""
    assert MINOR.find(Asked(text="What is LDN?", history=("I'm 15",)))


@pytest.mark.parametrize(("key", "text"), [(key, text) for key in COURTESIES for text in CASES[key]["texts"]])
def test_a_courtesy_is_answered_in_kind(key: str, text: str) -> None:
    """A whole message of courtesy has its fixed answer."""
    assert courtesy(text) == f"courtesy.{key}"


@pytest.mark.parametrize("text", CASES["plain"]["texts"])
def test_a_courtesy_before_a_question_is_no_courtesy(text: str) -> None:
    """A greeting does not swallow the question behind it."""
    assert courtesy(text) is None


@pytest.mark.parametrize(
    ("expected", "text"),
    [*(("en", text) for text in CASES["english"]["texts"]), *(("es", text) for text in CASES["spanish"]["texts"])],
)
def test_the_language_is_told(expected: str, text: str) -> None:
    """English and Spanish are told apart, with and without accents."""
    assert language(text) == expected


@pytest.mark.parametrize("text", CASES["neither"]["texts"])
def test_what_speaks_for_no_language_keeps_the_one_before(text: str) -> None:
    """A word that both languages share, another language and a code change nothing."""
    assert (language(text, "en"), language(text, "es")) == ("en", "es")


@pytest.mark.parametrize("text", CASES["calm"]["texts"])
def test_a_bare_yes_means_safe_only_after_a_crisis(text: str) -> None:
    """Yes answers the question of the crisis card; anywhere else it answers nothing."""
    assert courtesy(text, after_crisis=True) == "courtesy.safe"
    assert courtesy(text) is None


@pytest.mark.parametrize("text", CASES["plain"]["texts"])
def test_nothing_else_means_safe_after_a_crisis(text: str) -> None:
    """A question, a denial or a plan after a crisis is no courtesy."""
    assert courtesy(text, after_crisis=True) is None
