"""Wire: what every HTTP face of the assistant says and refuses alike."""

from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

FOREIGN = "This request was sent from another site and was not carried out."


def problem(status: HTTPStatus, detail: str) -> JSONResponse:
    """Return problem details (RFC 9457)."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")


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
