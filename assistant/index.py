"""Index: the vectors of texts, on disk, keyed by what they were made of."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast
from uuid import uuid4

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from assistant.embeddings import SentenceEmbeddings
from assistant.errors import IndexUnavailableError
from corpus.evidence import digest

FORMAT = "2"
"""Changes when the way of storing changes; an older index is then never opened."""
COLLECTION = "texts"
_BATCH = 1000  # Chroma takes 5,461 at the most
_ABANDONED_S = 3600  # no build takes an hour: whoever began it is gone
_SAMPLE = 20
_SAME = 1e-3  # cosine distance of a vector to itself, with the store's rounding


class VectorIndex:
    """An index that was found whole; it is read only."""

    def __init__(self, client: Client) -> None:
        self._collection = client.get_collection(COLLECTION, embedding_function=None)

    def search(self, vector: Sequence[float], limit: int) -> list[tuple[str, float]]:
        """Return ids and cosine similarities of the nearest texts, nearest first.

        Raises:
            IndexUnavailableError: the store does not answer, for instance because its folder is gone.
        """
        try:
            found = self._collection.query(query_embeddings=_array([vector]), n_results=limit, include=["distances"])
        except (ChromaError, OSError, RuntimeError, ValueError) as error:
            raise IndexUnavailableError("the index does not answer") from error
        distances = found["distances"] or [[]]
        return [(id_, 1 - distance) for id_, distance in zip(found["ids"][0], distances[0], strict=True)]


def index_key(texts: Mapping[str, str], embeddings: SentenceEmbeddings) -> str:
    """Return the name of the index of texts, by id, under one model."""
    return digest(FORMAT, embeddings.fingerprint, *(part for item in texts.items() for part in item))[:24]


def open_index(folder: Path, key: str, texts: Mapping[str, str], embeddings: SentenceEmbeddings) -> VectorIndex:
    """Return the index ``folder/key`` of texts by id, building it first where it is not there or not whole."""
    if _is_whole(folder / key, len(texts)):
        with contextlib.suppress(IndexUnavailableError):
            return _opened(folder / key, texts, embeddings)
        shutil.rmtree(folder / key, ignore_errors=True)
    build_index(folder, key, texts, embeddings)
    return _opened(folder / key, texts, embeddings)


def build_index(folder: Path, key: str, texts: Mapping[str, str], embeddings: SentenceEmbeddings) -> None:
    """Build ``folder/key`` beside what is there, check it, and switch to it in one rename.

    A kill while Chroma writes can leave a store that counts right and finds nothing; so nothing is ever written into an
    index that may be serving, and a new one counts only when its vectors find themselves.
    """
    building = folder / f"{key}.building-{uuid4().hex[:8]}"
    building.mkdir(parents=True)
    try:
        _fill(building, texts, embeddings)
        (building / "manifest.json").write_text(json.dumps({"key": key, "count": len(texts)}), encoding="utf-8")
        if not _is_whole(folder / key, len(texts)):
            shutil.rmtree(folder / key, ignore_errors=True)
            # Another start of the same corpus may have won the race: its index is as good as ours.
            with contextlib.suppress(OSError):
                os.replace(building, folder / key)  # noqa: PTH105 - the atomic switch, by its name
    except (ChromaError, OSError, RuntimeError) as error:
        raise IndexUnavailableError("the index could not be built", hint="Is the data folder writable?") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    _remove_others(folder, key)


def _opened(path: Path, texts: Mapping[str, str], embeddings: SentenceEmbeddings) -> VectorIndex:
    """Return an index that answers a question; a damaged one is let go, so that another can take its place."""
    try:
        index = VectorIndex(_client(path))
        found = index.search(embeddings.embed_query(next(iter(texts.values()))), 1)
    except Exception as error:  # a damaged store fails in ways of its own, each as final as the others
        # The store keeps one client a path for the whole process, broken or not.
        SharedSystemClient.clear_system_cache()
        raise IndexUnavailableError("the index cannot be read") from error
    if not found:
        raise IndexUnavailableError("the index finds nothing")
    return index


def _fill(building: Path, texts: Mapping[str, str], embeddings: SentenceEmbeddings) -> None:
    client = _client(building)
    collection = client.create_collection(
        COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    ids = list(texts)
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        vectors = _array(embeddings.embed_documents([texts[id_] for id_ in batch]))
        collection.add(ids=batch, embeddings=vectors)
        sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
        nearest = collection.query(query_embeddings=sample, n_results=1, include=["distances"])
        if any(not found or found[0] > _SAME for found in nearest["distances"] or [[]]):
            raise IndexUnavailableError("the new index does not find its own texts")
    client.close()


def _array(vectors: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    return np.asarray(vectors, dtype=np.float32)


def _client(folder: Path) -> Client:
    settings = ChromaSettings(anonymized_telemetry=False)
    # Declared as the interface, which lacks `close`.
    return cast("Client", chromadb.PersistentClient(path=str(folder), settings=settings))


def _is_whole(index: Path, count: int) -> bool:
    """Tell whether an index was finished: the manifest is written last, and the folder renamed after that."""
    try:
        manifest = json.loads((index / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(manifest == {"key": index.name, "count": count}) and (index / "chroma.sqlite3").is_file()


def _remove_others(folder: Path, key: str) -> None:
    """Keep the newest other index: a server of the version before may still be reading it."""
    for path in folder.glob("*.building-*"):
        if time.time() - path.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(path, ignore_errors=True)
    others = [path for path in folder.iterdir() if path.is_dir() and path.name != key and ".building-" not in path.name]
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-1]:
        shutil.rmtree(path, ignore_errors=True)
