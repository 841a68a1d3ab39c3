"""Patients' words are brought together with the sources' words."""

import pytest

from corpus.evidence import Topic
from corpus.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Does LDN work?", "low-dose naltrexone"),
        ("Is ReVia safe?", "naltrexone"),
        ("any weird dreams?", "vivid dreams"),
        ("I have MDD", "depression"),
        ("and for tept?", "ptsd"),
        ("can i take percocet", "opioids"),
    ],
)
def test_other_names_bring_ours(text: str, name: str) -> None:
    """A brand name, an acronym or a plain word is searched together with what our sources call it."""
    assert name in VOCABULARY.expand(text)
    assert VOCABULARY.expand(text).startswith(text)


@pytest.mark.parametrize("text", ["low-dose naltrexone", "depression", "hello", ""])
def test_our_own_names_need_nothing(text: str) -> None:
    """A text in our own words stays as it is."""
    assert VOCABULARY.expand(text) == text


def test_words_are_whole() -> None:
    """``ms`` is multiple sclerosis, and not the end of another word."""
    assert VOCABULARY.conditions_in("Does it help MS?") == (Topic.MULTIPLE_SCLEROSIS,)
    assert VOCABULARY.conditions_in("What are the symptoms and terms?") == ()


def test_conditions_can_be_taken_out() -> None:
    """Another condition can take the place of the one that was asked about."""
    assert VOCABULARY.without_conditions("Does LDN help with depression or PTSD?") == "Does LDN help with or ?"
