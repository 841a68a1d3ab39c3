"""Messages: what visitors read is complete, short, safe and honest about being a draft."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from corpus.text import LANGUAGES
from guardrails.crisis import EMERGENCIES
from guardrails.messages import Messages, MissingMessageError
from guardrails.scope import courtesy, language

MESSAGES: Final = Messages.load()
KEYS: Final = (
    *("crisis", "crisis.now"),
    *(f"emergency.{label}" for label in EMERGENCIES),
    *("dosing_request", "injection", "minor", "off_topic", "broken", "no_evidence", "no_evidence_missing"),
    *("unavailable", "switched_off", "english_only", "consultation", "consent", "suggestions"),
    *("courtesy.greeting", "courtesy.thanks", "courtesy.goodbye", "courtesy.identity", "courtesy.abilities"),
    *("courtesy.why_no_dose", "courtesy.sources", "courtesy.safe"),
    *("notice.ai", "notice.off_label", "notice.compounded", "notice.personal_advice", "notice.pregnancy"),
    "notice.not_advice",
)
BANNED: Final = (
    *("press 3", "committed suicide", "failed attempt", "successful attempt", "your secret is safe"),
    *("always here for you", "as an ai language model", "we diagnosed", "promise me", "oprima 3", "se suicidó"),
)


def texts(key: str, lang: str) -> list[str]:
    """Return all wordings of a key."""
    return [MESSAGES.reply(key, lang, turn).text for turn in range(3)]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_every_text_exists_in_every_language(key: str, lang: str) -> None:
    """Nothing that a visitor can be told is missing in English or Spanish."""
    assert MESSAGES.has(key, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_crisis_card_says_what_it_must(lang: str) -> None:
    """Every wording names 911, 988, the veterans' line and the Spanish line, is an AI's, and is short."""
    for text in texts("crisis", lang):
        assert all(word in text for word in ("911", "988", "838255", "AYUDA"))
        assert "AI" in text or "IA" in text
        assert "someone you trust" in text or "alguien de confianza" in text
        assert len(text.split()) <= 110


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_attempt_under_way_is_sent_to_911_first(lang: str) -> None:
    """The card of an attempt names 911, then Poison Help, then 988, in its words and on its buttons."""
    reply = MESSAGES.reply("crisis.now", lang)
    places = [reply.text.index(line) for line in ("911", "1-800-222-1222", "988")]
    assert places == sorted(places)
    assert [href for _, href in reply.links[:4]] == ["tel:911", "tel:+18002221222", "tel:988", "sms:988"]
    assert reply.card_kind == "crisis"
    assert len(reply.text.split()) <= 110


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_crisis_card_leads_to_people(lang: str) -> None:
    """Call, text and chat are one touch away."""
    links = {href for _, href in MESSAGES.reply("crisis", lang).links}
    chat = {"en": "https://988lifeline.org/chat/", "es": "https://988lifeline.org/es/chat/"}[lang]
    assert {"tel:988", "sms:988", "tel:911", "sms:838255", chat} <= links


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_crisis_card_does_not_repeat_itself(lang: str) -> None:
    """The second and the third card use other words, and the fourth begins again."""
    assert len(set(texts("crisis", lang))) == 3
    assert MESSAGES.reply("crisis", lang, 3) == MESSAGES.reply("crisis", lang, 0)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_dosing_refusal_has_its_parts(lang: str) -> None:
    """The refusal is short, has no figure of its own, and leaves with questions that can be answered."""
    reply = MESSAGES.reply("dosing_request", lang)
    assert len(reply.text.split()) <= 90
    assert len(reply.chips) >= 2
    assert "Poison Help" in reply.text
    assert "911" in reply.text
    assert not any(character.isdigit() for character in reply.text.replace("1-800-222-1222", "").replace("911", ""))


@pytest.mark.parametrize("label", EMERGENCIES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_emergency_names_911(label: str, lang: str) -> None:
    """Every emergency card says 911 and that a program cannot call."""
    text = MESSAGES.reply(f"emergency.{label}", lang).text
    assert "911" in text
    assert "AI" in text or "IA" in text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", MESSAGES.keys)
def test_no_text_says_what_is_banned(key: str, lang: str) -> None:
    """Safe-messaging guidance and the truth about who writes hold in every fixed text."""
    said = " ".join(texts(key, lang)).lower()
    assert not [banned for banned in BANNED if banned in said]


def test_the_poisoning_card_names_every_line() -> None:
    """Whoever asks about an overdose reads of Poison Help, of 911 and of 988."""
    text = MESSAGES.reply("emergency.poisoning", "en").text
    assert all(line in text for line in ("1-800-222-1222", "911", "988"))


@pytest.mark.parametrize("key", MESSAGES.keys)
def test_every_spanish_chip_leads_to_an_answer(key: str) -> None:
    """As long as no source is reviewed in Spanish, Spanish chips ask about the assistant itself."""
    chips = MESSAGES.reply(key, "es").chips
    assert all(courtesy(chip) and language(chip) == "es" for chip in chips)


def test_an_unknown_language_falls_back_to_english() -> None:
    """Whoever asks in a language that we do not write is answered in English."""
    assert MESSAGES.reply("crisis", "fr") == MESSAGES.reply("crisis", "en")


def test_an_unknown_key_raises() -> None:
    """A missing text is an error, never an empty string."""
    with pytest.raises(MissingMessageError):
        MESSAGES.reply("nothing", "en")


def test_what_nobody_reviewed_is_a_draft(tmp_path: Path) -> None:
    """Only a reviewer's name in every language takes a key off the list of drafts."""
    entry = '[[message]]\nkey = "a"\nlang = "{}"\ntexts = ["Text."]\nreviewed_by = "{}"\n'
    path = tmp_path / "messages.toml"
    path.write_text('[consent]\nversion = "1"\n' + entry.format("en", "A. Reviewer") + entry.format("es", ""), "utf-8")
    assert Messages.load(path).drafts() == ("a",)


def test_a_key_given_twice_raises(tmp_path: Path) -> None:
    """Two texts for one key and language are a mistake that stops the start."""
    entry = '[[message]]\nkey = "a"\nlang = "en"\ntexts = ["Text."]\n'
    path = tmp_path / "messages.toml"
    path.write_text('[consent]\nversion = "1"\n' + entry * 2, "utf-8")
    with pytest.raises(ValueError, match="twice"):
        Messages.load(path)


def test_the_first_questions_and_the_consent_are_there() -> None:
    """Four questions to begin with, a consent text with a version, and notices by their short names."""
    assert all(len(MESSAGES.suggestions(lang)) == 4 for lang in LANGUAGES)
    assert MESSAGES.consent_version == "2026-11-1"
    assert "general information" in MESSAGES.notice("personal_advice", "en")


HIGHEST_GRADE = 8


@pytest.mark.parametrize("key", MESSAGES.keys)
def test_every_english_text_is_easy_to_read(key: str, grade: Callable[[str], float]) -> None:
    """No text asks for more than eight years of school."""
    for text in texts(key, "en"):
        assert grade(text) <= HIGHEST_GRADE, text
