"""Ranking: how near the summaries are to a query."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import log
from typing import NamedTuple

from assistant.query import COMPARES, PEOPLE, Aim, Query
from assistant.search import HybridSearch
from assistant.terms import manners, terms
from corpus.evidence import Topic
from corpus.summary import Summary, entries
from corpus.text import Lang
from corpus.vocabulary import Vocabulary

# The constants below were set on assistant/cases/answers-tune.toml; answers-end.toml shows how well they carry over.
NEAREST = 600
"""How many of the nearest questions are looked at, so that some on the right people and condition are among them."""
OF_ASKED = 0.5
"""What it counts there that a question is near to the last of the two by itself."""
UNLIKE = 0.4
"""From what cosine similarity on that is more than chance."""
MANY = 10
"""How many times as many questions are looked at for it: a few bare words are near to no question in particular."""
SHARED_WORDS = 0.25
"""What it counts that all words of a question stand in one of the summary's own questions."""
TELLING_WORDS = 3
"""How many words a question needs for that to count in full: to share the only one means little."""
OFF_SUBJECT = 0.1
"""What a summary loses for each narrow subject that only it or only the question names, and for a condition alike."""
OF_SUBJECT = 0.08
"""What a summary gains that is about a subject that the question names."""
OF_WORK = 0.2
"""What a summary gains that rests on the very work that a question names."""
OF_RESULT = 0.15
"""What the summary on the result of a named work gains where a question asks for that."""
STUDY = "study-"
"""How the id of a summary on the result of one work begins."""
OF_ONE = 0.05
"""What such a summary loses where a question names no work: what all works say comes first."""
OF_OTHERS = -0.5
"""What a summary loses that is not about the people, or not the condition, that the question is about."""
OF_MANNER = 0.1
"""What is won where a query and a question both ask who, how many, where, when or why, and lost where only one does."""
ELSEWHERE = -1.0
"""What a summary loses that is about another condition or another work: it never answers."""
NARROW = PEOPLE | {Topic.TREATMENT_RESISTANCE, Topic.TREATMENT_GUIDELINE, Topic.OTHER_MEDICINES}
NARROW |= {Topic.ALCOHOL, Topic.CRISIS_HELP}
"""The subjects that make a question another one."""
_ASIDE = frozenset({Topic.SIDE_EFFECTS, Topic.APPROVAL})
"""The subjects that say nothing on whether something helps."""
_RESULT = re.compile(
    r"\b(?:find|finds|found|findings|show(?:ed|s)?|results?|conclu\w+|compare|beat|any good|(?:tell me|what) about"
    r"|hall\w+|encontr\w+|resultados?|compar[ae]|h[aá]bleme)\b",
    re.IGNORECASE,
)


class _Entry(NamedTuple):
    """A question of a summary."""

    summary: Summary
    lang: Lang
    terms: frozenset[str]
    compares: bool
    manners: frozenset[str]

    def fits(self, query: Query) -> bool:
        """Tell whether it may answer a query: in its language, and comparing where that compares medicines."""
        return self.lang == query.lang and (self.compares or not query.is_rivalry)


class Ranking:
    """Scores summaries by their own questions, and by what they are about."""

    def __init__(self, summaries: Sequence[Summary], vocabulary: Vocabulary, questions: HybridSearch) -> None:
        self._vocabulary = vocabulary
        self._questions = questions
        self._entries = {
            id_: _Entry(
                summary,
                lang,
                frozenset(terms(question, lang)),
                COMPARES.search(question) is not None,
                manners(question),
            )
            for id_, summary, lang, question in entries(summaries)
        }
        spread = Counter(term for entry in self._entries.values() for term in entry.terms)
        self._rarity = {term: log(1 + len(self._entries) / count) for term, count in spread.items()}

    def near(self, query: Query) -> Mapping[str, float]:
        """Return the questions near to a query, best first; what it asks behind another question counts more."""
        near = self._questions.dense(query.text, NEAREST)
        if not terms(query.asked, query.lang):
            return near
        to_asked = self._questions.dense(query.asked, MANY * NEAREST)
        both = {id_: near[id_] + OF_ASKED * max(0.0, to_asked.get(id_, 0) - UNLIKE) for id_ in near}
        return dict(sorted(both.items(), key=lambda pair: -pair[1]))

    def ranked(self, query: Query, near: Mapping[str, float]) -> list[tuple[Summary, float]]:
        """Return summaries with the score of their nearest question, best first."""
        asked, manner = frozenset(terms(query.text, query.lang)), manners(query.asked or query.text)
        found = ((self._entries[id_], cosine) for id_, cosine in near.items() if id_ in self._entries)
        fitting = [(entry, cosine) for entry, cosine in found if entry.fits(query)]
        summaries = {entry.summary.id: entry.summary for entry, _ in fitting}
        fits = {id_: self._fit(summary, query) for id_, summary in summaries.items()}
        best: dict[str, tuple[Summary, float]] = {}
        for entry, cosine in fitting:
            score = cosine + SHARED_WORDS * self._shared(asked, entry.terms) + fits[entry.summary.id]
            score += OF_MANNER * (bool(manner & entry.manners) - bool(manner ^ entry.manners))
            if score > best.get(entry.summary.id, (None, ELSEWHERE))[1]:
                best[entry.summary.id] = entry.summary, score
        return sorted(best.values(), key=lambda pair: -pair[1])

    def _fit(self, summary: Summary, query: Query) -> float:
        """Return what a summary gains or loses by what it is about."""
        about = self._vocabulary.conditions.keys() & {*summary.topics}
        if query.works:
            return self._fit_to_works(summary, query)
        # Pain is what several conditions have: beside one of them, what is on pain alone is elsewhere.
        if query.conditions and about and about.isdisjoint({*query.conditions} - {Topic.PAIN} or query.conditions):
            return ELSEWHERE
        if not {*summary.topics}.issuperset(PEOPLE & {*query.subjects}):
            return OF_OTHERS
        if query.aim is not Aim.FACT and query.conditions and not about:
            return OF_OTHERS
        one_sided = len(NARROW & ({*summary.topics} ^ {*query.subjects})) + (bool(about) != bool(query.conditions))
        if query.aim is not Aim.FACT and _ASIDE & ({*summary.topics} - {*query.subjects}):
            one_sided += 1
        on_it = about != set() and about == {*query.conditions}
        named = len({*summary.topics} & {*query.subjects}) / max(1, len(query.subjects))
        return OF_SUBJECT * max(on_it, named) - OFF_SUBJECT * one_sided - OF_ONE * summary.id.startswith(STUDY)

    def _fit_to_works(self, summary: Summary, query: Query) -> float:
        """Return what a summary gains or loses by the works that it rests on."""
        rests_on = sources_of(summary)
        tells_result = summary.id.removeprefix(STUDY) in query.works
        if tells_result and asks_result(query):
            return OF_WORK + OF_RESULT
        if tells_result or rests_on <= {*query.works}:
            return OF_WORK
        return ELSEWHERE if rests_on.isdisjoint(query.works) else 0.0

    def _shared(self, asked: Collection[str], entry: Collection[str]) -> float:
        """Return the share of the words of a question that an entry has, rare words counting more."""
        total = sum(self._rarity.get(term, 0) for term in asked)
        shared = sum(self._rarity.get(term, 0) for term in asked if term in entry)
        return shared / total * min(1.0, len(asked) / TELLING_WORDS) if total else 0.0


def asks_result(query: Query) -> bool:
    """Tell whether a query asks what came out of a work."""
    return _RESULT.search(query.asked or query.text) is not None


def sources_of(summary: Summary) -> set[str]:
    """Return the ids of the works that a summary rests on."""
    return {passage.source_id for point in summary.points for passage in point.passages}
