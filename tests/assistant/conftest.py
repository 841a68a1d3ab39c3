"""What the tests of the HTTP edge stand on: the shipped assistant behind an edge of their own choice."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.answer import Found
from assistant.factory import Parts, load_edge
from assistant.feedback import FeedbackRecords
from assistant.pipeline import Assistant
from assistant.query import Query
from assistant.server import Edge, create_app
from assistant.settings import ClinicSettings, Settings
from assistant.testing import ScriptedRetriever, passage
from guardrails.policy import default_policy

POLICY = default_policy()
CALM = "What are the side effects of naltrexone?"


class SilentGenerator:
    """Says one sentence and then nothing for a long time, as a model that is stuck; remembers how it ended."""

    name = "silent"
    FIRST = "The study included 57 veterans with PTSD."

    def __init__(self, *, gives_signs: bool = True) -> None:
        self.gives_signs = gives_signs
        self.waiting = threading.Event()
        self.closed = threading.Event()
        self.let_go = threading.Event()

    def generate(self, query: Query, found: Found) -> Iterator[str]:
        """Yield a sentence that the passage carries, then signs of life until closed, or nothing until let go."""
        try:
            yield self.FIRST
            self.waiting.set()
            if not self.gives_signs:
                self.let_go.wait(30)
            while not self.let_go.wait(0.05):
                yield ""
        finally:
            self.closed.set()


@pytest.fixture
def make_edge(parts: Parts, settings: Settings, tmp_path: Path) -> Callable[..., Edge]:
    """Return a function that puts the shipped assistant behind an edge with these settings, by group."""

    def make(generator: Any = None, **groups: dict[str, Any]) -> Edge:
        update = {name: getattr(settings, name).model_copy(update=changed) for name, changed in groups.items()}
        chosen = settings.model_copy(update={"clinic": ClinicSettings(name="Test"), **update})
        feedback = FeedbackRecords(
            tmp_path / "records" / "feedback", keep_days=chosen.feedback.keep_days, check=POLICY.check_question
        )
        standing = replace(parts, feedback=feedback)
        if generator is not None:
            standing = replace(standing, assistant=_scripted(parts, generator))
        return load_edge(standing, chosen)

    return make


def _scripted(parts: Parts, generator: Any) -> Assistant:
    shipped = parts.assistant
    return Assistant(
        library=parts.library,
        reader=shipped._reader,
        policy=POLICY,
        retriever=ScriptedRetriever([passage(SilentGenerator.FIRST)]),
        generator=generator,
        conversations=parts.conversations,
        replies=parts.replies,
    )


@pytest.fixture
def connect(make_edge: Callable[..., Edge]) -> Iterator[Callable[..., TestClient]]:
    """Return a function that serves such an edge and returns its client."""
    running = []

    def serve(edge: Edge | None = None, **groups: dict[str, Any]) -> TestClient:
        client = TestClient(create_app(edge or make_edge(**groups)), client=("203.0.113.5", 50000))
        client.__enter__()
        running.append(client)
        return client

    yield serve
    for client in running:
        client.__exit__(None, None, None)


@pytest.fixture
def ask_for(connect: Callable[..., TestClient]) -> Callable[..., Any]:
    """Return a function that asks a client's server something and returns the response."""

    def ask(client: TestClient, message: str = CALM, **more: Any) -> Any:
        headers = more.pop("headers", None)
        return client.post("/v1/chat", json={"message": message, "consent": True} | more, headers=headers)

    return ask


@pytest.fixture
def events() -> Callable[[str], list[tuple[str, dict[str, Any]]]]:
    """Return a function that reads the events of a stream as name and content."""

    def read(text: str) -> list[tuple[str, dict[str, Any]]]:
        blocks = [block.splitlines() for block in text.split("\n\n") if block.strip()]
        return [(lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))) for lines in blocks]

    return read


@pytest.fixture
def silent() -> Iterator[SilentGenerator]:
    """Return a generator that gives signs of life and no more sentences, let go at the end of the test."""
    generator = SilentGenerator()
    yield generator
    generator.let_go.set()


@pytest.fixture
def stuck() -> Iterator[SilentGenerator]:
    """Return a generator that blocks without a sign of life, let go at the end of the test."""
    generator = SilentGenerator(gives_signs=False)
    yield generator
    generator.let_go.set()
