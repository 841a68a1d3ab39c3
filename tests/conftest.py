"""What all tests stand on: the real corpus, the real model and a real index, built once."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.answer import Answer
from assistant.factory import Parts, assemble, load_corpus, set_up_logging
from assistant.settings import Settings
from corpus.library import Library

# Logs go where a program's would: not into the output that a test reads.
set_up_logging("error")

for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def library() -> Library:
    """Return the shipped corpus."""
    return load_corpus()


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
