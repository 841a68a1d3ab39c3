"""Follow-ups: what a question leaves out, taken from the question before it and from the story around it."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from assistant.query import DOES_IT_HELP, PEOPLE, Aim, Parser, Query, asks_effect
from assistant.terms import manners, phrases
from corpus.evidence import Slug, Topic
from corpus.vocabulary import Vocabulary
from guardrails.scope import asks_the_clinic

_SHORT = 8
"""A longer question says by itself what it is about."""
_LEANS = 2
"""From how many signs on a question leans on the one before it."""
_FEW_WORDS = 4  # "So it works then?" means something only after what was asked before.

_CONNECTIVE = (
    "and|but|so|also|ok(?:ay)?|what about|how about|or|then|now|more|less|fewer|better|worse|same|even|which one|"
    "y|pero|o|entonces|qu[eé] tal|m[aá]s|menos|igual|ahora"
)
_SIGNS: Final = (
    re.compile(rf"^\W*(?:{_CONNECTIVE})\b", re.IGNORECASE),
    re.compile(r"^\W*(?:(?:what|how) (?:about|for)|(?:and|y) (?:for|in|with|para|en|con|what about))\b", re.IGNORECASE),
    phrases(
        "same (?:for|with|question)", "i mean", "i meant", "meant", "instead", "ignore (?:that|my last)", "quise decir"
    ),
)
"""What shows that a question leans on the one before it; each counts once."""
_POINTS_BACK: Final = phrases(
    "that|this|they|those|them|these|ones?|there|it|he|she",
    "the two|each other|both|the other",
    "eso|esto|ellos|ese|esa|esos|esas|les|otr[oa]s?",
)
"""A sign as well, but for a question that says all by itself, as "Does it help with PTSD?" does."""
_OF_IT = phrases("they|them|those|these|that|it|one", "ellos|ellas|eso|esos|esas|lo|la")
_THAT_WORK = phrases("that (?:one|study|trial|paper|report|review)|in it|sali[oó]|es[ea] (?:estudio|ensayo)")
_OTHER_WORK = phrases("other (?:one|study|trial|paper)", "otro(?: estudio| ensayo)?")
_LOOKS_BACK = phrases(
    "was|were|did|had|they|there|those|that|it",
    "fue|fueron|hubo|sali[oó]|ellos|all[ií]|les|quit[oó]|ayud[oó]|mejor[oó]|mejoraron|tuvo|tuvieron",
    "encontr[oó]|encontraron",
)
_OF_EACH = phrases("each|both|either|neither|the two", "cada un[oa]|ambos|ambas|los dos|las dos")
_OF_SOMEBODY = phrases("i|i'm|me|my|he|him|his|she|her|we|us|our|age|mi|yo|me|[eé]l|ella|edad")
_OF_ANOTHER = phrases("he|him|his|she|her|hers|they|them|kids?|someone|somebody|age|young|[eé]l|ella|le|edad")
_OF_MYSELF = phrases("me|myself|i have|i'm|guys like|people like|m[ií]|yo")


class FollowUps:
    """Completes questions that leave out what was said before them."""

    def __init__(self, vocabulary: Vocabulary, parser: Parser) -> None:
        self._vocabulary = vocabulary
        self._parser = parser

    def complete(self, query: Query, before: Query | None, story: Query, *, is_told: bool) -> Query:
        """Return a query that stands alone.

        What it left out it takes from the question ``before`` it (or what is told there, if ``is_told``), and from
        its ``story``, the whole message.
        """
        is_whole = not query.names_nothing
        alone = query
        if before and self.signs(query, before, is_told=is_told) >= _LEANS:
            query = self._continued(query, before, is_told=is_told)
        if before and query.aim is Aim.FACT and not query.conditions and _OF_IT.search(query.text):
            query = query.model_copy(update={"subjects": _joined(query.subjects, before.subjects)})
        query = self._in_story(query, story, is_whole=is_whole)
        if query.conditions and query.aim is Aim.FACT and not alone.conditions and asks_effect(alone.text):
            query = query.model_copy(update={"aim": Aim.EFFECT})
        if before is None or self._parser.names_other(alone) or not (query.asked or alone.names_nothing):
            return query
        return query.model_copy(update={"otherwise": alone if query.asked else _after(alone, before, is_told=is_told)})

    def signs(self, query: Query, before: Query, *, is_told: bool) -> int:
        """Return how many signs there are that a query leans on the one before it."""
        length = len(query.text.split())
        if asks_the_clinic(query.text) or length > 2 * _SHORT:
            return 0
        says_all = query.conditions and query.aim is not Aim.FACT
        signs = sum(sign.search(query.text) is not None for sign in _SIGNS)
        signs += not says_all and _POINTS_BACK.search(query.text) is not None
        signs += bool(before.works and _THAT_WORK.search(query.text))
        if query.names_nothing and not self._parser.names_other(query):
            signs += 1 + (is_told and self._parser.names(before))
        return signs + (length <= _SHORT)

    def _continued(self, query: Query, before: Query, *, is_told: bool) -> Query:
        """Return a follow-up in full: the first reading of it that makes sense, the most telling before the others."""
        after = _after(query, before, is_told=is_told)
        return (
            self._about_another(query, before)
            or self._of_other_people(query, before, after)
            or self._of_another_work(query, before)
            or self._of_the_work(query, before)
            or self._of_a_condition(query)
            or self._bare(query, before, after)
            or self._of_its_own(query, before, is_told=is_told)
            or after
        )

    def _about_another(self, query: Query, before: Query) -> Query | None:
        """Read "and for anxiety?" as the question before it, about what this one names in place of the other."""
        is_short = len(query.text.split()) <= _SHORT
        of_a_work = query.works or (before.works and _THAT_WORK.search(query.text))
        if not is_short or of_a_work or query.conditions == (Topic.PAIN,):
            return None
        swapped = self._vocabulary.swapped(before.text, query.text)
        return self._parser.parse(swapped, query.lang) if swapped is not None else None

    def _of_other_people(self, query: Query, before: Query, after: Query) -> Query | None:
        """Read "what about older folks?" as the question before it, about these people."""
        whom = PEOPLE & {*query.subjects}
        if (
            not whom
            or {*query.subjects} - whom
            or query.conditions
            or not self._parser.only_points(query.text, query.lang)
        ):
            return None
        subjects = _joined(query.subjects, (topic for topic in before.subjects if topic not in PEOPLE))
        return after.model_copy(update={"subjects": subjects, "conditions": before.conditions, "aim": before.aim})

    def _of_another_work(self, query: Query, before: Query) -> Query | None:
        """Read "and the one from Spain?" as the question before it, about that work."""
        works = query.works
        if not works and _OTHER_WORK.search(query.text):
            works = self._parser.works.beside(before.works)
        if not works or query.conditions or manners(query.text) or not self._parser.only_points(query.text, query.lang):
            return None
        text = self._calling(self._parser.works.without(before.text), works, query.text)
        return before.model_copy(update={"text": text, "works": works, "conditions": ()})

    def _of_the_work(self, query: Query, before: Query) -> Query | None:
        """Read "how many took part in it?" as asked of the work that was named before."""
        points = _THAT_WORK.search(query.text)
        others = () if points else {*query.conditions} - {*self._parser.works.topics_of(before.works)}
        looks_back = points or _LOOKS_BACK.search(query.text) or not (query.conditions or query.subjects)
        says_it = query.subjects or manners(query.text) or len(query.text.split()) > _FEW_WORDS
        if query.works or not before.works or others or not (looks_back and says_it):
            return None
        text = self._calling(query.text, before.works, before.text)
        return query.model_copy(update={"works": before.works, "text": text, "conditions": ()})

    def _of_a_condition(self, query: Query) -> Query | None:
        """Read "fibromyalgia?" as the question whether the medicine helps with it."""
        if not query.conditions or not self._parser.only_names(query.text):
            return None
        name = self._vocabulary.conditions[query.conditions[0]][0]
        return self._parser.parse(DOES_IT_HELP[query.lang].format(name), query.lang)

    def _bare(self, query: Query, before: Query, after: Query) -> Query | None:
        """Read "and the pills?", which asks nothing, with the question before it."""
        return after.model_copy(update={"aim": before.aim}) if self._parser.only_names(query.text) else None

    def _of_its_own(self, query: Query, before: Query, *, is_told: bool) -> Query | None:
        """Read a question that names its own subject as it stands, of the condition or work that it leaves out."""
        conditions = query.conditions or (before.conditions if not query.subjects else ())
        asks_of_it = query.aim is not Aim.FACT and conditions
        if not (query.conditions or asks_of_it or (query.subjects and not is_told)):
            return None
        query = query.model_copy(update={"conditions": conditions, "works": _works(query, before)})
        if conditions or not before.conditions:
            return query
        name = self._vocabulary.conditions[before.conditions[0]][0]
        of_condition = {"conditions": before.conditions, "text": f"{query.text} ({name})"}
        return query.model_copy(update={"otherwise": query.model_copy(update=of_condition)})

    def _in_story(self, query: Query, story: Query, *, is_whole: bool) -> Query:
        """Return a query with what only the message around it says: of which condition, of which work, for whom."""
        conditions = query.conditions
        of_each = bool(_OF_EACH.search(query.text))
        asks_of_it = query.aim is not Aim.FACT or of_each
        if not (conditions or query.works) and asks_of_it and not self._parser.names_other(query):
            conditions = story.conditions
        if conditions == (Topic.PAIN,) and Topic.FIBROMYALGIA in story.conditions:
            conditions = (Topic.FIBROMYALGIA, Topic.PAIN)
        looks_back = _LOOKS_BACK.search(query.text) and query.names_nothing
        is_of_work = looks_back or of_each or (len(story.works) == 1 and _THAT_WORK.search(query.text))
        works = query.works or (story.works if is_of_work else ())
        whom = [topic for topic in story.subjects if topic in PEOPLE and PEOPLE.isdisjoint(query.subjects)]
        if is_whole and not _OF_SOMEBODY.search(query.own):
            whom = [topic for topic in whom if topic is not Topic.OLDER_PEOPLE]
        if not _OF_ANOTHER.search(query.own) and (is_whole or _OF_MYSELF.search(query.text)):
            whom = [topic for topic in whom if topic is not Topic.CHILDREN]
        return query.model_copy(update={"conditions": conditions, "subjects": (*query.subjects, *whom), "works": works})

    def _calling(self, text: str, works: Sequence[Slug], said: str) -> str:
        """Return a text with the works that it is about, as they were called in what was said."""
        return f"{text} ({', '.join(self._parser.works.called(id_, said) for id_ in works)})"


def _after(query: Query, before: Query, *, is_told: bool) -> Query:
    """Return a question behind the one before it, which together say what they are about."""
    return query.model_copy(
        update={
            "text": f"{before.text} {query.text}",
            "asked": query.text,
            "is_after_told": is_told,
            "conditions": query.conditions or (before.conditions if not query.subjects else ()),
            "subjects": _joined(query.subjects, before.subjects),
            "works": _works(query, before),
        }
    )


def _works(query: Query, before: Query) -> tuple[Slug, ...]:
    """Return the works that a query names, else those of the one before it where it looks back to them."""
    if query.works or query.conditions:
        return query.works
    return before.works if _LOOKS_BACK.search(query.text) or not query.subjects else ()


def _joined(first: Iterable[Topic], second: Iterable[Topic]) -> tuple[Topic, ...]:
    return tuple(dict.fromkeys([*first, *second]))
