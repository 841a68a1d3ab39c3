"""Messages: every fixed text that visitors read, in English and Spanish, reviewed by people."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import Field

from corpus.evidence import Text, Value

FILE: Final = Path(__file__).with_name("messages.toml")
FALLBACK: Final = "en"


class MissingMessageError(LookupError):
    """A text that a visitor would have to read does not exist."""


class Reply(Value):
    """What a visitor reads in place of, or beside, an answer."""

    text: Text
    card_kind: str | None = None
    """How the widget dresses it: crisis, emergency, consultation; ``None`` for plain text."""
    title: str = ""
    links: tuple[tuple[str, str], ...] = ()
    """Label and address of each button."""
    chips: tuple[str, ...] = ()
    """Questions that can be asked next."""
    reviewed_by: str = ""


class Message(Value):
    """One entry of the file: a key in one language, in one or several wordings."""

    key: Text
    lang: Text
    texts: tuple[Text, ...] = Field(min_length=1)
    card_kind: str | None = None
    title: str = ""
    links: tuple[tuple[Text, Text], ...] = ()
    chips: tuple[Text, ...] = ()
    reviewed_by: str = ""

    def reply(self, turn: int) -> Reply:
        """Return the wording of that turn; they rotate."""
        return Reply(
            text=self.texts[turn % len(self.texts)],
            **self.model_dump(include={"card_kind", "title", "links", "chips", "reviewed_by"}),
        )


class Consent(Value):
    """The version of the consent text; a new one asks visitors again."""

    version: Text


class Written(Value):
    """The file as it is written."""

    consent: Consent
    message: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Messages:
    """All fixed texts, by key and language."""

    consent_version: str
    _entries: dict[tuple[str, str], Message] = field(repr=False)

    @classmethod
    def load(cls, path: Path = FILE) -> "Messages":
        """Return the messages of a file; a key given twice in one language raises."""
        written = Written.model_validate(tomllib.loads(path.read_text("utf-8")))
        entries = {(message.key, message.lang): message for message in written.message}
        if len(entries) != len(written.message):
            raise ValueError(f"{path.name} gives a key twice in one language")
        return cls(written.consent.version, entries)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return all keys, each once, in the order of the file."""
        return tuple(dict.fromkeys(key for key, _ in self._entries))

    def has(self, key: str, lang: str) -> bool:
        """Tell whether a text was written for that key in that very language."""
        return (key, lang) in self._entries

    def reply(self, key: str, lang: str, turn: int = 0) -> Reply:
        """Return the text of a key; a language that we do not write falls back to English."""
        message = self._entries.get((key, lang)) or self._entries.get((key, FALLBACK))
        if message is None:
            raise MissingMessageError(f"no text for {key!r}")
        return message.reply(turn)

    def notice(self, key: str, lang: str) -> str:
        """Return the text of a notice that stands beside an answer."""
        return self.reply(f"notice.{key}", lang).text

    def suggestions(self, lang: str) -> tuple[str, ...]:
        """Return the questions that are offered before the first one is asked."""
        return self.reply("suggestions", lang).chips

    def drafts(self) -> tuple[str, ...]:
        """Return the keys that nobody has reviewed yet in one language or another."""
        return tuple(dict.fromkeys(key for (key, _), message in self._entries.items() if not message.reviewed_by))
