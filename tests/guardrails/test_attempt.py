"""Crisis and emergency at once: an attempt under way has its own card, and what works wins over what broke."""

from pathlib import Path
from typing import Final, NoReturn

import pytest

from guardrails.crisis import CRISIS, EMERGENCY
from guardrails.messages import Messages, MissingMessageError
from guardrails.policy import Policy, default_policy
from guardrails.verdict import Action, Asked, Rule

MESSAGES: Final = Messages.load()
DEFAULT: Final = default_policy()


def break_down(_: Asked) -> NoReturn:
    """Raise, as a rule out of order does."""
    raise RuntimeError("out of order")


BROKEN_CRISIS: Final[Rule[Asked]] = Rule("crisis", Action.ESCALATE, break_down)
BROKEN_EMERGENCY: Final[Rule[Asked]] = Rule("emergency", Action.ESCALATE, break_down)


def test_a_finding_wins_over_a_rule_that_broke() -> None:
    """When the crisis rule breaks, an emergency still shows its own card instead of an apology."""
    built = Policy((BROKEN_CRISIS, EMERGENCY), (), MESSAGES)
    verdict = built.check_question("my husband is blue and wont wake up")
    assert (verdict.rule, verdict.findings[0].broke) == ("emergency", True)
    assert built.reply(verdict, "en") == MESSAGES.reply("emergency.overdose", "en")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("I swallowed the whole bottle of naltrexone to kill myself", "en"),
        ("Me tragué todo el frasco de naltrexona para matarme", "es"),
    ],
)
def test_an_attempt_under_way_has_its_own_card(text: str, lang: str) -> None:
    """A crisis together with an emergency sends to 911 and Poison Help before anything else."""
    verdict = DEFAULT.check_question(text)
    assert verdict.rule == "crisis"
    assert DEFAULT.reply(verdict, lang) == MESSAGES.reply("crisis.now", lang)


def test_a_crisis_without_an_emergency_keeps_its_card() -> None:
    """A crisis alone, or with an emergency rule that broke, shows the crisis card."""
    built = Policy((CRISIS, BROKEN_EMERGENCY), (), MESSAGES)
    for case in (DEFAULT, built):
        assert case.reply(case.check_question("I want to die"), "en") == MESSAGES.reply("crisis", "en")


def test_the_card_of_an_attempt_is_required(tmp_path: Path) -> None:
    """A policy with the crisis rule cannot be built without the card of an attempt under way."""
    path = tmp_path / "messages.toml"
    entry = '[[message]]\nkey = "{}"\nlang = "{}"\ntexts = ["Text."]\n'
    entries = "".join(entry.format(key, lang) for key in ("broken", "crisis") for lang in ("en", "es"))
    path.write_text(f'[consent]\nversion = "1"\n{entries}', "utf-8")
    with pytest.raises(MissingMessageError, match=r"crisis\.now"):
        Policy((CRISIS,), (), Messages.load(path))
