"""Classifier: what it reads of a message, what it makes of it, and that it fails loudly rather than wrongly."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from guardrails.classifier import APART, DISCOUNT, Classifier, Head, Weights, stretches_of, wholes_of
from guardrails.likelihood import LIKELY, UNLIKELY, Likelihoods
from guardrails.policy import PRECEDENCE, default_policy
from guardrails.training import fingerprint, load_examples, rules, train
from guardrails.verdict import Action, Asked

WORDS: Final = ("die", "mg", "not")
WEIGHTS: Final = Weights(
    model="m",
    examples="e",
    heads=(Head(name="crisis", bias=-5, weights=(10, 0, -9)), Head(name="dosing_request", bias=-5, weights=(0, 10, 0))),
)


def counting(texts: list[str]) -> NDArray[np.float32]:
    """Read a text as the number of times that each word stands in it."""
    return np.array([[text.split().count(word) for word in WORDS] for text in texts], dtype=np.float32)


def judged(text: str, *history: str) -> Likelihoods:
    """Return what a classifier that counts words makes of a message."""
    return Classifier(WEIGHTS, counting).likelihoods(text, history)


def test_each_rule_has_its_own_probability() -> None:
    """One word raises one rule alone; a word that speaks against it lowers it."""
    found = judged("let me die").alone
    assert found["crisis"] == pytest.approx(1 / (1 + np.exp(-5)))
    assert found["dosing_request"] == pytest.approx(1 / (1 + np.exp(5)))
    assert judged("do not die").alone["crisis"] < 0.02


def test_a_stretch_counts_less_than_a_whole_message() -> None:
    """One word among many sentences is found, with the discount; a short message has no stretches."""
    sentence = "This is a sentence about the garden, the neighbours and the weather of today."
    long = f"{sentence} I want to die now please. {sentence} And I do not and not know."
    alone = judged(long).alone["crisis"]
    assert alone == pytest.approx(1 / (1 + np.exp(-(5 - DISCOUNT))))
    assert stretches_of("I want to die.") == []


def test_very_long_messages_are_read_at_both_ends() -> None:
    """The number of stretches is bounded, and the last sentence is among them."""
    text = " ".join(["one two three four five six seven eight nine ten."] * 200) + " The very last sentence of all."
    found = stretches_of(text)
    assert len(found) == 40
    assert found[-1] == "the very last sentence of all."
    assert all(len(stretch.split()) <= 40 for stretch in stretches_of("word " * 500))


def test_what_a_message_hides_is_read_as_well() -> None:
    """A coded message is read decoded, as a message of its own."""
    assert "i want to die" in " ".join(wholes_of("aSB3YW50IHRvIGRpZSBub3c="))


def test_two_messages_can_say_what_neither_says_alone() -> None:
    """The joined reading counts only where the message before did not say it by itself."""
    weights = Weights(model="m", examples="e", heads=(Head(name="crisis", bias=-15, weights=(10, 10, 0)),))
    found = Classifier(weights, counting).likelihoods("mg", ("die",))
    assert found.is_likely("crisis")
    assert not Classifier(weights, counting).likelihoods("hello", ("die mg",)).is_likely("crisis")


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((1, 2), dtype=np.float32),
        np.zeros((0, 3), dtype=np.float32),
        np.full((1, 3), np.nan, dtype=np.float32),
    ],
)
def test_a_model_that_gives_nonsense_is_not_believed(rows: NDArray[np.float32]) -> None:
    """Rows of another width, missing rows and what is no number raise."""
    with pytest.raises(ValueError, match="gave nothing"):
        Classifier(WEIGHTS, lambda _: rows).likelihoods("hello")


def test_the_kind_is_named_only_where_it_is_likelier_than_not() -> None:
    """A label needs an even chance; a rule without labels has none."""
    found = Likelihoods(alone={"emergency": 0.9, "emergency.liver": 0.7, "emergency.harm": 0.2, "crisis": 0.1})
    assert found.kind("emergency") == "liver"
    assert found.kind("crisis") == ""
    assert Likelihoods(alone={"emergency": 0.9, "emergency.liver": 0.4}).kind("emergency") == ""


def test_every_rule_has_its_two_thresholds() -> None:
    """The thresholds name the rules that have examples, and leave room between them."""
    assert LIKELY.keys() == {head.name for head in Weights.load().heads if "." not in head.name}
    assert set(LIKELY) <= set(PRECEDENCE)
    assert all(0 < UNLIKELY < 0.5 <= LIKELY[rule] < 1 for rule in LIKELY)


@pytest.mark.parametrize("rule", sorted(LIKELY))
def test_a_rule_fires_on_what_the_classifier_is_sure_of(rule: str) -> None:
    """Without any pattern, the classifier alone makes each rule fire, on the whole message."""
    policy = default_policy(lambda text, history: Likelihoods(alone=dict.fromkeys(LIKELY, 0.0) | {rule: 1.0}))
    found = policy.check_question("Purple bicycles hum along.").findings
    assert [(finding.rule, finding.spans[0].start, finding.spans[0].end) for finding in found] == [(rule, 0, 26)]


@pytest.mark.parametrize("broken", [RuntimeError("out of memory"), ValueError("nonsense")])
def test_patterns_judge_alone_when_the_classifier_fails(broken: Exception) -> None:
    """A classifier that dies takes no rule with it: what the patterns know is refused, what they do not is answered."""

    def fail(text: str, history: Sequence[str]) -> Likelihoods:
        raise broken

    policy = default_policy(fail)
    assert policy.check_question("I want to kill myself").action == Action.ESCALATE
    assert policy.check_question("What is low-dose naltrexone?").action == Action.ALLOW


def test_the_stored_weights_are_those_of_the_examples() -> None:
    """Whoever changes an example trains again: `clinic-assistant train`."""
    assert Weights.load().examples == fingerprint(load_examples())


def test_the_stored_weights_know_what_they_learnt(read: Callable[[list[str]], Any]) -> None:
    """Of every fortieth example at least 85 in a hundred are told right, rule by rule; most are hard on purpose."""
    examples = load_examples()[::40]
    classifier = Classifier(Weights.load(), read)
    odds = dict(zip(examples, classifier._log_odds([example.readings[0] for example in examples]), strict=True))
    for at, rule in enumerate(rules(load_examples())):
        told = [
            (odds[example][at] > 0) == example.fires(rule) for example in examples if example.fires(rule) is not None
        ]
        assert np.mean(told) >= 0.85, rule


def test_training_gives_the_same_weights_twice(tmp_path: Path) -> None:
    """The same examples lead to the same file, byte for byte, and that file loads."""
    (tmp_path / "crisis.toml").write_text(
        '[[group]]\nabout = "a"\nfires = true\nlang = "en"\ntexts = ["die", "die now"]\nturns = [["hello", "die"]]\n'
        '[[group]]\nabout = "b"\nfires = false\nlang = "en"\ntexts = ["mg", "mg mg", "not"]\n'
        '[[group]]\nabout = "c"\nfires = false\nlang = "en"\nunsure = ["crisis"]\ntexts = ["die die mg"]\n',
        "utf-8",
    )
    (tmp_path / "emergency-more.toml").write_text(
        '[[group]]\nabout = "a"\nfires = true\nlabel = "liver"\nlang = "en"\nalso = ["crisis"]\ntexts = ["mg die"]\n'
        '[[group]]\nabout = "b"\nfires = true\nlabel = "harm"\nlang = "en"\ntexts = ["not"]\n'
        '[[group]]\nabout = "c"\nfires = false\nlang = "en"\ntexts = ["hello there"]\n',
        "utf-8",
    )
    examples = load_examples(tmp_path)
    assert rules(examples) == ("crisis", "emergency")
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        train(examples, counting, "m").save(file)
    assert files[0].read_bytes() == files[1].read_bytes()
    weights = Weights.load(files[0])
    assert [head.name for head in weights.heads] == ["crisis", "emergency", "emergency.liver", "emergency.harm"]
    assert Classifier(weights, counting).likelihoods("die").alone["crisis"] > 0.5


def test_asked_without_a_classifier_is_neither_likely_nor_unlikely() -> None:
    """No opinion excuses nothing."""
    assert not Asked(text="hello").is_likely("crisis")
    assert not Asked(text="hello").is_unlikely("crisis")


def test_a_part_of_a_message_is_read_by_itself() -> None:
    """What one of several questions asks is heard in it, with a small discount; one question alone has no parts."""
    found = judged("Does it help with sleep? And do I die now?")
    assert found.apart["crisis"] == pytest.approx(1 / (1 + np.exp(-(5 - APART))))
    assert judged("do i die now").apart == {}
    assert not judged("do i die now").is_asked_apart("crisis")
