"""Pipeline: the one way from a question to an answer."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar
from uuid import uuid4

import structlog

from assistant.answer import Answer, Citation, CitedClaim, Found, Outcome, Trace, Withheld
from assistant.attribution import attribute
from assistant.conversations import Conversations, Turn
from assistant.course import Course
from assistant.query import Query
from assistant.reader import Reader
from assistant.replies import Fixed, Replies
from corpus.evidence import Claim
from corpus.library import Library
from corpus.text import Lang
from guardrails.dosing import find_dose
from guardrails.policy import Policy
from guardrails.scope import courtesy, language
from guardrails.verdict import Action

log = structlog.get_logger(__name__)

_LEANS_ON = 2
"""How many messages before it a follow-up can lean on."""

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

    def generate(self, query: Query, found: Found) -> Iterable[str]:
        """Yield sentences in order; each may only say what was found.

        An empty one says that the next is still being waited for: there the pipeline may stop, and close the generator.

        Raises:
            GeneratorError: the generator did not answer.
        """
        ...


class StoppedError(Exception):
    """Nobody waits for the rest of an answer."""


class Assistant:
    """Answers questions from evidence and judges every sentence before it leaves."""

    def __init__(  # noqa: PLR0913 - its collaborators, each named where the factory passes it
        self,
        *,
        library: Library,
        reader: Reader,
        policy: Policy,
        retriever: Retriever,
        generator: Generator,
        conversations: Conversations,
        replies: Replies,
        is_off: Callable[[], bool] = lambda: False,
    ) -> None:
        """Keep the collaborators; ``is_off`` tells whether somebody has switched the assistant off."""
        self._library = library
        self._reader = reader
        self._policy = policy
        self._retriever = retriever
        self._generator = generator
        self._conversations = conversations
        self._replies = replies
        self._is_off = is_off

    def ask(
        self,
        question: str,
        *,
        session: str | None = None,
        lang: Lang = "en",
        history: Sequence[str] | None = None,
        urgent_only: bool = False,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[CitedClaim | Answer]:
        """Yield each claim as soon as it was judged, then the answer that closes them.

        ``history`` (the visitor's earlier messages, oldest first) stands in for the remembered conversation. Red flags
        and refusals need neither index nor model. With ``urgent_only``, or when the assistant is switched off, red
        flags alone are answered and anything else is ``unavailable``. Once ``stopped`` says that nobody waits any more,
        no more is generated and the answer closes with what there is. Nothing is held open across a ``yield``, since a
        visitor who leaves does not close this generator; so the question is recorded at once and completed at the end.
        """
        course = self._judge(question, session, lang, history, urgent_only=urgent_only)
        course.stopped = stopped
        if course.verdict.action is not Action.ESCALATE and (urgent_only or self._is_off()):
            yield self._close(course, *self._switched_off(course))
        elif not course.verdict.allowed:
            yield self._close(course, *self._declined(course))
        elif greeting := courtesy(question, after_crisis=course.after_crisis):
            yield self._close(course, Outcome.COURTESY, self._replies.courtesy(greeting, course.lang))
        else:
            yield from self._claims(course)
            yield self._close(course, *self._concluded(course))

    def _judge(
        self, question: str, session: str | None, lang: Lang, history: Sequence[str] | None, *, urgent_only: bool
    ) -> Course:
        started_s = time.perf_counter()
        past: tuple[Turn, ...] = ()
        if session and history is None:
            past = _kept(lambda: self._conversations.turns(session), ())
        asked_before = tuple(turn.question for turn in past) if history is None else tuple(history)
        verdict = self._policy.check_question(question, asked_before)
        policy_ms = (time.perf_counter() - started_s) * 1000
        unrecorded = Turn(id=uuid4().hex, session=session or uuid4().hex, question=verdict.text)
        # What is turned away is no turn of a conversation: a flood of it must not push out those that run.
        recorded = not urgent_only or verdict.action is Action.ESCALATE
        return Course(
            turn=_kept(lambda: self._conversations.open(session, verdict.text), unrecorded) if recorded else unrecorded,
            lang=language(question, language(asked_before[-1], lang) if asked_before else lang),
            past=past,
            asked_before=asked_before,
            verdict=verdict,
            started_s=started_s,
            timings_ms={"policy": policy_ms},
        )

    def _claims(self, course: Course) -> Iterator[CitedClaim]:
        """Yield the judged claims on each question of the message; note what was not found, and what broke."""
        try:
            asked, before = course.verdict.allowed, self._allowed_before(course)
            for query in self._reader.read(asked, before, course.lang, whole=course.verdict.text):
                with course.timed("retrieval"):
                    found = self._retriever.search(query)
                if course.verdict.is_in_doubt:
                    # Only a question that we wrote ourselves can clear a doubt, not statements that are somewhat near.
                    found = found.model_copy(update={"hits": ()})
                course.searches.append((query, found))
                said = len(course.shown)
                with course.timed("generation"):
                    sentences = iter(self._generator.generate(query, found))
                while (claim := self._next(course, sentences, found)) is not None:
                    yield claim
                if found.missing or (said == len(course.shown) and not course.has_said(found)):
                    course.unanswered.append(found)
        except StoppedError:
            course.failed = True
        except Exception as error:  # noqa: BLE001 - whatever broke, a visitor is led to people and sees no trace
            log.error("answer_broke", turn=course.turn.id, error=type(error).__name__)
            course.failed = True

    def _allowed_before(self, course: Course) -> tuple[str, ...]:
        """Return what a follow-up may lean on: the messages before it, without what was refused or is personal."""
        earlier = course.asked_before[-_LEANS_ON:]
        return tuple(filter(None, (self._policy.check_question(text).allowed for text in earlier)))

    def _next(self, course: Course, sentences: Iterator[str], found: Found) -> CitedClaim | None:
        """Return the next claim that may be shown; ``None`` when the generator has no more to say."""
        while True:
            if course.stopped():
                raise StoppedError
            with course.timed("generation"):
                sentence = next(sentences, None)
            if sentence is None:
                return None
            if not sentence or any(sentence == claim.text for claim in course.judged):
                continue
            with course.timed("claims"):
                claim = attribute(sentence, found)
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

    def _declined(self, course: Course) -> tuple[Outcome, Fixed]:
        verdict = course.verdict
        outcome = Outcome.ESCALATED if verdict.action is Action.ESCALATE else Outcome.DECLINED
        before = sum(1 for turn in course.past if turn.answer and turn.answer.rule == verdict.rule)
        return outcome, self._replies.refusal(self._policy.reply(verdict, course.lang, before), course.lang)

    def _concluded(self, course: Course) -> tuple[Outcome, Fixed]:
        """Return how the allowed part of a question ended, with the refusal of the other part if there is one."""
        if course.verdict.action is Action.REFUSE:
            if course.verdict.is_in_doubt and course.missing and not course.shown:
                return self._empty_handed(course)
            outcome, refusal = self._declined(course)
            return (Outcome.ANSWERED if course.shown else outcome), refusal
        if not course.shown:
            return self._empty_handed(course)
        if course.failed:
            return Outcome.ANSWERED, self._replies.text("unfinished", course.lang)
        if course.unanswered:
            return Outcome.ANSWERED, self._unanswered(course, "no_evidence_part", "no_evidence_rest")
        fixed = self._replies.forward(course.lang) if course.tells_results else Fixed(message="")
        cautious = course.verdict.action is Action.CAUTION
        return Outcome.ANSWERED, fixed.model_copy(
            update={
                "card": self._replies.consultation(course.lang) if cautious else None,
                "suggestions": course.related or self._replies.starters(course.lang),
            }
        )

    def _empty_handed(self, course: Course) -> tuple[Outcome, Fixed]:
        """Return the text for a question without any claim: something broke, or nothing is known of it."""
        if course.failed:
            return Outcome.UNAVAILABLE, self._replies.text("unavailable", course.lang)
        outcome = Outcome.COURTESY if course.matters else Outcome.NO_EVIDENCE
        return outcome, self._unanswered(course, "no_evidence_missing", "no_evidence")

    def _unanswered(self, course: Course, naming: str, otherwise: str) -> Fixed:
        """Return the text on what got no claim: the front desk's, or that nothing is known, of what if named."""
        if course.matters:
            return self._replies.desk(course.matters, course.lang)
        words = ", ".join(f"“{name}”" for name in course.missing)
        # A visitor's words are repeated only where they state no dose.
        if words and not find_dose(words):
            fixed = self._replies.text(naming, course.lang, missing=words)
        else:
            fixed = self._replies.text("english_only" if course.lang == "es" else otherwise, course.lang)
        return fixed.model_copy(update={"suggestions": course.related or fixed.suggestions})

    def _switched_off(self, course: Course) -> tuple[Outcome, Fixed]:
        """Return what is said where only red flags are answered: help lines also to what may be one."""
        if help_above := self._policy.help_above(course.verdict, course.lang):
            return Outcome.ESCALATED, self._replies.refusal(help_above, course.lang)
        return Outcome.UNAVAILABLE, self._replies.text("switched_off", course.lang)

    def _close(self, course: Course, outcome: Outcome, fixed: Fixed) -> Answer:
        topics = {topic for claim in course.judged for passage in claim.passages for topic in passage.topics}
        help_above = self._policy.help_above(course.verdict, course.lang)
        answer = Answer(
            id=course.turn.id,
            session=course.turn.session,
            question=course.verdict.text,
            lang=course.lang,
            outcome=outcome,
            rule=course.verdict.rule,
            message=fixed.message,
            claims=tuple(course.shown),
            is_list=course.is_list,
            notices=tuple(self._replies.notices(course.verdict, course.shown, topics, course.lang)),
            card=self._replies.help_card(help_above) if help_above else fixed.card,
            suggestions=fixed.suggestions,
            ms=round((time.perf_counter() - course.started_s) * 1000, 2),
            fingerprint=self._library.fingerprint if course.shown else None,
            generator=self._generator.name,
            trace=Trace(
                findings=course.verdict.findings,
                searched=" ".join(query.text for query, _ in course.searches),
                hits=course.hits,
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
