"""Staff: who may open the console, and how they sign in and out."""

import asyncio
import math
import secrets
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Annotated, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from itsdangerous import BadSignature, URLSafeTimedSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from assistant.errors import AssistantError
from assistant.settings import Account, StaffRole
from assistant.wire import FOREIGN, is_cross_site, problem
from corpus.evidence import digest

COOKIE = "staff_session"
ROOT = "/staff"
OPEN_PATHS = ("/static/", "/assets/", "/theme.css", "/gradio_api/theme.css", "/favicon.ico", "/robots.txt")
"""What the console's page is drawn with, below ``/staff``: files of Gradio's package, the same for everybody."""
STYLESHEETS = ("login.css", "reading.css")
"""Of the pages beside the console; they hold nothing to guard."""
TRIES = RateLimitItemPerMinute(5, 5, namespace="staff-name")
TRIES_PER_ADDRESS = RateLimitItemPerMinute(30, 5, namespace="staff-address")
PASSWORD_LENGTH_MAX = 1024
VERIFICATIONS_AT_ONCE = 2
"""Each takes 64 MiB for a moment, by design of argon2."""
WRONG = "User name or password is wrong."
TOO_MANY = "Too many tries. Wait a few minutes, then try again."
SIGNED_OUT = "You are signed out."
ENDED = "You are not signed in, or your session has ended. Reload this page to sign in."

_FOLDER = Path(__file__).parent
_PAGES = Environment(loader=FileSystemLoader(_FOLDER / "pages"), autoescape=True, undefined=StrictUndefined)


def one_time_password() -> tuple[str, str]:
    """Return a new password and its hash, for a start without configured accounts."""
    password = secrets.token_urlsafe(12)
    return password, PasswordHasher().hash(password)


class Member(NamedTuple):
    """Somebody who is signed in."""

    name: str
    role: StaffRole


class Staff:
    """The people who may use the console: their accounts, their sessions and the pages to sign in and out.

    ``router`` has to be included before the console is mounted, because both live under ``/staff``.
    """

    def __init__(self, accounts: Mapping[str, Account], *, secret: str, session_hours: float) -> None:
        self._hasher = PasswordHasher()
        self._accounts = dict(accounts)
        for name, account in self._accounts.items():
            self._check_hash(name, account.hash)
        # Unknown names are verified against this, so that they take as long as known ones.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        self._signer = URLSafeTimedSerializer(secret, salt=COOKIE)
        self._session_s = int(session_hours * 3600)
        self._ended: set[str] = set()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._verifying = asyncio.Semaphore(VERIFICATIONS_AT_ONCE)
        self.router = self._routes()

    def member(self, request: Request) -> Member | None:
        """Return who sent a request, or ``None`` when nobody is signed in."""
        session = self._session(request)
        return Member(session["name"], self._accounts[session["name"]].role) if session else None

    def user(self, request: Request) -> str | None:
        """Return the name of who sent a request, or ``None`` when nobody is signed in."""
        member = self.member(request)
        return member.name if member else None

    def _check_hash(self, name: str, known_hash: str) -> None:
        try:
            self._hasher.check_needs_rehash(known_hash)
        except InvalidHashError:
            raise AssistantError(
                f"the password of staff account {name!r} is not an argon2 hash",
                hint="Make its line with `clinic-assistant staff add`.",
            ) from None

    def _routes(self) -> APIRouter:
        router = APIRouter(prefix=ROOT, include_in_schema=False)
        router.add_api_route("", self._root, methods=["GET"])
        router.add_api_route("/login", self._form, methods=["GET"])
        router.add_api_route("/login", self._sign_in, methods=["POST"])
        router.add_api_route("/logout", self._ask_sign_out, methods=["GET"])
        router.add_api_route("/logout", self._sign_out, methods=["POST"])
        for sheet in STYLESHEETS:
            # Each by its name: a pattern would take the console's own.
            router.add_api_route(f"/{sheet}", self._stylesheet, methods=["GET"])
        return router

    async def _root(self, request: Request) -> Response:
        return _to_console(request) if self.user(request) else login_page(request, HTTPStatus.UNAUTHORIZED)

    async def _form(self, request: Request) -> Response:
        return _to_console(request) if self.user(request) else login_page(request, HTTPStatus.OK)

    async def _stylesheet(self, request: Request) -> Response:
        return FileResponse(_FOLDER / "widget" / PurePosixPath(request.url.path).name)

    async def _sign_in(
        self, request: Request, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
    ) -> Response:
        if is_cross_site(request):
            return login_page(request, HTTPStatus.FORBIDDEN, complaint=FOREIGN)
        # Names are cut, so that a flood of long ones cannot fill the memory of the limiter.
        name, address = name.strip()[:64], request.client.host if request.client else ""
        wait_s = self._wait_s(name, address)
        if wait_s:
            page = login_page(request, HTTPStatus.TOO_MANY_REQUESTS, complaint=TOO_MANY, name=name)
            page.headers["Retry-After"] = str(wait_s)
            return page
        async with self._verifying:
            known = await run_in_threadpool(self._knows, name, password)
        if not known:
            return login_page(request, HTTPStatus.UNAUTHORIZED, complaint=WRONG, name=name)
        self._limiter.clear(TRIES, name, address)
        return self._open_session(request, name)

    async def _ask_sign_out(self, request: Request) -> Response:
        """Show the button that signs out: a link must not, since browsers fetch links ahead."""
        user = self.user(request)
        return login_page(request, HTTPStatus.OK if user else HTTPStatus.UNAUTHORIZED, user=user or "")

    async def _sign_out(self, request: Request) -> Response:
        if is_cross_site(request):
            return login_page(request, HTTPStatus.FORBIDDEN, complaint=FOREIGN)
        session = self._session(request)
        if session:
            self._ended.add(session["id"])
        response = login_page(request, HTTPStatus.OK, notice=SIGNED_OUT)
        response.delete_cookie(COOKIE, path=_path(request))
        return response

    def _wait_s(self, name: str, address: str) -> int:
        """Return how many seconds this visitor has to wait before the next try; a try that may be made is counted."""
        for limit, who in ((TRIES_PER_ADDRESS, (address,)), (TRIES, (name, address))):
            if not self._limiter.hit(limit, *who):
                reset_at = self._limiter.get_window_stats(limit, *who).reset_time
                return max(1, math.ceil(reset_at - time.time()))
        return 0

    def _knows(self, name: str, password: str) -> bool:
        account = self._accounts.get(name)
        try:
            self._hasher.verify(account.hash if account else self._nobody, password[:PASSWORD_LENGTH_MAX])
        except VerificationError:
            return False
        return account is not None and len(password) <= PASSWORD_LENGTH_MAX

    def _open_session(self, request: Request, name: str) -> Response:
        session = {"id": secrets.token_urlsafe(12), "name": name, "account": digest(self._accounts[name].hash)}
        response = _to_console(request)
        response.set_cookie(
            COOKIE,
            self._signer.dumps(session),
            max_age=self._session_s,
            path=_path(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    def _session(self, request: Request) -> dict[str, str] | None:
        """Return the session of a request unless it is forged, expired or ended, or its account has changed since."""
        try:
            session: dict[str, str] = self._signer.loads(request.cookies.get(COOKIE, ""), max_age=self._session_s)
        except BadSignature:
            return None
        account = self._accounts.get(session["name"])
        if account is None or digest(account.hash) != session["account"] or session["id"] in self._ended:
            return None
        return session


class Gate:
    """Leads staff to the page of their role, and lets nobody else through, nor a request that another site sent.

    Gradio itself checks the login on some of its routes only, so the gate stands before all of them. Each role has an
    application of its own: what a role may not see or call is not in its page, nor behind any of its addresses.
    """

    def __init__(self, pages: Mapping[StaffRole, ASGIApp], member: Callable[[Request], Member | None]) -> None:
        self.pages = dict(pages)
        self._member = member

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the way to sign in."""
        if scope["type"] == "http":
            await self._answer(Request(scope))(scope, receive, send)
        else:
            await WebSocketClose()(scope, receive, send)

    def _answer(self, request: Request) -> ASGIApp:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        if path.startswith(OPEN_PATHS):
            return self.pages[StaffRole.STAFF]
        member = self._member(request)
        if member is None:
            if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
                return login_page(request, HTTPStatus.UNAUTHORIZED)
            return problem(HTTPStatus.UNAUTHORIZED, ENDED)
        if request.method not in {"GET", "HEAD", "OPTIONS"} and is_cross_site(request):
            return problem(HTTPStatus.FORBIDDEN, FOREIGN)
        return self.pages[member.role]


def login_page(request: Request, status: HTTPStatus, **said: str) -> HTMLResponse:
    """Return the page to sign in, or out when ``user`` is said, with a ``complaint`` or ``notice`` above its form."""
    page = {"complaint": "", "notice": "", "name": "", "user": ""} | said
    return HTMLResponse(_PAGES.get_template("login.html").render(page, root=_path(request)), status)


def _path(request: Request) -> str:
    """Return the path of the console as the browser sees it, also behind a proxy that adds a prefix."""
    prefix: str = request.scope.get("root_path", "")
    return prefix if prefix.endswith(ROOT) else prefix + ROOT


def _to_console(request: Request) -> RedirectResponse:
    return RedirectResponse(f"{_path(request)}/", HTTPStatus.SEE_OTHER)
