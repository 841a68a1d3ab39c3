"""Retrieval finds by meaning and by words, stays on the subject asked, and says when there is nothing."""

from collections.abc import Callable

import pytest

from assistant.answer import Found
from assistant.errors import IndexUnavailableError
from assistant.query import Query
from assistant.retrieval import HybridRetriever, WarmingRetriever
from corpus.evidence import Role


@pytest.mark.parametrize(
    ("question", "source_id"),
    [
        ("Does LDN help with depression?", "moloney-2026"),
        ("Does it help MDD?", "moloney-2026"),
        ("Can ReVia hurt my liver?", "livertox-naltrexone"),
        ("Can I take it with painkillers like oxycodone?", "naltrexone-tablet-label"),
        ("what does off label mean", "fda-off-label"),
        ("Is compounded medicine approved by the FDA?", "fda-compounding"),
        ("weird dreams?", "vatvani-2024"),
        ("Is LDN recommended for PTSD?", "schnurr-2024"),
        ("Who can I call when I am in crisis?", "samhsa-988"),
    ],
)
def test_patients_words_find_the_sources_words(found: Callable[[str], Found], question: str, source_id: str) -> None:
    """Acronyms, brand names and plain words find the source that speaks of the thing."""
    assert source_id in [hit.passage.source_id for hit in found(question).hits[:15]]


def test_an_answer_about_one_condition_stays_with_it(found: Callable[[str], Found]) -> None:
    """A question about depression is not answered from the fibromyalgia trials."""
    hits = found("Does LDN help with depression?").hits
    assert hits
    assert not [hit for hit in hits if "fibromyalgia" in hit.passage.topics and "depression" not in hit.passage.topics]


def test_a_benefit_is_offered_with_what_speaks_against_it(found: Callable[[str], Found]) -> None:
    """Whenever a benefit is found, its source's limits and the results against it are offered too."""
    roles = {hit.passage.role for hit in found("Does LDN improve mood in depression?").hits}
    assert {Role.BENEFIT, Role.NO_BENEFIT} <= roles


@pytest.mark.parametrize(
    "question", ["What is the capital of France?", "Is ketamine better?", "asdf qwer zxcv", "Does LDN cure baldness?"]
)
def test_nothing_is_found_where_there_is_nothing(found: Callable[[str], Found], question: str) -> None:
    """What the corpus does not speak of finds no neighbouring fact in its place."""
    assert found(question).hits == ()


def test_before_it_is_warm_a_search_says_so() -> None:
    """While the index loads, and after it could not be loaded, every search is an error and nothing is guessed."""

    def broken() -> HybridRetriever:
        raise IndexUnavailableError("gone")

    retriever = WarmingRetriever(broken)
    with pytest.raises(IndexUnavailableError, match="loading"):
        retriever.search(Query(text="?"))
    with pytest.raises(IndexUnavailableError, match="gone"):
        retriever.warm()
    with pytest.raises(IndexUnavailableError, match="unavailable"):
        retriever.search(Query(text="?"))
