"""Production does not start while something is open that patients must not meet."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from assistant import factory
from assistant.doctor import _production
from assistant.errors import AssistantError
from assistant.factory import Parts, build_app, count_drafts
from assistant.production import objections
from assistant.settings import ClinicSettings, GeneratorSettings, ServerSettings, Settings, StaffSettings
from corpus.summary import read_summaries
from guardrails.messages import Messages

SETTLED: dict[str, Any] = {
    "server": ServerSettings(production=True, drafts_acknowledged=True, secret=SecretStr("s" * 32)),
    "clinic": ClinicSettings(phone="+1 555 010 0000"),
    "staff": StaffSettings(accounts={"name": "hash"}, secret=SecretStr("s")),
    "generator": GeneratorSettings(model="anthropic:claude", agreements=("anthropic",)),
}


@pytest.mark.parametrize(
    ("changed", "setting"),
    [
        ({"server": ServerSettings(secret=SecretStr("s" * 32))}, "ASSISTANT_SERVER__DRAFTS_ACKNOWLEDGED"),
        ({"server": ServerSettings(drafts_acknowledged=True)}, "ASSISTANT_SERVER__SECRET"),
        ({"clinic": ClinicSettings(hours="Monday to Friday")}, "ASSISTANT_CLINIC__PHONE"),
        ({"staff": StaffSettings(secret=SecretStr("s"))}, "ASSISTANT_STAFF__ACCOUNTS"),
        ({"staff": StaffSettings(accounts={"name": "hash"})}, "ASSISTANT_STAFF__SECRET"),
        ({"log_level": "debug"}, "ASSISTANT_LOG_LEVEL"),
        ({"generator": GeneratorSettings(model="openai:gpt", agreements=("anthropic",))}, "openai"),
        ({"generator": GeneratorSettings(model="anthropic:claude")}, "ASSISTANT_GENERATOR__AGREEMENTS"),
    ],
)
def test_each_open_point_is_named_with_its_setting(changed: dict[str, Any], setting: str) -> None:
    """A-18: one open point is one reason, and it says which setting settles it."""
    assert list(objections(Settings(_env_file=None, **SETTLED), drafts=1)) == []
    (reason,) = objections(Settings(_env_file=None, **SETTLED | changed), drafts=1)
    assert setting in reason


def test_quoting_sends_nothing_and_no_console_needs_no_accounts() -> None:
    """A-18: the default generator needs no agreement, and what is switched off needs no key."""
    quiet = {"generator": GeneratorSettings(), "staff": StaffSettings(console=False)}
    assert list(objections(Settings(_env_file=None, **SETTLED | quiet), drafts=0)) == []


def test_the_start_refuses_with_every_reason(tmp_path: Path) -> None:
    """A-18: with the defaults, production does not start and lists all that is open; otherwise it starts."""
    fresh = Settings(_env_file=None, data_dir=tmp_path, server=ServerSettings(production=True))
    with pytest.raises(AssistantError) as caught:
        build_app(fresh)
    for open_ in ("reviewed_by", "CLINIC__PHONE", "SERVER__SECRET", "STAFF__ACCOUNTS", "STAFF__SECRET"):
        assert open_ in str(caught.value)


def test_the_doctor_lists_the_same(parts: Parts, settings: Settings) -> None:
    """A-18: whoever runs the check before the start reads the same list, as notes."""
    found = list(_production(settings, parts))
    assert [diagnosis.found for diagnosis in found] == list(objections(settings, count_drafts(parts.messages)))
    assert {diagnosis.level for diagnosis in found} == {"note"}


@pytest.mark.parametrize(
    ("clinician", "translator", "is_draft"),
    [("", "", True), ("Dr. A", "", True), ("", "B", True), ("Dr. A", "B", False)],
)
def test_summaries_are_drafts_until_both_have_signed(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    clinician: str,
    translator: str,
    is_draft: bool,  # noqa: FBT001 - a table
) -> None:
    """A-18: a summary that patients read counts as a draft until a clinician and a translator have signed it."""
    shipped = next((factory.CORPUS / "summaries").glob("*.toml")).read_text(encoding="utf-8")
    signed = shipped.replace('reviewed_by = ""', f'reviewed_by = "{clinician}"')
    (tmp_path / "summaries").mkdir()
    file = tmp_path / "summaries" / "one.toml"
    file.write_text(signed.replace('translated_by = ""', f'translated_by = "{translator}"'), encoding="utf-8")
    monkeypatch.setattr(factory, "CORPUS", tmp_path)
    messages = Messages.load()
    drafts = len(read_summaries(file).entries) if is_draft else 0
    assert count_drafts(messages) == len(messages.drafts()) + drafts
