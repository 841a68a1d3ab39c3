"""Search: texts by meaning and by words, fused."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import bm25s
import numpy as np

if TYPE_CHECKING:
    from assistant.embeddings import SentenceEmbeddings
    from assistant.index import VectorIndex

CANDIDATES = 100
"""How many texts each of the two searches offers to the fusion."""


class Score(NamedTuple):
    """How a text was found."""

    fused: float
    """Cosine similarity and share of the best BM25 score together; comparable within one search only."""
    dense: float | None
    """Cosine similarity, or ``None`` when the vectors did not find it."""
    lexical: float | None
    """BM25 score, or ``None`` when the words did not find it."""


class HybridSearch:
    """Dense and lexical search over texts by id."""

    LEXICAL = 0.5
    """What the best lexical score counts beside a cosine similarity; see docs/adr and tests/benchmarks/retrieval.py."""

    def __init__(
        self,
        texts: Mapping[str, str],
        index: "VectorIndex",
        embeddings: "SentenceEmbeddings",
        terms: Callable[[str], Sequence[str]],
    ) -> None:
        """Prepare the lexical side; ``terms`` returns the terms of a text or question that are compared."""
        self._ids = list(texts)
        self._index = index
        self._embeddings = embeddings
        self._terms = terms
        contents = [list(terms(text)) for text in texts.values()]
        self.known = frozenset(term for content in contents for term in content)
        self._bm25 = bm25s.BM25()
        self._bm25.index(contents, show_progress=False)

    def search(self, question: str, words: str | None = None) -> dict[str, Score]:
        """Return scores by id, best first; ``words`` stands in for the question in the lexical search.

        Raises:
            IndexUnavailableError: the vectors could not be searched.
        """
        dense = self.dense(question)
        lexical = self.lexical(question if words is None else words)
        top = max(lexical.values(), default=1.0)
        # What the vectors did not find is no nearer than the last that they did.
        least = min(dense.values(), default=0.0)
        scores = {
            id_: Score(
                dense.get(id_, least) + self.LEXICAL * lexical.get(id_, 0) / top, dense.get(id_), lexical.get(id_)
            )
            for id_ in {**dense, **lexical}
        }
        return dict(sorted(scores.items(), key=lambda item: -item[1].fused))

    def dense(self, question: str, most: int = CANDIDATES) -> dict[str, float]:
        """Return cosine similarities by id, best first."""
        return dict(self._index.search(self._embeddings.embed_query(question), min(most, len(self._ids))))

    def lexical(self, question: str) -> dict[str, float]:
        """Return BM25 scores by id, best first; only of texts that share a term with the question."""
        known = [term for term in self._terms(question) if term in self.known]
        if not known:
            return {}
        scores = self._bm25.get_scores(known)
        best = np.argsort(-scores, kind="stable")[:CANDIDATES]
        return {self._ids[at]: float(scores[at]) for at in best if scores[at] > 0}
