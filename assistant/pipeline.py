"""Pipeline: the one way from a question to an answer."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import uuid4

import structlog

from assistant.answer import Answer, Citation, CitedClaim, Found, Outcome, Trace, Withheld
from assistant.attribution import attribute
from assistant.conversations import Conversations, Turn
from assistant.query import Query, understand
from assistant.replies import Fixed, Replies
from corpus.evidence import Claim, Passage
from corpus.library import Library
from corpus.vocabulary import Vocabulary
from guardrails.dosing import find_dose
from guardrails.policy import Policy
from guardrails.scope import Lang, courtesy, language
from guardrails.verdict import Action, Verdict

log = structlog.get_logger(__name__)

Kept = TypeVar("Kept")


class Retriever(Protocol):
    """Finds evidence for a question."""

    def search(self, query: Query) -> Found:
        """Return the passages to answer from.

        Raises:
            IndexUnavailableError: the search could not be made.
        """
        ...


class Generator(Protocol):
    """Words an answer. Whatever it says is attributed and judged afterwards, so it need not be trusted."""

    name: str

    def generate(self, query: Query, passages: Sequence[Passage]) -> Iterable[str]:
        """Yield sentences in order; each may only say what the passages say.

        Raises:
            GeneratorError: the generator did not answer.
        """
        ...


@dataclass(slots=True)
class _Course:
    """One question on its way: what is known of it so far."""

    turn: Turn
    lang: str
    past: tuple[Turn, ...]
    asked_before: tuple[str, ...]
    verdict: Verdict
    started_s: float
    timings_ms: dict[str, float]
    query: Query = field(default_factory=Query)
    found: Found = field(default_factory=Found)
    shown: list[CitedClaim] = field(default_factory=list)
    judged: list[Claim] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    failed: bool = False

    @property
    def after_crisis(self) -> bool:
        """Tell whether the message before this one was answered with help lines."""
        before = self.past[-1].answer if self.past else None
        return before is not None and before.outcome is Outcome.ESCALATED

    @property
    def offered(self) -> list[Passage]:
        """Return the passages that may be said, best first."""
        return [hit.passage for hit in self.found.hits]


class Assistant:
    """Answers questions from evidence and judges every sentence before it leaves."""

    def __init__(  # noqa: PLR0913 - its collaborators, each named where the factory passes it
        self,
        *,
        library: Library,
        vocabulary: Vocabulary,
        policy: Policy,
        retriever: Retriever,
        generator: Generator,
        conversations: Conversations,
        replies: Replies,
    ) -> None:
        self._library = library
        self._vocabulary = vocabulary
        self._policy = policy
        self._retriever = retriever
        self._generator = generator
        self._conversations = conversations
        self._replies = replies

    def ask(
        self,
        question: str,
        *,
        session: str | None = None,
        lang: Lang = "en",
        history: Sequence[str] | None = None,
    ) -> Iterator[CitedClaim | Answer]:
        """Yield each claim as soon as it was judged, then the answer that closes them.

        ``history`` (the visitor's earlier messages, oldest first) stands in for the remembered conversation. Red flags
        and refusals need neither index nor model. Nothing is held open across a ``yield``, since a visitor who leaves
        does not close this generator; so the question is recorded at once and completed at the end.
        """
        course = self._judge(question, session, lang, history)
        if not course.verdict.allowed:
            yield self._close(course, *self._declined(course))
        elif greeting := courtesy(question, after_crisis=course.after_crisis):
            yield self._close(course, Outcome.COURTESY, self._replies.courtesy(greeting, course.lang))
        elif course.lang == "es":
            yield self._close(course, Outcome.NO_EVIDENCE, self._replies.text("english_only", course.lang))
        else:
            yield from self._claims(course)
            yield self._close(course, *self._concluded(course))

    def _judge(self, question: str, session: str | None, lang: Lang, history: Sequence[str] | None) -> _Course:
        started_s, timings_ms = time.perf_counter(), dict[str, float]()
        past: tuple[Turn, ...] = ()
        if session and history is None:
            past = _kept(lambda: self._conversations.turns(session), ())
        asked_before = tuple(turn.question for turn in past) if history is None else tuple(history)
        with _timed(timings_ms, "policy"):
            verdict = self._policy.check_question(question, asked_before)
        unrecorded = Turn(id=uuid4().hex, session=session or uuid4().hex, question=verdict.text)
        return _Course(
            turn=_kept(lambda: self._conversations.open(session, verdict.text), unrecorded),
            lang=language(question, lang),
            past=past,
            asked_before=asked_before,
            verdict=verdict,
            started_s=started_s,
            timings_ms=timings_ms,
        )

    def _claims(self, course: _Course) -> Iterator[CitedClaim]:
        """Yield the judged claims; note whether something broke on the way."""
        try:
            course.query = understand(course.verdict.allowed, self._allowed_before(course), self._vocabulary)
            with _timed(course.timings_ms, "retrieval"):
                course.found = self._retriever.search(course.query)
            if not course.found.hits:
                return
            with _timed(course.timings_ms, "generation"):
                sentences = iter(self._generator.generate(course.query, course.offered))
            while (claim := self._next(course, sentences)) is not None:
                yield claim
        except Exception as error:  # noqa: BLE001 - whatever broke, a visitor is led to people and sees no trace
            log.error("answer_broke", turn=course.turn.id, error=type(error).__name__)
            course.failed = True

    def _allowed_before(self, course: _Course) -> str:
        """Return what a follow-up may lean on: the message before it, without what was refused or is personal."""
        last = course.asked_before[-1:]
        return self._policy.check_question(last[0], course.asked_before[:-1]).allowed if last else ""

    def _next(self, course: _Course, sentences: Iterator[str]) -> CitedClaim | None:
        """Return the next claim that may be shown; ``None`` when the generator has no more to say."""
        while True:
            with _timed(course.timings_ms, "generation"):
                sentence = next(sentences, None)
            if sentence is None:
                return None
            with _timed(course.timings_ms, "claims"):
                claim = attribute(sentence, course.offered)
                verdict = self._policy.check_claim(claim, course.judged)
            if verdict.allows:
                course.judged.append(claim)
                course.shown.append(self._cite(claim, course.shown))
                return course.shown[-1]
            course.withheld.append(Withheld(text=sentence, rule=verdict.rule or "unknown"))

    def _cite(self, claim: Claim, shown: Sequence[CitedClaim]) -> CitedClaim:
        """Return a claim with numbered citations; a quote that was cited before keeps its number."""
        numbers = {citation.quote: citation for cited in shown for citation in cited.citations}
        citations = []
        for passage in claim.passages:
            n = len(numbers) + 1
            citation = numbers.get(passage.text) or Citation.of(n, self._library.source(passage.source_id), passage)
            numbers[passage.text] = citation
            citations.append(citation)
        return CitedClaim(text=claim.text, citations=tuple(citations))

    def _declined(self, course: _Course) -> tuple[Outcome, Fixed]:
        verdict = course.verdict
        outcome = Outcome.ESCALATED if verdict.action is Action.ESCALATE else Outcome.DECLINED
        before = sum(1 for turn in course.past if turn.answer and turn.answer.rule == verdict.rule)
        return outcome, self._replies.refusal(self._policy.reply(verdict, course.lang, before), course.lang)

    def _concluded(self, course: _Course) -> tuple[Outcome, Fixed]:
        """Return how the allowed part of a question ended, with the refusal of the other part if there is one."""
        if course.verdict.action is Action.REFUSE:
            outcome, refusal = self._declined(course)
            return (Outcome.ANSWERED if course.shown else outcome), refusal
        if not course.shown:
            return self._empty_handed(course)
        if course.failed:
            return Outcome.ANSWERED, self._replies.text("unfinished", course.lang)
        cautious = course.verdict.action is Action.CAUTION
        card = self._replies.consultation(course.lang) if cautious else None
        return Outcome.ANSWERED, Fixed(message="", card=card, suggestions=self._replies.starters(course.lang))

    def _empty_handed(self, course: _Course) -> tuple[Outcome, Fixed]:
        """Return the text for a question without any claim: something broke, or nothing is known of it."""
        if course.failed:
            return Outcome.UNAVAILABLE, self._replies.text("unavailable", course.lang)
        words = ", ".join(f"“{word}”" for word in course.found.missing)
        # A visitor's words are repeated only where they state no dose.
        if words and not find_dose(words):
            return Outcome.NO_EVIDENCE, self._replies.text("no_evidence_missing", course.lang, missing=words)
        return Outcome.NO_EVIDENCE, self._replies.text("no_evidence", course.lang)

    def _close(self, course: _Course, outcome: Outcome, fixed: Fixed) -> Answer:
        topics = {topic for claim in course.judged for passage in claim.passages for topic in passage.topics}
        answer = Answer(
            id=course.turn.id,
            session=course.turn.session,
            question=course.verdict.text,
            lang=course.lang,
            outcome=outcome,
            rule=course.verdict.rule,
            message=fixed.message,
            claims=tuple(course.shown),
            notices=tuple(self._replies.notices(course.verdict, course.shown, topics, course.lang)),
            card=fixed.card,
            suggestions=fixed.suggestions,
            ms=round((time.perf_counter() - course.started_s) * 1000, 2),
            fingerprint=self._library.fingerprint if course.found.hits else None,
            generator=self._generator.name,
            trace=Trace(
                findings=course.verdict.findings,
                searched=course.query.text,
                hits=course.found.hits,
                withheld=tuple(course.withheld),
                timings_ms={step: round(ms, 2) for step, ms in course.timings_ms.items()},
            ),
        )
        kept = answer.model_copy(update={"trace": Trace()})
        _kept(lambda: self._conversations.close(course.turn, kept), None)
        log.info("answered", turn=answer.id, outcome=outcome.value, rule=answer.rule, ms=answer.ms)
        return answer


def _kept(record: Callable[[], Kept], otherwise: Kept) -> Kept:
    """Return what the records say; red flags are answered although the records are down."""
    try:
        return record()
    except Exception as error:  # noqa: BLE001 - a store may break in any way, and a visitor in need is answered all the same
        log.error("records_broke", error=type(error).__name__)
        return otherwise


@contextmanager
def _timed(timings_ms: dict[str, float], step: str) -> Iterator[None]:
    started_s = time.perf_counter()
    try:
        yield
    finally:
        timings_ms[step] = timings_ms.get(step, 0) + (time.perf_counter() - started_s) * 1000
