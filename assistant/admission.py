"""Admission: who may ask, and how much: origins, sessions, limits."""

import hashlib
import hmac
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import uuid4

import structlog
from fastapi import Request
from itsdangerous import BadSignature, SignatureExpired, TimestampSigner
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import SettingsError
from assistant.settings import LimitsSettings
from assistant.wire import API, FOREIGN, Refused, is_cross_site, problem

log = structlog.get_logger(__name__)

RETRY_WHEN_FULL_S = 2
"""When a place will be free nobody knows; most answers take less."""
RETRY_WHEN_DOWN_S = 30
STORAGE_TIMEOUT_S = 0.5
ENDED = "This conversation has ended. Begin a new one."
BUSY = "Too many questions at the moment. Please wait, then ask again."
DOWN = "Questions cannot be answered at the moment. Please try again later."


class Origins:
    """Lets pages of this site and of the listed ones use the API, and no other page; programs send no origin."""

    def __init__(self, app: ASGIApp, origins: Sequence[str] = ()) -> None:
        self.app = app
        self._origins = frozenset(origins)
        self._shared = CORSMiddleware(
            app,
            allow_origins=self._origins,
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("Content-Type",),
            expose_headers=("Retry-After",),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a foreign page before anything of its request is read."""
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self.app(scope, receive, send)
        elif (request := Request(scope)).headers.get("origin") in self._origins:
            await self._shared(scope, receive, send)
        elif is_cross_site(request):
            foreign = problem(HTTPStatus.FORBIDDEN, FOREIGN, "origin", {"Vary": "Origin"})
            await foreign(scope, receive, send)
        else:
            await self._shared(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation as its visitor's token names it."""

    handle: str
    """What the token holds; it says nothing to whoever does not know the secret."""
    id: str
    """Under which the conversation is kept; it never leaves the server."""
    is_over: bool = False


class Sessions:
    """Gives visitors signed and dated tokens for their conversations, and reads them."""

    def __init__(self, secret: str, *, idle_s: int) -> None:
        self._secret = secret.encode()
        self._signer = TimestampSigner(secret, salt="session", digest_method=hashlib.sha256)
        self._idle_s = idle_s

    def begin(self) -> Session:
        """Return a new session."""
        return self._of(uuid4().hex)

    def token(self, session: Session) -> str:
        """Return a token for a session that is good for the idle time from now on."""
        return self._signer.sign(session.handle).decode()

    def read(self, token: str) -> Session | None:
        """Return the session that a token names, if we signed it; it is over once the token is too old."""
        try:
            return self._of(self._signer.unsign(token, max_age=self._idle_s).decode())
        except SignatureExpired as expired:
            return self._of((expired.payload or b"").decode(), is_over=True)
        except BadSignature:
            return None

    def tie(self, session: Session) -> str:
        """Return what connects a record to a session, and tells neither handle nor id."""
        return self._keyed("tie", session.handle)

    def _of(self, handle: str, *, is_over: bool = False) -> Session:
        return Session(handle, self._keyed("id", handle), is_over)

    def _keyed(self, use: str, handle: str) -> str:
        return hmac.digest(self._secret, f"{use}:{handle}".encode(), "sha256").hex()[:32]


class Admission:
    """Counts who asks how much, and says when it is too much.

    Places for answers at work are this process's own; requests a minute are counted where the settings say.
    """

    def __init__(self, limits: LimitsSettings) -> None:
        self._limits = limits
        self._limiter = MovingWindowRateLimiter(_storage(limits.storage_url))
        self._at_work: Counter[str] = Counter()
        self._lock = threading.Lock()

    def enter(self, address: str, session: Session | None) -> Callable[[], None]:
        """Count a question and take a place for its answer; return what gives the place back.

        Raises:
            Refused: when a limit is reached, or when nobody can tell because the storage is down.
        """
        who, limits = network(address), self._limits
        places = {"total": limits.total_at_once, f"address:{who}": limits.address_at_once}
        rates = {("total",): limits.total_per_minute, ("address", who): limits.address_per_minute}
        if session:
            places[f"session:{session.id}"] = limits.session_at_once
            rates["session", session.id] = limits.session_per_minute
        leave = self._take(places)
        try:
            self.count(rates)
        except Refused:
            leave()
            raise
        return leave

    def count_feedback(self, address: str) -> None:
        """Count what a visitor says of an answer.

        Raises:
            Refused: as for a question.
        """
        self.count({("feedback", network(address)): self._limits.feedback_per_minute})

    def count(self, rates: dict[tuple[str, ...], int]) -> None:
        """Count one request under each name, unless that is too much for one of them: then under none."""
        items = [(RateLimitItemPerMinute(most, namespace="clinic"), names) for names, most in rates.items()]
        try:
            full = [item for item in items if not self._limiter.test(item[0], *item[1])]
            full = full or [item for item in items if not self._limiter.hit(item[0], *item[1])]
            wait_s = max((self._wait_s(*item) for item in full), default=0)
        except Exception as error:  # noqa: BLE001 - a storage may break in any way; who can't be counted is not let in
            log.error("limits_broke", error=type(error).__name__)
            raise _down() from None
        if full:
            raise _busy(full[0][1][0], wait_s)

    def _wait_s(self, item: RateLimitItem, names: tuple[str, ...]) -> int:
        """Return in how many seconds one more would be within a limit."""
        return max(1, math.ceil(self._limiter.get_window_stats(item, *names).reset_time - time.time()))

    def _take(self, places: dict[str, int]) -> Callable[[], None]:
        with self._lock:
            for name, most in places.items():
                if self._at_work[name] >= most:
                    raise _busy("at_once", RETRY_WHEN_FULL_S)
            self._at_work.update(places.keys())

        def leave() -> None:
            with self._lock:
                self._at_work.subtract(places.keys())
                self._at_work += Counter()

        return leave


def network(address: str) -> str:
    """Return what an address is counted as: itself, or in IPv6 the network that one household has."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    return str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else str(known)


def _storage(url: str) -> Storage:
    """Return where requests are counted; nothing is connected yet.

    Raises:
        SettingsError: no such storage is known, or its package is not installed.
    """
    within = {"socket_timeout": STORAGE_TIMEOUT_S, "socket_connect_timeout": STORAGE_TIMEOUT_S}
    try:
        storage = storage_from_string(url, **(within if url.startswith("redis") else {}))
    except ConfigurationError:
        raise SettingsError(
            "ASSISTANT_LIMITS__STORAGE_URL cannot be used",
            hint="Set it to memory://, or to redis://… with clinic-assistant[redis] installed.",
        ) from None
    if not isinstance(storage, Storage):
        raise SettingsError("ASSISTANT_LIMITS__STORAGE_URL must not be an asynchronous one")
    return storage


def _busy(limit: str, wait_s: int) -> Refused:
    log.info("limited", limit=limit)
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, BUSY, headers={"Retry-After": str(wait_s)})


def _down() -> Refused:
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, DOWN, headers={"Retry-After": str(RETRY_WHEN_DOWN_S)})
