"""Intents are learned from questions, shipped, and told to be out of date when a question changes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.factory import CORPUS
from assistant.intents import LEAST, Intents, Weights, fingerprint, learn
from corpus.summary import read_questions

SUBJECTS = ("pain", "sleep", "liver")
LESSONS = (
    ("pain", "Does it ease pain?"),
    ("pain", "Is it good for pain?"),
    ("sleep", "Do I sleep better?"),
    ("sleep", "Better sleep?"),
    ("liver", "And the liver?"),
)


class WordEmbeddings:
    """Embeds a text by the words that its questions are about."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one unit vector per text."""
        rows = [[0.1 + (word in text.lower()) for word in SUBJECTS] for text in texts]
        return [[float(number) for number in np.array(row) / np.linalg.norm(row)] for row in rows]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of one text."""
        return self.embed_documents([text])[0]


@pytest.fixture
def embeddings() -> Any:
    """Return embeddings that need no model."""
    return WordEmbeddings()


@pytest.fixture
def likeliest(embeddings: Any) -> Callable[[Weights, str], str]:
    """Return a function that tells what a question asks for most likely."""

    def ask(weights: Weights, question: str) -> str:
        likely = Intents(weights, embeddings).of(question)
        return max(likely, key=likely.__getitem__)

    return ask


def test_questions_teach_what_others_ask_for(embeddings: Any, likeliest: Callable[[Weights, str], str]) -> None:
    """A question that was never seen is told apart by what those of each summary share; all is likelihood."""
    weights = learn(LESSONS, embeddings)
    assert likeliest(weights, "my pain, does it go away?") == "pain"
    assert likeliest(weights, "will I sleep like a baby") == "sleep"
    likely = Intents(weights, embeddings).of("pain")
    assert set(likely) == set(SUBJECTS)
    assert sum(np.exp(list(likely.values()))) == pytest.approx(1, abs=2 * LEAST)


def test_spelling_tells_what_the_model_cannot_read(embeddings: Any, likeliest: Callable[[Weights, str], str]) -> None:
    """Where all vectors are alike, the characters of a question decide, slips and missing accents or not."""
    weights = learn([("organ", "¿Y el hígado?"), ("night", "¿Dormiré bien?"), ("head", "¿Y la cabeza?")], embeddings)
    assert likeliest(weights, "le hace algo al higado") == "organ"
    assert likeliest(weights, "puedo dormirr") == "night"


def test_what_was_learned_is_kept(embeddings: Any, tmp_path: Path) -> None:
    """Read back from its file, it tells the same."""
    learned = learn(LESSONS, embeddings)
    learned.save(tmp_path / "kept.npz")
    kept = Weights.load(tmp_path / "kept.npz")
    told = Intents(kept, embeddings).of("pain")
    assert told == pytest.approx(Intents(learned, embeddings).of("pain"), abs=0.01)
    assert kept.learned_from == fingerprint(LESSONS)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut off", b"no archive"], ids=["empty", "cut off", "other"])
def test_damaged_weights_are_told(tmp_path: Path, damage: bytes) -> None:
    """What cannot be read stops the start with what to do."""
    (tmp_path / "kept.npz").write_bytes(damage)
    with pytest.raises(ModelError) as told:
        Weights.load(tmp_path / "kept.npz")
    assert "clinic-assistant learn" in told.value.hint


def test_what_is_shipped_was_learned_from_what_is_shipped() -> None:
    """Whoever changes a question learns again: `clinic-assistant learn`."""
    assert Weights.load().learned_from == fingerprint([*read_questions(CORPUS)])
