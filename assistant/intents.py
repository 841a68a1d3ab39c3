"""Intents: how likely a question asks for what each summary says, learned from the questions that they answer."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from assistant.index import VectorIndex

FIT = 30.0
"""How closely the questions are fitted: the inverse of the regularisation, chosen on held-out questions."""
STEPS = 60
"""After how many steps the fit is good enough: more change nothing on held-out questions."""
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
        """Return what vectors of questions, each with the name of what it asks for, teach."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a start that finds weights needs none

        model = LogisticRegression(C=FIT, max_iter=STEPS, tol=0).fit(vectors, intents)
        return cls([str(name) for name in model.classes_], model.coef_, model.intercept_)

    @classmethod
    def load(cls, path: Path) -> "Intents | None":
        """Return the weights that a file holds, or nothing where there is none, or a damaged one."""
        try:
            with np.load(path) as kept:
                return cls([str(name) for name in kept["names"]], kept["weights"], kept["bias"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None

    def save(self, path: Path) -> None:
        """Keep the weights in a file, whole or not at all."""
        writing = path.with_name(f"{uuid4().hex[:8]}.npz")
        np.savez(writing, names=np.array(self._names), weights=self._weights, bias=self._bias)
        os.replace(writing, path)  # noqa: PTH105 - the atomic switch, by its name

    def of(self, vector: Sequence[float]) -> Mapping[str, float]:
        """Return the natural logarithm of how likely each thing is asked for, not below that of ``LEAST``."""
        scores = self._weights @ np.asarray(vector, dtype=np.float32) + self._bias
        scores -= scores.max()
        scores -= np.log(np.exp(scores).sum())
        likely = np.maximum(scores, np.log(LEAST))
        return dict(zip(self._names, map(float, likely), strict=True))


def open_intents(index: "VectorIndex", intents: Mapping[str, str]) -> Intents:
    """Return what the questions of an index teach, by id what each asks for; kept in its folder, learned at first."""
    path = index.folder / "intents.npz"
    if kept := Intents.load(path):
        return kept
    ids, vectors = index.vectors()
    asking = [at for at, id_ in enumerate(ids) if id_ in intents]
    learned = Intents.learn(vectors[asking], [intents[ids[at]] for at in asking])
    learned.save(path)
    return learned
