"""Asking: which parts of a message ask something, and what was told before each."""

import re
from collections.abc import Sequence

from guardrails.parts import MARK, asks, parts
from guardrails.scope import is_small_talk

STORY_WORDS = 35
"""A longer message is a story: only what it asks is searched."""
_MEANING = re.compile(r"[.?!]\s+(?=(?:i mean|as in|o sea|es decir)\b)", re.IGNORECASE)
"""Where a sentence only says what the one before it means."""
_OPENS = re.compile(
    r"\W*(?:(?:so|and|but|well|please|now|y|pero) )*(?:(?:can|could|would|will) (?:you|anyone|somebody) (?:please )?)?"
    r"(?:tell|help|explain|answer|d[ií]game|me puede decir)(?: me| us)?(?: please| something| this| that)?\W*$",
    re.IGNORECASE,
)
"""What only opens a question that follows."""
_LEADS = re.compile(
    r"\W*(?:(?:so|and|but|y|pero) )?(?:before|if|when|since|because|after|while|until|although|given(?: that)?|"
    r"si|cuando|como|antes de|aunque|porque)\b[^.?!]*$",
    re.IGNORECASE,
)
"""What is no statement by itself, though it was cut off before a question."""
_GIVEN = re.compile(
    r"\W*(?:(?:so|and|but|y|pero) )?(?:if|since|because|although|given(?: that)?|si|aunque|porque)\b[^.?!]*\?$",
    re.IGNORECASE,
)
"""The same where it was taken for a question: "if nobody checks it, why is it allowed?"."""
_ASKS_PLAINLY = re.compile(
    r"[?¿]|(?:^|: )\W*(?:(?:and|but|so|y|pero) )?"
    r"(?:(?:what(?! (?:i|we|he|she|they)\b)|which|who|how(?! to\b)|why|when|where|can you|could you)\b|qu[eé]|cu[aá]l)"
    r"|\b(?:wondering|want to (?:know|ask)|like to (?:know|understand)|my question|tell me|explain|summari[sz]e"
    r"|quisiera saber|d[ií]game|expl[ií]queme)\b",
    re.IGNORECASE,
)
"""What asks a question in the middle of a story, where half of all sentences begin like one."""
_TAG = re.compile(
    r"\W*(?:(?:can|could|do|does|did|is|are|was|were|has|have|will|would|should|ca|wo)(?:n['’]?t)? "
    r"(?:it|they|that|this|there|he|she|we|you|i)|right|please|verdad|cierto|por favor)\W*",
    re.IGNORECASE,
)
"""What only asks for a nod: "they can't both be right, can they?"."""


def questions_in(message: str) -> list[tuple[str, Sequence[str]]]:
    """Return the questions of a message, each with all before it; of a message that asks none, all of it."""
    said = _led(parts(_MEANING.sub(", ", message)))
    found = [part for part in said if not (is_small_talk(part) or _OPENS.match(part))] or [message]
    asking: list[tuple[str, Sequence[str]]]
    asking = [(part, found[:at]) for at, part in enumerate(found) if asks(part)]
    asking = [(part, before) for part, before in asking if not _TAG.fullmatch(part)] or asking
    if len(message.split()) > STORY_WORDS:
        plain = [(part, before) for part, before in asking if _ASKS_PLAINLY.search(part)]
        return [(part, before) for part, before in plain if MARK.search(part)] or plain or [(found[-1], found[:-1])]
    if asking and (len(asking) > 1 or len(found) > 1):
        return asking
    return [(found[0] if len(found) == 1 else message, ())]


def _led(said: Sequence[str]) -> list[str]:
    """Return the parts of a message, what only leads to a question joined with it again."""
    found: list[str] = []
    for before, part in zip(("", *said), said, strict=False):
        leads = found and (_LEADS.match(found[-1]) or _GIVEN.match(before))
        found = [*found[:-1], f"{found[-1].removesuffix('?')}, {part}"] if leads else [*found, part]
    return found
