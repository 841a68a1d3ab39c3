"""Intents: how likely a question asks for what each summary says, learned from the questions that they answer."""

import contextlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from corpus.evidence import digest
from corpus.files import write_whole
from corpus.summary import Summary, entries

if TYPE_CHECKING:
    from assistant.embeddings import SentenceEmbeddings
    from assistant.index import VectorIndex

FIT = 30.0
"""How closely the questions are fitted: the inverse of the regularisation, chosen on held-out questions."""
CLOSE = 3e-4
"""How flat the loss is where fitting ends: going on changes nothing on held-out questions."""
LEAST = 1e-4
"""What is less likely than this is as good as not asked for."""


class Intents:
    """A multinomial logistic regression from the vector of a question to the thing that it asks for.

    The nearest single question tells less: two questions on one study differ by a word that most of a vector is not
    about, and which word that is, all the questions of a summary show together.
    """

    def __init__(self, names: Sequence[str], weights: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        """Take the weights, one row of the vector's width and one bias for each name."""
        self._names = names
        self._weights = weights
        self._bias = bias

    @classmethod
    def learn(cls, vectors: NDArray[np.float32], intents: Sequence[str]) -> "Intents":
        """Return what vectors of questions, each with the name of what it asks for, teach; three names at the least."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a start that finds weights needs none

        model = LogisticRegression(C=FIT, tol=CLOSE, max_iter=200).fit(vectors, intents)
        return cls([str(name) for name in model.classes_], model.coef_, model.intercept_)

    @classmethod
    def load(cls, path: Path) -> "Intents | None":
        """Return the weights that a file holds, or nothing where there is none, or a damaged one."""
        try:
            with path.open("rb") as file, np.load(file) as kept:
                return cls([str(name) for name in kept["names"]], kept["weights"], kept["bias"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None

    def save(self, path: Path) -> None:
        """Keep the weights in a file, whole or not at all."""
        content = io.BytesIO()
        np.savez(content, names=np.array(self._names), weights=self._weights, bias=self._bias)
        write_whole(path, content.getvalue())

    def of(self, vector: Sequence[float]) -> Mapping[str, float]:
        """Return the natural logarithm of how likely each thing is asked for, not below that of ``LEAST``."""
        scores = self._weights @ np.asarray(vector, dtype=np.float32) + self._bias
        scores -= scores.max()
        scores -= np.log(np.exp(scores).sum())
        likely = np.maximum(scores, np.log(LEAST))
        return dict(zip(self._names, map(float, likely), strict=True))


def open_intents(
    index: "VectorIndex",
    summaries: Sequence[Summary],
    heard: Iterable[tuple[str, str]],
    embeddings: "SentenceEmbeddings",
) -> Intents:
    """Return what the questions of summaries, whose vectors an index has, teach, and more that were heard.

    It is kept in the index's folder, and learned where it is not there. ``heard`` has questions behind the ids of the
    summaries that they ask for; those for other summaries are left out.
    """
    asked = {id_: summary.id for id_, summary, _, _ in entries(summaries)}
    known = {summary.id for summary in summaries}
    more = [(id_, question) for id_, question in heard if id_ in known]
    path = index.folder / f"intents-{digest(*(text for pair in more for text in pair))[:12]}.npz"
    if kept := Intents.load(path):
        return kept
    ids, vectors = index.vectors()
    rows = [at for at, id_ in enumerate(ids) if id_ in asked]
    read = np.array(embeddings.embed_documents([question for _, question in more]), dtype=np.float32)
    intents = [*(asked[ids[at]] for at in rows), *(id_ for id_, _ in more)]
    learned = Intents.learn(np.vstack([vectors[rows], *read]), intents)
    with contextlib.suppress(OSError):  # a folder that cannot be written to costs the next start a minute, no answer
        learned.save(path)
    return learned
