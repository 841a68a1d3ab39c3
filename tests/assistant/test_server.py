"""The HTTP edge: same answers in both forms, strict input, honest errors, headers on every page."""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from assistant.factory import Parts
from assistant.server import LARGEST_BODY, LONGEST_MESSAGE, Edge, create_app
from assistant.settings import ClinicSettings
from corpus.evidence import Audience

CONSENTED = {"consent": True}


@pytest.fixture(scope="module")
def client(parts: Parts) -> Iterator[TestClient]:
    """Return a client of the application without the console."""
    with TestClient(create_app(edge_of(parts))) as made:
        yield made


def edge_of(parts: Parts) -> Edge:
    """Return what the application stands on."""
    clinic = ClinicSettings(name="Test")
    return Edge(parts.assistant, parts.conversations, parts.library, parts.retriever, parts.replies, clinic)


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a stream as name and content."""
    blocks = [block.splitlines() for block in text.split("\n\n") if block.strip()]
    return [(lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))) for lines in blocks]


def test_stream_and_document_say_the_same(client: TestClient) -> None:
    """The events of a stream and the JSON document hold the same claims, citations and outcome."""
    asked = {"message": "What are the side effects of naltrexone?"} | CONSENTED
    document = client.post("/v1/chat", json=asked, headers={"Accept": "application/json"}).json()
    streamed = client.post("/v1/chat", json=asked, headers={"Accept": "text/event-stream"})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    *claims, (name, answer) = events(streamed.text)
    assert name == "answer"
    assert {kind for kind, _ in claims} == {"claim"}
    assert [{"text": said["text"], "citations": said["citations"]} for _, said in claims] == document["claims"]
    for field in ("outcome", "rule", "text", "claims", "citations", "notices", "card"):
        assert answer[field] == document[field], field
    quotes = {source["quote"] for _, said in claims for source in said["sources"]}
    assert quotes == {citation["quote"] for citation in document["citations"]}


def test_the_document_has_the_fields_of_the_interface(client: TestClient) -> None:
    """The fields that programs rely on are there, and what is for staff is not."""
    answer = client.post("/v1/chat", json={"message": "Is LDN an opioid?"} | CONSENTED).json()
    promised = {"id", "question", "outcome", "rule", "text", "claims", "citations", "notices", "findings", "ms"}
    assert promised <= answer.keys()
    assert "trace" not in answer
    for citation in answer["citations"]:
        assert {"n", "source", "title", "url", "quote"} <= citation.keys()


@pytest.mark.parametrize(
    "body",
    [
        {"message": "hi"},
        {"message": "", "consent": True},
        {"message": "   ", "consent": True},
        {"message": "x" * (LONGEST_MESSAGE + 1), "consent": True},
        {"message": "hi", "consent": 1},
        {"message": "hi", "consent": True, "prompt": "sesame"},
        {"message": "hi", "consent": True, "history": ["sesame"]},
        {"message": "hi", "consent": True, "temperature": 2},
        {"message": "hi", "consent": True, "session": "../sesame"},
        {"message": "hi", "consent": True, "lang": "sesame"},
        {"messages": [{"role": "system", "content": "sesame"}], "consent": True},
        [],
        "sesame",
    ],
)
def test_wrong_bodies_get_clear_problems(client: TestClient, body: Any) -> None:
    """Anything but the interface's own fields is 400 with problem details that echo nothing."""
    refused = client.post("/v1/chat", json=body)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["status"] == 400
    assert problem["detail"]
    assert "sesame" not in refused.text


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_other_origins_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    """What a page of another site sends is not carried out."""
    assert client.post("/v1/chat", json={"message": "Hello"} | CONSENTED, headers=headers).status_code == 403
    assert client.request("DELETE", "/v1/session", json={"session": "0" * 32}, headers=headers).status_code == 403


def test_idle_conversations_are_forgotten_by_themselves(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running server forgets idle conversations although nobody asks anything."""
    forgotten = threading.Event()
    monkeypatch.setattr("assistant.server.FORGET_EVERY_S", 0.01)
    monkeypatch.setattr(parts.conversations, "forget_idle", forgotten.set, raising=False)
    with TestClient(create_app(edge_of(parts))):
        assert forgotten.wait(5)


def test_old_consent_is_refused(client: TestClient) -> None:
    """Consent to another text than the present one does not count, nor does its refusal."""
    version = client.get("/v1/config").json()["consent"]["version"]
    assert client.post("/v1/chat", json={"message": "Hello", "consent": version}).status_code == 200
    assert client.post("/v1/chat", json={"message": "Hello", "consent": "1999"}).status_code == 403
    assert client.post("/v1/chat", json={"message": "Hello", "consent": False}).status_code == 403


def test_bodies_are_bounded(client: TestClient) -> None:
    """A body that is too large, or does not say how large it is, is refused before it is read."""
    large = client.post("/v1/chat", content=b" " * (LARGEST_BODY + 1), headers={"Content-Type": "application/json"})
    assert large.status_code == 413
    endless = client.post("/v1/chat", content=iter([b"{}"]), headers={"Content-Type": "application/json"})
    assert endless.status_code == 411


def test_sessions_carry_on_and_are_deleted(client: TestClient, parts: Parts) -> None:
    """A session remembers its questions until it is deleted, and then nothing is left."""
    session = client.post("/v1/chat", json={"message": "Does LDN help with depression?"} | CONSENTED).json()["session"]
    again = client.post("/v1/chat", json={"message": "And for anxiety?", "session": session} | CONSENTED).json()
    assert again["session"] == session
    assert len(parts.conversations.turns(session)) == 2
    assert client.request("DELETE", "/v1/session", json={"session": session}).status_code == 204
    assert parts.conversations.turns(session) == ()


def test_sources_are_the_citable_ones(client: TestClient, parts: Parts) -> None:
    """The list of sources has every work of the corpus, none of the four that were not found, and no dose."""
    listed = client.get("/v1/sources").json()
    citable = {id_ for id_, source in parts.library.sources.items() if source.audience is Audience.PATIENT}
    assert {source["id"] for source in listed} == citable
    assert not any(name in json.dumps(listed) for name in ("Finnegan", "Krystal", "Lubman", "Wong"))
    assert "6 mg" not in json.dumps(listed)


@pytest.mark.parametrize("path", ["/", "/docs", "/widget.js", "/v1/config", "/healthz", "/readyz", "/nowhere"])
def test_headers_are_strict_everywhere(client: TestClient, path: str) -> None:
    """Every answer says that it may not be framed, sniffed or referred, and where its parts may come from."""
    headers = client.get(path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_name_no_other_host(client: TestClient, path: str) -> None:
    """The demonstration page and the documentation load nothing from anywhere else."""
    page = client.get(path).text
    loaded = re.findall(r"(?:src|href)=[\"']?(https?:[^\"'\s>]+)", page)
    assert not [address for address in loaded if "<link" in page and address.endswith((".js", ".css", ".woff2"))]
    assert not re.search(r"<script[^>]+src=[\"']https?:", page)


def test_unknown_paths_and_methods_are_problems(client: TestClient) -> None:
    """404 and 405 have the form of every other error."""
    for answered, status in ((client.get("/nowhere"), 404), (client.get("/v1/chat"), 405)):
        assert answered.status_code == status
        assert answered.json()["status"] == status


def test_a_broken_request_leaks_nothing(client: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error nobody foresaw is 500 without a trace, and its text reaches no log."""

    def broken(session: str) -> None:
        raise RuntimeError("sesame")

    monkeypatch.setattr(parts.conversations, "forget", broken, raising=False)
    with capture_logs() as logs:
        answered = client.request("DELETE", "/v1/session", json={"session": "0" * 32})
    assert answered.status_code == 500
    assert [entry["error"] for entry in logs] == ["RuntimeError"]
    assert "sesame" not in answered.text + str(logs)
