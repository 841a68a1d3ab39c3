"""An answer is worked out while somebody waits for it, and no longer."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient
from httpx import AsyncClient, Client

from assistant.server import Edge, create_app

SECOND_S = 1.0
MakeEdge = Callable[..., Edge]
QUESTION = {"message": "Who took part in the study?", "consent": True}
FORMS = pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])


@contextmanager
def serving(edge: Edge) -> Iterator[str]:
    """Serve an edge on a port of its own, as it is served to patients."""
    config = uvicorn.Config(create_app(edge), port=0, log_level="critical", proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def leave_in_the_middle(address: str, accept: str, waiting: threading.Event) -> None:
    """Ask a question and break the connection off while the model is silent."""

    async def ask() -> None:
        async with AsyncClient() as client:
            asking = asyncio.create_task(
                client.post(f"{address}/v1/chat", json=QUESTION, headers={"Accept": accept}, timeout=30)
            )
            assert await asyncio.to_thread(waiting.wait, 20)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    # In a thread of its own: a browser that another test has open runs a loop in this one.
    with ThreadPoolExecutor(1) as alone:
        alone.submit(lambda: asyncio.run(ask())).result()


@FORMS
def test_leaving_stops_the_model(make_edge: MakeEdge, silent: Any, accept: str) -> None:
    """C-18: a visitor who leaves between two sentences ends the model's call within a second, in both forms."""
    with serving(make_edge(silent)) as address:
        leave_in_the_middle(address, accept, silent.waiting)
        left_s = time.monotonic()
        assert silent.closed.wait(SECOND_S)
        assert time.monotonic() - left_s < SECOND_S


def test_what_was_said_before_a_stop_is_remembered(make_edge: MakeEdge, silent: Any, parts: Any) -> None:
    """C-18: a stopped answer is closed with what it had, so that the conversation can go on from there."""
    with serving(make_edge(silent)) as address:
        leave_in_the_middle(address, "text/event-stream", silent.waiting)
        assert silent.closed.wait(SECOND_S)
        for _ in range(100):
            last = list(parts.conversations._running.values())[-1].turns[-1]
            if last.answer:
                break
            time.sleep(0.01)
        assert [claim.text for claim in last.answer.claims] == [silent.FIRST]


def test_places_of_stuck_answers_stay_taken_and_others_are_told_at_once(make_edge: MakeEdge, stuck: Any) -> None:
    """C-17: while an answer that does not end has the last place, others hear 429 at once and red flags are met."""
    with serving(make_edge(stuck, limits={"total_at_once": 1})) as address:
        leave_in_the_middle(address, "text/event-stream", stuck.waiting)
        with Client(base_url=address) as client:
            started_s = time.monotonic()
            busy = client.post("/v1/chat", json=QUESTION)
            assert (busy.status_code, busy.json()["code"]) == (429, "busy")
            assert int(busy.headers["retry-after"]) >= 1
            assert time.monotonic() - started_s < SECOND_S
            urgent = client.post("/v1/chat", json=QUESTION | {"message": "I want to end my life"})
            assert urgent.json()["outcome"] == "escalated"
            stuck.let_go.set()
            assert stuck.closed.wait(SECOND_S)
            time.sleep(0.1)
            assert client.post("/v1/chat", json=QUESTION | {"message": "Hello"}).status_code == 200


@FORMS
def test_an_answer_that_takes_too_long_is_closed_with_what_it_has(
    make_edge: MakeEdge, connect: Callable[..., TestClient], silent: Any, accept: str
) -> None:
    """After the time-out the visitor gets the sentences that were ready, and is told that they are not all."""
    client = connect(make_edge(silent, server={"answer_timeout_s": 0.5}))
    answered = client.post("/v1/chat", json=QUESTION, headers={"Accept": accept})
    assert answered.status_code == 200
    assert silent.FIRST in answered.text
    assert '"outcome":"answered"' in answered.text.replace(" ", "")
    assert silent.closed.wait(SECOND_S)


def test_an_answer_that_cannot_be_closed_is_waited_for_no_longer(
    make_edge: MakeEdge, connect: Callable[..., TestClient], stuck: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the model does not even react to being stopped, a document is 503 and a stream ends after its claims."""
    monkeypatch.setattr("assistant.delivery.GRACE_S", 0.1)
    client = connect(make_edge(stuck, server={"answer_timeout_s": 0.2}))
    answered = client.post("/v1/chat", json=QUESTION)
    assert (answered.status_code, answered.json()["code"]) == (503, "unavailable")
    streamed = client.post("/v1/chat", json=QUESTION, headers={"Accept": "text/event-stream"})
    assert stuck.FIRST in streamed.text
    assert "event: answer" not in streamed.text


def test_a_body_that_does_not_arrive_is_not_waited_for(make_edge: MakeEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that announces a body and sends none is told so, and holds no place."""
    monkeypatch.setattr("assistant.wire.BODY_TIMEOUT_S", 0.2)

    def trickle() -> Iterator[bytes]:
        yield b"{"
        time.sleep(0.6)
        yield b"}"

    with serving(make_edge()) as address, Client() as client:
        headers = {"Content-Length": "2", "Content-Type": "application/json"}
        late = client.post(f"{address}/v1/chat", content=trickle(), headers=headers)
        assert (late.status_code, late.json()["code"]) == (408, "timeout")
