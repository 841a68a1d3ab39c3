"""Exhibit: how an answer and its evidence are laid before staff.

Every part of the page is one block of HTML from one escaping template, meant to stand in Markdown: what a text says is
shown, never obeyed.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import structlog

from assistant.answer import Answer, CitedClaim, Hit
from assistant.console.tab import part
from assistant.errors import AssistantError
from corpus.errors import CorpusError
from corpus.evidence import Source, Value
from corpus.text import Lang
from guardrails.verdict import Action, Finding

FAILED = "The assistant failed on this question. The log names the part that failed."
NOT_ASKED = ("Nothing asked yet", "Ask a question: what the rules found in it, and what was said, appears here.")
AT_WORK = ("At work", "The evidence appears here when the answer is complete.")
NO_ROW = ("No passage selected", "Select a row of the table to read the passage and the record of its source.")

_log = structlog.get_logger(__name__)


class Ask(Protocol):
    """The one way to an answer: yields judged claims and closes with an ``Answer``."""

    def __call__(
        self, question: str, *, session: str | None = None, lang: Lang = "en"
    ) -> Iterator[CitedClaim | Answer]:
        """Return the stream of claims for a question."""
        ...


class Exchange(Value):
    """A question as staff typed it, and what came of it so far."""

    question: str
    claims: tuple[CitedClaim, ...] = ()
    answer: Answer | None = None
    failure: str = ""


class Conversation(Value):
    """What one browser tab has asked; it is kept by the server and never taken from the browser."""

    session: str | None = None
    exchanges: tuple[Exchange, ...] = ()
    shown: int = -1
    """Which exchange the evidence belongs to."""

    def add(self, exchange: Exchange) -> "Conversation":
        """Return the conversation with one more exchange, which is the one shown."""
        session = exchange.answer.session if exchange.answer else self.session
        return Conversation(session=session, exchanges=(*self.exchanges, exchange), shown=len(self.exchanges))

    @property
    def answer(self) -> Answer | None:
        """Return the answer whose evidence is shown."""
        return self.exchanges[self.shown].answer if self.exchanges else None


class Evidence(NamedTuple):
    """The values of the evidence panel, in the order of its components."""

    verdict: str
    question: list[tuple[str, str | None]]
    hits: list[list[Any]]
    passage: str
    claims: str
    patient: str
    run: str


def highlight(text: str, findings: tuple[Finding, ...]) -> list[tuple[str, str | None]]:
    """Return a text in stretches, each with the rules that found something in it."""
    spans = [(span.start, span.end, found.rule) for found in findings for span in found.spans]
    cuts = sorted({0, len(text)} | {cut for start, end, _ in spans for cut in (start, end) if 0 < cut < len(text)})
    return [
        (text[a:b], ", ".join(dict.fromkeys(rule for start, end, rule in spans if start <= a and b <= end)) or None)
        for a, b in pairwise(cuts)
    ]


def rows(hits: tuple[Hit, ...]) -> list[list[Any]]:
    """Return the retrieved passages as rows of the table, best first."""
    return [
        [
            rank,
            *map(_score, (hit.score, hit.dense, hit.lexical)),
            hit.passage.source_id,
            hit.passage.role,
            hit.passage.text,
        ]
        for rank, hit in enumerate(hits, start=1)
    ]


def evidence(exchange: Exchange | None) -> Evidence:
    """Return what the panel shows of an exchange, or that there is nothing to show."""
    if exchange is None:
        return _no_evidence(NOT_ASKED)
    if exchange.answer is None:
        return _no_evidence(("No evidence", exchange.failure) if exchange.failure else AT_WORK, exchange.question)
    answer = exchange.answer
    action = max((found.action for found in answer.trace.findings), default=Action.ALLOW)
    return Evidence(
        part("ask.verdict", answer, action=action.name.lower()),
        highlight(exchange.question, answer.trace.findings),
        rows(answer.trace.hits),
        part("empty", *NO_ROW),
        part("ask.claims", answer),
        part("ask.patient", answer),
        part("ask.run", answer),
    )


def messages(conversation: Conversation) -> list[dict[str, str]]:
    """Return a conversation as the chat shows it."""
    shown = []
    for exchange in conversation.exchanges:
        shown.append({"role": "user", "content": part("ask.asked", exchange.question)})
        if exchange.failure:
            shown.append({"role": "assistant", "content": part("ask.failed", exchange.failure)})
        elif exchange.claims or exchange.answer:
            shown.append({"role": "assistant", "content": part("ask.said", exchange.claims, exchange.answer)})
    return shown


def stream(ask: Ask, conversation: Conversation, question: str, lang: Lang) -> Iterator[Conversation]:
    """Yield the conversation with a new question, after each claim and with the answer; a failure is a sentence."""
    exchange = Exchange(question=question)
    yield conversation.add(exchange)
    try:
        for said in ask(question, session=conversation.session, lang=lang):
            change = {"answer": said} if isinstance(said, Answer) else {"claims": (*exchange.claims, said)}
            exchange = exchange.model_copy(update=change)
            yield conversation.add(exchange)
    except AssistantError as error:
        yield conversation.add(exchange.model_copy(update={"failure": f"{error}. {error.hint}"}))
    except Exception as error:  # noqa: BLE001  # staff get a sentence, never a trace, whatever broke
        _log.error("console_ask_failed", error=type(error).__name__)  # a trace could hold the question
        yield conversation.add(exchange.model_copy(update={"failure": FAILED}))


def passage(hits: tuple[Hit, ...], rank: int, source_of: Callable[[str], Source]) -> str:
    """Return the passage of one rank with the record of its source."""
    if not 0 < rank <= len(hits):
        return part("empty", *NO_ROW)
    hit = hits[rank - 1]
    try:
        return part("ask.passage", hit, source_of(hit.passage.source_id))
    except (LookupError, CorpusError):
        return part("ask.passage", hit, None)


def _score(score: float | None) -> float | None:
    return None if score is None else round(score, 3)


def _no_evidence(why: tuple[str, str], question: str = NOT_ASKED[0]) -> Evidence:
    said = part("empty", *why)
    return Evidence(said, [(question, None)], [], part("empty", *NO_ROW), said, said, said)
