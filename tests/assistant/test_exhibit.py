"""Staff see why an answer is what it is, and whatever it says stays text."""

import re
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from assistant.answer import Answer, Card, Citation, CitedClaim, Hit, Link, Outcome, Trace, Withheld
from assistant.console import exhibit
from assistant.console.ask import COLUMNS, AskTab
from assistant.console.exhibit import AT_WORK, FAILED, NOT_ASKED, Conversation, Exchange
from assistant.errors import AssistantError
from corpus.evidence import Audience, Kind, Passage, Provenance, Reference, Role, Source, Verification
from guardrails.verdict import Action, Finding, Span

XSS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\n\n<svg onload=alert(1)>\n\n![x](https://evil.example/x)",
    "[x](javascript:alert(1)) <javascript:alert(1)>",
    "</div><iframe srcdoc='<script>alert(1)</script>'>",
    '" onmouseover="alert(1)',
)
QUESTION = "Does it help pain, and how much do I take?"


def passage(source: str, text: str) -> Passage:
    """Return a passage of a source."""
    return Passage(source_id=source, heading=("Findings",), text=text, role=Role.BENEFIT)


def source(name: str, text: str = "Pain fell.") -> Source:
    """Return a source with one passage."""
    return Source(
        id=name,
        kind=Kind.RCT,
        audience=Audience.PATIENT,
        topics=("pain",),
        reference=Reference(title=f"Title of {name}", url="https://example.org/work"),
        provenance=Provenance(
            digested_by="A nurse",
            digested_on=date(2026, 1, 5),
            seen_at=("https://example.org/work",),
            seen_extent="abstract",
            checksum="0" * 64,
            review_by=date(2027, 1, 5),
            verification=Verification.SEEN,
        ),
        passages=(passage(name, text),),
    )


def answer_of(text: str = "Pain fell.", **changes: Any) -> Answer:
    """Return an answer with one claim, one withheld sentence and two findings; ``text`` is all that it says."""
    work = source("a-trial", text)
    hits = tuple(Hit(passage=found, score=0.91234, dense=0.5) for found in work.passages)
    findings = (
        Finding(rule="dosing_request", action=Action.REFUSE, spans=(Span(start=20, end=42, label="amount"),)),
        Finding(rule="personal_advice", action=Action.CAUTION, spans=(Span(start=33, end=37),)),
    )
    values: dict[str, Any] = {
        "id": "answer-1",
        "session": "session-1",
        "question": QUESTION,
        "lang": "en",
        "outcome": Outcome.ANSWERED,
        "rule": "dosing_request",
        "message": text,
        "claims": (CitedClaim(text=text, citations=(Citation.of(1, work, work.passages[0]),)),),
        "notices": (text,),
        "card": Card(kind="consultation", title=text, text=text, links=(Link(label="Call", href="tel:1"),)),
        "suggestions": (text,),
        "ms": 12.4,
        "fingerprint": "f" * 64,
        "generator": "extractive",
        "trace": Trace(
            findings=findings,
            searched=text,
            hits=hits,
            withheld=(Withheld(text=text, rule="dose_stated"),),
            timings_ms={"check_question": 1.0, "search": 9.5},
        ),
    }
    return Answer(**(values | changes))


def ask(question: str, *, session: str | None = None, lang: str = "en", history: Any = None) -> Iterator[Any]:
    """Answer as the assistant does: the claims, then the answer."""
    answer = answer_of(question=question, session=session or "session-1", lang=lang)
    yield from answer.claims
    yield answer


def test_rows_of_the_table() -> None:
    """A row has rank, scores, source, role and statement; a score that does not exist is empty."""
    ((*row,),) = exhibit.rows(answer_of().trace.hits)
    assert row == [1, 0.912, 0.5, None, "a-trial", "benefit", "Pain fell."]
    assert len(row) == len(COLUMNS)


def test_highlight_cuts_where_rules_overlap() -> None:
    """Stretches join to the question, and each names all rules that found it."""
    shown = exhibit.highlight(QUESTION, answer_of().trace.findings)
    assert "".join(text for text, _ in shown) == QUESTION
    assert [rules for _, rules in shown] == [
        None,
        "dosing_request",
        "dosing_request, personal_advice",
        "dosing_request",
    ]


def test_highlight_survives_spans_outside_the_text() -> None:
    """A span beyond the end, an empty one and an empty text do no harm."""
    found = Finding(rule="crisis", action=Action.ESCALATE, spans=(Span(start=2, end=99), Span(start=1, end=1)))
    assert "".join(text for text, _ in exhibit.highlight("help", (found,))) == "help"
    assert exhibit.highlight("", (found,)) == []


def test_evidence_of_an_answer() -> None:
    """The panel says what was decided, by which rule, from what, and what was kept back."""
    shown = exhibit.evidence(Exchange(question=QUESTION, answer=answer_of()))
    for text in ("answered", "dosing_request", "refuse", "amount", "12 ms"):
        assert text in shown.verdict
    assert "dose_stated" in shown.claims
    assert "tel:1" in shown.patient
    for text in ("check question", "9.5 ms", "extractive", "f" * 64):
        assert text in shown.run


def test_only_reviewers_read_what_was_withheld() -> None:
    """Staff learn that a sentence was withheld and by which rule; its words are for clinical reviewers."""
    exchange = Exchange(
        question=QUESTION, answer=answer_of("Shown.", trace=trace_withholding("Take the secret amount."))
    )
    for staff in (exhibit.evidence(exchange), exhibit.evidence(exchange, tells_withheld=False)):
        assert "Take the secret amount." not in str(staff)
        assert "dose_stated" in staff.claims
    assert "Take the secret amount." in exhibit.evidence(exchange, tells_withheld=True).claims


def trace_withholding(text: str) -> Trace:
    """Return the trace of an answer that withheld one sentence."""
    return Trace(withheld=(Withheld(text=text, rule="dose_stated"),), timings_ms={"policy": 2.0, "retrieval": 8.0})


def test_steps_carry_their_time_and_what_came_of_them() -> None:
    """The chat has a message for each step of the pipeline, under one that folds, each with its duration."""
    exchange = Exchange(question=QUESTION, answer=answer_of(trace=trace_withholding("x")))
    heading, policy, retrieval = [
        message["metadata"] for message in exhibit.messages(Conversation().add(exchange)) if "metadata" in message
    ]
    assert (policy["parent_id"], retrieval["parent_id"]) == (heading["id"], heading["id"])
    assert (policy["duration"], retrieval["duration"]) == (0.002, 0.008)
    assert {heading["status"], policy["status"], retrieval["status"]} == {"done"}


def test_a_step_that_broke_is_named() -> None:
    """When the assistant could not answer, the step that broke says so; before the end the work is pending."""
    broken = answer_of(outcome=Outcome.UNAVAILABLE, trace=trace_withholding("x"))
    shown = exhibit.messages(Conversation().add(Exchange(question=QUESTION, answer=broken)))
    assert [one["metadata"]["title"] for one in shown if "failed" in one.get("metadata", {}).get("title", "")] == [
        "Retrieval failed"
    ]
    (_, pending) = exhibit.messages(Conversation().add(Exchange(question=QUESTION)))
    assert pending["metadata"]["status"] == "pending"


def test_a_citation_opens_its_passage_in_its_source() -> None:
    """Each mark is a link to the source's page of the console, with the passage that is cited."""
    answer = answer_of()
    (citation,) = answer.citations
    opened = exhibit.messages(Conversation().add(Exchange(question=QUESTION, answer=answer, claims=answer.claims)))
    link = f'href="source/a-trial?passage={quote(citation.passage, safe="/")}#cited"'
    assert link in opened[-1]["content"]


def test_evidence_before_the_first_question() -> None:
    """An empty panel says what will be there."""
    shown = exhibit.evidence(None)
    assert NOT_ASKED[0] in shown.verdict
    assert shown.hits == []


def test_evidence_while_the_assistant_is_at_work() -> None:
    """A new question never stands beside the evidence of the one before."""
    shown = exhibit.evidence(Exchange(question=QUESTION))
    assert AT_WORK[0] in shown.verdict
    assert (shown.question, shown.hits) == ([(QUESTION, None)], [])


def test_passage_with_and_without_its_source() -> None:
    """A selected row shows the record of its source, or says that there is none, and where the answer cites it."""
    answer = answer_of()
    shown = exhibit.passage(answer, 1, source)
    for text in ("Title of a-trial", "randomised trial", "abstract", "https://example.org/work", "Cited in the answer"):
        assert text in shown
    assert "not cited" in exhibit.passage(answer.model_copy(update={"claims": ()}), 1, source)
    assert "No record" in exhibit.passage(answer, 1, {}.__getitem__)
    assert "No passage selected" in exhibit.passage(answer, 7, source)


def said(messages: list[dict[str, Any]]) -> int:
    """Return how many messages of a chat were said: the steps are not."""
    return sum("metadata" not in message for message in messages)


def test_claims_stream_and_the_session_is_kept() -> None:
    """Each claim shows as it comes; the next question goes on in the session of the answer."""
    console = AskTab(lambda _: ask, ["extractive"], source)
    *first, last = console.answer(Conversation(), f" {QUESTION} ", "en", generator="extractive", remembers=True)
    assert [said(shown[1]) for shown in (*first, last)] == [1, 2, 2]
    assert last[0].session == "session-1"
    sessions: list[str | None] = []

    def listen(question: str, *, session: str | None = None, lang: str = "en") -> Iterator[Any]:
        sessions.append(session)
        yield from ask(question, session=session, lang=lang)

    list(
        AskTab(lambda _: listen, ["extractive"], source).answer(
            last[0], "And fatigue?", "es", generator="extractive", remembers=True
        )
    )
    assert sessions == ["session-1"]


def test_without_memory_a_question_is_the_first() -> None:
    """With the memory off neither the session nor what was asked in it goes along."""
    asked: list[dict[str, Any]] = []

    def listen(question: str, **options: Any) -> Iterator[Any]:
        asked.append(options)
        yield from ask(question)

    console = AskTab(lambda _: listen, ["extractive"], source)
    kept = Conversation().add(Exchange(question="one", answer=answer_of()))
    list(console.answer(kept, "And fatigue?", "en", generator="extractive", remembers=False))
    assert asked == [{"lang": "en", "history": ()}]


def test_the_chosen_generator_answers() -> None:
    """The generator that was chosen is the one that is asked; one that cannot be set up is a sentence."""
    chosen: list[str] = []

    def answering(name: str) -> Any:
        chosen.append(name)
        raise AssistantError("no such model", hint="Choose another.")

    console = AskTab(answering, ["extractive", "a:b"], source)
    *_, last = console.answer(Conversation(), QUESTION, "en", generator="a:b", remembers=True)
    assert chosen == ["a:b"]
    assert "no such model. Choose another." in last[1][-1]["content"]


def test_an_answer_that_does_not_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the longest time staff read that the answer was stopped."""
    monkeypatch.setattr("assistant.console.ask.LONGEST_S", -1)
    console = AskTab(lambda _: ask, ["extractive"], source)
    *_, last = console.answer(Conversation(), QUESTION, "en", generator="extractive", remembers=True)
    assert "was stopped" in last[1][-1]["content"]


def test_an_empty_question_is_not_asked() -> None:
    """Blank input changes nothing."""
    (shown,) = AskTab(lambda _: ask, ["extractive"], source).answer(
        Conversation(), "  \n", "en", generator="extractive", remembers=True
    )
    assert shown[:3] == (Conversation(), [], "")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(RuntimeError("patient said x"), FAILED), (AssistantError("no index", hint="Build it."), "no index. Build it.")],
)
def test_a_failure_is_a_sentence(error: Exception, sentence: str, caplog: pytest.LogCaptureFixture) -> None:
    """Staff read what to do; neither they nor the log get a trace or the text of the error."""

    def fail(question: str, *, session: str | None = None, lang: str = "en") -> Iterator[Any]:
        yield answer_of().claims[0]
        raise error

    *_, last = AskTab(lambda _: fail, ["extractive"], source).answer(
        Conversation(), QUESTION, "en", generator="extractive", remembers=True
    )
    assert sentence in last[1][-1]["content"]
    assert sentence in last[3]
    assert "patient said x" not in str(last) + caplog.text


def test_looking_back_and_up() -> None:
    """A selected message brings its evidence back, a selected row its passage, and neither trusts what it is told."""
    console = AskTab(lambda _: ask, ["extractive"], source)
    kept = Conversation().add(Exchange(question="one", answer=answer_of())).add(Exchange(question="two"))
    assert kept.answer is None
    back = console.look_back(kept, SimpleNamespace(index=1))  # type: ignore[arg-type]
    assert back[0].shown == 0
    assert back[3] != []
    assert console.look_back(kept, SimpleNamespace(index=99))[0].shown == 1  # type: ignore[arg-type]
    assert console.look_back(Conversation(), SimpleNamespace(index=0))[3] == []  # type: ignore[arg-type]
    row = SimpleNamespace(row_value=["1", "x"])
    assert "Title of a-trial" in console.look_up(back[0], row)  # type: ignore[arg-type]
    assert "No passage selected" in console.look_up(Conversation(), row)  # type: ignore[arg-type]


def test_starting_anew_forgets() -> None:
    """A new conversation has no session and no messages."""
    kept, shown, *_ = AskTab(lambda _: ask, ["extractive"], source).start_anew()
    assert (kept, shown) == (Conversation(), [])


@pytest.mark.parametrize("text", XSS)
def test_hostile_text_is_inert(text: str) -> None:
    """Whatever a question, a passage or a generator says comes out as text, in one block of HTML."""
    hostile = answer_of(text, rule=text, generator=text, question=text)
    exchange = Exchange(question=text, claims=hostile.claims, answer=hostile)
    shown = exhibit.evidence(exchange)
    parts = [shown.verdict, shown.claims, shown.patient, shown.run, exhibit.passage(hostile, 1, source)]
    parts += [message["content"] for message in exhibit.messages(Conversation().add(exchange))]
    for part in parts:
        assert not re.search(r"<(script|img|svg|iframe|javascript)", part)
        assert not re.search(r"<[^>]*\son\w+=", part)
        assert part.startswith("<div")
        assert "\n\n" not in part
