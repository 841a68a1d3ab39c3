"""Intents are learned from questions, kept beside the index, and learned anew when what is kept is no good."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.index import open_index
from assistant.intents import LEAST, Intents, open_intents
from corpus.summary import Summary, Wordings

ASKED = {
    "pain": ("Does it ease pain?", "Is it good for pain?"),
    "sleep": ("Do I sleep better?", "Better sleep?"),
    "liver": ("And the liver?",),
}


class WordEmbeddings:
    """Embeds a text by the words that its questions are about, and counts what it embedded."""

    fingerprint = "0" * 64

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one unit vector per text."""
        self.embedded += texts
        rows = [[0.1 + (word in text.lower()) for word in ASKED] for text in texts]
        return [[float(number) for number in np.array(row) / np.linalg.norm(row)] for row in rows]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of one text."""
        return self.embed_documents([text])[0]


@pytest.fixture
def embeddings() -> Any:
    """Return embeddings that need no model."""
    return WordEmbeddings()


@pytest.fixture
def summaries() -> list[Summary]:
    """Return summaries that have questions and nothing else."""
    return [
        Summary(id=id_, topics=(), questions=Wordings(en=asked, es=(f"¿{id_}?",)), points=())
        for id_, asked in ASKED.items()
    ]


@pytest.fixture
def index(tmp_path: Path, embeddings: Any, summaries: list[Summary]) -> Any:
    """Return the index of the summaries' questions, and of one for the front desk."""
    texts = {id_: text for one in summaries for id_, _, text in one.questions.entries(one.id)}
    return open_index(tmp_path, "k", texts | {"hours": "When are you open?"}, embeddings)


def likeliest(intents: Intents, embeddings: Any, question: str) -> str:
    """Return what a question asks for most likely."""
    likely = intents.of(embeddings.embed_query(question))
    return max(likely, key=likely.__getitem__)


def test_questions_teach_what_others_ask_for(index: Any, embeddings: Any, summaries: list[Summary]) -> None:
    """A question that was never seen is told apart by what those of each summary share; all is likelihood."""
    intents = open_intents(index, summaries, [], embeddings)
    assert likeliest(intents, embeddings, "my pain, does it go away?") == "pain"
    assert likeliest(intents, embeddings, "will I sleep like a baby") == "sleep"
    likely = intents.of(embeddings.embed_query("pain"))
    assert set(likely) == set(ASKED)
    assert sum(np.exp(list(likely.values()))) == pytest.approx(1, abs=2 * LEAST)


def test_what_was_heard_teaches_as_well(index: Any, embeddings: Any, summaries: list[Summary]) -> None:
    """More ways of asking count like the questions; those for a summary that is gone are left out."""
    open_intents(index, summaries, [], embeddings)
    embeddings.embedded.clear()
    open_intents(index, summaries, [("pain", "It hurts: pain!"), ("withdrawn", "And this?")], embeddings)
    assert embeddings.embedded == ["It hurts: pain!"]


def test_what_was_learned_is_kept(index: Any, embeddings: Any, summaries: list[Summary]) -> None:
    """The second time nothing is embedded or learned, and the likelihoods are the same."""
    heard = [("sleep", "Nights?")]
    first = open_intents(index, summaries, heard, embeddings)
    embeddings.embedded.clear()
    second = open_intents(index, summaries, heard, embeddings)
    assert embeddings.embedded == []
    vector = embeddings.embed_query("pain")
    assert second.of(vector) == pytest.approx(first.of(vector))


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut off", b"no archive"], ids=["empty", "cut off", "other"])
def test_damaged_weights_are_learned_anew(index: Any, embeddings: Any, summaries: list[Summary], damage: bytes) -> None:
    """What cannot be read is as good as nothing, and written again."""
    open_intents(index, summaries, [], embeddings)
    kept = next(index.folder.glob("intents-*.npz"))
    kept.write_bytes(damage)
    assert likeliest(open_intents(index, summaries, [], embeddings), embeddings, "pain") == "pain"
    assert Intents.load(kept) is not None
    assert len([*index.folder.glob("*.npz")]) == 1
