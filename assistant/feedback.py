"""Feedback: what visitors say of answers, kept for the people who review them, and no longer than they need."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

import structlog
from pydantic import ValidationError

from assistant.conversations import Turn
from corpus.evidence import Value
from corpus.text import Lang
from guardrails.verdict import Action, Verdict

log = structlog.get_logger(__name__)

Rating = Literal["helpful", "not_helpful", "problem"]
Reason = Literal["wrong", "unclear", "incomplete", "not_my_question", "unsafe", "other"]
LONGEST_COMMENT = 500


class Exchange(Value):
    """A question, with personal data masked, and what was answered."""

    question: str
    text: str


class Opinion(Value):
    """What a visitor says of an answer, as it is sent."""

    answer: str
    rating: Rating
    reasons: tuple[Reason, ...] = ()
    comment: str = ""
    lang: Lang = "en"


class Feedback(Value):
    """What was said of an answer, as it is kept: no word of the conversation unless its visitor gave it."""

    at: datetime
    answer: str
    rating: Rating
    reasons: tuple[Reason, ...] = ()
    comment: str = ""
    """With personal data masked."""
    red_flag: bool = False
    """Whether the comment itself shows a red flag: somebody should read it first."""
    lang: Lang = "en"
    outcome: str | None = None
    """How the answer ended; unknown once its conversation is over."""
    rule: str | None = None
    fingerprint: str | None = None
    """The corpus that was answered from."""
    tie: str | None = None
    """A keyed hash of the session, by which deleting a chat finds its words here."""
    transcript: tuple[Exchange, ...] = ()


class FeedbackRecords:
    """Feedback in a folder that its owner alone can read: a file of JSON lines for each day, deleted when it is old."""

    FOLDER, FILES, LOCK = 0o700, 0o600, ".lock"

    def __init__(
        self,
        folder: Path,
        *,
        keep_days: int,
        check: Callable[[str], Verdict],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Keep records for some days; ``check`` judges and masks a comment as if it were a question."""
        self._folder = folder
        self._keep_days = keep_days
        self._check = check
        self._now = now

    def keep(
        self, opinion: Opinion, *, tie: str | None = None, about: Turn | None = None, transcript: Sequence[Turn] = ()
    ) -> None:
        """Keep an opinion on a turn, with the turns that its visitor gave; whatever stands in it is masked first."""
        verdict = self._check(opinion.comment) if opinion.comment else Verdict(text="")
        answer = about.answer if about else None
        feedback = Feedback(
            at=self._now(),
            **opinion.model_dump(exclude={"comment"}),
            comment=verdict.text,
            red_flag=verdict.action is Action.ESCALATE,
            outcome=answer.outcome.value if answer else None,
            rule=answer.rule if answer else None,
            fingerprint=answer.fingerprint if answer else None,
            tie=tie,
            transcript=tuple(
                Exchange(question=turn.question, text=turn.answer.text if turn.answer else "") for turn in transcript
            ),
        )
        with self._alone():
            file = self._folder / f"{feedback.at.date().isoformat()}.jsonl"
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, self.FILES)
            with os.fdopen(descriptor, "a", encoding="utf-8") as lines:
                lines.write(feedback.model_dump_json() + "\n")

    def read_feedback(self, since: date = date.min, *, reader: str = "program") -> Iterator[Feedback]:
        """Yield what was said from a day on, oldest first; who reads is logged, and so is a line that is damaged."""
        log.info("feedback_read", reader=reader, since=since.isoformat())
        for day, file in self._files():
            if day >= since:
                lines = file.read_text(encoding="utf-8").splitlines()
                yield from (feedback for line in lines if (feedback := _read(line)))

    def forget(self, tie: str) -> None:
        """Delete all words that a session left here; its ratings remain."""
        with self._alone():
            for _, file in self._files():
                text = file.read_text(encoding="utf-8")
                if tie in text:
                    self._rewrite(file, "".join(_wordless(line, tie) for line in text.splitlines(keepends=True)))

    def prune(self) -> None:
        """Delete the files that are older than records are kept."""
        oldest = self._now().date() - timedelta(days=self._keep_days)
        with self._alone():
            for day, file in self._files():
                if day < oldest:
                    file.unlink()

    def _files(self) -> Iterator[tuple[date, Path]]:
        for file in sorted(self._folder.glob("????-??-??.jsonl")):
            yield date.fromisoformat(file.stem), file

    def _rewrite(self, file: Path, text: str) -> None:
        fresh = file.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, self.FILES), "w", encoding="utf-8") as to:
            to.write(text)
        fresh.replace(file)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes from writing meanwhile."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        self._folder.mkdir(mode=self.FOLDER, exist_ok=True)
        descriptor = os.open(self._folder / self.LOCK, os.O_WRONLY | os.O_CREAT, self.FILES)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _read(line: str) -> Feedback | None:
    try:
        return Feedback.model_validate_json(line)
    except ValidationError:
        log.error("feedback_damaged")
        return None


def _wordless(line: str, tie: str) -> str:
    """Return a line without the words of a session; one that cannot be read goes, because it may hold them."""
    if tie not in line:
        return line
    feedback = _read(line)
    if feedback is None:
        return ""
    return feedback.model_copy(update={"comment": "", "transcript": (), "tie": None}).model_dump_json() + "\n"
