"""Vocabulary: what patients call the things that the sources speak of."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from corpus.evidence import Slug, Topic, Value
from corpus.text import unaccented

_EXCHANGED = (Topic.OTHER_MEDICINES, Topic.OPIOIDS, Topic.PREGNANCY, Topic.ALCOHOL)
"""The subjects of which one thing can take the place of another in a question."""
_AGES = (Topic.CHILDREN, Topic.OLDER_PEOPLE)
"""Whose names can take each other's place."""


class Vocabulary(Value):
    """Reviewed words for things and conditions, for questions and statements alike."""

    things: tuple[tuple[str, ...], ...]
    """Groups of names for one thing; the first is the one that our sources use."""
    conditions: dict[Topic, tuple[str, ...]]
    """Topic of the sources to the words that name it; an answer about one stays with it."""
    subjects: dict[Topic, tuple[str, ...]]
    """The same for topics that are no conditions; an answer about one begins with it."""
    works: dict[Slug, tuple[str, ...]]
    """Id of a source to what people call it, beside the name of its first author."""
    weighty: dict[str, frozenset[str]]
    """By language, common words that carry a subject all the same."""
    aside: dict[str, frozenset[str]]
    """By language, those of them that a story tells by the way: they carry the subject of a question alone."""
    idioms: tuple[str, ...]
    """Figures of speech, in which no word is meant."""
    absent: tuple[str, ...]
    """Things that patients ask for and no source speaks of, though their words stand in some."""
    shorthand: dict[str, str]
    """How people who type fast write common words."""

    @classmethod
    def load(cls, folder: Path = Path(__file__).parent) -> "Vocabulary":
        """Return the vocabulary of a folder's reviewed files."""
        content, uncovered = (
            tomllib.loads((folder / name).read_text(encoding="utf-8")) for name in ("vocabulary.toml", "uncovered.toml")
        )
        things = tuple(tuple(group["words"]) for group in content["things"])
        return cls(
            things=things,
            conditions=content["conditions"],
            subjects=content["subjects"],
            works=content["works"],
            weighty=_listed(uncovered["weighty"]),
            aside=_listed(uncovered["aside"]),
            idioms=tuple(uncovered["idioms"]["words"]),
            absent=tuple(uncovered["absent"]["words"]),
            shorthand=content["shorthand"],
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name of the vocabulary."""
        return _all((*self.things, *self.conditions.values(), *self.subjects.values(), *self.works.values()))

    def names_of(self, topic: Topic) -> tuple[str, ...]:
        """Return what patients call a topic."""
        return self.conditions.get(topic, ()) + self.subjects.get(topic, ())

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

    def works_in(self, text: str) -> tuple[Slug, ...]:
        """Return the ids of the sources that a text calls by a name of the vocabulary."""
        return tuple(id_ for id_, words in self.works.items() if _has(text, words))

    def absent_in(self, text: str) -> tuple[str, ...]:
        """Return the things in a text that no source speaks of, as the text calls them."""
        found = _pattern(self.absent).finditer(unaccented(text))
        return tuple(dict.fromkeys(text[match.start() : match.end()].lower() for match in found))

    def mentioned(self, text: str, topic: Topic) -> tuple[str, ...]:
        """Return what a text calls a topic, word for word."""
        found = _found(text, self.names_of(topic))
        return (found,) if found else ()

    def swapped(self, text: str, other: str) -> str | None:
        """Return a text about what ``other`` names, in place of what it names of the same kind; ``None`` without such.

        Conditions take the place of conditions, and one medicine or other thing that of another on the same topic.
        """
        kinds = [_all(self.conditions.values()), *(self.subjects[topic] for topic in _EXCHANGED)]
        kinds.append(_all(self.subjects[topic] for topic in _AGES))
        for names in kinds:
            mine, theirs = _found(text, names), _found(other, names)
            if mine and theirs and mine.lower() != theirs.lower():
                return text.replace(mine, theirs, 1)
        return None

    def narrowed(self, text: str, topic: Topic) -> str | None:
        """Return a text about one of the conditions that it names side by side; ``None`` where it names none so."""
        listed = _found(text, _all(self.conditions.values()))
        one = _found(listed, self.conditions[topic])
        return text.replace(listed, one, 1) if one and one != listed else None

    def without_works(self, text: str) -> str:
        """Return a text without what people call single works."""
        return _pattern(_all(self.works.values())).sub("", text)

    def without_idioms(self, text: str) -> str:
        """Return a text without its figures of speech."""
        for match in reversed([*_pattern(self.idioms).finditer(unaccented(text))]):
            text = f"{text[: match.start()]} {text[match.end() :]}"
        return text

    def without_names(self, text: str) -> str:
        """Return a text with all our names taken out: what is left, the vocabulary does not know."""
        return " ".join(_pattern(self.names).sub(" ", unaccented(text)).split())


def _listed(words: Mapping[str, str]) -> dict[str, frozenset[str]]:
    return {lang: frozenset(listed.split()) for lang, listed in words.items()}


def _all(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for group in groups for name in group)


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted((re.escape(unaccented(word)) for word in words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)


def _has(text: str, words: tuple[str, ...]) -> bool:
    return bool(words) and _pattern(words).search(unaccented(text)) is not None


def _found(text: str, names: tuple[str, ...]) -> str:
    """Return the names in a text, from the first to the last of a list such as ``anxiety and panic``; or nothing."""
    pattern = _pattern(names).pattern
    between = r"(?:\s*[,/&]\s*|\s+(?:and|or|y|o|e|u)\s+)"
    listed = re.search(rf"{pattern}(?:{between}{pattern})*", unaccented(text), re.IGNORECASE)
    return text[listed.start() : listed.end()] if listed else ""
