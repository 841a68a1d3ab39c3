"""Training: the classifier's weights, made again from the examples by anybody, to the same numbers.

Each file ``examples/<rule>.toml`` or ``examples/<rule>-<more>.toml`` holds messages that people invented for that rule:
those that it must find and, as many and as near to them, those that it must not. For every other rule a message counts
as one that it must not find, unless its group says otherwise.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.linear_model import LogisticRegression

from corpus.evidence import Text, Value
from guardrails.classifier import Head, Read, Weights, joined, plain, stretches_of

FOLDER: Final = Path(__file__).with_name("examples")
C: Final = 3.0
"""Inverse strength of the regularisation; values from 1 to 30 do about as well on messages by other authors."""
WHOLE: Final = 4
"""How many times a long message counts as a whole: stories are few beside the short messages, and each of their
stretches counts by itself. On stories by authors left out of training, that took a third of the false alarms for
crisis away; 8 does about as well."""
DIGITS: Final = 3
"""Places of a stored weight: fewer than processors differ by."""


class Group(Value):
    """Examples of one register that fire or do not fire alike."""

    about: Text
    fires: bool
    """Whether the rule of the file must find these."""
    lang: Text
    label: str = ""
    """Which kind they are of, for a rule that tells kinds apart."""
    also: tuple[Text, ...] = ()
    """Other rules that must find them as well."""
    unsure: tuple[Text, ...] = ()
    """Rules for which they count neither way."""
    weight: int = Field(default=1, ge=1)
    """How many times each counts: what most visitors write is rare among examples that are hard on purpose."""
    texts: tuple[Text, ...] = ()
    turns: tuple[tuple[Text, ...], ...] = ()
    """Conversations: the last message is judged after those before it."""

    def conversations(self) -> Iterator[tuple[str, ...]]:
        """Yield each example as messages, the judged one last."""
        yield from ((text,) for text in self.texts)
        yield from self.turns


class Examples(Value):
    """One file of examples as it is written."""

    reviewed_by: str = ""
    group: tuple[Group, ...] = Field(min_length=1)


class Example(Value):
    """One message with what every rule has to say of it."""

    rule: str
    fold: str
    """Its file and group: what is left out together."""
    group: Group
    readings: tuple[str, ...]
    """The forms in which the model reads it, the whole first."""

    def fires(self, rule: str) -> bool | None:
        """Tell whether a rule must find it; ``None`` where that is arguable."""
        if rule in self.group.unsure:
            return None
        return rule in self.group.also or (rule == self.rule and self.group.fires)


def load_examples(folder: Path = FOLDER) -> tuple[Example, ...]:
    """Return all examples; a file that does not hold together raises at once."""
    found = []
    for path in sorted(folder.glob("*.toml")):
        written = Examples.model_validate(tomllib.loads(path.read_text("utf-8")))
        for number, group in enumerate(written.group):
            for *before, text in group.conversations():
                read = (joined(before, text),) if before else (plain(text), *stretches_of(text))
                rule, _, _ = path.stem.partition("-")
                found.append(Example(rule=rule, fold=f"{path.stem}.{number}", group=group, readings=read))
    return tuple(found)


def fingerprint(examples: Sequence[Example]) -> str:
    """Return the checksum of all that training depends on besides the model."""
    lines = "\n".join(example.model_dump_json() for example in examples)
    return hashlib.sha256(f"{C} {WHOLE} {DIGITS}\n{lines}".encode()).hexdigest()


def train(examples: Sequence[Example], read: Read, model: str) -> Weights:
    """Return the weights: one head a rule, and one a label among the messages that its rule fires on."""
    seen = read_all(examples, read)
    tasks = [(rule, _lessons(examples, rule)) for rule in rules(examples)]
    heads = (_head(name, seen, lessons) for name, lessons in [*tasks, *_kinds(examples)])
    return Weights(model=model, examples=fingerprint(examples), heads=tuple(heads))


def rules(examples: Sequence[Example]) -> tuple[str, ...]:
    """Return the rules that have examples, in order."""
    return tuple(dict.fromkeys(example.rule for example in examples))


def read_all(examples: Sequence[Example], read: Read) -> dict[str, NDArray[np.float32]]:
    """Return what the model reads in each form of the examples."""
    texts = list(dict.fromkeys(reading for example in examples for reading in example.readings))
    return dict(zip(texts, read(texts), strict=True))


Lesson = tuple[str, bool, int]
"""A text as the model reads it, whether it fires, and how many times it counts."""


def _lessons(examples: Iterable[Example], rule: str) -> Iterator[Lesson]:
    """Yield what a rule learns from: what fires as a whole, and every stretch of what does not."""
    for example in examples:
        fires = example.fires(rule)
        if fires is not None:
            whole, *parts = example.readings
            yield whole, fires, example.group.weight * (WHOLE if parts else 1)
            yield from ((part, fires, example.group.weight) for part in parts if not fires)


def _kinds(examples: Sequence[Example]) -> Iterator[tuple[str, list[Lesson]]]:
    """Yield for each label what tells it from the others of its rule."""
    for rule in rules(examples):
        own = [example for example in examples if example.rule == rule and example.group.fires]
        for label in dict.fromkeys(example.group.label for example in own if example.group.label):
            yield f"{rule}.{label}", [(example.readings[0], example.group.label == label, 1) for example in own]


def _head(name: str, seen: Mapping[str, NDArray[np.float32]], lessons: Iterable[Lesson]) -> Head:
    texts, fires, weights = zip(*lessons, strict=True)
    rows = np.stack([seen[text] for text in texts])
    fitted = LogisticRegression(C=C, class_weight="balanced", max_iter=2000).fit(rows, fires, sample_weight=weights)
    return Head(
        name=name,
        bias=round(float(fitted.intercept_[0]), DIGITS),
        weights=tuple(round(float(weight), DIGITS) for weight in fitted.coef_[0]),
    )
