"""Queries: what a message asks for, and of what, read without a model."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from assistant.asking import STORY_WORDS, questions_in
from assistant.terms import manners
from corpus.bibliography import family_name
from corpus.evidence import Kind, Slug, Source, Topic, Value
from corpus.spelling import Speller
from corpus.text import Lang, words
from corpus.vocabulary import Vocabulary
from guardrails.scope import asks_the_clinic


class Aim(StrEnum):
    """What an answer has to contain."""

    EFFECT = "effect"
    """Whether it helps with something: results for and against, strongest evidence first."""
    STUDIES = "studies"
    """Which works there are: one line on each."""
    FACT = "fact"
    """Anything else: the statements that speak of it."""


MOST_WORDS = 180
"""How long the answer to a message may be (requirement A-28)."""


class Query(Value):
    """A question that stands alone, and what was understood of it."""

    text: str = ""
    lang: Lang = "en"
    aim: Aim = Aim.FACT
    conditions: tuple[Topic, ...] = ()
    """The conditions it names; an answer must be about these and no others."""
    subjects: tuple[Topic, ...] = ()
    """What else it names; an answer begins with these."""
    works: tuple[Slug, ...] = ()
    """The sources it names; an answer is about one of them."""
    compares: bool = False
    """Whether it asks how one thing does beside another."""
    in_story: bool = False
    """Whether it stands in a long story, where many a word belongs to the story alone."""
    asked: str = ""
    """The question as it was asked, where its text was joined with the one before it."""
    room: int = MOST_WORDS
    """How many words its answer may have: the questions of one message share an answer."""

    @property
    def names_nothing(self) -> bool:
        """Tell whether it names no condition, no other subject and no work: what it is about stands elsewhere."""
        return not (self.conditions or self.subjects or self.works)

    @property
    def is_rivalry(self) -> bool:
        """Tell whether it asks how this medicine does beside another: a source compares the two, or nobody can."""
        return self.compares and Topic.OTHER_MEDICINES in self.subjects


MOST_QUESTIONS = 4
"""How many questions of one message are answered."""
MOST_FOLLOW_UP_WORDS = 8
"""A longer question says by itself what it is about."""
MOST_BARE_WORDS = 2
"""Whoever types just a condition wants to know whether the medicine helps with it."""
_FEW_WORDS = 4  # "So it works then?" means something only after what was asked before.
FOLLOW_UP = 2
"""From how many signs on a question leans on the one before it."""


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE)


_CONNECTIVE = "and|but|so|also|ok(?:ay)?|what about|how about|or|then|y|pero|o|entonces|qu[eé] tal"
_SIGNS = (
    re.compile(rf"^\W*(?:{_CONNECTIVE})\b", re.IGNORECASE),
    re.compile(r"^\W*(?:(?:what|how) (?:about|for)|(?:and|y) (?:for|in|with|para|en|con|what about))\b", re.IGNORECASE),
    _any("same (?:for|with)", "i mean", "i meant", "meant", "instead", "ignore (?:that|my last)", "quise decir"),
    _any(
        "that|this|they|those|them|these|ones?|there|it|he|she",
        "the two|each other|both",
        "eso|esto|ellos|ese|esa|esos|esas",
    ),
)
"""What shows that a question leans on the one before it; each counts once."""
_POINTS = _any("they|them|those|these|that|it|one", "ellos|ellas|eso|esos|esas|lo|la")
_THAT_WORK = _any("that (?:one|study|trial|paper|report|review)|in it|sali[oó]|es[ea] (?:estudio|ensayo)")
_LOOKS_BACK = _any("was|were|did|had|they|there|those|that|it", "fue|fueron|hubo|sali[oó]|ellos|all[ií]")
_OF_SOMEBODY = _any("i|i'm|me|my|he|him|his|she|her|we|us|our|someone|somebody|age|mi|yo|me|[eé]l|ella|edad")
_OF_ANOTHER = _any("he|him|his|she|her|hers|they|them|kids?|someone|somebody|age|young|[eé]l|ella|le|edad")
_OF_MYSELF = _any("me|myself|i have|i'm|guys like|people like|m[ií]|yo")
_OLD = re.compile(
    r"\b(?:i'?m|i am|is|she'?s|he'?s|aged?|turned|tengo|tiene|de) (?:6[5-9]|[7-9]\d)\b(?! ?%)", re.IGNORECASE
)
_BARE = re.compile(
    r"\b(?:people|patients|adults|personas|and|but|so|what|how|about|for|in|on|with|also|y|para|en|la|el|con)\b|[^\w\s']",
    re.IGNORECASE,
)
"""What is left of a follow-up that names a condition and asks nothing of its own."""
_MEDICINE = re.compile(r"\b(?:low|dose|naltrexon[ea]|ldn|dosis|bajas?)\b", re.IGNORECASE)
DOES_IT_HELP: dict[Lang, str] = {"en": "Does LDN help with {}?", "es": "¿El LDN ayuda con {}?"}
PEOPLE = frozenset({Topic.CHILDREN, Topic.OLDER_PEOPLE, Topic.PREGNANCY})
"""Whom a question is about, though only the story around it says so."""
_STUDIES = re.compile(
    r"\b(?:which|what|any|list|show|see|name|cite|give|how many|qu[eé]|cu[aá]les|hay)\b[^.?!]{0,40}"
    r"\b(?:stud(?:y|ies)|trials?|papers?|research|references?|sources?|citations?|estudios?|ensayos?|referencias)\b"
    r"(?![^.?!]{0,25}\b(?:say|says|show|shows|find|finds|found|conclude|report|reported|measure)\b)",
    re.IGNORECASE,
)
_EFFECT = _any(
    "help|helps|helped|work|works|worked|effective|effectiveness|efficacy|benefits?|improves?|treats?|treating",
    r"good for|evidence|relieves?|reduces?|eases?|cures?|better than|promis\w+|make a difference|do anything",
    r"stud(?:y|ied|ies)|test(?:ed)?|trials?|research\w*|results?|should i",
    "right for (?:me|him|her|us)|worth (?:it|a try)",
    "sirve|ayuda|quita|funciona|mejora|alivia|eficaz|evidencia|deber[ií]a|estudi(?:o|os|ad[oa]s?)|ensayos?|probad[oa]s?",
)
COMPARES = _any(
    "(?:better|worse|safer|stronger|more effective|less effective) (?:than|for)",
    "as (?:good|effective|safe|strong|well) as|compared? (?:to|with)|versus|vs|difference between",
    "(?:which|what|one) is (?:better|safer|stronger)",
    r"(?:qu[eé]|cu[aá]l) es mejor|mejor que|peor que|m[aá]s \w+ que|comparad[oa]|igual de|diferencia entre",
)
"""How one asks how one thing does beside another."""
_NAMES_A_WORK = _any(
    r"stud(?:y|ies)|trials?|papers?|research\w*|reviews?|guidelines?|article|authors?|team|et al",
    r"reports?|pilot|doctors|one (?:from|in|with)|(?:19|20)\d\d",
    "tried on|tested on|estudios?|ensayos?|art[ií]culo",
)


class Reader:
    """Reads messages with the words that our sources and our patients use."""

    def __init__(self, vocabulary: Vocabulary, sources: Sequence[Source], speller: Speller) -> None:
        self._vocabulary = vocabulary
        self._speller = speller
        self._authors = _first_authors(sources)

    def read(self, message: str, before: Sequence[str] = (), lang: Lang = "en") -> tuple[Query, ...]:
        """Return the questions of a message in order, each standing alone.

        ``before`` are the earlier messages of the same visitor, oldest first: a follow-up takes what it leaves out from
        the question before it, be that in an earlier message or in the same one.
        """
        earlier = self.read(before[-1], before[-3:-1], lang) if before else ()
        context = earlier[-1] if earlier else None
        story = self._query(message, lang)
        in_story = len(message.split()) > STORY_WORDS
        queries: list[Query] = []
        parts = questions_in(message)
        asked = {part for part, _ in parts}
        once = cache(lambda sentence: self._query(sentence, lang))  # however many questions follow what is told
        for part, said in parts:
            told = [(once(sentence), sentence not in asked) for sentence in reversed(said)]
            named = next(((query, is_told) for query, is_told in told if self._names(query)), None)
            before_it, is_told = named or (context or next((query for query, _ in told), None), False)
            query = self._resolved(once(part), before_it, story, is_told=is_told)
            query = query.model_copy(update={"in_story": in_story})
            queries += [query] if query not in queries else []
            context = query
        first = queries[:MOST_QUESTIONS]
        return tuple(query.model_copy(update={"room": MOST_WORDS // len(first)}) for query in first)

    def _names(self, query: Query) -> bool:
        """Tell whether a sentence says what a question after it may be about, be it a thing that no source knows."""
        weighs = any(self._speller.is_weighty(word, query.lang) for word in words(query.text))
        return weighs or not query.names_nothing

    def _names_other(self, query: Query) -> bool:
        """Tell whether a question names a thing that no source knows: it borrows no other subject."""
        return any(self._speller.is_foreign(word, query.lang) for word in words(query.text))

    def _query(self, text: str, lang: Lang) -> Query:
        text = self._speller.corrected(text.strip())
        conditions, subjects = self._vocabulary.conditions_in(text), self._vocabulary.subjects_in(text)
        if Topic.OPIOIDS in subjects:
            conditions = tuple(topic for topic in conditions if topic is not Topic.PAIN)
        if _OLD.search(text) and Topic.OLDER_PEOPLE not in subjects:
            subjects = (*subjects, Topic.OLDER_PEOPLE)
        rest = _MEDICINE.sub("", self._vocabulary.without_names(_BARE.sub(" ", text)))
        if conditions and not rest.split() and _MEDICINE.search(text):
            text = DOES_IT_HELP[lang].format(self._vocabulary.mentioned(text, conditions[0])[0])
        aim = Aim.FACT if Topic.TREATMENT_GUIDELINE in subjects else _aim(text, conditions)
        works = self._works_in(text)
        return Query(
            text=text,
            lang=lang,
            aim=aim,
            conditions=conditions,
            subjects=subjects,
            works=works,
            compares=COMPARES.search(text) is not None,
        )

    def _works_in(self, text: str) -> tuple[Slug, ...]:
        """Return the sources that a text names by their first author, or by what the vocabulary calls them."""
        if not _NAMES_A_WORK.search(text):
            return ()
        found = [
            id_
            for name, ids in self._authors.items()
            if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)
            for id_ in ids
        ]
        years = re.findall(r"\b(?:19|20)\d\d\b", text)
        dated = [id_ for id_ in found if any(id_.endswith(year) for year in years)]
        return tuple(dict.fromkeys([*(dated or found), *self._vocabulary.works_in(text)]))

    def _resolved(self, query: Query, context: Query | None, story: Query, *, is_told: bool) -> Query:
        """Return a query that stands alone: with what it left out, from the question before it or from its story."""
        is_whole = not query.names_nothing
        points_back = _POINTS.search(query.text) is not None
        if context and self._follows(query):
            query = self._continued(query, context, is_told=is_told)
        if context and points_back and query.aim is Aim.FACT and not query.conditions:
            query = query.model_copy(update={"subjects": tuple(dict.fromkeys(query.subjects + context.subjects))})
        conditions = query.conditions
        if not conditions and query.aim is not Aim.FACT and not self._names_other(query):
            conditions = story.conditions
        if conditions == (Topic.PAIN,) and Topic.FIBROMYALGIA in story.conditions:
            conditions = (Topic.FIBROMYALGIA, Topic.PAIN)
        looks_back = _LOOKS_BACK.search(query.text) and query.names_nothing
        is_of_work = looks_back or (len(story.works) == 1 and _THAT_WORK.search(query.text))
        works = query.works or (story.works if is_of_work else ())
        whom = [topic for topic in story.subjects if topic in PEOPLE and PEOPLE.isdisjoint(query.subjects)]
        if is_whole and not _OF_SOMEBODY.search(query.text):
            whom = [topic for topic in whom if topic is not Topic.OLDER_PEOPLE]
        if _OF_MYSELF.search(query.text) or (is_whole and not _OF_ANOTHER.search(query.text)):
            whom = [topic for topic in whom if topic is not Topic.CHILDREN]
        subjects = (*query.subjects, *whom)
        return query.model_copy(update={"conditions": conditions, "subjects": subjects, "works": works})

    def _follows(self, query: Query) -> bool:
        """Tell whether a query leans on the one before it, by the signs it shows."""
        if asks_the_clinic(query.text):
            return False
        length = len(query.text.split())
        # "Are there studies on PTSD?" and "Does it help with PTSD?" say all by themselves, pronouns or not.
        telling = _SIGNS[:-1] if query.conditions and query.aim is not Aim.FACT else _SIGNS
        names_nothing = query.names_nothing and not self._names_other(query)
        signs = sum(sign.search(query.text) is not None for sign in telling) + names_nothing
        return length <= 2 * MOST_FOLLOW_UP_WORDS and signs + (length <= MOST_FOLLOW_UP_WORDS) >= FOLLOW_UP

    def _continued(self, query: Query, context: Query, *, is_told: bool) -> Query:
        """Return a follow-up in full: the question before it about another thing, or its own about the same one."""
        if len(query.text.split()) <= MOST_FOLLOW_UP_WORDS and not query.works and query.conditions != (Topic.PAIN,):
            swapped = self._vocabulary.swapped(context.text, query.text)
            if swapped is not None:
                return self._query(swapped, query.lang)
        looks_back = _LOOKS_BACK.search(query.text)
        works = context.works if looks_back or not (query.conditions or query.subjects) else ()
        carried = {
            "conditions": query.conditions or (context.conditions if not query.subjects else ()),
            "works": query.works or (() if query.conditions else works),
        }
        joined = {"text": f"{context.text} {query.text}", "asked": query.text}
        is_bare = not self._vocabulary.without_names(_BARE.sub("", query.text))
        if query.conditions and is_bare:
            name = self._vocabulary.conditions[query.conditions[0]][0]
            return self._query(DOES_IT_HELP[query.lang].format(name), query.lang)
        says_it = query.subjects or manners(query.text) or len(query.text.split()) > _FEW_WORDS
        if works and says_it and not query.conditions:
            called = ", ".join(self._called(id_, context.text) for id_ in works)
            return query.model_copy(update=carried | {"text": f"{query.text} ({called})"})
        if is_bare:
            return query.model_copy(update=carried | joined | {"aim": context.aim})
        asks_of_it = query.aim is not Aim.FACT and carried["conditions"]
        if query.conditions or asks_of_it or (query.subjects and not is_told):
            return query.model_copy(update=carried)
        subjects = tuple(dict.fromkeys(query.subjects + context.subjects))
        return query.model_copy(update=carried | joined | {"subjects": subjects})

    def _called(self, work: Slug, said: str) -> str:
        """Return what a work was called in what was said, else what people call it, else its first author and year."""
        names = self._vocabulary.works.get(work, ())
        by_author = next((f"{name} {work[-4:]}" for name, ids in self._authors.items() if work in ids), "")
        return next((name for name in names if name.lower() in said.lower()), next(iter(names), by_author))


def _aim(text: str, conditions: Sequence[Topic]) -> Aim:
    if _STUDIES.search(text):
        return Aim.STUDIES
    is_bare = len(text.split()) <= MOST_BARE_WORDS
    return Aim.EFFECT if conditions and (is_bare or _EFFECT.search(text)) else Aim.FACT


def _first_authors(sources: Sequence[Source]) -> Mapping[str, tuple[Slug, ...]]:
    """Return the ids of works by the family name of their first author."""
    found: dict[str, tuple[Slug, ...]] = {}
    for source in sources:
        if source.reference.authors and source.kind is not Kind.ARTICLE:
            name = family_name(source.reference.authors[0])
            found[name] = (*found.get(name, ()), source.id)
    return found
