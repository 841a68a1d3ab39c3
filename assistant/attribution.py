"""Attribution: which passages carry a sentence. The system decides this, never the generator."""

from collections.abc import Sequence

from corpus.evidence import Claim, Passage
from guardrails.grounding import THRESHOLD, support

MOST_PASSAGES = 3
"""How many passages one sentence may be cited to: more than a reader would follow."""


def attribute(sentence: str, passages: Sequence[Passage]) -> Claim:
    """Return the claim that a sentence makes on the passages that were offered for it.

    A quotation rests on the passage it quotes. Any other sentence rests on the passages that support it, best first;
    where none does alone, on the best few together, and the policy judges whether that is enough.
    """
    for passage in passages:
        if passage.text == sentence:
            return Claim.quoting(passage)
    ranked = sorted(((support(sentence, [p.text]), p) for p in passages), key=lambda pair: -pair[0])
    carrying = [passage for score, passage in ranked if score >= THRESHOLD]
    if not carrying:
        carrying = [passage for score, passage in ranked if score > 0]
    return Claim(text=sentence, passages=tuple(carrying[:MOST_PASSAGES]))
