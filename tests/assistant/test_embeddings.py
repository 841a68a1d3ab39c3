"""Weights are the reviewed ones, or they are not used."""

from pathlib import Path

import numpy as np
import pytest

from assistant import embeddings
from assistant.embeddings import SentenceEmbeddings, WarmingEmbeddings, load_embeddings
from assistant.errors import ModelError


def test_the_packaged_weights_are_the_reviewed_ones_and_embed() -> None:
    """The pinned package's checksum holds, vectors have length one, and like is near like."""
    loaded = load_embeddings()
    assert loaded.fingerprint == embeddings.PACKAGE_SHA256
    sleep, dreams, tax = loaded.embed_documents(["I sleep badly.", "I have bad dreams at night.", "Taxes are due."])
    assert sum(x * x for x in sleep) == pytest.approx(1, abs=1e-5)
    assert sum(map(float.__mul__, sleep, dreams)) > sum(map(float.__mul__, sleep, tax))


def test_changed_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights with another checksum are an error before anything is loaded."""
    monkeypatch.setattr(embeddings, "PACKAGE_SHA256", "0" * 64)
    with pytest.raises(ModelError, match="reviewed"):
        load_embeddings()


def test_missing_and_broken_weights_are_errors_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without weights, a file that is none, and a package that is not installed are said as such."""
    with pytest.raises(ModelError, match="cannot be read") as caught:
        load_embeddings(tmp_path)
    assert "ASSISTANT_EMBEDDINGS__PATH" in caught.value.hint
    (tmp_path / "model.safetensors").write_bytes(b"no model")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_embeddings(tmp_path)
    monkeypatch.setattr(embeddings, "PACKAGE", "no_such_package")
    with pytest.raises(ModelError, match="not installed"):
        load_embeddings()


def test_reads_the_layers_of_each_text_in_order() -> None:
    """Six unit vectors a text side by side, whatever the length of its neighbours."""
    loaded = load_embeddings()
    texts = ["What is LDN?", "A much longer question about low-dose naltrexone and what is known of it.", "Hi"]
    rows = loaded.read(texts)
    assert rows.shape == (3, loaded.width) == (3, 6 * 384)
    assert np.allclose(np.linalg.norm(rows.reshape(3, 6, 384), axis=2), 1, atol=1e-5)
    assert np.allclose(rows[2], loaded.read(["Hi"])[0], atol=1e-4)


def test_embeddings_that_are_not_loaded_say_so() -> None:
    """Who cannot wait is told at once; loading happens once."""
    loads: list[int] = []

    def load() -> SentenceEmbeddings:
        loads.append(1)
        return load_embeddings()

    warming = WarmingEmbeddings(load)
    with pytest.raises(ModelError, match="not loaded"):
        warming.read(["hello"])
    assert warming.warm() is warming.warm()
    assert loads == [1]
    assert warming.read(["hello"]).shape == (1, 6 * 384)
