"""Exhibit: how an answer and its evidence are laid before staff.

Every part of the page is one block of HTML from one escaping template, meant to stand in Markdown: what a text says is
shown, never obeyed.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import structlog

from assistant.answer import Answer, CitedClaim, Hit, Outcome
from assistant.console.tab import part
from assistant.errors import AssistantError
from corpus.errors import CorpusError
from corpus.evidence import Source, Value
from corpus.text import Lang
from guardrails.verdict import Action, Finding

STEPS = {
    "policy": "Safety check of the question",
    "retrieval": "Retrieval",
    "generation": "Generation",
    "claims": "Check of each sentence",
}
"""What the steps of the pipeline are called."""
FAILED = "The assistant failed on this question. The log names the part that failed."
NOT_ASKED = ("Nothing asked yet", "Ask a question: what the rules found in it, and what was said, appears here.")
AT_WORK = ("At work", "The evidence appears here when the answer is complete.")
NO_ROW = ("No passage selected", "Select a row of the table to read the passage and the record of its source.")

_log = structlog.get_logger(__name__)


class Ask(Protocol):
    """The one way to an answer: yields judged claims and closes with an ``Answer``."""

    def __call__(
        self,
        question: str,
        *,
        session: str | None = None,
        lang: Lang = "en",
        history: Sequence[str] | None = None,
    ) -> Iterator[CitedClaim | Answer]:
        """Return the stream of claims for a question; an empty ``history`` stands in for what is remembered."""
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

    def at(self, place: int) -> "Conversation":
        """Return the conversation with the exchange shown that the message at a place of the chat belongs to."""
        owners = [n for n, exchange in enumerate(self.exchanges) for _ in _messages(n, exchange)]
        return self.model_copy(update={"shown": owners[max(0, min(place, len(owners) - 1))] if owners else -1})

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


def evidence(exchange: Exchange | None, *, tells_withheld: bool = False) -> Evidence:
    """Return what the panel shows of an exchange, or that there is nothing to show.

    ``tells_withheld``: whether the reader may see the sentences that patients must not.
    """
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
        part("ask.claims", answer, tells_withheld=tells_withheld),
        part("ask.patient", answer),
        part("ask.run", answer),
    )


def messages(conversation: Conversation) -> list[dict[str, Any]]:
    """Return a conversation as the chat shows it: each question, how it was worked on, and what was said."""
    return [message for n, exchange in enumerate(conversation.exchanges) for message in _messages(n, exchange)]


def _messages(n: int, exchange: Exchange) -> Iterator[dict[str, Any]]:
    yield {"role": "user", "content": part("ask.asked", exchange.question)}
    yield from _steps(f"steps-{n}", exchange)
    if exchange.failure:
        yield {"role": "assistant", "content": part("ask.failed", exchange.failure)}
    elif exchange.claims or exchange.answer:
        yield {"role": "assistant", "content": part("ask.said", exchange.claims, exchange.answer)}


def _steps(id_: str, exchange: Exchange) -> Iterator[dict[str, Any]]:
    """Yield the steps of the pipeline, each with its time and what came of it, under one heading that folds."""
    answer = exchange.answer
    if answer is None:
        title = "The work on this question broke off" if exchange.failure else "At work on this question"
        status = "done" if exchange.failure else "pending"
        yield _step(title, exchange.failure or "The steps appear when the answer is complete.", status=status)
        return
    timings = answer.trace.timings_ms
    broke = answer.outcome is Outcome.UNAVAILABLE and "retrieval" in timings
    heading = "Answered without one step, which broke" if broke else "How this was answered"
    yield _step(heading, f"{len(timings)} steps", seconds=answer.ms / 1000, id=id_)
    for name, ms in timings.items():
        failed = broke and name == [*timings][-1]
        title, came_of_it = STEPS.get(name, name), "This step broke; the log names the part." if failed else ""
        said = came_of_it or _came_of(name, answer)
        yield _step(f"{title} failed" if failed else title, said, seconds=ms / 1000, parent_id=id_)


def _step(title: str, said: str, *, status: str = "done", seconds: float | None = None, **ids: str) -> dict[str, Any]:
    metadata = {"title": title, "status": status, **ids} | ({} if seconds is None else {"duration": seconds})
    return {"role": "assistant", "content": part("ask.step", said), "metadata": metadata}


def _came_of(step: str, answer: Answer) -> str:
    """Return in words what came of a step."""
    trace = answer.trace
    match step:
        case "policy":
            found = "; ".join(f"{one.rule}: {one.action.name.lower()}" for one in trace.findings)
            return found or "No rule found anything in the question."
        case "retrieval":
            best = trace.hits[0].passage.source_id if trace.hits else ""
            return f"{len(trace.hits)} passages, the best from {best}" if best else "No passage was relevant enough."
        case "generation":
            return f"{answer.generator}: {len(answer.claims) + len(trace.withheld)} sentences"
        case "claims":
            return f"{len(answer.claims)} shown, {len(trace.withheld)} withheld"
        case _:
            return "Done."


def stream(
    ask: Ask, conversation: Conversation, question: str, lang: Lang, *, remembers: bool = True
) -> Iterator[Conversation]:
    """Yield the conversation with a new question, after each claim and with the answer; a failure is a sentence.

    Without ``remembers`` the question is asked as the first of a visitor.
    """
    exchange = Exchange(question=question)
    yield conversation.add(exchange)
    try:
        before: dict[str, Any] = {"session": conversation.session} if remembers else {"history": ()}
        for said in ask(question, lang=lang, **before):
            change = {"answer": said} if isinstance(said, Answer) else {"claims": (*exchange.claims, said)}
            exchange = exchange.model_copy(update=change)
            yield conversation.add(exchange)
    except AssistantError as error:
        yield conversation.add(exchange.model_copy(update={"failure": f"{error}. {error.hint}"}))
    except Exception as error:  # noqa: BLE001  # staff get a sentence, never a trace, whatever broke
        _log.error("console_ask_failed", error=type(error).__name__)  # a trace could hold the question
        yield conversation.add(exchange.model_copy(update={"failure": FAILED}))


def passage(answer: Answer, rank: int, source_of: Callable[[str], Source]) -> str:
    """Return the passage of one rank with the record of its source, and under which number the answer cites it."""
    if not 0 < rank <= len(answer.trace.hits):
        return part("empty", *NO_ROW)
    hit = answer.trace.hits[rank - 1]
    cited = next((citation.n for citation in answer.citations if citation.passage == hit.passage.id), None)
    try:
        return part("ask.passage", hit, source_of(hit.passage.source_id), cited)
    except (LookupError, CorpusError):
        return part("ask.passage", hit, None, cited)


def _score(score: float | None) -> float | None:
    return None if score is None else round(score, 3)


def _no_evidence(why: tuple[str, str], question: str = NOT_ASKED[0]) -> Evidence:
    said = part("empty", *why)
    return Evidence(said, [(question, None)], [], part("empty", *NO_ROW), said, said, said)
