"""Replies: what is said besides claims, in the visitor's language, with the clinic's own ways to people."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from assistant.answer import Card, CitedClaim, Link
from assistant.settings import ClinicSettings
from corpus.evidence import Value
from corpus.text import LANGUAGES
from guardrails.crisis import RED_FLAGS
from guardrails.messages import Messages, Reply
from guardrails.verdict import Action, Verdict

CONSULTATION = "consultation"
CAUTION_NOTICES = {"pregnancy"}
"""Labels of the personal-advice rule that have a notice of their own."""


class Fixed(Value):
    """A reply made of reviewed texts alone."""

    message: str
    card: Card | None = None
    suggestions: tuple[str, ...] = ()


class Replies:
    """Turns verdicts and outcomes into reviewed texts; only the clinic's contacts are filled in."""

    def __init__(self, messages: Messages, clinic: ClinicSettings, unapproved_uses: Collection[str]) -> None:
        self._messages = messages
        self._clinic = clinic
        self._unapproved_uses = frozenset(unapproved_uses)

    @property
    def consent_version(self) -> str:
        """Return the version of the consent text that is shown now."""
        return self._messages.consent_version

    def opening(self) -> dict[str, dict[str, Any]]:
        """Return what is shown before the first question, by language."""
        return {
            "consent": {"version": self.consent_version}
            | {lang: self._messages.reply("consent", lang).text for lang in LANGUAGES},
            "notice": {lang: self._messages.notice("ai", lang) for lang in LANGUAGES},
            "suggestions": {lang: list(self.starters(lang)) for lang in LANGUAGES},
        }

    def refusal(self, reply: Reply | None, lang: str) -> Fixed:
        """Return the policy's text: help lines on a card of its own, any other refusal with the way to the clinic."""
        reply = reply or self._messages.reply("broken", lang)
        if reply.card_kind in {None, CONSULTATION}:
            return self._with_consultation(reply, lang)
        return Fixed(message=reply.text, card=self.help_card(reply), suggestions=reply.chips)

    def help_card(self, reply: Reply) -> Card:
        """Return the card with the help lines that a reply names."""
        return Card(kind=str(reply.card_kind), title=reply.title, text=reply.text, links=self._links(reply))

    def text(self, key: str, lang: str, **words: str) -> Fixed:
        """Return a fixed text with the consultation card; ``words`` fill its placeholders."""
        return self._with_consultation(self._messages.reply(key, lang), lang, **words)

    def courtesy(self, key: str, lang: str) -> Fixed:
        """Return the text for a greeting, or for what only people can help with: then with the way to them."""
        reply = self._messages.reply(key, lang)
        if reply.card_kind == CONSULTATION:
            return self._with_consultation(reply, lang)
        return Fixed(message=reply.text, suggestions=reply.chips or self.starters(lang))

    def desk(self, matters: Sequence[str], lang: str) -> Fixed:
        """Return what the clinic's settings say to matters of the front desk, else the way to its people."""
        known = [
            self._messages.reply(f"desk.{matter}", lang).text.format(known=told)
            for matter in dict.fromkeys(matters)
            if (told := self._told(matter))
        ]
        fixed = self.courtesy("courtesy.clinic", lang)
        return fixed.model_copy(update={"message": " ".join(known)}) if known else fixed

    def _told(self, matter: str) -> str | None:
        clinic = self._clinic
        return {
            "hours": clinic.hours,
            "location": clinic.address,
            "prices": clinic.prices,
            "insurance": clinic.insurance,
            "telehealth": clinic.telehealth,
        }.get(matter)

    def forward(self, lang: str) -> Fixed:
        """Return the line on what to do with what was said."""
        return Fixed(message=self._messages.reply("forward", lang).text)

    def starters(self, lang: str) -> tuple[str, ...]:
        """Return the questions offered to begin with."""
        return self._messages.suggestions(lang)

    def notices(self, verdict: Verdict, claims: Sequence[CitedClaim], topics: Iterable[str], lang: str) -> list[str]:
        """Return the notices that belong beside claims: what they are, and what they are not."""
        keys = ["ai"] if claims else []
        for finding in verdict.findings:
            if claims and finding.action is Action.CAUTION and finding.rule not in RED_FLAGS:
                keys += [finding.rule, *(label for label in finding.labels if label in CAUTION_NOTICES)]
        about = set(topics)
        if about & self._unapproved_uses:
            keys.append("off_label")
        if "compounding" in about:
            keys.append("compounded")
        return [self._messages.notice(key, lang) for key in keys]

    def consultation(self, lang: str, *first: tuple[str, str]) -> Card:
        """Return the card that leads to the clinic, after the links that come first, if any."""
        reply = self._messages.reply(CONSULTATION, lang)
        links = self._links(reply.model_copy(update={"links": (*first, *reply.links)}))
        return Card(kind=CONSULTATION, title=reply.title, text=reply.text, links=links)

    def _with_consultation(self, reply: Reply, lang: str, **words: str) -> Fixed:
        return Fixed(
            message=reply.text.format(**words) if words else reply.text,
            card=self.consultation(lang, *reply.links),
            suggestions=reply.chips,
        )

    def _links(self, reply: Reply) -> tuple[Link, ...]:
        """Return a text's links, those to the clinic filled in; what the clinic has not set is not shown."""
        clinic = self._clinic
        contacts = {
            "clinic:booking": str(clinic.booking_url or ""),
            "clinic:phone": f"tel:{''.join(c for c in clinic.phone if c.isdigit() or c == '+')}"
            if clinic.phone
            else "",
            "clinic:contact": str(clinic.contact_url or ""),
        }
        named = ((label, contacts.get(address, address)) for label, address in reply.links)
        return tuple(Link(label=label.format(clinic=clinic.name), href=href) for label, href in named if href)
