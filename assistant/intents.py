"""Intents: how likely a question asks for what each summary says, learned from the questions that they answer."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from assistant.errors import ModelError
from corpus.evidence import digest
from corpus.files import write_whole

if TYPE_CHECKING:
    from assistant.embeddings import SentenceEmbeddings

FILE: Final = Path(__file__).with_name("intents.npz")
"""What was learned from the shipped questions, so that no start has to."""
FIT = 30.0
"""How closely the questions are fitted: the inverse of the regularisation, chosen on held-out questions."""
CLOSE = 3e-4
"""How flat the loss is where fitting ends: going on changes nothing on held-out questions."""
SPELT = (3, 5)
"""How many characters in a row count as one mark of how a question is spelt."""
BUCKETS = 2048
"""How many numbers the marks of a question are counted in: twice as many win nothing, half as many lose."""
LEAST = 1e-4
"""What is less likely than this is as good as not asked for."""


class Weights(NamedTuple):
    """A learned regression."""

    names: tuple[str, ...]
    """What is asked for, one name a row of the weights."""
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    rarity: NDArray[np.float32]
    """What a mark in each bucket counts."""
    learned_from: str
    """The ``fingerprint`` of the questions."""

    @classmethod
    def load(cls, path: Path = FILE) -> "Weights":
        """Return the stored weights.

        Raises:
            ModelError: they are missing or damaged.
        """
        try:
            with path.open("rb") as file, np.load(file) as kept:
                names = tuple(map(str, kept["names"]))
                weights, bias, rarity = (kept[name].astype(np.float32) for name in ("weights", "bias", "rarity"))
                return cls(names, weights, bias, rarity, str(kept["learned_from"]))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise ModelError(
                "the weights of the intents cannot be read", hint="Run `clinic-assistant learn`."
            ) from error

    def save(self, path: Path = FILE) -> None:
        """Keep the weights in a file, whole or not at all; half the digits change no likelihood that matters."""
        content = io.BytesIO()
        np.savez(content, **self._replace(weights=self.weights.astype(np.float16))._asdict())
        write_whole(path, content.getvalue())


class Intents:
    """A multinomial logistic regression from a question to the summary that it asks for.

    It reads the question's vector, which tells what it means, beside its characters, three to five in a row, each as
    telling as it is rare. They hold what the English model reads badly: Spanish, slips, the names of studies.

    The nearest single question tells less: two questions on one study differ by a word that most of a vector is not
    about, and which word that is, all the questions of a summary show together.
    """

    def __init__(self, weights: Weights, embeddings: "SentenceEmbeddings") -> None:
        """Take what was learned, with the embeddings that it was learned with."""
        self._weights = weights
        self._embeddings = embeddings
        self._spelling = _spelling()
        self._spelling[-1].idf_ = weights.rarity

    def of(self, question: str) -> Mapping[str, float]:
        """Return the natural logarithm of how likely a question asks for each thing, not below that of ``LEAST``."""
        names, weights, bias, _, _ = self._weights
        vector = np.array([self._embeddings.embed_query(question)], dtype=np.float32)
        scores = (_beside(vector, self._spelling.transform([question])) @ weights.T)[0] + bias
        scores -= scores.max()
        scores -= np.log(np.exp(scores).sum())
        return dict(zip(names, map(float, np.maximum(scores, np.log(LEAST))), strict=True))


Lessons = Sequence[tuple[str, str]]
"""Questions, each behind the id of the summary that it asks for."""


def fingerprint(lessons: Lessons) -> str:
    """Return the checksum of all that learning depends on besides the model; the order of the lessons is no part."""
    return digest(f"{FIT} {CLOSE} {SPELT} {BUCKETS}", *(text for lesson in sorted(lessons) for text in lesson))


def learn(lessons: Lessons, embeddings: "SentenceEmbeddings") -> Weights:
    """Return what lessons on three summaries or more teach; it takes minutes."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only learning needs it

    names, questions = zip(*lessons, strict=True)
    spelling = _spelling()
    spelt = spelling.fit_transform(questions)
    vectors = np.array(embeddings.embed_documents([*questions]), dtype=np.float32)
    model = LogisticRegression(C=FIT, tol=CLOSE, max_iter=200).fit(_beside(vectors, spelt), names)
    found = tuple(map(str, model.classes_))
    return Weights(found, model.coef_, model.intercept_, spelling[-1].idf_, fingerprint(lessons))


def _beside(vectors: NDArray[np.float32], spelt: csr_array) -> csr_array:
    """Return one row a question: its vector, and how it is spelt as a vector of the same length."""
    return hstack([csr_array(vectors), spelt], format="csr")


def _spelling() -> Any:
    """Return what reads how questions are spelt: one row of length one each, a rare mark counting more."""
    # scikit-learn is imported where it is needed: a second that --help must not pay
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415

    marks = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=SPELT,
        n_features=BUCKETS,
        norm=None,
        strip_accents="unicode",
        dtype=np.float32,
    )
    return make_pipeline(marks, TfidfTransformer())
