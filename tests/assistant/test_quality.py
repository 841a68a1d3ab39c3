"""Quality: training writes what the examples teach, and says how much that was."""

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from guardrails.classifier import Weights
from guardrails.training import Example, load_examples


def test_train_writes_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command trains on the examples with the pinned model, and saves the weights with its checksum."""
    saved: list[Weights] = []
    few: tuple[Example, ...] = tuple(example for example in load_examples() if example.fold.startswith("minor."))
    monkeypatch.setattr("guardrails.training.load_examples", lambda: few)

    def save(weights: Weights) -> None:
        saved.append(weights)

    monkeypatch.setattr(Weights, "save", save)
    done = CliRunner().invoke(app, ["train"])
    assert done.exit_code == 0, done.output
    assert f"1 heads learnt from {len(few)} examples" in done.output
    assert saved[0].model == Weights.load().model
    assert [head.name for head in saved[0].heads] == ["minor"]
