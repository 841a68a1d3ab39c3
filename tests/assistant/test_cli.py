"""The command line prints the interface's fields, and turns faults into words."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from assistant import cli
from assistant.factory import Parts
from assistant.settings import Settings
from assistant.switch import Switch

RUNNER = CliRunner()
PROMISED = {"id", "question", "outcome", "rule", "text", "claims", "citations", "notices", "findings", "ms"}


@pytest.fixture(autouse=True)
def shipped(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the assistant that the test run has already loaded."""
    monkeypatch.setattr(cli, "_ready", lambda: parts)


def test_ask_prints_all_fields() -> None:
    """``ask --json`` prints one document with the fields of the interface."""
    run = RUNNER.invoke(cli.app, ["ask", "What are the side effects?", "--json"])
    assert run.exit_code == 0
    answer = json.loads(run.stdout)
    assert answer.keys() >= PROMISED
    assert answer["outcome"] == "answered"


def test_ask_prints_sentences_with_marks_and_sources() -> None:
    """Without ``--json`` a person reads sentences, marks and where they come from."""
    run = RUNNER.invoke(cli.app, ["ask", "Does LDN help with depression?"])
    assert run.exit_code == 0
    assert "[1]" in run.stdout
    assert "https://doi.org/" in run.stdout


def test_batch_answers_every_line_in_order(tmp_path: Path) -> None:
    """Each line gets its answer under its own id, with its history taken into account."""
    rows = [
        {"id": "a", "text": "What dose should I take?"},
        {"id": "b", "text": "And for anxiety?", "history": ["Does LDN help with depression?"]},
        {"id": "c", "text": "My phone is 415-555-0132, is it safe?"},
    ]
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    assert RUNNER.invoke(cli.app, ["batch", str(source), str(target)]).exit_code == 0
    answers = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "b", "c"]
    assert all(answer.keys() >= PROMISED for answer in answers)
    assert {"rule": "dosing_request", "action": "REFUSE"} in answers[0]["findings"]
    assert "415-555-0132" not in json.dumps(answers)


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "a"}', '{"id": "a", "text": "x", "history": "y"}'])
def test_a_bad_line_is_named_before_anything_is_written(tmp_path: Path, line: str) -> None:
    """A batch with a broken line says which one, and leaves an earlier result as it was."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": "1", "text": "Hello"}\n' + line + "\n", encoding="utf-8")
    target.write_text("kept", encoding="utf-8")
    run = RUNNER.invoke(cli.app, ["batch", str(source), str(target)])
    assert run.exit_code == 1
    assert "in.jsonl:2" in run.output
    assert target.read_text(encoding="utf-8") == "kept"


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """A file that is not there is an error without a trace."""
    run = RUNNER.invoke(cli.app, ["batch", str(tmp_path / "none.jsonl"), str(tmp_path / "out.jsonl")])
    assert run.exit_code == 1
    assert "Traceback" not in run.output


def test_the_shipped_corpus_is_clean() -> None:
    """``corpus check`` finds nothing wrong with what is shipped, in words and as JSON."""
    assert "The corpus is clean." in RUNNER.invoke(cli.app, ["corpus", "check"]).stdout
    assert json.loads(RUNNER.invoke(cli.app, ["corpus", "check", "--json"]).stdout) == []


def test_the_switch_is_turned_from_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A-23: one command switches off what every process answers, and another on again."""
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert "off" in RUNNER.invoke(cli.app, ["switch", "off"]).stdout
    assert Switch(tmp_path).is_off
    assert "on" in RUNNER.invoke(cli.app, ["switch", "on"]).stdout
    assert not Switch(tmp_path).is_off
    assert RUNNER.invoke(cli.app, ["switch", "sideways"]).exit_code == 2


def test_the_web_server_believes_no_proxy_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose X-Forwarded-For is believed is decided by our setting alone: uvicorn's own trust is off."""
    served: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda _, **options: served.update(options))
    cli.run(FastAPI(), Settings(_env_file=None))
    assert served["proxy_headers"] is False
    assert served["server_header"] is False
