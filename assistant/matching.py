"""Matching: which summary answers a question, whether it is one for the front desk, and what no source speaks of."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from assistant.desk import About, Desk
from assistant.query import DOES_IT_HELP, PEOPLE, Aim, Query, apart, asks_effect
from assistant.ranking import STUDY, Ranked, Ranking, asks_result, sources_of
from assistant.terms import terms
from assistant.uncovered import Uncovered
from corpus.evidence import Topic
from corpus.spelling import Speller, Weight
from corpus.summary import Summary
from corpus.text import LANGUAGES, Lang
from corpus.vocabulary import Vocabulary
from guardrails.scope import asks_the_clinic

# The constants below were set on assistant/cases/answers-tune.toml; answers-end.toml shows how well they carry over.
ANSWERS = 0.8
"""From what score on a summary answers a question: cosine similarity to one of its own questions, and shared words."""
OF_TWO = 0.08
"""How much less is enough where a question stands behind the one before it: two in one are near to none as to one."""
NEAR = 0.85
"""From what score on a summary may lack a light word of the question."""
SURE = 0.3
"""From what likelihood on a summary may lack any word that is none of those that always weigh."""
LIKELY = 0.6
"""From what likelihood on the rare words of a question are part of how it is put: "trippy dreams"."""
CERTAIN = 0.93
"""From what likelihood on it may lack those as well: whom else a husband snaps at makes it no other question."""
ASIDE = 8
"""How many words a question has at least where one of those is told aside."""
RELATED = 0.55
"""From what score on a summary is offered beside an answer, or in place of one."""
OF_THE_DESK = 0.6
"""Least cosine similarity of a question to one for the front desk."""
OF_PEOPLE = 0.2
"""From what score on a summary on the people that a question is about answers it when no other does."""
OF_A_WORK = 0.6
"""The same for the summary on the result of the one work that a question names."""
MOST_RELATED = 3
"""How many questions are offered to go on with."""


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


class Matcher:
    """Compares queries with the questions that summaries answer and that the front desk is asked."""

    def __init__(
        self,
        summaries: Sequence[Summary],
        vocabulary: Vocabulary,
        speller: Speller,
        desk: Desk,
        ranking: Ranking,
        known: Collection[str],
    ) -> None:
        """Take the ranking of the summaries; ``known`` are the stems that statements have."""
        self._vocabulary = vocabulary
        self._uncovered = Uncovered(vocabulary, speller)
        self._ranking = ranking
        self._matters = {id_: about for id_, about, _ in desk.entries()}
        self._said = {summary.id: self._stems_of(summary) for summary in summaries}
        self._known = frozenset(known).union(*self._said.values())

    def match(self, query: Query) -> Matches:
        """Return the summary that answers a query; failing that, what else is known of it.

        Of things named side by side ("Crohn's and lupus"), those are answered that our sources speak of, and the others
        are told as missing.
        """
        near = self._ranking.near(query)
        if matter := self._matter(query, near.questions):
            return Matches(matter=matter)
        ranked = self._ranking.ranked(query, near)
        best = next((one for one in ranked if self._answers(one, query)), None)
        is_certain = best is not None and best.likelihood >= CERTAIN
        if not is_certain and (of_each := self._of_each(query, best.summary if best else None)):
            return of_each
        if best:
            return self._answered(best.summary, ranked, query)
        missing = self._uncovered.named_in(query, self._known)
        return self._in_other_words(query, ranked, missing) or Matches(
            related=self._related(ranked, None, query.lang), missing=missing or self._rivals(query)
        )

    def _in_other_words(self, query: Query, ranked: Sequence[Ranked], missing: Sequence[str]) -> Matches | None:
        """Return what answers a query that no summary is near to, worded plainly or of only what our sources know."""
        if not missing:
            if answer := self._of_people(ranked, query) or _result_of_work(ranked, query):
                return self._answered(answer, ranked, query)
            plain = self._plain(query)
            return self.match(plain) if plain else None
        is_one = query.compares or (query.asked and not query.is_after_told)
        rest = "" if is_one else self._uncovered.rest_of(query.text, missing)
        of_the_rest = self.match(query.model_copy(update={"text": rest})) if rest else Matches()
        return of_the_rest._replace(missing=tuple(missing)) if of_the_rest.summaries else None

    def _rivals(self, query: Query) -> tuple[str, ...]:
        return self._vocabulary.mentioned(query.text, Topic.OTHER_MEDICINES) if query.is_rivalry else ()

    def _of_each(self, query: Query, answer: Summary | None) -> Matches | None:
        """Return what answers a query on several things one by one, where no summary speaks of all of them."""
        about = sources_of(answer) | {*answer.topics} if answer else set[str]()
        if self._vocabulary.absent_in(query.text) or about.issuperset(
            (*query.works, *query.conditions, *(PEOPLE & {*query.subjects}))
        ):
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

    def _answers(self, one: Ranked, query: Query) -> bool:
        """Tell whether a summary is near enough and speaks of all that a query names; of what weighs most, if near."""
        if one.score < ANSWERS - OF_TWO * bool(query.asked):
            return False
        if query.is_rivalry and not self._compares(one.summary, query):
            return False
        if one.likelihood >= CERTAIN and len(query.text.split()) >= ASIDE:
            return not self._vocabulary.absent_in(query.text)
        said = self._said[one.summary.id]
        may_lack_rare = query.works or query.asked or one.likelihood >= LIKELY
        least = Weight.LIGHT if one.score < NEAR else Weight.LISTED if may_lack_rare else Weight.HEAVY
        if one.likelihood < SURE:
            return not self._uncovered.named_in(query, said, least)
        if query.asked and not query.is_after_told:  # what was asked before has been answered, or told to be missing
            own = query.model_copy(update={"text": query.asked, "asked": ""})
            return not (self._vocabulary.absent_in(query.text) or self._uncovered.named_in(own, said, Weight.LISTED))
        subject = terms(" ".join(self._uncovered.subject_of(query)), query.lang)
        return not self._uncovered.named_in(query, said, least if said.isdisjoint(subject) else Weight.LISTED)

    def _compares(self, summary: Summary, query: Query) -> bool:
        """Tell whether a summary's points name the other medicine of a query: no likeness of questions tells that."""
        points = " ".join(point.text(query.lang) for point in summary.points)
        return {*terms(points, query.lang)}.issuperset(terms(" ".join(self._rivals(query)), query.lang))

    def _answered(self, answer: Summary, ranked: Sequence[Ranked], query: Query) -> Matches:
        return Matches(summaries=(answer,), related=self._related(ranked, answer, query.lang))

    def _of_people(self, ranked: Iterable[Ranked], query: Query) -> Summary | None:
        """Return the summary on the people whom a query on results or studies is about, be it worded another way."""
        whom = PEOPLE & {*query.subjects}
        if not whom or query.aim is Aim.FACT:
            return None
        others = {Topic.SAFETY, Topic.SIDE_EFFECTS} - {*query.subjects}
        near = (one.summary for one in ranked if one.score >= OF_PEOPLE and whom <= {*one.summary.topics})
        return next((one for one in near if others.isdisjoint(one.topics)), None)

    def _related(self, ranked: Iterable[Ranked], answer: Summary | None, lang: Lang) -> tuple[str, ...]:
        """Return the first questions of the next best summaries that say something else than the answer."""
        said = {point.en for point in answer.points} if answer else set[str]()
        found: list[str] = []
        for summary, score, _ in ranked:
            if score < RELATED or len(found) == MOST_RELATED:
                break
            if said.isdisjoint(point.en for point in summary.points):
                said |= {point.en for point in summary.points}
                found.append(summary.questions.of(lang)[0])
        return tuple(found)

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


def _result_of_work(ranked: Iterable[Ranked], query: Query) -> Summary | None:
    """Return the result of the one work that a query names and asks for, be it worded another way."""
    if len(query.works) != 1 or not (asks_result(query) or asks_effect(query.text)):
        return None
    own = STUDY + query.works[0]
    return next((one.summary for one in ranked if one.score >= OF_A_WORK and one.summary.id == own), None)
