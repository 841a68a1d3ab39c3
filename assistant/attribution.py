"""Attribution: which passages carry a sentence. The system decides this, never the generator."""

from assistant.answer import Found
from corpus.evidence import Claim
from corpus.text import LANGUAGES
from guardrails.grounding import THRESHOLD, support

MOST_PASSAGES = 3
"""How many passages one sentence may be cited to: more than a reader would follow."""


def attribute(sentence: str, found: Found) -> Claim:
    """Return the claim that a sentence makes on what was found for it.

    A point of a summary rests on the point's passages, a quotation on the passage it quotes. Any other sentence rests
    on the passages that support it, best first; where none does alone, on the best few together, and the policy judges
    whether that is enough.
    """
    points = [point for summary in found.summaries for point in summary.points]
    for point in points:
        for lang in LANGUAGES:
            if point.text(lang) == sentence:
                return point.claim(lang)
    passages = dict.fromkeys([*(p for point in points for p in point.passages), *(hit.passage for hit in found.hits)])
    for passage in passages:
        if passage.text == sentence:
            return Claim.quoting(passage)
    ranked = sorted(((support(sentence, [p.text]), p) for p in passages), key=lambda pair: -pair[0])
    carrying = [passage for score, passage in ranked if score >= THRESHOLD]
    if not carrying:
        carrying = [passage for score, passage in ranked if score > 0]
    return Claim(text=sentence, passages=tuple(carrying[:MOST_PASSAGES]))
