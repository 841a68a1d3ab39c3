"""The HTTP edge: same answers in both forms, strict input, honest errors, headers on every page."""

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from assistant.factory import Parts
from assistant.server import LONGEST_MESSAGE, PROTOCOL, Edge
from assistant.wire import LARGEST_BODY
from corpus.evidence import Audience

CONSENTED = {"consent": True}
Events = Callable[[str], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def client(connect: Callable[..., TestClient]) -> TestClient:
    """Return a client of the application without the console."""
    return connect()


def test_stream_and_document_say_the_same(client: TestClient, events: Events) -> None:
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
        {"message": "hi", "consent": True, "session": "sesame" * 40},
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


def test_idle_conversations_are_forgotten_by_themselves(
    parts: Parts, connect: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running server forgets idle conversations although nobody asks anything."""
    forgotten = threading.Event()
    monkeypatch.setattr("assistant.server.FORGET_EVERY_S", 0.01)
    monkeypatch.setattr(parts.conversations, "forget_idle", forgotten.set, raising=False)
    connect()
    assert forgotten.wait(5)


def test_old_consent_is_refused(client: TestClient) -> None:
    """Consent to another text than the present one does not count, nor does its refusal."""
    version = client.get("/v1/config").json()["consent"]["version"]
    assert client.post("/v1/chat", json={"message": "Hello", "consent": version}).status_code == 200
    for wrong in ("1999", False):
        refused = client.post("/v1/chat", json={"message": "Hello", "consent": wrong})
        assert (refused.status_code, refused.json()["code"]) == (403, "consent")


def test_bodies_are_bounded(client: TestClient) -> None:
    """A body that is too large, or does not say how large it is, is refused before it is read."""
    large = client.post("/v1/chat", content=b" " * (LARGEST_BODY + 1), headers={"Content-Type": "application/json"})
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    endless = client.post("/v1/chat", content=iter([b"{}"]), headers={"Content-Type": "application/json"})
    assert (endless.status_code, endless.json()["code"]) == (411, "length")


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
    assert "microphone=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers


def test_only_the_widgets_files_are_for_other_sites(client: TestClient) -> None:
    """Other sites load the widget's files and nothing else, and what the API says is stored nowhere."""
    public, api, page = client.get("/widget.js").headers, client.get("/v1/config").headers, client.get("/").headers
    assert (public["access-control-allow-origin"], public["cross-origin-resource-policy"]) == ("*", "cross-origin")
    for headers in (api, page):
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
    assert api["cache-control"] == "no-store"


def test_the_frame_may_be_framed_by_listed_sites_alone(
    make_edge: Callable[..., Edge], connect: Callable[..., TestClient]
) -> None:
    """The page that is made to be framed names who may: this site and the listed ones."""
    client = connect(make_edge(server={"origins": ("https://www.clinic.example",)}))
    policy = client.get("/frame").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://www.clinic.example")
    assert client.get("/").headers["content-security-policy"].endswith("frame-ancestors 'none'")


def test_browsers_are_held_to_https_where_it_is_used(connect: Callable[..., TestClient]) -> None:
    """Only an answer over https tells the browser to come back over https."""
    client = connect()
    client.base_url = client.base_url.copy_with(scheme="https")
    assert client.get("/v1/config").headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_name_no_other_host(client: TestClient, path: str) -> None:
    """The demonstration page and the documentation load nothing from anywhere else."""
    page = client.get(path).text
    loaded = re.findall(r"(?:src|href)=[\"']?(https?:[^\"'\s>]+)", page)
    assert not [address for address in loaded if "<link" in page and address.endswith((".js", ".css", ".woff2"))]
    assert not re.search(r"<script[^>]+src=[\"']https?:", page)


def test_unknown_paths_and_methods_are_problems(client: TestClient) -> None:
    """404 and 405 have the form of every other error."""
    missing, wrong = client.get("/nowhere"), client.get("/v1/chat")
    assert (missing.status_code, missing.json()["status"], missing.json()["code"]) == (404, 404, "not_found")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method", "POST")


def test_a_broken_request_leaks_nothing(client: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error nobody foresaw is 500 without a trace, and its text reaches no log."""

    def broken(session: str) -> None:
        raise RuntimeError("sesame")

    monkeypatch.setattr(parts.conversations, "forget", broken, raising=False)
    session = client.post("/v1/chat", json={"message": "Hello"} | CONSENTED).json()["session"]
    with capture_logs() as logs:
        answered = client.request("DELETE", "/v1/session", json={"session": session})
    assert (answered.status_code, answered.json()["code"]) == (500, "broken")
    assert [entry["error"] for entry in logs] == ["RuntimeError"]
    assert "sesame" not in answered.text + str(logs)


def test_the_widget_is_told_what_it_needs(
    make_edge: Callable[..., Edge], connect: Callable[..., TestClient], parts: Parts
) -> None:
    """A-23: the configuration says which protocol is spoken and whether questions are answered, and names no reader."""
    client = connect(make_edge(clinic={"reports_to": "sesame@clinic.example"}))
    config = client.get("/v1/config")
    assert (config.json()["protocol"], config.json()["open"]) == (PROTOCOL, True)
    assert "sesame" not in config.text
    parts.switch.turn_off()
    try:
        assert client.get("/v1/config").json()["open"] is False
        answered = client.post("/v1/chat", json={"message": "Is LDN an opioid?"} | CONSENTED).json()
        assert answered["outcome"] == "unavailable"
        assert {"tel:911", "tel:988"} <= {link["href"] for link in answered["card"]["links"]}
        urgent = client.post("/v1/chat", json={"message": "I want to end my life"} | CONSENTED).json()
        assert urgent["outcome"] == "escalated"
    finally:
        parts.switch.turn_on()
