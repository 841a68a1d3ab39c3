"""The whole application stands although its parts below fail."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from assistant import cli, factory
from assistant.doctor import diagnose
from assistant.errors import AssistantError, GeneratorError
from assistant.factory import assemble, build_app
from assistant.settings import EmbeddingsSettings, GeneratorSettings, Settings, StaffSettings
from guardrails.policy import default_policy

NO_CONSOLE = StaffSettings(console=False)


def state(client: TestClient) -> str:
    """Return what the application says of its index, once it is no longer loading."""
    for _ in range(600):
        answered = client.get("/readyz")
        if "loading" not in answered.text:
            return answered.text
        time.sleep(0.1)
    pytest.fail("the index never loaded")


def outcome(client: TestClient, message: str) -> str:
    """Return how the application answers a message."""
    answered = client.post("/v1/chat", json={"message": message, "consent": True})
    assert answered.status_code == 200
    return str(answered.json()["outcome"])


@pytest.fixture
def modelless(tmp_path: Path) -> Iterator[TestClient]:
    """Return the application with an embedding model that cannot be loaded."""
    settings = Settings(
        _env_file=None, data_dir=tmp_path, staff=NO_CONSOLE, embeddings=EmbeddingsSettings(path=tmp_path / "none")
    )
    with TestClient(build_app(settings)) as client:
        yield client


def test_without_a_model_red_flags_and_refusals_are_answered(modelless: TestClient) -> None:
    """With the embedding model failing, crisis card and refusal appear; a question is led to people."""
    assert "unavailable" in state(modelless)
    assert modelless.get("/healthz").status_code == 200
    assert outcome(modelless, "I want to end my life") == "escalated"
    assert outcome(modelless, "What dose should I take?") == "declined"
    assert outcome(modelless, "What are the side effects?") == "unavailable"


@pytest.mark.usefixtures("parts")
def test_with_the_index_deleted_while_serving_red_flags_and_refusals_are_answered(
    settings: Settings, tmp_path: Path
) -> None:
    """Deleting the index under a running server takes away neither the crisis card nor the refusals."""
    shutil.copytree(settings.data_dir / "index", tmp_path / "index")
    settings = Settings(_env_file=None, data_dir=tmp_path, staff=NO_CONSOLE)
    with TestClient(build_app(settings)) as client:
        assert "ready" in state(client)
        shutil.rmtree(tmp_path / "index")
        assert outcome(client, "I want to end my life") == "escalated"
        assert outcome(client, "What dose should I take?") == "declined"
        assert outcome(client, "What are the side effects?") in {"answered", "unavailable"}


def test_a_generator_that_cannot_be_set_up_stops_the_start(tmp_path: Path) -> None:
    """A chat model that cannot work is said at start, with what to do."""
    settings = Settings(_env_file=None, data_dir=tmp_path, generator=GeneratorSettings(model="nobody:nothing"))
    with pytest.raises(GeneratorError):
        assemble(settings)


def test_a_rule_that_cannot_judge_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged rule would refuse every question; the operator hears of it at start, by the rule's name."""

    def broken(subject: object) -> NoReturn:
        raise ValueError(subject)

    policy = default_policy()
    rules = [replace(rule, find=broken) if rule.name == "minor" else rule for rule in policy.question_rules]
    monkeypatch.setattr(factory, "default_policy", lambda *_: replace(policy, question_rules=rules))
    with pytest.raises(AssistantError, match="minor"):
        factory.load_policy()


def test_the_doctor_says_what_is_missing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check lists what the clinic has not set and what nobody has reviewed, and passes all the same."""
    monkeypatch.setattr("assistant.settings.read_settings", lambda: settings)
    run = CliRunner().invoke(cli.app, ["check"], env={"COLUMNS": "200"})
    assert run.exit_code == 0, run.output
    for said in (
        "ASSISTANT_CLINIC__PHONE",
        "ASSISTANT_CLINIC__REPORTS_TO",
        "ASSISTANT_SERVER__SECRET",
        "drafts",
        "one-time password",
        "not compared",
    ):
        assert said in run.output


def test_the_doctor_fails_where_nothing_can_be_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is missing is a fault with its hint, and exit code 1."""
    broken = Settings(_env_file=None, data_dir=tmp_path, embeddings=EmbeddingsSettings(path=tmp_path / "none"))
    monkeypatch.setattr("assistant.settings.read_settings", lambda: broken)
    run = CliRunner().invoke(cli.app, ["check"], env={"COLUMNS": "200"})
    assert run.exit_code == 1
    assert "ASSISTANT_EMBEDDINGS__PATH" in run.output


def test_the_doctor_sees_guards_that_have_not_learnt_the_examples(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed example without training is a fault, with the command that mends it."""
    monkeypatch.setattr("guardrails.training.fingerprint", lambda _: "another")
    found = {diagnosis.what: diagnosis for diagnosis in diagnose(settings)}
    assert found["guards"].level == "fault"
    assert "clinic-assistant train" in found["guards"].found
