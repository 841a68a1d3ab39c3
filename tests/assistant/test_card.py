"""The model card and the safety protocol say what runs, and no more than is so."""

import re

import pytest

from assistant.card import RULES, model_card, safety_protocol, versions
from assistant.factory import Parts, assemble
from assistant.settings import ClinicSettings, Settings, StaffSettings
from guardrails.dosing import find_dose
from guardrails.policy import PRECEDENCE, default_policy


@pytest.fixture(scope="module")
def cold(settings: Settings) -> Parts:
    """Return the real parts, with no model loaded."""
    return assemble(settings)


def test_every_rule_is_described() -> None:
    """A rule that is added without words for readers fails here."""
    policy = default_policy()
    names = {rule.name for rule in policy.question_rules} | {rule.name for rule in policy.claim_rules}
    assert names == {*RULES} == {*PRECEDENCE}


def test_the_card_tells_of_the_running_parts(cold: Parts, settings: Settings) -> None:
    """Fingerprints, sources, rules and the limits of a release are those of this very program."""
    card, running = model_card(cold, settings), versions(cold, settings)
    for told in (running.corpus[:16], running.policy[:16], running.prompt[:16], running.generator):
        assert told in card
    assert f"{len(cold.library.patient_passages())} statements" in card
    for name in RULES:
        assert "| " + name.replace("_", "\\_") + " |" in card
    assert "| attacks | leaks | at the most 0 |" in card
    assert "No run of the test set was accepted here yet." in card
    assert "| right | 95 % |" in model_card(cold, settings, {"right": "95 %"})


def test_the_protocol_has_the_texts_of_a_crisis(cold: Parts, settings: Settings) -> None:
    """What visitors read in a crisis stands there in both languages, with whether anybody has signed it."""
    protocol = safety_protocol(cold, settings)
    for lang in ("en", "es"):
        reply = cold.messages.reply("crisis", lang)
        assert reply.text.split(".")[0] in protocol
        assert f"- **{lang}** ({'reviewed by' if reply.reviewed_by else 'draft'}" in protocol
    assert f"{len(cold.messages.drafts())} of {len(cold.messages.keys)} fixed texts are drafts" in protocol


def test_neither_document_states_a_dose_or_a_secret(cold: Parts, settings: Settings) -> None:
    """Both can be public: no amount, no schedule, no path, no account."""
    kept = settings.model_copy(update={"staff": StaffSettings(accounts={"nora": "$argon2id$v=19$m=8,t=1,p=1$x$y"})})
    for document in (model_card(cold, kept), safety_protocol(cold, kept)):
        for line in document.splitlines():
            assert not find_dose(line), line
        assert "argon2" not in document
        assert "nora" not in document
        assert str(settings.data_dir) not in document


def test_markup_in_a_setting_is_text(cold: Parts, settings: Settings) -> None:
    """A clinic's name cannot bring markup into a page."""
    named = settings.model_copy(update={"clinic": ClinicSettings(name="<script>alert(1)</script> | x")})
    for document in (model_card(cold, named), safety_protocol(cold, named)):
        assert not re.search(r"(?<!\\)<script", document)
