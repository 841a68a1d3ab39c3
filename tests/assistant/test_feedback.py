"""Feedback reaches the people who review it, without a word of the conversation unless its visitor gave it."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from assistant.feedback import Feedback, FeedbackRecords, Opinion
from assistant.server import Edge
from guardrails.policy import default_policy
from guardrails.verdict import Verdict

ANSWER = "a" * 32
QUESTION = "My name is Jane Roe. Is LDN an opioid?"
PERSONAL = "Call me at 555-867-5309, jane.roe@mail.example"
CHECK = default_policy().check_question


class Days:
    """A calendar that turns when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time it was set to."""
        return self.now


@pytest.fixture
def days() -> Days:
    """Return a calendar at the first of a month."""
    return Days()


@pytest.fixture
def records(tmp_path: Path, days: Days) -> FeedbackRecords:
    """Return records that are kept for ten days."""
    return FeedbackRecords(tmp_path / "data" / "feedback", keep_days=10, check=CHECK, now=days)


@pytest.fixture
def edge(make_edge: Callable[..., Edge]) -> Edge:
    """Return an edge with records of the test's own."""
    return make_edge()


@pytest.fixture
def client(edge: Edge, connect: Callable[..., TestClient]) -> TestClient:
    """Return a client of the edge."""
    return connect(edge)


@pytest.fixture
def asked(client: TestClient, ask_for: Callable[..., Any]) -> dict[str, Any]:
    """Return the answer to a question that names its visitor."""
    return dict(ask_for(client, QUESTION).json())


def rate(client: TestClient, asked: dict[str, Any], rating: str = "problem", **more: Any) -> Any:
    """Say something of an answer."""
    return client.post(
        "/v1/feedback", json={"session": asked["session"], "answer": asked["id"], "rating": rating} | more
    )


def kept(edge: Edge) -> Feedback:
    """Return the one feedback that is kept."""
    (feedback,) = edge.feedback.read_feedback()
    return feedback


def written(edge: Edge) -> str:
    """Return all that the records hold."""
    return "".join(file.read_text() for file in edge.feedback._folder.glob("*.jsonl"))


def test_a_rating_says_what_it_is_about(edge: Edge, client: TestClient, asked: dict[str, Any]) -> None:
    """A-30: what is kept names rating, reasons, outcome, rule and corpus, and no word of question or answer."""
    assert rate(client, asked, reasons=["wrong", "unsafe"]).status_code == 204
    feedback = kept(edge)
    assert (feedback.rating, feedback.reasons, feedback.answer) == ("problem", ("wrong", "unsafe"), asked["id"])
    assert (feedback.outcome, feedback.rule) == (asked["outcome"], asked["rule"])
    assert feedback.fingerprint == edge.library.fingerprint
    for word in ("opioid", "Jane", asked["session"], asked["claims"][0]["text"]):
        assert word not in written(edge)


def test_comments_are_masked(edge: Edge, client: TestClient, asked: dict[str, Any]) -> None:
    """A-19: personal data in a comment is masked as in a question, before it is written."""
    assert rate(client, asked, comment=f"This was wrong. {PERSONAL}").status_code == 204
    assert kept(edge).comment == "This was wrong. Call me at [PHONE], [EMAIL]"
    assert "867-5309" not in written(edge)


def test_a_red_flag_in_a_comment_is_marked(edge: Edge, client: TestClient, asked: dict[str, Any]) -> None:
    """Whoever writes of ending their life in a comment is to be read first."""
    rate(client, asked, comment="I want to end my life")
    assert kept(edge).red_flag


def test_a_transcript_is_taken_only_when_ticked(edge: Edge, client: TestClient, asked: dict[str, Any]) -> None:
    """A-30: with the tick the server adds its own masked copy of the conversation."""
    assert rate(client, asked, transcript=True).status_code == 204
    (exchange,) = kept(edge).transcript
    assert exchange.question == QUESTION.replace("Jane Roe", "[PERSON]")
    assert asked["claims"][0]["text"] in exchange.text


def test_deleting_a_chat_deletes_its_words_here(
    edge: Edge, client: TestClient, ask_for: Callable[..., Any], asked: dict[str, Any]
) -> None:
    """A-21: after deletion neither transcript nor comment of that chat is left, and others' are untouched."""
    rate(client, asked, transcript=True, comment="sesame")
    other = ask_for(client, "Hello").json()
    rate(client, other, transcript=True, comment="stays")
    assert client.request("DELETE", "/v1/session", json={"session": asked["session"]}).status_code == 204
    assert "sesame" not in written(edge)
    assert "opioid" not in written(edge)
    first, second = edge.feedback.read_feedback()
    assert (first.rating, first.comment, first.transcript) == ("problem", "", ())
    assert second.comment == "stays"
    assert second.transcript


def test_a_chat_that_is_over_can_still_be_deleted(edge: Edge, client: TestClient, asked: dict[str, Any]) -> None:
    """A-21: the words go although the conversation itself was forgotten long ago."""
    rate(client, asked, comment="sesame")
    edge.conversations.forget(next(iter(edge.conversations._running)))  # type: ignore[attr-defined]
    client.request("DELETE", "/v1/session", json={"session": asked["session"]})
    assert "sesame" not in written(edge)


def test_after_the_end_ratings_are_taken_and_transcripts_are_not(
    edge: Edge, client: TestClient, asked: dict[str, Any]
) -> None:
    """A-30: when the session is over a report still arrives, without what nobody knows any more."""
    client.request("DELETE", "/v1/session", json={"session": asked["session"]})
    refused = rate(client, asked, transcript=True)
    assert (refused.status_code, refused.json()["code"]) == (401, "session")
    assert rate(client, asked, "not_helpful").status_code == 204
    assert (kept(edge).rating, kept(edge).outcome) == ("not_helpful", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rating": "sesame"},
        {"reasons": ["sesame"]},
        {"comment": "x" * 501},
        {"transcript": [{"question": "sesame"}]},
        {"answer": "../sesame"},
        {"text": "sesame"},
        {"lang": "sesame"},
    ],
)
def test_anything_else_is_refused(edge: Edge, client: TestClient, asked: dict[str, Any], wrong: dict[str, Any]) -> None:
    """C-16: extra keys, unknown codes and transcripts from the browser are 400 and leave nothing behind."""
    refused = rate(client, asked, **wrong)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert "sesame" not in refused.text
    assert list(edge.feedback.read_feedback()) == []


def test_feedback_is_limited(make_edge: Callable[..., Edge], connect: Callable[..., TestClient]) -> None:
    """C-17: nobody fills the disk with ratings."""
    client = connect(make_edge(limits={"feedback_per_minute": 2}))
    said = [rate(client, {"session": "x", "id": ANSWER}).status_code for _ in range(3)]
    assert said == [204, 204, 429]


def test_a_broken_disk_is_said_plainly(
    edge: Edge, client: TestClient, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be kept or deleted is said, with where to turn; no trace and no text in the log."""

    def broken(*_: object, **__: object) -> None:
        raise OSError("sesame")

    rate(client, asked, comment="first")
    monkeypatch.setattr("assistant.feedback.os.open", broken)
    with capture_logs() as logs:
        refused = rate(client, asked, comment="secret")
        gone = client.request("DELETE", "/v1/session", json={"session": asked["session"]})
    for answered in (refused, gone):
        assert (answered.status_code, answered.json()["code"]) == (503, "unavailable")
        assert "clinic" in answered.json()["detail"]
    assert "sesame" not in str(logs) + refused.text + gone.text
    assert "secret" not in str(logs)


def test_records_are_their_owners_alone(records: FeedbackRecords, tmp_path: Path) -> None:
    """A-20: nobody else on the machine can read them, neither as written nor as rewritten."""
    records.keep(Opinion(answer=ANSWER, rating="problem", comment="x"), tie="t")
    records.forget("t")
    folder = tmp_path / "data" / "feedback"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert {file.name for file in files} == {"2026-11-01.jsonl", ".lock"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_old_records_are_deleted(records: FeedbackRecords, days: Days) -> None:
    """A-20: after the days that the settings say nothing of a record is left."""
    for comment in ("old", "new"):
        records.keep(Opinion(answer=ANSWER, rating="helpful", comment=comment))
        days.now += timedelta(days=1)
    days.now = datetime(2026, 11, 11, 0, 1, tzinfo=UTC)
    records.prune()
    assert [feedback.comment for feedback in records.read_feedback()] == ["old", "new"]
    days.now += timedelta(days=1)
    records.prune()
    assert [feedback.comment for feedback in records.read_feedback()] == ["new"]


def test_a_start_deletes_what_is_old(
    edge: Edge, connect: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A-20: a server that was off for long deletes old records as soon as it runs."""
    days = Days()
    old = FeedbackRecords(tmp_path / "old", keep_days=10, check=CHECK, now=days)
    old.keep(Opinion(answer=ANSWER, rating="helpful"))
    days.now += timedelta(days=100)
    client = connect(replace(edge, feedback=old))
    for _ in range(100):
        client.get("/healthz")
        if not list(old.read_feedback()):
            return
    pytest.fail("nothing was deleted")


@pytest.fixture
def every_level() -> Iterator[None]:
    """Keep logs of every level, which the tests' own setting leaves out."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("every_level")
def test_readers_ask_from_a_day_on(records: FeedbackRecords, days: Days) -> None:
    """A-20: what came since a day is read oldest first, a damaged line hides no other, and the log says who read."""
    for comment in ("one", "two", "three"):
        records.keep(Opinion(answer=ANSWER, rating="helpful", comment=comment))
        days.now += timedelta(days=1)
    with (records._folder / "2026-11-03.jsonl").open("a") as lines:
        lines.write("{damaged\n")
    with capture_logs() as logs:
        found = [feedback.comment for feedback in records.read_feedback(date(2026, 11, 2), reader="ana")]
    assert found == ["two", "three"]
    assert {"event": "feedback_read", "reader": "ana", "since": "2026-11-02", "log_level": "info"} in logs


def test_a_damaged_line_of_a_deleted_chat_goes(records: FeedbackRecords) -> None:
    """A line that cannot be read and bears the chat's mark may hold its words, so it does not stay."""
    records.keep(Opinion(answer=ANSWER, rating="helpful", comment="stays"), tie="other")
    with (records._folder / "2026-11-01.jsonl").open("a") as lines:
        lines.write('{"tie":"mine","comment":"sesame"\n')
    records.forget("mine")
    assert "sesame" not in (records._folder / "2026-11-01.jsonl").read_text()
    assert [feedback.comment for feedback in records.read_feedback()] == ["stays"]


def test_a_comment_that_cannot_be_judged_is_not_kept_as_it_is(tmp_path: Path) -> None:
    """Fail closed: what masking breaks on is not written."""

    def broken(_: str) -> Verdict:
        raise ValueError("a rule broke")

    records = FeedbackRecords(tmp_path / "feedback", keep_days=1, check=broken)
    with pytest.raises(ValueError, match="a rule broke"):
        records.keep(Opinion(answer=ANSWER, rating="helpful", comment="sesame"))
    assert not list(tmp_path.rglob("*.jsonl"))
