"""Crisis and emergencies: what must alarm does, and what only looks like it does not."""

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from guardrails.crisis import CRISIS, EMERGENCIES, EMERGENCY
from guardrails.verdict import Asked

CASES: Final = Path(__file__).with_name("cases")
CRISES: Final[dict[str, Any]] = tomllib.loads((CASES / "crisis.toml").read_text("utf-8"))
EVENTS: Final[dict[str, Any]] = tomllib.loads((CASES / "emergency.toml").read_text("utf-8"))
HARMLESS: Final = ("everyday", "idiom", "academic", "bereaved", "denied")
GRAVE: Final = ("explicit", "veiled", "despair", "slang", "others", "spanish")


def labels(text: str, *history: str) -> list[str]:
    """Return the labels that both rules give a message."""
    asked = Asked(text=text, history=history)
    return [span.label for rule in (CRISIS, EMERGENCY) for span in rule.find(asked)]


@pytest.mark.parametrize("text", [text for kind in GRAVE for text in CRISES[kind]["texts"]])
def test_a_crisis_alarms(text: str) -> None:
    """Explicit, veiled, slang, third-person and Spanish messages all bring the crisis card."""
    assert "crisis" in labels(text)


@pytest.mark.parametrize("text", [text for kind in HARMLESS for text in CRISES[kind]["texts"]])
def test_what_only_sounds_like_a_crisis_does_not_alarm(text: str) -> None:
    """Idioms, questions of knowledge, grief and denial bring no card."""
    assert labels(text) == []


@pytest.mark.parametrize("case", CRISES["conversation"], ids=lambda case: case["text"])
def test_a_crisis_shows_with_the_turns_before(case: dict[str, Any]) -> None:
    """A message that is harmless alone alarms after what was written before."""
    assert labels(case["text"], *case["history"])[:1] == ["crisis"]


@pytest.mark.parametrize("case", CRISES["calm"], ids=lambda case: case["text"])
def test_later_turns_stay_useful(case: dict[str, Any]) -> None:
    """A new question after a crisis, or a harmless pair of messages, does not alarm."""
    assert labels(case["text"], *case["history"]) == []


@pytest.mark.parametrize(("label", "text"), [(label, text) for label in EMERGENCIES for text in EVENTS[label]["texts"]])
def test_an_emergency_gets_its_own_label(label: str, text: str) -> None:
    """Each kind of emergency is found, and the label that decides the card is the right one."""
    found = [span.label for span in EMERGENCY.find(Asked(text=text))]
    assert found[:1] == [label]


@pytest.mark.parametrize("text", EVENTS["none"]["texts"])
def test_a_question_about_a_danger_is_no_emergency(text: str) -> None:
    """Questions of knowledge, old events and figures of speech are no emergencies."""
    assert labels(text) == []


@pytest.mark.parametrize("case", EVENTS["conversation"], ids=lambda case: case["text"])
def test_an_emergency_runs_on_over_two_messages(case: dict[str, Any]) -> None:
    """A report that is split over two messages is read as one."""
    assert labels(case["text"], *case["history"])[:1] == [case["label"]]


def test_every_red_flag_has_its_prompts() -> None:
    """Every row of the red-flag table has at least five prompts, and the tables are large enough to mean something."""
    assert all(len(EVENTS[label]["texts"]) >= 5 for label in EMERGENCIES)
    assert sum(len(CRISES[kind]["texts"]) for kind in GRAVE) >= 40
    assert sum(len(CRISES[kind]["texts"]) for kind in HARMLESS) >= 40


def test_spans_lie_in_the_original_text() -> None:
    """Spans point into the text as it was written, not into its normal form."""
    text = "Listen… I\u200b want to K1LL myself tonight"
    (span, *_) = CRISIS.find(Asked(text=text))
    assert "K1LL" in text[span.start : span.end]
