"""Who may ask, and how much: origins, sessions, limits, and whose word on an address is taken."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from limits.storage import MemoryStorage
from structlog.testing import capture_logs

from assistant.admission import Admission, Sessions, network
from assistant.errors import SettingsError
from assistant.factory import Parts
from assistant.server import Edge
from assistant.settings import LimitsSettings
from assistant.wire import Refused

CLINIC = "https://www.clinic.example"
EVIL = "https://evil.example"
CALM = "What are the side effects of naltrexone?"
RED_FLAG = "I want to end my life"
Connect = Callable[..., TestClient]
MakeEdge = Callable[..., Edge]
Ask = Callable[..., Any]


@pytest.fixture
def clinic(make_edge: MakeEdge, connect: Connect) -> TestClient:
    """Return a client of a server that the clinic's site may use."""
    return connect(make_edge(server={"origins": (CLINIC,)}))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
        {"Origin": f"{CLINIC}.evil.example"},
        {"Origin": CLINIC.replace("https", "http")},
        {"Origin": f"{CLINIC}:8443"},
    ],
)
def test_foreign_pages_are_refused(clinic: TestClient, ask_for: Ask, headers: dict[str, str]) -> None:
    """C-15: a page of a site that is not listed gets 403 for everything, and nothing that lets it read an answer."""
    refused = [
        ask_for(clinic, headers=headers),
        ask_for(clinic, RED_FLAG, headers=headers),
        clinic.get("/v1/config", headers=headers),
        clinic.request("DELETE", "/v1/session", json={"session": "x"}, headers=headers),
        clinic.post("/v1/chat/completions", json={"messages": []}, headers=headers),
        clinic.options("/v1/chat", headers=headers | {"Access-Control-Request-Method": "POST"}),
    ]
    for answered in refused:
        assert answered.status_code == 403
        assert "access-control-allow-origin" not in answered.headers
        assert answered.headers["vary"] == "Origin"
    assert refused[0].json()["code"] == "origin"


@pytest.mark.parametrize("origin", [CLINIC, EVIL])
def test_an_empty_list_refuses_every_other_site(connect: Connect, ask_for: Ask, origin: str) -> None:
    """C-15: without a list this site's own pages and programs get answers, and no other page does."""
    client = connect()
    assert ask_for(client, headers={"Origin": origin}).status_code == 403
    assert ask_for(client, headers={"Origin": "http://testserver"}).status_code == 200
    assert ask_for(client, headers={"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert ask_for(client).status_code == 200


def test_a_listed_site_gets_answers(clinic: TestClient, ask_for: Ask) -> None:
    """C-15: a listed site's page may read the answer and when to come back, without cookies."""
    answered = ask_for(clinic, headers={"Origin": CLINIC, "Sec-Fetch-Site": "cross-site"})
    assert answered.status_code == 200
    assert answered.headers["access-control-allow-origin"] == CLINIC
    assert "Origin" in answered.headers["vary"]
    assert answered.headers["access-control-expose-headers"] == "Retry-After"
    assert "access-control-allow-credentials" not in answered.headers


def test_preflights_allow_what_is_needed(clinic: TestClient) -> None:
    """C-15: a preflight of a listed site names three methods and one header beyond the harmless ones, and no more."""
    asked = {"Origin": CLINIC, "Access-Control-Request-Method": "POST"}
    allowed = clinic.options("/v1/chat", headers=asked | {"Access-Control-Request-Headers": "content-type"})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == CLINIC
    assert allowed.headers["access-control-allow-methods"] == "GET, POST, DELETE"
    assert "access-control-allow-credentials" not in allowed.headers
    for more in ({"Access-Control-Request-Headers": "x-secret"}, {"Access-Control-Request-Method": "PUT"}):
        assert clinic.options("/v1/chat", headers=asked | more).status_code == 400


def test_tokens_stand_for_conversations(connect: Connect, ask_for: Ask, parts: Parts) -> None:
    """A-21: a token carries a conversation on, each answer brings a fresh one, and deleting leaves nothing."""
    client = connect()
    first = ask_for(client, "Does LDN help with depression?").json()
    again = ask_for(client, "And for anxiety?", session=first["session"]).json()
    (session,) = [s for s, running in parts.conversations._running.items() if running.turns[0].id == first["id"]]
    assert [turn.id for turn in parts.conversations.turns(session)] == [first["id"], again["id"]]
    assert session not in str(first) + str(again)
    assert len(again["session"]) <= 200
    for _ in range(2):
        gone = client.request("DELETE", "/v1/session", json={"session": first["session"]})
        assert gone.status_code == 204
    assert parts.conversations.turns(session) == ()
    over = ask_for(client, session=again["session"])
    assert (over.status_code, over.json()["code"]) == (401, "session")


@pytest.mark.parametrize("token", ["sesame", "0" * 32, "a.b.c", "ü", "." * 200])
def test_tokens_of_others_are_refused(connect: Connect, ask_for: Ask, token: str) -> None:
    """What we did not sign opens no conversation, deletes none, and tells nobody which exist."""
    client = connect()
    refused = ask_for(client, session=token)
    assert (refused.status_code, refused.json()["code"]) == (401, "session")
    assert client.request("DELETE", "/v1/session", json={"session": token}).status_code == 204


def test_a_red_flag_is_answered_whatever_became_of_the_session(connect: Connect, ask_for: Ask) -> None:
    """C-17: somebody in danger does not first have to begin a new conversation."""
    client = connect()
    answered = ask_for(client, RED_FLAG, session="sesame").json()
    assert (answered["outcome"], answered["card"]["kind"]) == ("escalated", "crisis")
    assert ask_for(client, "Hello", session=answered["session"]).status_code == 200


def test_tokens_are_signed_and_dated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is over after the idle time, is worth nothing to another server, and hides the conversation's id."""
    sessions, others = Sessions("a" * 32, idle_s=60), Sessions("b" * 32, idle_s=60)
    session = sessions.begin()
    token = sessions.token(session)
    assert sessions.read(token) == session
    assert others.read(token) is None
    assert sessions.read(token.replace(session.handle, others.begin().handle)) is None
    assert len({session.handle, session.id, sessions.tie(session)}) == 3
    assert session.id not in token
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 62)
    late = sessions.read(token)
    assert late is not None
    assert late.is_over
    assert late.id == session.id


@pytest.mark.parametrize(
    ("limits", "same_address", "same_session"),
    [
        ({"session_per_minute": 2}, True, True),
        ({"address_per_minute": 3}, True, False),
        ({"total_per_minute": 3}, False, False),
    ],
)
def test_rates_are_limited(
    make_edge: MakeEdge,
    connect: Connect,
    ask_for: Ask,
    limits: dict[str, int],
    same_address: bool,  # noqa: FBT001
    same_session: bool,  # noqa: FBT001
) -> None:
    """C-17: too many questions of a session, an address or of all get 429 with Retry-After; red flags are answered."""
    edge = make_edge(limits=limits, server={"trusted_proxies": ("203.0.113.0/24",)})
    client = connect(edge)
    token = ask_for(client, "Hello").json()["session"]

    def ask(number: int, message: str = "Hello") -> Any:
        address = "198.51.100.1" if same_address else f"198.51.100.{number}"
        session = {"session": token} if same_session else {}
        return ask_for(client, message, headers={"X-Forwarded-For": address}, **session)

    (most,) = limits.values()
    before = most if same_address or same_session else most - 1
    assert [ask(number).status_code for number in range(before)] == [200] * before
    limited = ask(9)
    assert (limited.status_code, limited.json()["code"]) == (429, "busy")
    assert 55 <= int(limited.headers["retry-after"]) <= 60
    urgent = ask(9, RED_FLAG)
    assert (urgent.status_code, urgent.json()["outcome"]) == (200, "escalated")
    if not same_session:
        assert ask_for(client, "Hello", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == (
            200 if same_address else 429
        )


def test_retry_after_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """C-17: a second before the said time a question is still too much; at the said time it is not."""
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s)
    admission = Admission(LimitsSettings(address_per_minute=2))
    admission.enter("198.51.100.1", None)()
    now_s += 17.5
    admission.enter("198.51.100.1", None)()
    with pytest.raises(Refused) as caught:
        admission.enter("198.51.100.1", None)
    wait_s = int((caught.value.headers or {})["Retry-After"])
    now_s += wait_s - 1
    with pytest.raises(Refused):
        admission.enter("198.51.100.1", None)
    now_s += 1
    admission.enter("198.51.100.1", None)()


def test_one_limit_does_not_use_up_another() -> None:
    """A visitor who is turned away takes no room from the others."""
    admission = Admission(LimitsSettings(address_per_minute=1, total_per_minute=2))
    admission.enter("198.51.100.1", None)()
    for _ in range(5):
        with pytest.raises(Refused):
            admission.enter("198.51.100.1", None)
    admission.enter("198.51.100.2", None)()


def test_answers_at_work_are_bounded() -> None:
    """C-17: a session, an address and all together have so many answers at work; a place given back is free."""
    admission = Admission(LimitsSettings(session_at_once=1, address_at_once=2, total_at_once=3))
    session = Sessions("s" * 32, idle_s=60).begin()
    leave = admission.enter("198.51.100.1", session)
    with pytest.raises(Refused) as caught:
        admission.enter("198.51.100.2", session)
    assert (caught.value.headers or {})["Retry-After"]
    admission.enter("198.51.100.1", None)
    with pytest.raises(Refused):
        admission.enter("198.51.100.1", None)
    admission.enter("198.51.100.2", None)
    with pytest.raises(Refused):
        admission.enter("198.51.100.3", None)
    leave()
    admission.enter("198.51.100.3", None)


def test_with_the_storage_down_red_flags_are_answered(
    make_edge: MakeEdge, connect: Connect, ask_for: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-17: when nobody can count, red flags get their card and anything else an honest 503; the log tells no text."""
    edge = make_edge()
    client = connect(edge)

    def broken(*_: object, **__: object) -> None:
        raise ConnectionError("sesame")

    monkeypatch.setattr(MemoryStorage, "get_moving_window", broken)
    with capture_logs() as logs:
        refused = ask_for(client)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert ask_for(client, RED_FLAG).json()["outcome"] == "escalated"
    assert {"event": "limits_broke", "error": "ConnectionError", "log_level": "error"} in logs
    assert "sesame" not in str(logs) + refused.text
    monkeypatch.undo()
    statuses = {ask_for(client, "Hello").status_code for _ in range(10)}
    assert statuses == {200}, "places were not given back"


def test_in_a_flood_a_red_flag_goes_ahead(
    make_edge: MakeEdge, connect: Connect, ask_for: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-17: with every check occupied and the queue full, others hear 429 at once and a red flag is answered."""
    edge = make_edge(limits={"address_per_minute": 1})
    client, occupied = connect(edge), threading.Event()
    ask_for(client, "Hello")
    ask, let_go = edge.assistant.ask, threading.Event()

    def slow(question: str, **options: Any) -> Any:
        if question == CALM:
            occupied.set()
            let_go.wait(10)
        return ask(question, **options)

    monkeypatch.setattr(edge.assistant, "ask", slow, raising=False)
    monkeypatch.setattr("assistant.reception.CHECKS_WAITING", 1)
    with ThreadPoolExecutor() as visitors:
        waiting = [visitors.submit(ask_for, client, CALM) for _ in range(3)]
        assert occupied.wait(5)
        while edge.reception._check_places.statistics().tasks_waiting < 1:
            time.sleep(0.01)
        assert ask_for(client, "Is LDN an opioid?").status_code == 429
        assert ask_for(client, RED_FLAG).json()["outcome"] == "escalated"
        assert not any(visit.done() for visit in waiting)
        let_go.set()
        assert {visit.result().status_code for visit in waiting} == {429}


def test_what_was_said_before_makes_a_red_flag(connect: Connect, ask_for: Ask, make_edge: MakeEdge) -> None:
    """C-17: a limited message is judged after what the same visitor wrote before, as any other is."""
    client = connect(make_edge(limits={"session_per_minute": 1}))
    token = ask_for(client, RED_FLAG).json()["session"]
    assert ask_for(client, "tonight", session=token).json()["outcome"] == "escalated"
    assert ask_for(client, "tonight", session=token).json()["outcome"] == "escalated"


def test_with_the_records_down_questions_are_answered(
    make_edge: MakeEdge, connect: Connect, ask_for: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-17: when nobody can tell which conversations run, a signed token is taken at its word and red flags are met."""
    edge = make_edge(limits={"session_per_minute": 1})
    client = connect(edge)
    token = ask_for(client, "Hello").json()["session"]

    def broken(_: str) -> None:
        raise OSError("sesame")

    for name in ("knows", "turns"):
        monkeypatch.setattr(edge.conversations, name, broken, raising=False)
    with capture_logs() as logs:
        assert ask_for(client, "Hello", session=token).status_code == 200
        assert ask_for(client, "Hello", session=token).status_code == 429
        assert ask_for(client, RED_FLAG, session=token).json()["outcome"] == "escalated"
    assert "sesame" not in str(logs)


def test_a_flood_pushes_no_conversation_out(make_edge: MakeEdge, connect: Connect, ask_for: Ask, parts: Parts) -> None:
    """What is turned away begins no conversation, so that it cannot crowd out those that run."""
    client = connect(make_edge(limits={"address_per_minute": 1}))
    ask_for(client, "Hello")
    before = set(parts.conversations._running)
    assert [ask_for(client, "Hello").status_code for _ in range(3)] == [429] * 3
    assert set(parts.conversations._running) == before


@pytest.mark.parametrize(
    ("proxies", "counted"),
    [((), "203.0.113.5"), (("203.0.113.5/32",), "198.51.100.7"), (("203.0.113.0/24", "198.51.100.7/32"), "192.0.2.1")],
)
def test_addresses_are_taken_from_trusted_proxies_alone(
    make_edge: MakeEdge,
    connect: Connect,
    ask_for: Ask,
    monkeypatch: pytest.MonkeyPatch,
    proxies: tuple[str, ...],
    counted: str,
) -> None:
    """Whoever is no trusted proxy cannot choose the address that it is counted by, nor claim https."""
    edge = make_edge(server={"trusted_proxies": proxies})
    seen: list[str] = []
    enter = edge.reception.admission.enter
    monkeypatch.setattr(
        edge.reception.admission, "enter", lambda address, who: seen.append(address) or enter(address, who)
    )
    claimed = {"X-Forwarded-For": "192.0.2.1, 198.51.100.7", "X-Forwarded-Proto": "https"}
    answered = ask_for(connect(edge), headers=claimed)
    assert seen == [counted]
    assert ("strict-transport-security" in answered.headers) is bool(proxies)


def test_addresses_of_one_household_count_as_one() -> None:
    """In IPv6 a network of a household is counted, not each of its countless addresses."""
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2:ffff::1") != network("2001:db8:1:3::4")
    assert network("198.51.100.1") == "198.51.100.1"
    assert len(network("x" * 1000)) <= 64


@pytest.mark.parametrize("url", ["sesame://", "redis://127.0.0.1:1", "async+memory://"])
def test_unusable_storages_stop_the_start_or_cost_little(url: str) -> None:
    """A storage that cannot be used is said at start; one that is out of reach is noticed within a second."""
    try:
        admission = Admission(LimitsSettings(storage_url=url))
    except SettingsError as error:
        assert "ASSISTANT_LIMITS__STORAGE_URL" in str(error)  # noqa: PT017 - one of two outcomes, by what is installed
        return
    started_s = time.monotonic()
    with pytest.raises(Refused) as caught:
        admission.enter("198.51.100.1", None)
    assert caught.value.status_code == 503
    assert time.monotonic() - started_s < 5
