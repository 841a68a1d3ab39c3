"""Two searches, one by meaning and one by words, and what each text scores in both together."""

from pathlib import Path

import pytest

from assistant.embeddings import load_embeddings
from assistant.factory import load_search
from assistant.search import HybridSearch

TEXTS = {
    "pain": "Pain fell by about a third on the medicine.",
    "dreams": "Vivid dreams were more frequent.",
    "liver": "Tell your provider about any liver problem.",
    "crp": "CRP did not change.",
}


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> HybridSearch:
    """Return a search over a few texts."""
    return load_search(tmp_path_factory.mktemp("index"), TEXTS, load_embeddings())


def test_meaning_finds_what_words_do_not(search: HybridSearch) -> None:
    """A paraphrase without a shared word comes first by the vectors, and has no lexical score."""
    found = search.search("nightmares at night")
    assert next(iter(found)) == "dreams"
    assert found["dreams"].lexical is None


def test_words_find_what_meaning_misses(search: HybridSearch) -> None:
    """A rare code is found by the very word."""
    assert list(search.lexical("What about CRP?")) == ["crp"]
    assert next(iter(search.search("What about CRP?"))) == "crp"


def test_the_fused_score_is_cosine_and_share_of_the_best_lexical_score(search: HybridSearch) -> None:
    """The best lexical hit gets the full lexical weight on top of its cosine; scores fall from first to last."""
    found = search.search("liver problem")
    assert found["liver"].fused == pytest.approx((found["liver"].dense or 0) + search.LEXICAL)
    assert [score.fused for score in found.values()] == sorted((s.fused for s in found.values()), reverse=True)


def test_a_question_without_known_words_has_no_lexical_hits(search: HybridSearch) -> None:
    """Nothing is found by words that no text has."""
    assert search.lexical("xylophone") == {}


def test_indexes_are_kept_and_told_apart(tmp_path: Path) -> None:
    """The same texts open the same index; other texts never do."""
    embeddings = load_embeddings()
    first = load_search(tmp_path, TEXTS, embeddings)
    assert load_search(tmp_path, TEXTS, embeddings).dense("pain") == first.dense("pain")
    assert list(load_search(tmp_path, {"only": "Sleep."}, embeddings).dense("pain")) == ["only"]
