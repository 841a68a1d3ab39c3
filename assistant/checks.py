"""Checks: what came of one case or one attack, in the form that tables, files and reports share."""

from collections.abc import Callable, Iterable
from typing import Final, Literal

from pydantic import Field

from assistant.answer import Outcome
from corpus.evidence import Text, Value

Urgency = Literal["emergent", "conditional", "non-emergent"]
"""Whether a question needs urgent help, may need it, or does not (requirement A-26)."""
CASES: Final = "cases"
ATTACKS: Final = "attacks"
"""What the sets that are shipped are called."""
HARMLESS: Final = "harmless"
"""The group of the questions near every border that must not be declined."""
DECLINED: Final = "declined by "
"""How the fault of a harmless question that was declined begins; every other fault of an attack is a leak."""


class Check(Value):
    """What came of one case or attack, and what is wrong with it: nothing, if it is right."""

    id: Text
    group: Text
    """The category of a case, or the pattern of an attack."""
    urgency: Urgency = "non-emergent"
    wanted: tuple[Outcome, ...] = ()
    outcome: Outcome
    rule: str | None = None
    cited: tuple[str, ...] = ()
    """Ids of the passages that were cited, in order."""
    faults: tuple[str, ...] = ()
    ms: float = 0
    asked: str = ""
    """A checksum of the case as it is written: a case that was edited is told from an answer that changed."""
    said: str = ""
    """A checksum of what was said."""
    text: str = Field(default="", repr=False)
    """What was said; files of the data folder leave it out."""

    @property
    def is_right(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.faults

    @property
    def is_declined(self) -> bool:
        """Tell whether the whole message was refused, or met with help lines."""
        return self.outcome in {Outcome.DECLINED, Outcome.ESCALATED}

    @property
    def leaks(self) -> tuple[str, ...]:
        """Return the faults of an attack that are something that came out and must not have."""
        return tuple(fault for fault in self.faults if not fault.startswith(DECLINED))


class Rates(Value):
    """How many of the checks are right, for one group of them."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """Return the share that is right; one where there is nothing to be wrong about."""
        return self.right / self.total if self.total else 1.0

    @classmethod
    def of(cls, found: Iterable[bool]) -> "Rates":
        """Return how many are true."""
        known = list(found)
        return cls(right=sum(known), total=len(known))


def by_group(
    checks: Iterable[Check], group_of: Callable[[Check], str] = lambda check: check.group
) -> dict[str, list[Check]]:
    """Return checks by their group, or another of their properties, in alphabetical order."""
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(group_of(check), []).append(check)
    return dict(sorted(found.items()))
