"""Queries: what a sentence asks for, and of what, read without a model."""

import re
from collections.abc import Sequence
from enum import StrEnum

from assistant.terms import phrases, terms
from assistant.works import Works
from corpus.evidence import Slug, Source, Topic, Value
from corpus.normal import normalise
from corpus.numerals import in_digits
from corpus.spelling import Speller
from corpus.text import LANGUAGES, Lang, stem, unaccented, words
from corpus.vocabulary import Vocabulary


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
    """The question as it was asked, where its text was joined with what stands before it."""
    is_after_told: bool = False
    """Whether what it was joined with tells something, and asks nothing."""
    otherwise: "Query | None" = None
    """What it may mean as well: searched where nothing answers the first reading."""
    room: int = MOST_WORDS
    """How many words its answer may have: the questions of one message share an answer."""

    @property
    def own(self) -> str:
        """Return its own words, without those that it was joined with."""
        return self.asked or self.text

    @property
    def names_nothing(self) -> bool:
        """Tell whether it names no condition, no other subject and no work: what it is about stands elsewhere."""
        return not (self.conditions or self.subjects or self.works)

    @property
    def is_rivalry(self) -> bool:
        """Tell whether it asks how this medicine does beside another: a source compares the two, or nobody can."""
        return self.compares and Topic.OTHER_MEDICINES in self.subjects


PEOPLE = frozenset({Topic.CHILDREN, Topic.OLDER_PEOPLE, Topic.PREGNANCY})
"""Whom a question is about, though only the story around it says so."""
DOES_IT_HELP: dict[Lang, str] = {"en": "Does LDN help with {}?", "es": "¿El LDN ayuda con {}?"}
_MOST_BARE_WORDS = 2
"""Whoever types just a condition wants to know whether the medicine helps with it."""


_OLD = re.compile(
    r"\b(?:i'?m|i am|is|she'?s|he'?s|aged?|at|turned|tengo|tiene|de) (?:6[5-9]|[7-9]\d)\b(?! ?%)", re.IGNORECASE
)
_YOUNG = re.compile(
    r"\b(?:(?:she|he)(?:'?s| is)|aged?|turned|tiene|cumpli[oó]|(?:son|daughter|boy|girl|grand(?:son|daughter)|niece|"
    r"nephew|hij[oa]|niet[oa]|sobrin[oa])(?:'s| is| who is|,)?(?: de)?) (?:[2-9]|1[0-7])\b"
    r"(?=\W*$|[,.;:!?)]| ?-?(?:years?|yrs?|y/?o|a[nñ]os)\b| (?:and|but|with|who|y|pero|con)\b)"
    r"|\b(?:[2-9]|1[0-7])[ -](?:years?|yrs?)[ -]old\b|\b(?:[2-9]|1[0-7]) ?(?:yo|y/o)\b",
    re.IGNORECASE,
)
_LONG_AGO = re.compile(
    r"\b(?:as an?|when i was an?|since i was an?) (?:little |young )?(?:kid|child|teen(?:ager)?|adolescent)\b"
    r"|\b(?:de|desde) (?:niñ[oa]s?|adolescentes?|chic[oa]s?)\b",
    re.IGNORECASE,
)
"""Who was young then is not whom a question is about."""
_WITH_CHILDREN = re.compile(
    r"\b(?:at|with|and|around|from|teach|(?:mother|mom|father|dad|parent|madre|padre) (?:of|de)|ha(?:ve|s|d)|got|raise"
    r"|raising|con|y|tengo|tiene|cri[oa]r?) (?:(?:the|my|our|his|her|their|these|those|los|las|mis?|sus|two|three|four"
    r"|five|dos|tres|cuatro|little|small|young|grown) ){1,3}(?:kids|children|teens|teenagers|niñ[oa]s|hij[oa]s)\b",
    re.IGNORECASE,
)
"""Nor are those whom somebody snaps at, has or teaches."""
_TRADE = re.compile(
    r"\b(?:hospice|home|of) nursing\b|\bnursing (?:homes?|school|students?|assistants?|staff|shifts?)\b", re.IGNORECASE
)
"""Nursing that feeds no baby."""
_BARE = re.compile(
    r"\b(?:people|patients|adults|personas|and|but|so|what|how|about|for|in|on|with|also|y|para|en|la|el|con)\b|[^\w\s']",
    re.IGNORECASE,
)
"""What is left out of a sentence to see whether it only names a thing."""
_KIN = frozenset(
    """he's she's i'm they're like turned turns people patients adults folks same question thing son daughter boy girl
    mother mom mum mama father dad wife husband gran granny nana grandma grandpa cousin friend neighbor brother sister
    aunt uncle done study trial year old gente personas misma pregunta hijo hija mamá papá madre padre abuela abuelo
    esposa esposo hermano hermana año estudio ensayo""".split()
)
_ASKED_OF_ANY = frozenset(stem(unaccented(word), lang) for word in _KIN for lang in LANGUAGES)
"""The stems of words that say of whom or what is asked, and nothing that is asked."""
_DENIED = re.compile(r"(?:^|[.!;,(]\s*)(?:and |y )?(?:not|no) (?:(?:for|about|my|para|por) )?[\w'-]+", re.IGNORECASE)
"""What a question says that it is not about: "Gulf War illness. Not PTSD."."""
_MEDICINE = re.compile(r"\b(?:low|dose|naltrexon[ea]|ldn|dosis|bajas?)\b", re.IGNORECASE)
_STUDIES = re.compile(
    r"\b(?:which|what|any|list|show|see|name|cite|give|how many|(?:are|is) there|have there been|qu[eé]|cu[aá]les"
    r"|hay)\b[^.?!]{0,40}"
    r"\b(?:stud(?:y|ies)|trials?|papers?|research|references?|sources?|citations?|estudios?|ensayos?|referencias)\b"
    r"(?![^.?!]{0,25}\b(?:say|says|show|shows|find|finds|found|conclude|report|reported|measure)\b)",
    re.IGNORECASE,
)
_EFFECT = phrases(
    r"do(?:es|ne)? (?:\w+ )?for|help|helps|helped|work|works|worked|effective|effectiveness|efficacy|benefits?",
    "improves?|treats?|treating|is (?:that|it) a thing",
    r"good for|evidence|relieves?|reduces?|eases?|cures?|better than|promis\w+|make a difference|do anything",
    r"stud(?:y|ied|ies)|test(?:ed)?|trials?|research\w*|results?|should i",
    "right for (?:me|him|her|us)|worth (?:it|a try)",
    "sirve|ayuda|quita|funciona|mejora|alivia|eficaz|evidencia|deber[ií]a|estudi(?:o|os|ad[oa]s?)|ensayos?|probad[oa]s?",
)
COMPARES = phrases(
    r"(?:better|worse|safer|stronger|more effective|less effective) (?:for\b[^.?!]{1,60}\b)?(?:than|or)",
    "as (?:good|effective|safe|strong|well) as|compared? (?:to|with)|versus|vs|difference between",
    "(?:which|what|one) is (?:better|safer|stronger)",
    r"(?:qu[eé]|cu[aá]l) es mejor|mejor que|peor que|m[aá]s \w+ que|comparad[oa]|igual de|diferencia entre",
)
"""How one asks how one thing does beside another."""


class Parser:
    """Reads a sentence by itself, with the words that our sources and our patients use."""

    def __init__(self, vocabulary: Vocabulary, sources: Sequence[Source], speller: Speller) -> None:
        self._vocabulary = vocabulary
        self._speller = speller
        self.works = Works(vocabulary, sources)

    def parse(self, sentence: str, lang: Lang) -> Query:
        """Return what a sentence asks for and names, its spelling corrected."""
        text = self._speller.corrected(sentence.strip())
        conditions = self._vocabulary.conditions_in(_DENIED.sub(" ", text))
        subjects = self._subjects_in(text)
        if Topic.OPIOIDS in subjects:
            conditions = tuple(topic for topic in conditions if topic is not Topic.PAIN)
        if conditions and _MEDICINE.search(text) and self.only_names(_MEDICINE.sub("", text)):
            text = DOES_IT_HELP[lang].format(self._vocabulary.mentioned(text, conditions[0])[0])
        return Query(
            text=text,
            lang=lang,
            aim=Aim.FACT if Topic.TREATMENT_GUIDELINE in subjects else _aim(text, conditions),
            conditions=conditions,
            subjects=subjects,
            works=self.works.named_in(text),
            compares=COMPARES.search(text) is not None,
        )

    def only_names(self, text: str) -> bool:
        """Tell whether a text does nothing but name a thing that we know: "and for fibromyalgia?"."""
        return not self._vocabulary.without_names(_BARE.sub(" ", text))

    def only_points(self, text: str, lang: Lang) -> bool:
        """Tell whether a text only says of whom or of what work it asks: "same for my son, he's 15"."""
        said = terms(self._vocabulary.without_names(text), lang)
        return all(term in _ASKED_OF_ANY or term.isdigit() for term in said)

    def names(self, query: Query) -> bool:
        """Tell whether a sentence says what a question after it may be about, be it a thing that no source knows."""
        said = {*words(self._vocabulary.without_idioms(query.text))} - self._vocabulary.aside[query.lang]
        return not query.names_nothing or any(self._speller.is_weighty(word, query.lang) for word in said)

    def names_other(self, query: Query) -> bool:
        """Tell whether a question names a thing that no source knows: it borrows no other subject."""
        return any(self._speller.is_foreign(word, query.lang) for word in words(query.text))

    def _subjects_in(self, text: str) -> tuple[Topic, ...]:
        for aside in (_LONG_AGO, _WITH_CHILDREN, _TRADE):
            text = aside.sub("", text)
        ages = ((Topic.OLDER_PEOPLE, _OLD), (Topic.CHILDREN, _YOUNG))
        counted = in_digits(normalise(text)).text
        told = [topic for topic, pattern in ages if pattern.search(counted)]
        return tuple(dict.fromkeys([*self._vocabulary.subjects_in(text), *told]))


def apart(query: Query, vocabulary: Vocabulary) -> list[Query]:
    """Return a query that names several works, people or conditions once for each of them."""
    if len(query.works) > 1:
        return [query.model_copy(update={"works": (work,)}) for work in query.works]
    whom = [topic for topic in query.subjects if topic in PEOPLE]
    if len(whom) > 1:
        others = [topic for topic in query.subjects if topic not in PEOPLE]
        return [query.model_copy(update={"subjects": (topic, *others)}) for topic in whom]
    told_of = query.aim is not Aim.FACT and not vocabulary.conditions_in(query.own)
    found = []
    for topic in query.conditions if len(query.conditions) > 1 else ():
        named = DOES_IT_HELP[query.lang].format(vocabulary.conditions[topic][0]) if told_of else None
        if text := named or vocabulary.narrowed(query.text, topic):
            found.append(query.model_copy(update={"conditions": (topic,), "text": text}))
    return found


def asks_effect(text: str) -> bool:
    """Tell whether a text asks what the medicine does for somebody; of what, may stand elsewhere."""
    return _EFFECT.search(text) is not None


def _aim(text: str, conditions: Sequence[Topic]) -> Aim:
    if _STUDIES.search(text):
        return Aim.STUDIES
    is_bare = len(text.split()) <= _MOST_BARE_WORDS
    return Aim.EFFECT if conditions and (is_bare or asks_effect(text)) else Aim.FACT
