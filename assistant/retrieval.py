"""Retrieval: the passages that speak of what was asked, by meaning and by words, with what balances them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

import bm25s
import numpy as np

from assistant.answer import Found, Hit
from assistant.embeddings import SentenceEmbeddings
from assistant.errors import IndexUnavailableError
from assistant.index import PassageIndex
from assistant.query import Aim, Query
from corpus.evidence import Passage, Role, Topic
from corpus.library import Library
from corpus.text import stem, words
from corpus.vocabulary import Vocabulary

CANDIDATES = 30
"""How many passages each of the two searches offers to the fusion."""
RRF_K = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""
DENSE_FLOOR = 0.35
"""Least cosine similarity of a question to its best passage; below it nothing is relevant."""
ON_SUBJECT = 2.0
"""How much more a passage counts when it is about what the question names."""
MOST_MISSING = 3
"""How many unknown words are named to the visitor."""
# The medicine's own name is among them: every statement is about it.
STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been before being but by can could did do does doing
    don't down for from get got had has have having he help helps her here him his how i i'm if in into is it it's its
    just know like may me might more most much my no not of off on once one only or other our out over please really
    she should show so some such tell than thank thanks that the their them then there these they this those through
    to too up us use used using want was we were what what's when where which while who why will with without work
    works would you your explain give take taking ldn naltrexone low dose""".split()
)


class HybridRetriever:
    """Dense and lexical search over the passages that patients may see, fused by rank."""

    def __init__(
        self, library: Library, vocabulary: Vocabulary, index: PassageIndex, embeddings: SentenceEmbeddings
    ) -> None:
        self._library = library
        self._vocabulary = vocabulary
        self._index = index
        self._embeddings = embeddings
        self._passages = library.patient_passages()
        contexts = [terms(self._context(passage)) for passage in self._passages]
        self._known = frozenset().union(*contexts)
        self._bm25 = bm25s.BM25()
        self._bm25.index(contexts, show_progress=False)

    def search(self, query: Query) -> Found:
        """Return the fused hits about the asked conditions, and what balances them."""
        asked = self._vocabulary.expand(query.text)
        dense = dict(self._index.search(self._embeddings.embed_query(asked), CANDIDATES))
        best = max(dense.values(), default=0)
        names_something = query.conditions or query.subjects
        missing = () if names_something else self._missing(query.text)
        if missing or best < DENSE_FLOOR:
            return Found(missing=missing)
        lexical = self._lexical(asked)
        hits = []
        for id_, score in fuse([list(dense), list(lexical)]).items():
            passage = self._library.passage(id_)
            if self._is_about(passage, query):
                weight = ON_SUBJECT if _is_on_subject(passage, query) else 1
                hits.append(Hit(passage=passage, score=score * weight, dense=dense.get(id_), lexical=lexical.get(id_)))
        hits.sort(key=lambda hit: hit.score, reverse=True)
        if query.aim is Aim.FACT:
            hits = [hit for hit in hits if _is_on_subject(hit.passage, query)] or hits
        return Found(hits=(*hits, *self._companions(hits, query)))

    def _lexical(self, question: str) -> dict[str, float]:
        """Return BM25 scores by passage id, best first; only of passages that share a word with the question."""
        known = [term for term in terms(question) if term in self._known]
        if not known:
            return {}
        scores = self._bm25.get_scores(known)
        best = np.argsort(-scores, kind="stable")[:CANDIDATES]
        return {self._passages[i].id: float(scores[i]) for i in best if scores[i] > 0}

    def _missing(self, question: str) -> tuple[str, ...]:
        """Return the words that no passage knows, when they are half of what the question says or more."""
        said = {word for word in words(question) if word not in STOP_WORDS}
        left = dict.fromkeys(words(self._vocabulary.without_names(question)))
        unknown = [word for word in left if word in said and word.isalpha() and stem(word) not in self._known]
        return tuple(unknown[:MOST_MISSING]) if unknown and 2 * len(unknown) >= len(said) else ()

    def _context(self, passage: Passage) -> str:
        """Return what the words of a question are compared with: the statement, and what its source is about."""
        source = self._library.source(passage.source_id)
        topics = " ".join(topic.replace("-", " ") for topic in passage.topics)
        reference = source.reference
        return f"{self._vocabulary.expand(passage.text)} {reference.shown_title} {reference.byline} {topics}"

    def _is_about(self, passage: Passage, query: Query) -> bool:
        """Tell whether a passage may answer: on an asked condition or on none, and on crisis lines only if asked."""
        if Topic.CRISIS_HELP in passage.topics and Topic.CRISIS_HELP not in query.subjects:
            return False
        topics = {*passage.topics, *self._library.source(passage.source_id).topics}
        others = self._vocabulary.conditions.keys() & topics
        return not query.conditions or not others or not others.isdisjoint(query.conditions)

    def _companions(self, hits: Sequence[Hit], query: Query) -> Iterator[Hit]:
        """Yield the passages without which the hits would mislead, each once, after all hits."""
        seen = {hit.passage.id for hit in hits}
        for passage in self._passages:
            if passage.id in seen or not self._is_about(passage, query):
                continue
            if self._balances(passage, hits, query):
                yield Hit(passage=passage, score=0)

    def _balances(self, passage: Passage, hits: Sequence[Hit], query: Query) -> bool:
        """Tell whether a passage belongs beside hits.

        To a result belongs who was studied; to a benefit, what speaks against it; to a question whether something
        helps, every result of a study on it; to a list of studies, each study.
        """
        source = self._library.source(passage.source_id)
        if query.aim is Aim.STUDIES:
            return source.kind.is_study and passage.role is Role.ABOUT
        if query.aim is Aim.EFFECT and not {*query.conditions, Topic.APPROVAL}.isdisjoint(passage.topics):
            return True
        same_source = any(hit.passage.source_id == passage.source_id for hit in hits)
        return same_source and passage.role in {Role.ABOUT, Role.NO_BENEFIT, Role.LIMIT}


class WarmingRetriever:
    """Stands in for a retriever that takes seconds to load, so that guards answer from the first moment."""

    def __init__(self, load: Callable[[], HybridRetriever]) -> None:
        self._load = load
        self._retriever: HybridRetriever | None = None
        self.state: Literal["loading", "ready", "unavailable"] = "loading"

    def warm(self) -> None:
        """Load the retriever, in the calling thread.

        Raises:
            AssistantError: it cannot be loaded; every search says so from then on.
        """
        try:
            self._retriever = self._load()
        except Exception:
            self.state = "unavailable"
            raise
        self.state = "ready"

    def search(self, query: Query) -> Found:
        """Search, once the retriever is there."""
        if self._retriever is None:
            raise IndexUnavailableError(f"the index is {self.state}")
        return self._retriever.search(query)


def _is_on_subject(passage: Passage, query: Query) -> bool:
    return not set(query.subjects).isdisjoint(passage.topics)


def terms(text: str) -> list[str]:
    """Return the stems of a text's words that carry meaning, in order."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def fuse(rankings: Iterable[Sequence[str]]) -> dict[str, float]:
    """Return ids to reciprocal rank fusion scores, best first; ties keep the order of the first ranking."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, id_ in enumerate(ranking, start=1):
            scores[id_] = scores.get(id_, 0) + 1 / (RRF_K + rank)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))
