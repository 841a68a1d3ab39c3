"""Metrics count what happened, tell no text, and are for the operator's own programs."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from assistant.server import Edge, create_app


@pytest.fixture
def edge(make_edge: Callable[..., Edge]) -> Edge:
    """Return an edge that lets two questions a minute in."""
    return make_edge(limits={"total_per_minute": 4})


def read(edge: Edge, address: str = "127.0.0.1", **headers: str) -> Any:
    """Ask for the metrics from an address."""
    return TestClient(create_app(edge), client=(address, 50000)).get("/metrics", headers=headers)


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return the value of each sample by its name and labels' values."""
    families = text_string_to_metric_families(text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_what_happened_is_counted(edge: Edge, connect: Callable[..., TestClient], ask_for: Callable[..., Any]) -> None:
    """Answers by outcome and rule, refusals by reason, ratings, latency and the index's state; never a text."""
    client = connect(edge)
    answer = ask_for(client, "Is LDN an opioid?").json()
    ask_for(client, "What dose should I take?")
    ask_for(client, "Hello sesame")
    ask_for(client, "I want to end my life")
    ask_for(client, "Hello")
    client.post("/v1/feedback", json={"session": answer["session"], "answer": answer["id"], "rating": "helpful"})
    page = read(edge)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/plain")
    counted = samples(page.text)
    assert counted["clinic_answers_total", "answered", answer["rule"] or "none"] == 1
    assert counted["clinic_answers_total", "declined", "dosing_request"] == 1
    assert counted["clinic_answers_total", "escalated", "crisis"] == 1
    assert counted["clinic_turned_away_total", "busy"] == 1
    assert counted["clinic_feedback_total", "helpful"] == 1
    assert counted["clinic_answer_seconds_count",] == 4
    assert counted["clinic_index", "ready"] == 1
    assert "sesame" not in page.text


def test_withheld_claims_are_counted_by_rule(
    make_edge: Callable[..., Edge], connect: Callable[..., TestClient], ask_for: Callable[..., Any]
) -> None:
    """A model that states doses shows in the counters, and nowhere else."""

    class Dosing:
        name = "dosing"

        def generate(self, *_: object) -> list[str]:
            return ["Take 4.5 mg every evening."]

    edge = make_edge(Dosing())
    assert "4.5" not in ask_for(connect(edge), "Who took part in the study?").text
    assert samples(read(edge).text)["clinic_claims_withheld_total", "dose_stated"] == 1


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("203.0.113.5", {}),
        ("testclient", {}),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
    ],
)
def test_others_may_not_read(edge: Edge, address: str, headers: dict[str, str]) -> None:
    """By default loopback alone may read, and nobody through a proxy of which nothing is known."""
    refused = read(edge, address, **headers)
    assert refused.status_code == 403
    assert "clinic_answers" not in refused.text


def test_the_operator_says_who_reads(make_edge: Callable[..., Edge]) -> None:
    """Another network may be named, also behind trusted proxies."""
    edge = make_edge(server={"metrics_from": ("198.51.100.0/24",), "trusted_proxies": ("127.0.0.1/32",)})
    assert read(edge, "198.51.100.9").status_code == 200
    assert read(edge, **{"X-Forwarded-For": "198.51.100.9"}).status_code == 200
    assert read(edge, **{"X-Forwarded-For": "203.0.113.5"}).status_code == 403
    assert read(edge).status_code == 403
