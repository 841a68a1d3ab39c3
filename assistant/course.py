"""Course: one question on its way to its answer, and all that is known of it so far."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from assistant.answer import CitedClaim, Found, Hit, Outcome, Withheld
from assistant.conversations import Turn
from assistant.query import Aim, Query
from corpus.evidence import Claim, Role
from corpus.text import Lang
from guardrails.verdict import Verdict

_RESULTS = frozenset({Role.BENEFIT, Role.NO_BENEFIT, Role.RISK})


@dataclass(slots=True)
class Course:
    """One question on its way: what is known of it so far."""

    turn: Turn
    lang: Lang
    past: tuple[Turn, ...]
    asked_before: tuple[str, ...]
    verdict: Verdict
    started_s: float
    timings_ms: dict[str, float]
    searches: list[tuple[Query, Found]] = field(default_factory=list)
    """What was searched so far, one question of the message after the other."""
    unanswered: list[Found] = field(default_factory=list)
    """What was found for the questions that got no claim."""
    shown: list[CitedClaim] = field(default_factory=list)
    judged: list[Claim] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    failed: bool = False
    stopped: Callable[[], bool] = lambda: False
    """Tells whether nobody waits for the answer any more."""

    @property
    def after_crisis(self) -> bool:
        """Tell whether the message before this one was answered with help lines."""
        before = self.past[-1].answer if self.past else None
        return before is not None and before.outcome is Outcome.ESCALATED

    @property
    def matters(self) -> tuple[str, ...]:
        """Return what was asked of the clinic itself."""
        return tuple(found.desk for found in self.unanswered if found.desk)

    @property
    def missing(self) -> tuple[str, ...]:
        """Return what was asked for and no source speaks of."""
        return tuple(dict.fromkeys(name for found in self.unanswered for name in found.missing))

    @property
    def related(self) -> tuple[str, ...]:
        """Return the questions to go on with."""
        return tuple(dict.fromkeys(question for _, found in self.searches for question in found.related))

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Return what was found for all questions, each passage once."""
        return tuple({hit.passage.id: hit for _, found in reversed(self.searches) for hit in found.hits}.values())

    @property
    def is_list(self) -> bool:
        """Tell whether the answer is a list: of studies, or of things compared."""
        return any(query.aim is Aim.STUDIES or query.compares for query, _ in self.searches)

    @property
    def tells_results(self) -> bool:
        """Tell whether a claim says what the medicine did or may do to people."""
        return any(passage.role in _RESULTS for claim in self.judged for passage in claim.passages)

    def has_said(self, found: Found) -> bool:
        """Tell whether something of what was found was said before, to another question of the same message."""
        return not {claim.text for claim in self.shown}.isdisjoint(found.texts(self.lang))

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Add the wall time of a step to its timings."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self.timings_ms[step] = self.timings_ms.get(step, 0) + (time.perf_counter() - started_s) * 1000
