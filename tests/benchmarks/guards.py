"""How long the guards take beside one embedding of the same question, in one run: `python tests/benchmarks/guards.py`.

The machine's own speed cancels out of the ratio. "Rules" is everything but the model: normal forms, disguises, all
patterns of all question rules, personal data. "Classifier" is what the arithmetic after the model's reading costs.
"""

import statistics
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from assistant.embeddings import load_embeddings
from corpus.normal import normalise
from guardrails.classifier import Classifier, Weights
from guardrails.lexicon import forms
from guardrails.policy import default_policy

QUESTIONS: Final = (
    "What is low-dose naltrexone?",
    "Does LDN help with depression, and how strong is the evidence?",
    "my doctor put me on ldn in march and since then i have odd dreams, is that a known side effect?",
    "¿La naltrexona en dosis bajas sirve para la fibromialgia?",
    "How many people took part in the trial on fibromyalgia, and who paid for it?",
)
ROUNDS: Final = 40


def median_ms(work: Callable[[str], object]) -> float:
    """Return the median time of one question, nothing cached, over all rounds."""
    taken = []
    for _ in range(ROUNDS):
        for question in QUESTIONS:
            normalise.cache_clear()
            forms.cache_clear()
            started = time.perf_counter()
            work(question)
            taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Print the medians and their ratio."""
    embeddings = load_embeddings()
    policy = default_policy()
    at_hand = embeddings.read(["a question"])
    classifier = Classifier(Weights.load(), lambda texts: np.repeat(at_hand, len(texts), axis=0))
    for question in QUESTIONS:
        policy.check_question(question)
        embeddings.embed_query(question)
    embedding = median_ms(embeddings.embed_query)
    rules = median_ms(policy.check_question)
    arithmetic = median_ms(classifier.likelihoods)
    print(f"one embedding {embedding:.2f} ms, rules {rules:.2f} ms, classifier {arithmetic:.2f} ms")
    print(f"rules and classifier, embedding at hand: {(rules + arithmetic) / embedding:.2f} x one embedding")


if __name__ == "__main__":
    main()
