"""Queries: what a question asks for, and of what, read without a model."""

import re
from collections.abc import Sequence
from enum import StrEnum

from corpus.evidence import Topic, Value
from corpus.vocabulary import Vocabulary


class Aim(StrEnum):
    """What an answer has to contain."""

    EFFECT = "effect"
    """Whether it helps with something: results for and against, strongest evidence first."""
    STUDIES = "studies"
    """Which works there are: one line on each."""
    FACT = "fact"
    """Anything else: the statements that speak of it."""


class Query(Value):
    """A question that stands alone, and what was understood of it."""

    text: str = ""
    aim: Aim = Aim.FACT
    conditions: tuple[Topic, ...] = ()
    """The conditions it names; an answer must be about these and no others."""
    subjects: tuple[Topic, ...] = ()
    """What else it names; an answer begins with these."""


MOST_FOLLOW_UP_WORDS = 7
"""A longer question says by itself what it is about."""
MOST_BARE_WORDS = 2
"""Whoever types just a condition wants to know whether the medicine helps with it."""
_FOLLOW_UP = re.compile(
    r"^\s*(?:and|but|so|ok(?:ay)?|what about|how about|y|pero|qué tal)\b"
    r"|\b(?:it|that|this|they|those|them|these|ones?)\b",
    re.IGNORECASE,
)
_STUDIES = re.compile(
    r"\b(?:which|what|any|list|show|see|name|cite|give)\b[^.?!]{0,40}"
    r"\b(?:stud(?:y|ies)|trials?|papers?|research|references?|sources?|citations?)\b"
    r"(?![^.?!]{0,25}\b(?:say|says|show|shows|find|finds|found|conclude)\b)",
    re.IGNORECASE,
)
_EFFECT = re.compile(
    r"\b(?:help|helps|helped|work|works|worked|effective|effectiveness|efficacy|benefits?|improves?|treats?|treating|"
    r"good for|evidence|relieves?|reduces?|eases?|cures?|better than|promis\w+|stud(?:y|ied|ies)|test(?:ed)?|trials?|"
    r"research\w*|results?|"
    r"make a difference|do anything)\b",
    re.IGNORECASE,
)


def understand(question: str, before: str, vocabulary: Vocabulary) -> Query:
    """Return what a question asks for; a short follow-up takes what it leaves out from the one before it."""
    text = question.strip()
    conditions = vocabulary.conditions_in(text)
    if before and len(text.split()) <= MOST_FOLLOW_UP_WORDS and _FOLLOW_UP.search(text):
        text = f"{vocabulary.without_conditions(before) if conditions else before} {text}"
        conditions = conditions or vocabulary.conditions_in(before)
    subjects = vocabulary.subjects_in(text)
    aim = Aim.FACT if Topic.TREATMENT_GUIDELINE in subjects else _aim(text, conditions)
    return Query(text=text, aim=aim, conditions=conditions, subjects=subjects)


def _aim(text: str, conditions: Sequence[Topic]) -> Aim:
    if _STUDIES.search(text):
        return Aim.STUDIES
    is_bare = len(text.split()) <= MOST_BARE_WORDS
    return Aim.EFFECT if conditions and (is_bare or _EFFECT.search(text)) else Aim.FACT
