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


def test_figures_of_speech_are_left_out() -> None:
    """What is no figure of speech stays as it was written, accents and all."""
    left = VOCABULARY.without_idioms("El riñón me saca canas verdes, mas vale pajaro en mano.")
    assert left.split() == ["El", "riñón", ",", "."]


def test_words_are_whole() -> None:
    """``ms`` is multiple sclerosis, and not the end of another word."""
    assert VOCABULARY.conditions_in("Does it help MS?") == (Topic.MULTIPLE_SCLEROSIS,)
    assert VOCABULARY.conditions_in("What are the symptoms and terms?") == ()


@pytest.mark.parametrize(
    ("text", "other", "swapped"),
    [
        ("Does LDN help with depression or PTSD?", "and fibro?", "Does LDN help with fibro?"),
        ("Is it safe with Zoloft?", "what about Paxil", "Is it safe with Paxil?"),
        ("Does LDN help with depression?", "is it safe?", None),
        ("Does LDN help with depression?", "depression", None),
    ],
)
def test_one_thing_takes_the_place_of_another(text: str, other: str, swapped: str | None) -> None:
    """A condition takes the place of conditions, a medicine that of a medicine, and nothing else does."""
    assert VOCABULARY.swapped(text, other) == swapped
