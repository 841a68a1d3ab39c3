"""Entailment: a cross-encoder from a folder gives a probability, and what is none is refused by name."""

from pathlib import Path

import pytest
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from assistant.entailment import load_entailment
from assistant.errors import ModelError
from assistant.factory import load_opinion
from assistant.settings import GroundingSettings, Settings
from corpus.evidence import Claim
from guardrails.grounding import THRESHOLD, grounding_rule
from guardrails.verdict import Said


def write_model(folder: Path, *labels: str) -> Path:
    """Write a tiny cross-encoder with random weights and those labels."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "pain", "fell", "rose", "people"]
    (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        id2label=dict(enumerate(labels)),
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def test_gives_the_probability_of_entailment(tmp_path: Path) -> None:
    """The label's name decides, in any case; the score is a probability."""
    entails = load_entailment(write_model(tmp_path, "contradiction", "ENTAILMENT", "neutral"))
    assert 0 < entails("pain fell", ["people pain fell", "people"]) < 1


@pytest.mark.parametrize("labels", [("positive", "negative", "other")])
def test_a_model_without_that_label_is_refused(tmp_path: Path, labels: tuple[str, ...]) -> None:
    """A model that was trained for something else is named as such."""
    with pytest.raises(ModelError, match="no label"):
        load_entailment(write_model(tmp_path, *labels))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """The message says which setting to mend, and shows no path."""
    with pytest.raises(ModelError, match="cannot be loaded") as raised:
        load_entailment(tmp_path / "nothing")
    assert "ASSISTANT_GROUNDING__ENTAILMENT_PATH" in raised.value.hint
    assert str(tmp_path) not in f"{raised.value}{raised.value.hint}"


def test_the_settings_choose_it(tmp_path: Path) -> None:
    """Nothing is loaded where nothing is set."""
    assert load_opinion(Settings(_env_file=None)) is None
    folder = write_model(tmp_path, "entailment", "neutral")
    assert load_opinion(Settings(_env_file=None, grounding=GroundingSettings(entailment_path=folder))) is not None


def test_it_is_not_asked_about_what_the_words_do_not_carry() -> None:
    """A model that always agrees excuses nothing."""
    rule = grounding_rule(lambda text, evidence: 1.0)
    assert THRESHOLD > 0
    assert list(rule.find(Said(claim=Claim(text="Bananas are yellow."))))
