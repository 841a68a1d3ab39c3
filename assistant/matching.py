"""Matching: which summary answers a question, whether it is one for the front desk, and what no source speaks of."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log
from typing import NamedTuple

from assistant.desk import About, Desk
from assistant.query import COMPARES, DOES_IT_HELP, PEOPLE, Aim, Query, apart, asks_effect
from assistant.search import HybridSearch
from assistant.terms import manners, terms
from assistant.uncovered import Uncovered
from corpus.evidence import Topic
from corpus.spelling import Speller, Weight
from corpus.summary import Summary, entries
from corpus.text import LANGUAGES, Lang
from corpus.vocabulary import Vocabulary
from guardrails.scope import asks_the_clinic

# The constants below were set on assistant/cases/answers-tune.toml; answers-end.toml shows how well they carry over.
NEAREST = 600
"""How many of the nearest questions are looked at, so that some on the right people and condition are among them."""
ANSWERS = 0.8
"""From what score on a summary answers a question: cosine similarity to one of its own questions, and shared words."""
OF_TWO = 0.08
"""How much less is enough where a question stands behind the one before it: two in one are near to none as to one."""
NEAR = 0.85
"""From what score on a summary may lack a light word of the question."""
RELATED = 0.55
"""From what score on a summary is offered beside an answer, or in place of one."""
SHARED_WORDS = 0.25
"""What it counts that all words of a question stand in one of the summary's own questions."""
TELLING_WORDS = 3
"""How many words a question needs for that to count in full: to share the only one means little."""
OF_THE_DESK = 0.6
"""Least cosine similarity of a question to one for the front desk."""
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
OF_PEOPLE = 0.2
"""From what score on a summary on the people that a question is about answers it when no other does."""
OF_A_WORK = 0.6
"""The same for the summary on the result of the one work that a question names."""
ELSEWHERE = -1.0
"""What a summary loses that is about another condition or another work: it never answers."""
NARROW = PEOPLE | {Topic.TREATMENT_RESISTANCE, Topic.TREATMENT_GUIDELINE, Topic.OTHER_MEDICINES}
NARROW |= {Topic.ALCOHOL, Topic.CRISIS_HELP}
"""The subjects that make a question another one."""
_ASIDE = frozenset({Topic.SIDE_EFFECTS, Topic.APPROVAL})
"""The subjects that say nothing on whether something helps."""
MOST_RELATED = 3
"""How many questions are offered to go on with."""
_RESULT = re.compile(
    r"\b(?:find|finds|found|findings|show(?:ed|s)?|results?|conclu\w+|compare|beat|any good|(?:tell me|what) about"
    r"|hall\w+|encontr\w+|resultados?|compar[ae]|h[aá]bleme)\b",
    re.IGNORECASE,
)


class Matches(NamedTuple):
    """What the questions that we wrote say of a query."""

    summaries: tuple[Summary, ...] = ()
    """The summary that answers it, if one does."""
    related: tuple[str, ...] = ()
    """Questions to go on with, in the language of the query, that other summaries answer."""
    matter: About | None = None
    """What it asks of the clinic itself."""
    missing: tuple[str, ...] = ()
    """What it names and no source speaks of."""


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


class Matcher:
    """Compares queries with the questions that summaries answer and that the front desk is asked."""

    def __init__(
        self,
        summaries: Sequence[Summary],
        vocabulary: Vocabulary,
        speller: Speller,
        desk: Desk,
        questions: HybridSearch,
        known: Collection[str],
    ) -> None:
        """Prepare the entries; ``questions`` searches them by id, ``known`` are the stems that statements have."""
        self._vocabulary = vocabulary
        self._uncovered = Uncovered(vocabulary, speller)
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
        self._matters = {id_: about for id_, about, _ in desk.entries()}
        self._said = {summary.id: self._stems_of(summary) for summary in summaries}
        self._known = frozenset(known).union(*self._said.values())
        spread = Counter(term for entry in self._entries.values() for term in entry.terms)
        self._rarity = {term: log(1 + len(self._entries) / count) for term, count in spread.items()}

    def match(self, query: Query) -> Matches:
        """Return the summary that answers a query; failing that, what else is known of it.

        Of things named side by side ("Crohn's and lupus"), those are answered that our sources speak of, and the others
        are told as missing.
        """
        near = self._questions.dense(query.text, NEAREST)
        if matter := self._matter(query, near):
            return Matches(matter=matter)
        ranked = self._ranked(query, near)
        answer = next((summary for summary, score in ranked if self._answers(summary, query, score)), None)
        if of_each := self._of_each(query, answer):
            return of_each
        if answer:
            return Matches(summaries=(answer,), related=self._related(ranked, answer, query.lang))
        missing = self._uncovered.named_in(query, self._known)
        return self._in_other_words(query, ranked, missing) or Matches(
            related=self._related(ranked, None, query.lang), missing=missing or self._rival(query)
        )

    def _in_other_words(
        self, query: Query, ranked: Sequence[tuple[Summary, float]], missing: Sequence[str]
    ) -> Matches | None:
        """Return what answers a query that no summary is near to, worded plainly or of only what our sources know."""
        if not missing:
            if answer := self._of_people(ranked, query) or _result_of_work(ranked, query):
                return Matches(summaries=(answer,), related=self._related(ranked, answer, query.lang))
            plain = self._plain(query)
            return self.match(plain) if plain else None
        is_one = query.compares or (query.asked and not query.is_after_told)
        rest = "" if is_one else self._uncovered.rest_of(query.text, missing)
        of_the_rest = self.match(query.model_copy(update={"text": rest})) if rest else Matches()
        return of_the_rest._replace(missing=tuple(missing)) if of_the_rest.summaries else None

    def _rival(self, query: Query) -> tuple[str, ...]:
        return self._vocabulary.mentioned(query.text, Topic.OTHER_MEDICINES) if query.is_rivalry else ()

    def _of_each(self, query: Query, answer: Summary | None) -> Matches | None:
        """Return what answers a query on several things one by one, where no summary speaks of all of them."""
        about = _sources_of(answer) | {*answer.topics} if answer else set[str]()
        if about.issuperset((*query.works, *query.conditions, *(PEOPLE & {*query.subjects}))):
            return None
        matches = [self.match(one) for one in apart(query, self._vocabulary)]
        found = {summary.id: summary for match in matches for summary in match.summaries}
        if len(found) < len(matches) or not found:
            return None
        said = {question for summary in found.values() for question in summary.questions.of(query.lang)}
        related = dict.fromkeys(question for match in matches for question in match.related if question not in said)
        return Matches(summaries=tuple(found.values()), related=tuple(related)[:MOST_RELATED])

    def _matter(self, query: Query, near: Mapping[str, float]) -> About | None:
        """Return what a query asks of the clinic itself, if one of the desk's questions is the nearest of all."""
        if query.conditions:
            return None
        if asks_the_clinic(query.text):
            return next((self._matters[id_] for id_ in near if id_ in self._matters), "people")
        nearest, cosine = next(iter(near.items()))
        if cosine < OF_THE_DESK or nearest not in self._matters:
            return None
        return None if self._uncovered.named_in(query, self._known, Weight.LISTED) else self._matters[nearest]

    def _ranked(self, query: Query, near: Mapping[str, float]) -> list[tuple[Summary, float]]:
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

    def _answers(self, summary: Summary, query: Query, score: float) -> bool:
        """Tell whether a summary is near enough and speaks of all that a query names; of what weighs most, if near."""
        if score < ANSWERS - OF_TWO * bool(query.asked):
            return False
        is_named = query.works or query.asked
        least = Weight.LIGHT if score < NEAR else Weight.LISTED if is_named else Weight.HEAVY
        return not self._uncovered.named_in(query, self._said[summary.id], least)

    def _of_people(self, ranked: Iterable[tuple[Summary, float]], query: Query) -> Summary | None:
        """Return the summary on the people whom a query on results or studies is about, be it worded another way."""
        whom = PEOPLE & {*query.subjects}
        if not whom or query.aim is Aim.FACT:
            return None
        others = {Topic.SAFETY, Topic.SIDE_EFFECTS} - {*query.subjects}
        near = (one for one, score in ranked if score >= OF_PEOPLE and whom <= {*one.topics})
        return next((one for one in near if others.isdisjoint(one.topics)), None)

    def _related(self, ranked: Iterable[tuple[Summary, float]], answer: Summary | None, lang: Lang) -> tuple[str, ...]:
        """Return the first questions of the next best summaries that say something else than the answer."""
        said = {point.en for point in answer.points} if answer else set[str]()
        found: list[str] = []
        for summary, score in ranked:
            if score < RELATED or len(found) == MOST_RELATED:
                break
            if said.isdisjoint(point.en for point in summary.points):
                said |= {point.en for point in summary.points}
                found.append(summary.questions.of(lang)[0])
        return tuple(found)

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
        rests_on = _sources_of(summary)
        tells_result = summary.id.removeprefix(STUDY) in query.works
        if tells_result and _RESULT.search(query.asked or query.text):
            return OF_WORK + OF_RESULT
        if tells_result or rests_on <= {*query.works}:
            return OF_WORK
        return ELSEWHERE if rests_on.isdisjoint(query.works) else 0.0

    def _shared(self, asked: Collection[str], entry: Collection[str]) -> float:
        """Return the share of the words of a question that an entry has, rare words counting more."""
        total = sum(self._rarity.get(term, 0) for term in asked)
        shared = sum(self._rarity.get(term, 0) for term in asked if term in entry)
        return shared / total * min(1.0, len(asked) / TELLING_WORDS) if total else 0.0

    def _stems_of(self, summary: Summary) -> frozenset[str]:
        names = [name for topic in summary.topics for name in self._vocabulary.names_of(topic)]
        texts = [*summary.questions.en, *summary.questions.es, *names]
        texts += [text for point in summary.points for text in (point.en, point.es)]
        texts += [self._vocabulary.expand(text) for text in texts]
        return frozenset(term for text in texts for lang in LANGUAGES for term in terms(text, lang))

    def _plain(self, query: Query) -> Query | None:
        """Return a question on what the medicine does for one condition in the words that its summary has for sure."""
        # Studies are listed one by one where there is no summary; in Spanish there are summaries alone.
        asks_effect = query.aim is Aim.EFFECT or (query.aim is Aim.STUDIES and query.lang == "es")
        if not asks_effect or len(query.conditions) != 1 or query.works or query.compares:
            return None
        name = next(iter(self._vocabulary.mentioned(query.text, query.conditions[0])), "")
        text = DOES_IT_HELP[query.lang].format(name)
        return query.model_copy(update={"text": text}) if name and text != query.text else None


def _result_of_work(ranked: Iterable[tuple[Summary, float]], query: Query) -> Summary | None:
    """Return the result of the one work that a query names and asks for, be it worded another way."""
    if len(query.works) != 1 or not (_RESULT.search(query.asked or query.text) or asks_effect(query.text)):
        return None
    own = STUDY + query.works[0]
    return next((one for one, score in ranked if score >= OF_A_WORK and one.id == own), None)


def _sources_of(summary: Summary) -> set[str]:
    return {passage.source_id for point in summary.points for passage in point.passages}
