"""Reception: where a question is admitted or turned away; a red flag is never turned away."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import Request

from assistant.admission import ENDED, Admission, Session, Sessions
from assistant.answer import Answer, CitedClaim, Outcome
from assistant.conversations import Conversations
from assistant.delivery import Delivery
from assistant.metrics import Metrics
from assistant.pipeline import Assistant
from assistant.wire import Refused
from corpus.text import Lang

log = structlog.get_logger(__name__)

CHECKS_AT_ONCE = 4
"""Messages that are only searched for red flags have places of their own, and wait for each other alone."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a visitor or a program asks."""

    text: str
    lang: Lang = "en"
    token: str | None = None
    """The session that it goes on with."""
    history: Sequence[str] | None = None
    """Earlier messages of a program that keeps its conversations itself; nothing of them is kept here."""


class Received(NamedTuple):
    """An answer on its way, and the session that it belongs to."""

    said: AsyncIterator[CitedClaim | Answer]
    session: Session


class Reception:
    """Lets questions in as far as there is room."""

    def __init__(  # noqa: PLR0913 - its collaborators, each named where the factory passes it
        self,
        *,
        assistant: Assistant,
        conversations: Conversations,
        sessions: Sessions,
        admission: Admission,
        metrics: Metrics,
        pool: Executor,
        timeout_s: float,
    ) -> None:
        self.sessions = sessions
        self.admission = admission
        self._assistant = assistant
        self._conversations = conversations
        self._metrics = metrics
        self._pool = pool
        self._timeout_s = timeout_s
        self._checks = CapacityLimiter(CHECKS_AT_ONCE)

    async def receive(self, question: Question, request: Request) -> Received:
        """Return the answer as it is worked out.

        Raises:
            Refused: there is no room or the session is over, and the question shows no red flag.
        """
        known = await to_thread.run_sync(self.running, question.token)
        try:
            leave = await to_thread.run_sync(self.admission.enter, address_of(request), known)
        except Refused as refused:
            return await self._urgent(question, known, refused)
        if question.token and not known:
            leave()
            return await self._urgent(question, None, Refused(HTTPStatus.UNAUTHORIZED, ENDED))
        session = known or self.sessions.begin()

        def left() -> None:
            leave()
            if question.history is not None:
                self._conversations.forget(session.id)

        def ask(stopped: Callable[[], bool]) -> Iterator[CitedClaim | Answer]:
            return self._ask(question, session, stopped=stopped)

        delivery = Delivery(ask, pool=self._pool, timeout_s=self._timeout_s, leave=left)
        return Received(delivery.to(request), session)

    def running(self, token: str | None) -> Session | None:
        """Return the session of a token if its conversation is running, as far as the records can tell."""
        session = self.sessions.read(token) if token else None
        if session is None or session.is_over:
            return None
        try:
            return session if self._conversations.knows(session.id) else None
        except Exception as error:  # noqa: BLE001 - a store may break in any way, and questions are answered all the same
            log.error("records_broke", error=type(error).__name__)
            return session

    async def _urgent(self, question: Question, known: Session | None, refused: Refused) -> Received:
        """Return the answer to a red flag that would have been turned away; anything else is."""
        session = known or self.sessions.begin()

        def check() -> CitedClaim | Answer:
            *_, closing = self._ask(question, session, urgent_only=True)
            return closing

        answer = await to_thread.run_sync(check, limiter=self._checks)
        if not isinstance(answer, Answer) or answer.outcome is not Outcome.ESCALATED:
            self._metrics.turned_away(refused)
            raise refused
        return Received(_alone(answer), session)

    def _ask(
        self,
        question: Question,
        session: Session,
        *,
        urgent_only: bool = False,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[CitedClaim | Answer]:
        for said in self._assistant.ask(
            question.text,
            session=session.id,
            lang=question.lang,
            history=question.history,
            urgent_only=urgent_only,
            stopped=stopped,
        ):
            if isinstance(said, Answer) and not (urgent_only and said.outcome is Outcome.UNAVAILABLE):
                self._metrics.answered(said)
            yield said


def address_of(request: Request) -> str:
    """Return the address that a request came from, as far as trusted proxies say."""
    return request.client.host if request.client else ""


async def _alone(answer: Answer) -> AsyncIterator[CitedClaim | Answer]:
    yield answer
