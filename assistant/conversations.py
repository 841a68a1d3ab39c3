"""Conversations: what a visitor asked before, for as long as the conversation runs and no longer."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from assistant.answer import Answer
from corpus.evidence import Value


class Turn(Value):
    """One question of a conversation, with personal data masked, and its answer once there is one."""

    id: str
    session: str
    question: str
    answer: Answer | None = None


class Conversations(Protocol):
    """Keeps the turns of running conversations. No call holds anything open after it returned."""

    def turns(self, session: str) -> tuple[Turn, ...]:
        """Return the turns of a conversation, oldest first; none for one that is unknown or over."""
        ...

    def knows(self, session: str) -> bool:
        """Tell whether a conversation is running."""
        ...

    def open(self, session: str | None, question: str) -> Turn:
        """Record a question as soon as it is asked; a session that is not running begins a new conversation.

        A session's id comes from the edge, never from a visitor.
        """
        ...

    def close(self, turn: Turn, answer: Answer) -> None:
        """Record the answer to a turn; a conversation that was forgotten meanwhile stays forgotten."""
        ...

    def forget(self, session: str) -> None:
        """Forget a conversation at once and for good."""
        ...

    def forget_idle(self) -> None:
        """Forget the conversations that have been idle for too long."""
        ...


@dataclass(slots=True)
class _Running:
    touched_s: float
    turns: list[Turn] = field(default_factory=list)


class InMemoryConversations:
    """Conversations in this process's memory alone: nothing is written, and idle ones are forgotten."""

    MOST_TURNS = 50
    """Older turns of one conversation are dropped."""
    MOST_CONVERSATIONS = 10_000
    """The longest idle conversation makes room for a new one."""

    def __init__(self, *, idle_s: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._idle_s = idle_s
        self._clock_s = clock_s
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()

    def turns(self, session: str) -> tuple[Turn, ...]:
        """Return the turns of a conversation, oldest first; none for one that is unknown or over."""
        with self._lock:
            self._forget_idle()
            found = self._running.get(session)
            return tuple(found.turns) if found else ()

    def knows(self, session: str) -> bool:
        """Tell whether a conversation is running."""
        with self._lock:
            self._forget_idle()
            return session in self._running

    def open(self, session: str | None, question: str) -> Turn:
        """Record a question; without a session that is running, a new conversation begins."""
        with self._lock:
            self._forget_idle()
            session = session or uuid4().hex
            running = self._running.pop(session, None) or _Running(self._clock_s())
            running.touched_s = self._clock_s()
            # Kept in the order of their last question, so that the first is the longest idle.
            self._running[session] = running
            turn = Turn(id=uuid4().hex, session=session, question=question)
            running.turns = [*running.turns, turn][-self.MOST_TURNS :]
            while len(self._running) > self.MOST_CONVERSATIONS:
                self._running.pop(next(iter(self._running)))
            return turn

    def close(self, turn: Turn, answer: Answer) -> None:
        """Record the answer to a turn; a conversation that was forgotten meanwhile stays forgotten."""
        with self._lock:
            if running := self._running.get(turn.session):
                closed = turn.model_copy(update={"answer": answer})
                running.turns = [closed if kept.id == turn.id else kept for kept in running.turns]

    def forget(self, session: str) -> None:
        """Forget a conversation at once and for good."""
        with self._lock:
            self._running.pop(session, None)

    def forget_idle(self) -> None:
        """Forget the conversations that have been idle for too long."""
        with self._lock:
            self._forget_idle()

    def _forget_idle(self) -> None:
        now_s = self._clock_s()
        for session in [s for s, running in self._running.items() if now_s - running.touched_s > self._idle_s]:
            del self._running[session]
