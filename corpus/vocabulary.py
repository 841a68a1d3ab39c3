"""Vocabulary: what patients call the things that the sources speak of."""

import re
import tomllib
from functools import cache
from pathlib import Path

from corpus.evidence import Topic, Value


class Vocabulary(Value):
    """Reviewed words for things and conditions, for questions and statements alike."""

    things: tuple[tuple[str, ...], ...]
    """Groups of names for one thing; the first is the one that our sources use."""
    conditions: dict[Topic, tuple[str, ...]]
    """Topic of the sources to the words that name it; an answer about one stays with it."""
    subjects: dict[Topic, tuple[str, ...]]
    """The same for topics that are no conditions; an answer about one begins with it."""

    @classmethod
    def load(cls, path: Path = Path(__file__).parent / "vocabulary.toml") -> "Vocabulary":
        """Return the vocabulary of a reviewed file."""
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        things = tuple(tuple(group["words"]) for group in content["things"])
        return cls(things=things, conditions=content["conditions"], subjects=content["subjects"])

    def expand(self, text: str) -> str:
        """Return a text with the sources' own names appended for what it calls by other names."""
        names = [group[0] for group in self.things if not _has(text, group[:1]) and _has(text, group[1:])]
        names += [words[0] for words in self.conditions.values() if not _has(text, words[:1]) and _has(text, words[1:])]
        return f"{text} ({', '.join(names)})" if names else text

    def conditions_in(self, text: str) -> tuple[Topic, ...]:
        """Return the topics of the conditions that a text names, in the file's order."""
        return tuple(topic for topic, words in self.conditions.items() if _has(text, words))

    def subjects_in(self, text: str) -> tuple[Topic, ...]:
        """Return the other topics that a text names, in the file's order."""
        return tuple(topic for topic, words in self.subjects.items() if _has(text, words))

    def without_names(self, text: str) -> str:
        """Return a text with all our names taken out: what is left, the vocabulary does not know."""
        names = [word for words in (*self.things, *self.conditions.values(), *self.subjects.values()) for word in words]
        return " ".join(_pattern(tuple(names)).sub(" ", text).split())

    def without_conditions(self, text: str) -> str:
        """Return a text with the names of all conditions taken out, so that another can take their place."""
        names = [word for words in self.conditions.values() for word in words]
        return " ".join(_pattern(tuple(names)).sub(" ", text).split())


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)


def _has(text: str, words: tuple[str, ...]) -> bool:
    return bool(words) and _pattern(words).search(text) is not None
