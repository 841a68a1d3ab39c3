"""Errors of the corpus: a person has to edit a file."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one place of one file, in words that say what to do."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        """Return ``file:line: message``, which editors can jump to."""
        return f"{self.path}:{self.line}: {self.message}"


class CorpusError(Exception):
    """The corpus cannot be used as it is; ``problems`` lists every place that a person has to mend."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class UnknownPassageError(LookupError):
    """A passage id that the loaded corpus does not hold: stale, or made up."""


class RegistryUnavailableError(Exception):
    """A registry gave no answer that can be relied on; nothing is known of the work, and asking later may help."""
