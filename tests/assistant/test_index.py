"""The index is whole or not there: built beside, checked, switched to, and never another corpus's."""

import json
import os
import shutil
from pathlib import Path

import pytest

from assistant.errors import IndexUnavailableError
from assistant.index import build_index, open_index


class LetterEmbeddings:
    """Embeds a text by its letters: small, quick, and different for different texts."""

    fingerprint = "0" * 64

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector of letter counts per text."""
        self.embedded += texts
        return [[text.lower().count(letter) + 0.01 for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of one text."""
        return LetterEmbeddings().embed_documents([text])[0]


@pytest.fixture
def embeddings() -> LetterEmbeddings:
    """Return embeddings that count what they embedded."""
    return LetterEmbeddings()


@pytest.fixture
def texts() -> dict[str, str]:
    """Return texts by id."""
    return {
        "pain": "Pain fell.",
        "sleep": "Sleep did not improve.",
        "dreams": "Dreams were vivid.",
        "liver": "The liver.",
    }


def test_the_nearest_passage_comes_first(tmp_path: Path, embeddings: LetterEmbeddings, texts: dict[str, str]) -> None:
    """A passage's own vector finds it first, with a similarity of one."""
    index = open_index(tmp_path, "k", texts, embeddings)
    found = index.search(embeddings.embed_query("Dreams were vivid."), 2)
    assert found[0][0] == "dreams"
    assert found[0][1] == pytest.approx(1, abs=1e-4)
    assert found[0][1] > found[1][1]


def test_a_whole_index_is_reused(tmp_path: Path, embeddings: LetterEmbeddings, texts: dict[str, str]) -> None:
    """Opening a second time embeds nothing."""
    open_index(tmp_path, "k", texts, embeddings)
    count = len(embeddings.embedded)
    open_index(tmp_path, "k", texts, embeddings)
    assert len(embeddings.embedded) == count


@pytest.mark.parametrize("damage", ["no manifest", "other key", "other count", "no store", "broken manifest"])
def test_what_is_not_whole_is_built_anew(
    tmp_path: Path, embeddings: LetterEmbeddings, texts: dict[str, str], damage: str
) -> None:
    """An index that was not finished, or is another's, is never opened as it is."""
    folder = tmp_path / "k"
    folder.mkdir()
    manifest = {"key": "k", "count": len(texts)}
    (folder / "chroma.sqlite3").touch()
    changed = {"other key": {"key": "j"}, "other count": {"count": 1}}.get(damage, {})
    (folder / "manifest.json").write_text("{" if damage == "broken manifest" else json.dumps(manifest | changed))
    if damage == "no manifest":
        (folder / "manifest.json").unlink()
    if damage == "no store":
        (folder / "chroma.sqlite3").unlink()
    index = open_index(tmp_path, "k", texts, embeddings)
    assert index.search(embeddings.embed_query(texts["pain"]), 1)[0][0] == "pain"


def test_a_damaged_store_is_built_anew(tmp_path: Path, embeddings: LetterEmbeddings, texts: dict[str, str]) -> None:
    """A store that looks whole and cannot be read is replaced, and not served and not left to fail for ever."""
    build_index(tmp_path, "k", texts, embeddings)
    (tmp_path / "k" / "chroma.sqlite3").write_bytes(b"damaged")
    index = open_index(tmp_path, "k", texts, embeddings)
    assert index.search(embeddings.embed_query(texts["sleep"]), 1)[0][0] == "sleep"


def test_abandoned_builds_are_removed(tmp_path: Path, embeddings: LetterEmbeddings, texts: dict[str, str]) -> None:
    """What a killed build left is removed after an hour, and what another process builds just now is left alone."""
    old, new = tmp_path / "k.building-1", tmp_path / "k.building-2"
    for folder in (old, new):
        folder.mkdir()
    os.utime(old, (0, 0))
    open_index(tmp_path, "k", texts, embeddings)
    assert not old.exists()
    assert new.exists()


def test_a_failed_build_leaves_what_serves(tmp_path: Path, embeddings: LetterEmbeddings, texts: dict[str, str]) -> None:
    """When a new index cannot be built the old one is untouched and no half of the new one is left."""
    open_index(tmp_path, "old", texts, embeddings)

    class Broken(LetterEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise RuntimeError("no memory")

    with pytest.raises(IndexUnavailableError):
        build_index(tmp_path, "new", texts, Broken())
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_vectors_that_do_not_find_themselves_are_refused(tmp_path: Path, texts: dict[str, str]) -> None:
    """A store that loses its vectors is noticed before it serves."""

    class Forgetful(LetterEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[float("nan")] * 26 for _ in texts]

    with pytest.raises(IndexUnavailableError):
        build_index(tmp_path, "k", texts, Forgetful())
    assert list(tmp_path.iterdir()) == []


def test_the_newest_other_index_is_kept(tmp_path: Path, embeddings: LetterEmbeddings, texts: dict[str, str]) -> None:
    """A server of the version before can go on reading; older ones are removed."""
    for key in ("one", "two", "three"):
        open_index(tmp_path, key, texts, embeddings)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["three", "two"]


def test_a_store_that_fails_is_our_error(tmp_path: Path, embeddings: LetterEmbeddings, texts: dict[str, str]) -> None:
    """A question of another length, or a store that is gone, is one error with a hint."""
    index = open_index(tmp_path, "k", texts, embeddings)
    shutil.rmtree(tmp_path / "k")
    with pytest.raises(IndexUnavailableError) as caught:
        index.search([1.0], 1)
    assert "index" in caught.value.hint
