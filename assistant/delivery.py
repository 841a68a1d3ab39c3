"""Delivery: an answer on its way to a visitor, who may leave at any moment."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from contextlib import suppress

import structlog
from fastapi import Request

from assistant.answer import Answer, CitedClaim

log = structlog.get_logger(__name__)

Ask = Callable[[Callable[[], bool]], Iterator[CitedClaim | Answer]]
"""Asks a question, told how to find out that nobody waits any more."""

GRACE_S = 2.0
"""How long an answer that was stopped may take to close."""
OVERDUE = "The answer took too long. Please try again later."


class Delivery:
    """One answer: worked out in a thread, read from the event loop, stopped as soon as nobody waits for it.

    The work begins at once, and ``leave`` is called when it has ended, whether anybody reads it or not.
    """

    def __init__(self, ask: Ask, *, pool: Executor, timeout_s: float, leave: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Queue[CitedClaim | Answer | Exception | None] = asyncio.Queue()
        self._stopped = threading.Event()
        self._ends_s = self._loop.time() + timeout_s
        pool.submit(self._work, ask, leave)

    async def to(self, request: Request) -> AsyncIterator[CitedClaim | Answer]:
        """Yield what is said while the sender of a request waits; no answer closes it if stopping it took too long."""
        watch = asyncio.create_task(self._watch(request))
        try:
            while (said := await self._next()) is not None:
                if isinstance(said, Exception):
                    raise said
                yield said
        finally:
            self._stopped.set()
            watch.cancel()

    def _work(self, ask: Ask, leave: Callable[[], None]) -> None:
        end: Exception | None = None
        try:
            for said in ask(self._stopped.is_set):
                self._hand_over(said)
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to: it is raised where it is read
            end = error
        finally:
            leave()
        self._hand_over(end)

    def _hand_over(self, said: CitedClaim | Answer | Exception | None) -> None:
        # The server may have been shut down meanwhile.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._said.put_nowait, said)

    async def _watch(self, request: Request) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self._stopped.set()
        self._said.put_nowait(None)

    async def _next(self) -> CitedClaim | Answer | Exception | None:
        try:
            return await asyncio.wait_for(self._said.get(), max(0, self._ends_s - self._loop.time()))
        except TimeoutError:
            self._stopped.set()
        try:
            return await asyncio.wait_for(self._said.get(), GRACE_S)
        except TimeoutError:
            log.error("answer_overdue")
            return None
