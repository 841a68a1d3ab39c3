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
from guardrails.verdict import Action, Verdict

log = structlog.get_logger(__name__)

URGENT_AT_ONCE = 2
"""Places for messages in which the patterns see a red flag; no other message ever takes one."""
CHECKS_AT_ONCE = 2
CHECKS_WAITING = 4
"""Messages without a room in which the patterns see none; beyond so many, the classifier is not asked as well."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a visitor or a program asks."""

    text: str
    lang: Lang = "en"
    token: str | None = None
    """The session that it goes on with."""
    history: Sequence[str] | None = None
    """Earlier messages of a program that keeps its conversations itself; nothing of them is kept here."""


Screen = Callable[[str, Sequence[str]], Verdict]
"""Judges a message after those before it by patterns alone."""


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
        screen: Screen,
        pool: Executor,
        timeout_s: float,
    ) -> None:
        self.sessions = sessions
        self.admission = admission
        self._assistant = assistant
        self._conversations = conversations
        self._metrics = metrics
        self._screen = screen
        self._pool = pool
        self._timeout_s = timeout_s
        self._urgent_places = CapacityLimiter(URGENT_AT_ONCE)
        self._check_places = CapacityLimiter(CHECKS_AT_ONCE)

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
        """Return the answer to a red flag that would have been turned away; anything else is.

        In a flood, a message with a red flag must not wait behind a thousand without one. So the patterns look first,
        which takes no time, and what they see goes ahead of all that the classifier still has to read.
        """
        session = known or self.sessions.begin()

        def check() -> CitedClaim | Answer:
            *_, closing = self._ask(question, session, urgent_only=True)
            return closing

        places = self._urgent_places
        if not await to_thread.run_sync(self._looks_urgent, question, known):
            places = self._check_places
            if places.statistics().tasks_waiting >= CHECKS_WAITING:
                raise self._turned_away(refused)
        answer = await to_thread.run_sync(check, limiter=places)
        if not isinstance(answer, Answer) or answer.outcome is not Outcome.ESCALATED:
            raise self._turned_away(refused)
        return Received(_alone(answer), session)

    def _looks_urgent(self, question: Question, known: Session | None) -> bool:
        history = question.history or ()
        if known and question.history is None:
            try:
                history = [turn.question for turn in self._conversations.turns(known.id)]
            except Exception as error:  # noqa: BLE001 - what was asked before may be lost, what is asked now is judged
                log.error("records_broke", error=type(error).__name__)
        return self._screen(question.text, history).action is Action.ESCALATE

    def _turned_away(self, refused: Refused) -> Refused:
        self._metrics.turned_away(refused)
        return refused

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
