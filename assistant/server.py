"""Server: the HTTP edge, for the widget, for programs and for the curious."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, format_sse_event
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, JsonValue, StrictBool, StringConstraints
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.answer import Answer, CitedClaim
from assistant.conversations import Conversations
from assistant.pipeline import Assistant
from assistant.replies import Replies
from assistant.retrieval import WarmingRetriever
from assistant.settings import ClinicSettings
from assistant.site import site_routes
from assistant.wire import FOREIGN, Contained, is_cross_site, problem
from corpus.evidence import Source
from corpus.library import Library

log = structlog.get_logger(__name__)

PROTOCOL = 2
"""Version of what widget and server say to each other."""
LONGEST_MESSAGE = 1000
"""Characters of one question (requirement C-16)."""
LARGEST_BODY = 16 * 1024
FORGET_EVERY_S = 60
SSE = "text/event-stream"


class ChatRequest(BaseModel):
    """A question. Anything else that a page might send, such as a prompt or a model, is refused."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_MESSAGE)]
    session: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] | None = None
    lang: Literal["en", "es"] = "en"
    consent: StrictBool | str
    """The version of the consent text that the visitor agreed to; ``true`` stands for the present one."""


class SessionRequest(BaseModel):
    """The conversation to forget."""

    model_config = ConfigDict(extra="forbid")

    session: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


@dataclass(frozen=True, slots=True)
class Edge:
    """What the HTTP edge stands on."""

    assistant: Assistant
    conversations: Conversations
    library: Library
    retriever: WarmingRetriever
    replies: Replies
    clinic: ClinicSettings


def create_app(edge: Edge) -> FastAPI:
    """Return the application without the staff console."""
    app = FastAPIOffline(
        title=f"{edge.clinic.name}: assistant",
        description="Answers from the clinic's article and verified sources, with citations. It states no dose.",
        redoc_url=None,
        lifespan=lambda _: _forgetting(edge.conversations),
        static_url="/docs-assets",
    )
    app.include_router(_chat_routes(edge))
    app.include_router(_status_routes(edge))
    app.include_router(site_routes(edge))
    app.add_middleware(Contained)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StarletteHTTPException, _refused)
    return app


@asynccontextmanager
async def _forgetting(conversations: Conversations) -> AsyncIterator[None]:
    """Forget idle conversations on time, also on a night when nobody asks."""

    async def regularly() -> None:
        while True:
            await asyncio.sleep(FORGET_EVERY_S)
            conversations.forget_idle()

    task = asyncio.create_task(regularly())
    yield
    task.cancel()


def _same_site(request: Request) -> None:
    """Refuse what a page of another site sends; which sites may embed the widget is decided here later."""
    if is_cross_site(request):
        raise HTTPException(HTTPStatus.FORBIDDEN, FOREIGN)


def _chat_routes(edge: Edge) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["chat"], dependencies=[Depends(_same_site)])

    @routes.post("/chat", responses={200: {"content": {SSE: {}}}})
    def chat(asked: ChatRequest, request: Request) -> Response:
        """Answer a question: as server-sent events `claim` and `answer`, or as one JSON document."""
        if asked.consent is not True and asked.consent != edge.replies.consent_version:
            raise HTTPException(
                HTTPStatus.FORBIDDEN, "Consent to the present text is missing. Show it, then ask again."
            )
        stream = edge.assistant.ask(asked.message, session=asked.session, lang=asked.lang)
        if SSE in request.headers.get("accept", ""):
            return EventSourceResponse(
                _events(stream), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            )
        *_, answer = stream
        return JSONResponse(answer.to_wire(), headers={"Cache-Control": "no-store"})

    @routes.delete("/session", status_code=HTTPStatus.NO_CONTENT)
    def forget(asked: Annotated[SessionRequest, Body()]) -> None:
        """Forget a conversation at once."""
        edge.conversations.forget(asked.session)

    @routes.get("/sources")
    def sources() -> list[dict[str, JsonValue]]:
        """List every work that an answer may cite."""
        return [_listed(source) for source in edge.library.patient_sources()]

    @routes.get("/config")
    def config() -> dict[str, JsonValue]:
        """Return what a widget needs before the first question."""
        return {"protocol": PROTOCOL, "clinic": edge.clinic.model_dump(mode="json"), **edge.replies.opening()}

    return routes


def _events(stream: Iterator[CitedClaim | Answer]) -> Iterator[bytes]:
    for said in stream:
        event = "claim" if isinstance(said, CitedClaim) else "answer"
        content = said.to_event() if isinstance(said, CitedClaim) else said.to_wire()
        yield format_sse_event(event=event, data_str=json.dumps(content, ensure_ascii=False))


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
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, f"The index is {edge.retriever.state}.")
        return {"status": "ready", "corpus": edge.library.fingerprint}

    return routes


class SecurityHeaders:
    """Sets strict headers on every page; only Gradio's and the documentation's may run their own inline scripts."""

    STRICT = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    INLINE = (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    INLINE_PATHS = re.compile(r"/(?:staff|docs)(?:/|$)")

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers as the response starts, so that streams still stream."""
        inline = scope["type"] == "http" and self.INLINE_PATHS.match(scope["path"]) is not None
        headers = {
            "content-security-policy": self.INLINE if inline else self.STRICT,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
        }
        if inline:
            headers["cache-control"] = "no-store"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].decode().lower() not in headers]
                message["headers"] = [*kept, *((name.encode(), value.encode()) for name, value in headers.items())]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses requests to the API whose body is larger than any question needs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge by the announced length, and require one: a body of unknown length is not read at all."""
        if scope["type"] == "http" and scope["method"] in {"POST", "DELETE"} and scope["path"].startswith("/v1/"):
            length = dict(scope["headers"]).get(b"content-length", b"")
            if not length.isdigit():
                await problem(HTTPStatus.LENGTH_REQUIRED, "Send the length of the body.")(scope, receive, send)
                return
            if int(length) > LARGEST_BODY:
                detail = f"A request may have {LARGEST_BODY} bytes at the most."
                await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)(scope, receive, send)
                return
        await self.app(scope, receive, send)


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
    status = error.status_code if isinstance(error, StarletteHTTPException) else HTTPStatus.BAD_REQUEST
    detail = str(error.detail) if isinstance(error, StarletteHTTPException) else ""
    return problem(HTTPStatus(status), detail)
