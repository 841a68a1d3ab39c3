"""Server: the HTTP edge, for the widget, for programs and for the curious."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, format_sse_event
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, JsonValue, StrictBool, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from assistant.admission import Origins, Session
from assistant.answer import Answer, CitedClaim
from assistant.completions import completion_routes
from assistant.conversations import Conversations
from assistant.delivery import OVERDUE
from assistant.feedback import FeedbackRecords
from assistant.metrics import Metrics, metrics_routes
from assistant.pipeline import Assistant
from assistant.rating import rating_routes
from assistant.reception import Question, Reception
from assistant.replies import Replies
from assistant.retrieval import WarmingRetriever
from assistant.settings import ClinicSettings, ServerSettings
from assistant.site import site_routes
from assistant.switch import Switch
from assistant.wire import BodyLimit, Contained, Refused, SecurityHeaders, Token, problem
from corpus.evidence import Source
from corpus.library import Library

log = structlog.get_logger(__name__)

PROTOCOL = 2
"""Version of what widget and server say to each other."""
LONGEST_MESSAGE = 1000
"""Characters of one question (requirement C-16)."""
FORGET_EVERY_S = 60
PRUNE_EVERY_S = 24 * 3600
SSE = "text/event-stream"
NOT_DELETED = "Not everything could be deleted. Please try again, or tell the clinic."


class ChatRequest(BaseModel):
    """A question. Anything else that a page might send, such as a prompt or a model, is refused."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_MESSAGE)]
    session: Token | None = None
    lang: Literal["en", "es"] = "en"
    consent: StrictBool | str
    """The version of the consent text that the visitor agreed to; ``true`` stands for the present one."""


class SessionRequest(BaseModel):
    """The conversation to forget."""

    model_config = ConfigDict(extra="forbid")

    session: Token


@dataclass(frozen=True, slots=True)
class Edge:
    """What the HTTP edge stands on."""

    assistant: Assistant
    conversations: Conversations
    library: Library
    retriever: WarmingRetriever
    replies: Replies
    clinic: ClinicSettings
    server: ServerSettings
    reception: Reception
    feedback: FeedbackRecords
    metrics: Metrics
    switch: Switch
    releases: Path
    """Where earlier releases of the widget are kept for the pages that pinned them."""


def create_app(edge: Edge) -> FastAPI:
    """Return the application without the staff console."""
    app = FastAPIOffline(
        title=f"{edge.clinic.name}: assistant",
        description="Answers from the clinic's article and verified sources, with citations. It states no dose.",
        redoc_url=None,
        lifespan=lambda _: _forgetting(edge),
        static_url="/docs-assets",
    )
    app.include_router(_chat_routes(edge))
    app.include_router(_about_routes(edge))
    app.include_router(rating_routes(edge.reception, edge.conversations, edge.feedback, edge.metrics))
    app.include_router(completion_routes(edge.reception, LONGEST_MESSAGE))
    app.include_router(_status_routes(edge))
    proxies = edge.server.trusted_proxies
    app.include_router(metrics_routes(edge.metrics, edge.server.metrics_from, behind_proxies=bool(proxies)))
    app.include_router(site_routes(edge))
    app.add_middleware(Contained)
    app.add_middleware(BodyLimit)
    app.add_middleware(Origins, origins=edge.server.origins)
    app.add_middleware(SecurityHeaders, origins=edge.server.origins)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(proxies))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StarletteHTTPException, _refused)
    return app


@asynccontextmanager
async def _forgetting(edge: Edge) -> AsyncIterator[None]:
    """Forget on time, also on a night when nobody asks: idle conversations, and feedback that is old."""
    async with AsyncExitStack() as until_the_end:
        for every_s, forget in (
            (FORGET_EVERY_S, edge.conversations.forget_idle),
            (PRUNE_EVERY_S, edge.feedback.prune),
        ):
            task = asyncio.create_task(_regularly(every_s, forget))
            until_the_end.callback(task.cancel)
        yield


async def _regularly(every_s: float, forget: Callable[[], None]) -> None:
    while True:
        try:
            await run_in_threadpool(forget)
        except Exception as error:  # noqa: BLE001 - it is tried again, and nobody waits for it
            log.error("forgetting_broke", error=type(error).__name__)
        await asyncio.sleep(every_s)


def _chat_routes(edge: Edge) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["chat"])

    @routes.post("/chat", responses={200: {"content": {SSE: {}}}})
    async def chat(asked: ChatRequest, request: Request) -> Response:
        """Answer a question: as server-sent events `claim` and `answer`, or as one JSON document."""
        if asked.consent is not True and asked.consent != edge.replies.consent_version:
            detail = "Consent to the present text is missing. Show it, then ask again."
            raise Refused(HTTPStatus.FORBIDDEN, detail, code="consent")
        question = Question(asked.message, asked.lang, token=asked.session)
        said, session = await edge.reception.receive(question, request)
        if SSE in request.headers.get("accept", ""):
            return EventSourceResponse(_events(said, edge, session), headers={"X-Accel-Buffering": "no"})
        closing = [each async for each in said if isinstance(each, Answer)]
        if not closing:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, OVERDUE)
        return JSONResponse(_document(closing[0], edge, session))

    @routes.delete("/session", status_code=HTTPStatus.NO_CONTENT)
    def forget(asked: Annotated[SessionRequest, Body()]) -> None:
        """Forget a conversation at once, and what its feedback quoted; also one that is over."""
        session = edge.reception.sessions.read(asked.session)
        if session is None:
            return
        edge.conversations.forget(session.id)
        try:
            edge.feedback.forget(edge.reception.sessions.tie(session))
        except OSError as error:
            log.error("feedback_broke", error=type(error).__name__)
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, NOT_DELETED) from None

    return routes


async def _events(said: AsyncIterator[CitedClaim | Answer], edge: Edge, session: Session) -> AsyncIterator[bytes]:
    async for each in said:
        event = "claim" if isinstance(each, CitedClaim) else "answer"
        content = each.to_event() if isinstance(each, CitedClaim) else _document(each, edge, session)
        yield format_sse_event(event=event, data_str=json.dumps(content, ensure_ascii=False))


def _document(answer: Answer, edge: Edge, session: Session) -> dict[str, JsonValue]:
    """Return an answer for its visitor, who knows the conversation by a token alone."""
    return answer.to_wire() | {"session": edge.reception.sessions.token(session)}


def _about_routes(edge: Edge) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["about"])

    @routes.get("/sources")
    def sources() -> list[dict[str, JsonValue]]:
        """List every work that an answer may cite."""
        return [_listed(source) for source in edge.library.patient_sources()]

    @routes.get("/config")
    def config() -> dict[str, JsonValue]:
        """Return what a widget needs before the first question."""
        clinic = edge.clinic.model_dump(mode="json", exclude={"reports_to"})
        return {"protocol": PROTOCOL, "open": not edge.switch.is_off, "clinic": clinic, **edge.replies.opening()}

    return routes


def _listed(source: Source) -> dict[str, JsonValue]:
    reference, provenance = source.reference, source.provenance
    return {
        "id": source.id,
        "title": reference.shown_title,
        "byline": reference.byline,
        "container": reference.container,
        "kind": source.kind.plain,
        "strength": source.strength,
        "url": reference.link,
        "topics": list(source.topics),
        "seen_extent": provenance.seen_extent,
        "verification": provenance.verification.value,
        "digested_on": provenance.digested_on.isoformat(),
        "review_by": provenance.review_by.isoformat(),
    }


def _status_routes(edge: Edge) -> APIRouter:
    routes = APIRouter(tags=["status"])

    @routes.get("/healthz")
    def healthy() -> dict[str, str]:
        """Tell that the process serves: red flags and refusals are answered from now on."""
        return {"status": "ok"}

    @routes.get("/readyz")
    def ready() -> dict[str, str]:
        """Tell whether questions can be answered from the index."""
        if edge.retriever.state != "ready":
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, f"The index is {edge.retriever.state}.")
        return {"status": "ready", "corpus": edge.library.fingerprint}

    return routes


async def _invalid(request: Request, error: Exception) -> Response:
    """Say which field is wrong and how, never what was in it."""
    del request
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    said = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'body'}: {fault['msg']}" for fault in faults
    )
    return problem(HTTPStatus.BAD_REQUEST, said)


async def _refused(request: Request, error: Exception) -> Response:
    del request
    if not isinstance(error, StarletteHTTPException):
        return problem(HTTPStatus.BAD_REQUEST, "")
    code = error.code if isinstance(error, Refused) else None
    return problem(HTTPStatus(error.status_code), str(error.detail), code, error.headers)
