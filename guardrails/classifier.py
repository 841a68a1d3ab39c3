"""Classifier: how likely a message is one of those that a rule guards against, by what a language model reads in it.

One logistic regression a rule over the layers of the embedding model. The weights are data (``classifier.json``), made
by ``guardrails.training`` from the examples in ``examples/`` and bound by fingerprints to them and to the model.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from corpus.evidence import Text, Value
from corpus.normal import normalise
from corpus.text import sentences
from guardrails.disguise import hidden
from guardrails.likelihood import Likelihoods
from guardrails.parts import parts

FILE: Final = Path(__file__).with_name("classifier.json")

WHOLE_WORDS: Final = 30
"""A longer message is also read in stretches: a plea at the end of a long story must not drown in it."""
STRETCH_WORDS: Final = 40
"""The most words of a stretch; a longer sentence is cut."""
SHORTEST_WORDS: Final = 4
"""Fewer words mean nothing by themselves, and stay with the sentence after them."""
MOST_STRETCHES: Final = 40
"""What is read of a very long message: its beginning and its end."""

DISCOUNT: Final = 3.0
"""How much (in log odds) one stretch counts less than a whole message: a long harmless one has many that could be.
Chosen on messages by other authors than those of the examples; any value from 2 to 5 serves about as well."""

APART: Final = 1.0
"""The same for the parts of a message that asks several things, where a rule concerns one part: on 550 such messages,
that found 91 of 106 requests for dosing (80 without reading the parts), with one false alarm more (10 of 444)."""
SHORTEST_PART: Final = 3
"""Fewer words are no request by themselves."""
MOST_PARTS: Final = 8
"""How many parts, from the last on, are read by themselves."""

Read = Callable[[list[str]], NDArray[np.float32]]
"""Returns one row of numbers for each text."""


class Head(Value):
    """The logistic regression of one rule, or of one label of a rule among the messages that it fires on."""

    name: Text
    bias: float
    weights: tuple[float, ...] = Field(min_length=1)


class Weights(Value):
    """The stored form of a trained classifier."""

    model: Text
    """SHA-256 of the embedding model's weights."""
    examples: Text
    """SHA-256 of the examples, and of the way they are read."""
    heads: tuple[Head, ...] = Field(min_length=1)

    @classmethod
    def load(cls, path: Path = FILE) -> "Weights":
        """Return the stored weights; a file that does not hold together raises at once."""
        return cls.model_validate_json(path.read_text("utf-8"))

    def save(self, path: Path = FILE) -> None:
        """Write the weights, one head a line, so that a change can be read."""
        heads = ",\n".join(f"  {head.model_dump_json()}" for head in self.heads)
        lines = (
            f'{{"model": {json.dumps(self.model)}, "examples": {json.dumps(self.examples)}, "heads": [\n{heads}\n]}}\n'
        )
        path.write_text(lines, "utf-8")


class Classifier:
    """Judges messages by their embeddings."""

    def __init__(self, weights: Weights, read: Read) -> None:
        self._read = read
        self._names = [head.name for head in weights.heads]
        self._weights = np.array([head.weights for head in weights.heads]).T
        self._bias = np.array([head.bias for head in weights.heads])

    def likelihoods(self, text: str, history: Sequence[str] = ()) -> Likelihoods:
        """Return the likelihoods of a message by itself, after the one before it, and of the one before alone."""
        wholes, stretches, asked = list(dict.fromkeys(wholes_of(text))), stretches_of(text), parts_of(text)
        around = [joined(history, text), plain(history[-1])] if history else []
        odds = self._log_odds([*wholes, *stretches, *around, *asked])
        alone, rest = odds[: len(wholes) + len(stretches)], odds[len(wholes) + len(stretches) :]
        alone[len(wholes) :] -= DISCOUNT
        return Likelihoods(
            alone=self._named(alone.max(axis=0)),
            joined=self._named(rest[0]) if history else {},
            before=self._named(rest[1]) if history else {},
            apart=self._named(rest[len(around) :].max(axis=0) - APART) if asked else {},
        )

    def _log_odds(self, texts: list[str]) -> NDArray[np.float64]:
        """Return one row a text and one column a head; a model that fails to give numbers raises."""
        rows = np.asarray(self._read(texts), dtype=np.float64)
        if rows.shape != (len(texts), len(self._weights)) or not np.isfinite(rows).all():
            raise ValueError("the model gave nothing that the classifier can read")
        odds: NDArray[np.float64] = rows @ self._weights + self._bias
        return odds

    def _named(self, odds: NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(self._names, (1 / (1 + np.exp(-odds))).tolist(), strict=True))


def plain(text: str) -> str:
    """Return a text in the form in which the model reads it."""
    return normalise(text).text


def joined(history: Sequence[str], text: str) -> str:
    """Return a message behind the one before it, in the form in which the model reads both."""
    return plain(f"{history[-1]} {text}")


def wholes_of(text: str) -> Iterator[str]:
    """Yield a message as a whole, and what it hides."""
    yield plain(text)
    if secret := " ".join(plain(found) for _, found in hidden(text)):
        yield secret


def stretches_of(text: str) -> list[str]:
    """Return the stretches of a long message; none of a short one."""
    if len(text.split()) <= WHOLE_WORDS:
        return []
    found = [plain(stretch) for stretch in _stretches(text)]
    half = MOST_STRETCHES // 2
    return found if len(found) <= MOST_STRETCHES else [*found[:half], *found[-half:]]


def parts_of(text: str) -> list[str]:
    """Return the parts of a message that asks several things; none of one that asks one."""
    found = [plain(part) for part in parts(text) if len(part.split()) >= SHORTEST_PART]
    return found[-MOST_PARTS:] if len(found) > 1 else []


def _stretches(text: str) -> Iterator[str]:
    """Yield a text's sentences; very short ones with their neighbour, very long ones in pieces."""
    waiting: list[str] = []
    for sentence in sentences(text):
        waiting += sentence.split()
        while len(waiting) > STRETCH_WORDS:
            yield " ".join(waiting[:STRETCH_WORDS])
            waiting = waiting[STRETCH_WORDS // 2 :]
        if len(waiting) >= SHORTEST_WORDS:
            yield " ".join(waiting)
            waiting = []
    if waiting:
        yield " ".join(waiting)
