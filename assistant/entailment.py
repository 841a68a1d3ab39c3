"""Entailment: a second opinion on whether a passage carries a sentence, from a cross-encoder that the clinic brings.

No such model is shipped. Where one is set, it can only find fault: the words decide first, and what they do not carry
no opinion saves (``guardrails.grounding.grounding_rule``).
"""

import os
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import ModelError
from guardrails.grounding import Entails

ENTAILS = "entailment"
"""The label, in any case, that a model trained on natural language inference gives to what follows."""


def load_entailment(folder: Path) -> Entails:
    """Return the judgement of the cross-encoder in ``folder``: how probably, 0 to 1, the evidence entails a text.

    Raises:
        ModelError: the folder holds no model that can be loaded, or one without a label ``entailment``.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    hint = "Set ASSISTANT_GROUNDING__ENTAILMENT_PATH to the folder of a cross-encoder for natural language inference."
    try:
        from sentence_transformers import CrossEncoder  # noqa: PLC0415 - seconds that nobody else must pay

        model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        names = {name.lower(): at for at, name in model.config.id2label.items()}
        at = names[ENTAILS]
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        raise ModelError("the entailment model cannot be loaded", hint=hint) from error
    except KeyError as error:
        raise ModelError("the entailment model has no label for entailment", hint=hint) from error

    def entails(text: str, evidence: Sequence[str]) -> float:
        scores = model.predict([(" ".join(evidence), text)], apply_softmax=True, show_progress_bar=False)
        return float(scores[0][at])

    return entails
