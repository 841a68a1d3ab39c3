"""Wire: what every HTTP face of the assistant says and refuses alike."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import StringConstraints
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A session as its visitor knows it: what the server gave with the last answer."""

API = "/v1/"
OPENAI_PATHS = frozenset({"/v1/chat/completions", "/v1/models"})
FOREIGN = "This request was sent from another site and was not carried out."
LARGEST_BODY = 16 * 1024
LARGEST_COMPLETION = 128 * 1024
"""For whole conversations in the OpenAI form."""
BODY_TIMEOUT_S = 10.0
CODES: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "invalid",
    HTTPStatus.UNAUTHORIZED: "session",
    HTTPStatus.FORBIDDEN: "origin",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method",
    HTTPStatus.REQUEST_TIMEOUT: "timeout",
    HTTPStatus.LENGTH_REQUIRED: "length",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "busy",
    HTTPStatus.INTERNAL_SERVER_ERROR: "broken",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
"""What programs decide by, as far as a status says it."""


class Refused(HTTPException):
    """A request that is not carried out; ``code`` says why where its status alone does not."""

    def __init__(
        self, status: HTTPStatus, detail: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code


class _Problem(JSONResponse):
    """Problem details, in OpenAI's form of them where its clients ask."""

    media_type = "application/problem+json"

    def __init__(self, said: dict[str, str | int], headers: Mapping[str, str]) -> None:
        self._said, self._with = said, headers
        super().__init__(said, int(said["status"]), headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it in the form of the path."""
        if scope.get("path") not in OPENAI_PATHS:
            await super().__call__(scope, receive, send)
            return
        kind = "invalid_request_error" if self.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
        error = {"message": self._said["detail"], "type": kind, "param": None, "code": self._said["code"]}
        await JSONResponse({"error": error}, self.status_code, self._with)(scope, receive, send)


def problem(
    status: HTTPStatus, detail: str, code: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return problem details (RFC 9457) with the ``code`` that programs decide by."""
    said: dict[str, str | int] = {"type": "about:blank", "title": status.phrase, "status": status.value}
    return _Problem(said | {"detail": detail, "code": code or CODES.get(status, "refused")}, headers or {})


def is_cross_site(request: Request) -> bool:
    """Tell whether a browser sent this request on behalf of another site; other clients carry no foreign cookies."""
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


class Contained:
    """Answers for whatever breaks behind it, and logs no more than the kind of error.

    The text and the trace of an error may hold what a patient wrote; let through, the web server would print both.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what the application says; when it breaks before it said anything, say so in its place."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log.error("request_broke", path=scope["path"], error=type(error).__name__)
            if not started:
                answer = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here. Please try again.")
                await answer(scope, receive, send)


class SecurityHeaders:
    """Sets strict headers on every page; only Gradio's and the documentation's may run their own inline scripts."""

    STRICT = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors {framed_by}"
    )
    INLINE = (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    ALWAYS: Mapping[str, str] = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    HSTS = "max-age=31536000"
    INLINE_PATHS = re.compile(r"/(?:staff|docs)(?:/|$)")
    UNKEPT_PATHS = re.compile(r"/(?:v1|staff|docs|healthz|readyz|metrics)(?:/|$)")
    PUBLIC_PATHS = re.compile(r"/widget(?:\.js$|/)")
    """Files of the widget, which other sites load."""
    FRAME = "/frame"

    def __init__(self, app: ASGIApp, origins: Sequence[str] = ()) -> None:
        """Let the pages of these origins, and nobody else's, frame the page that is made for it."""
        self.app = app
        self._framing = " ".join(["'self'", *origins])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers as the response starts, so that streams still stream."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = [(name.encode(), value.encode()) for name, value in self._of(scope["path"], scope["scheme"]).items()]
        ours = {name for name, _ in headers}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [pair for pair in message["headers"] if pair[0].lower() not in ours] + headers
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _of(self, path: str, scheme: str) -> dict[str, str]:
        framed_by = self._framing if path == self.FRAME else "'none'"
        public = self.PUBLIC_PATHS.match(path) is not None
        headers = {
            "content-security-policy": self.INLINE
            if self.INLINE_PATHS.match(path)
            else self.STRICT.format(framed_by=framed_by),
            "cross-origin-resource-policy": "cross-origin" if public else "same-origin",
            **self.ALWAYS,
        }
        if public:
            headers["access-control-allow-origin"] = "*"
        if self.UNKEPT_PATHS.match(path):
            headers["cache-control"] = "no-store"
        if scheme == "https":
            headers["strict-transport-security"] = self.HSTS
        return headers


class BodyLimit:
    """Refuses requests to the API whose body is larger than any question needs, or does not arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge by the announced length, and require one: a body of unknown length is not read at all."""
        if scope["type"] == "http" and scope["method"] in {"POST", "DELETE"} and scope["path"].startswith(API):
            if refusal := self._refusal(scope):
                await refusal(scope, receive, send)
                return
            try:
                body = await asyncio.wait_for(_body(receive), BODY_TIMEOUT_S)
            except TimeoutError:
                late = problem(HTTPStatus.REQUEST_TIMEOUT, "The body of the request did not arrive in time.")
                await late(scope, receive, send)
                return
            receive = _replayed(body, receive)
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        length = dict(scope["headers"]).get(b"content-length", b"")
        most = LARGEST_COMPLETION if scope["path"] in OPENAI_PATHS else LARGEST_BODY
        if not length.isdigit():
            return problem(HTTPStatus.LENGTH_REQUIRED, "Send the length of the body.")
        if len(length) > len(str(most)) or int(length) > most:
            detail = f"A request may have {most} bytes at the most."
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        return None


async def _body(receive: Receive) -> list[Message]:
    """Return the messages of a whole body, or those before its sender left."""
    messages = []
    while True:
        messages.append(await receive())
        if messages[-1]["type"] != "http.request" or not messages[-1].get("more_body", False):
            return messages


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return replay
