"""Metrics: what is counted of answers and refusals; never a text."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from ipaddress import ip_address, ip_network

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Enum, Histogram, generate_latest

from assistant.answer import Answer
from assistant.wire import CODES, Refused

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
INDEX_STATES = ("loading", "ready", "unavailable")
FORWARDED = ("forwarded", "x-forwarded-for")
CLOSED = "Metrics are not for this address."


class Metrics:
    """The counters of one application."""

    def __init__(self, index_state: Callable[[], str]) -> None:
        self._index_state = index_state
        self._registry = own = CollectorRegistry()
        self._answers = Counter("clinic_answers", "Answers given.", ["outcome", "rule"], registry=own)
        self._withheld = Counter("clinic_claims_withheld", "Sentences that were not shown.", ["rule"], registry=own)
        self._seconds = Histogram("clinic_answer_seconds", "Time to an answer's end.", buckets=SECONDS, registry=own)
        self._turned_away = Counter("clinic_turned_away", "Questions without an answer.", ["code"], registry=own)
        self._feedback = Counter("clinic_feedback", "What visitors said of answers.", ["rating"], registry=own)
        self._index = Enum("clinic_index", "State of the index.", states=list(INDEX_STATES), registry=own)

    def answered(self, answer: Answer) -> None:
        """Count an answer, what was withheld from it, and how long it took."""
        self._answers.labels(answer.outcome.value, answer.rule or "none").inc()
        self._seconds.observe(answer.ms / 1000)
        for withheld in answer.trace.withheld:
            self._withheld.labels(withheld.rule).inc()

    def turned_away(self, refused: Refused) -> None:
        """Count a question that got no answer."""
        self._turned_away.labels(refused.code or CODES[refused.status_code]).inc()

    def rated(self, rating: str) -> None:
        """Count what a visitor said of an answer."""
        self._feedback.labels(rating).inc()

    def exposition(self) -> bytes:
        """Return all counters in Prometheus's text form."""
        self._index.state(self._index_state())
        return generate_latest(self._registry)


def metrics_routes(metrics: Metrics, readers: Sequence[str], *, behind_proxies: bool) -> APIRouter:
    """Return the page for the networks that may read it.

    A request that a proxy passed on comes from nobody knows where, unless its proxies are trusted to say it.
    """
    routes = APIRouter(tags=["status"])
    networks = [ip_network(reader) for reader in readers]

    def may_read(request: Request) -> bool:
        if not behind_proxies and any(name in request.headers for name in FORWARDED):
            return False
        try:
            address = ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return any(address in network for network in networks)

    @routes.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}})
    def read(request: Request) -> Response:
        """Return the counters, to programs of the operator alone."""
        if not may_read(request):
            raise Refused(HTTPStatus.FORBIDDEN, CLOSED, code="address")
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return routes
