"""Parts: what a message asks one after the other, and whether it asks at all."""

import re
from collections.abc import Iterator
from typing import Final

from corpus.text import sentences

_ENGLISH = (
    "what|whats|wat|which|who|whos|whom|whose|why|how|hows|when|where|does|duz|do|did|am|can|could|would|should|will|may"
    # "... and is on Zoloft" and "... and has asthma" go on telling.
    r"|(?:is|are|was|were) (?!(?:on|in|at|not|now|still|always|also|very|so|an?)\b)"
    r"|(?:has|have) (?=(?:it|there|this|that|the|any\w*|some\w*|ldn|low|naltrexone|you|my|your)\b)"
    r"|(?:in|for) (?:the|that|those) (?:\w+ ){1,4}?(?:did|does|do|was|were|is|are) (?:it|they|the|any\w*|people|ldn)"
    "|(?:at|for|in|with|by|on|from) (?:what|which|how|whom)|how about|what about"
)
_REQUESTS = (
    "tell|explain|list|describe|give|show|compare|summari[sz]e|please|i (?:also )?(?:want|need|would like) to know"
    "|my (?:other|next|second|last|real|main) question|i'd (?:also )?like to know|i was wondering|i wonder"
    r"|explique|explíqueme|explícame|explica|diga|d[ií]game|dime|quiero saber|quisiera saber"
)
_SPANISH = (
    "qué|que|cuál|cual|cuáles|cuales|quién|cómo|como|cuánto|cuanto|cuánta|cuántas|cuántos|cuándo|cuando|dónde|donde"
    "|por qué|es|son|está|puede|puedo|pueden|ayuda|sirve|funciona|causa|hay|tiene|debo|debería"
    "|mejoró|funcionó|sirvió|ayudó|hubo|le hace|hace daño"
)
_WHETHER = (
    r"whether|if (?=[^.?!,]{3,40}\b(?:do|does|can|could|should|would|will|what|how|which)\b)"
    r"|if (?=(?:there|it|any\w*|some\w*|naltrexone|ldn|low|a|the|one|you|people|anybody) )"
    r"|si (?=(?:hay|se|la|el|es|est[aá]|existe|alg[uú]n|uno|puedo|ayuda|sirve|funciona|la ldn)\b)"
)
"""What an indirect question begins with, beside what it depends on: "tell me what it is and whether it helps"."""
_ASKING = f"{_ENGLISH}|{_REQUESTS}|{_SPANISH}|{_WHETHER}"
_OPENS = re.compile(
    rf"(?:^|: )[\s¿¡\"'(]*(?:(?:and|&|n|but|also|so|y|pero) )?(?:{_ASKING}|any)\b(?!['’]t)", re.IGNORECASE
)
_INVERTED = re.compile(
    r"^\W*(?:and |but |so )?(?:in|for|with|after|on|among) [^,.?!]{3,40}\b(?:did|does|do|was|were|is|are|has|have|can) "
    r"(?:it|they|he|she|the|any\w*|some\w*|people|patients|women|men|folks|ldn|naltrexone)\b",
    re.IGNORECASE,
)
"""A question whose verb stands behind what it is about: "in that registry did people feel better"."""
_INDIRECTLY = re.compile(
    r"\b(?:wonder(?:ing)?|want(?:ed)? to (?:know|ask)|like to (?:know|understand)|curious|my question|tell me"
    r"|asking(?! for\b)|not sure (?:if|whether|what|how)|know (?:if|whether)|(?:quisiera|quer[ií]a) saber|me pregunto"
    r"|d[ií]game|i meant|quise decir)\b",
    re.IGNORECASE,
)
MARK: Final = re.compile(r"[?¿]")
"""What marks a question."""
# Looser than the signs above, since it only decides whether help stands above an answer or in its place.
_MAY_ASK = re.compile(
    r"\?|^\W*(?:which|who|when|where|is|are|was|were|any|has|have|que|como|cual|cuanto)\b"
    r"|\b(?:can|could|will|wil|would|wud|should|is it|is there|does|duz|do|what|wat|why|how"
    r"|se puede|puedo|es|sirve|ayuda|qué|cómo|cuál|cuánto|quién|hay)\b",
    re.IGNORECASE,
)
_RELATIVE = (
    r"(?:when|where|while|is what|que|como|cuando|donde)\b"
    r"|(?:which|who) (?!one|of|dose|amount|strength|medic|drug|stud|trial|side|ran|paid|made|wrote|should|must|can)"
)
"""What goes on with a sentence after a comma, though it begins like a question."""
_JOINT = re.compile(
    rf"(?:[,;]\s*|\s+)(?:and|&|n|but|also|or|plus|then|so|y|e|o|pero|además|también|aparte)\s+"
    rf"(?:(?:also|then|separately|también|además|aparte|de paso)\s+)?(?=¿?(?:{_ASKING})\b(?!['’]t))"
    rf"|[,;]\s+(?!{_RELATIVE})(?=¿?(?:{_ASKING})\b)|\s+(?=¿)"
    # Signs of another matter: a number in a list, "by the way", a new sentence after a comma.
    r"|(?:^|\s+)\(?\d[.)]\s+|[,;.]?\s+(?:btw|by the way|por cierto|otra cosa)[,:]?\s+"
    r"|,\s+(?=(?:i|we) (?:also )?(?:need|want|would like|wonder)\b)",
    re.IGNORECASE,
)

_TYPED_END = re.compile(r"(?<=[a-z?!]{2}[.?!])(?<!\b(?:vs|dr|mr|ms|st|mg|ml|kg|no)\.) +(?=[a-z])")
"""Where a sentence ends for whoever writes no capitals."""


def parts(text: str) -> tuple[str, ...]:
    """Return the parts that a question asks one after the other: its sentences and their coordinated questions."""
    return tuple(part for sentence in sentences(_TYPED_END.sub("\n\n", text)) for part in _clauses(sentence))


def asks(part: str) -> bool:
    """Tell whether a part of a message asks something: with a mark, with its first word, or indirectly."""
    return any(sign.search(part) for sign in (MARK, _OPENS, _INVERTED, _INDIRECTLY))


def may_ask(text: str) -> bool:
    """Tell whether a text may ask something, however it is spelt and wherever it does."""
    return _MAY_ASK.search(text) is not None


def _clauses(sentence: str) -> Iterator[str]:
    mark = "?" if sentence.endswith("?") else ""
    clauses = [stripped for clause in _JOINT.split(sentence.removesuffix("?")) if (stripped := clause.strip(" ,;"))]
    for clause in clauses:
        # Only what asks is marked: "I take tramadol, is it safe?" tells something first.
        yield clause + (mark if clause is clauses[-1] or "¿" in clause or _OPENS.match(clause) else "")
