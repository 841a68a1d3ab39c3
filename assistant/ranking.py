"""Ranking: how near the summaries are to a query."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import exp, log
from typing import NamedTuple

from assistant.intents import LEAST, Intents
from assistant.query import COMPARES, PEOPLE, Aim, Query
from assistant.search import HybridSearch
from assistant.terms import manners, terms
from corpus.evidence import Slug, Topic
from corpus.summary import Summary, entries
from corpus.text import Lang
from corpus.vocabulary import Vocabulary

# The constants below were set on the parts in assistant/cases; answers-end.toml shows how well they carry over.
NEAREST = 600
"""How many of the nearest questions are looked at, so that some on the right people and condition are among them."""
OF_LIKELY = 0.06
"""What each factor e counts by which a summary is likelier to be asked for than ``UNLIKELY``."""
UNLIKELY = 1e-3
"""How likely a summary is that neither wins nor loses by it, of some hundreds that there are."""
OF_CERTAIN = 0.15
"""What counts beside that, by the likelihood itself: a summary that leaves no room for others comes first."""
OF_ASKED = 0.4
"""The share of a question's own words in that, where it was joined with the question before it."""
SHARED_WORDS = 0.25
"""What it counts that all words of a question stand in one of the summary's own questions."""
TELLING_WORDS = 3
"""How many words a question needs for that to count in full: to share the only one means little."""
OFF_SUBJECT = 0.1
"""What a summary loses for each narrow subject that only it or only the question names, and for a condition alike."""
OF_SUBJECT = 0.08
"""What a summary gains that is about a subject that the question names."""
OF_HARM = 0.3
"""What a summary loses that is not about side effects where a question is: results do not tell of harm."""
OF_WORK = 0.2
"""What a summary gains that rests on the very work that a question names."""
OF_RESULT = 0.25
"""What the summary on the result of a named work gains where a question asks for that, and one on all of several."""
OF_EACH = 0.25
"""The same for a summary on all of several conditions, or on all the people, that a question names."""
OF_COMPARISON = 0.15
"""What among those the one gains that compares their results, where these are asked for."""
STUDY, COMPARISON = "study-", "compare-"
"""How the id of a summary on the result of one work begins, and of one on those of several."""
OF_OTHERS = -0.7
"""What a summary loses that is not about the people, or not the condition, that the question is about."""
OF_MANNER = 0.1
"""What is won where a query and a question both ask in one manner (who, where, why ...), and lost where one does."""
BARE = 5
"""How many times as much that counts where nothing else was asked: "why not?"."""
ELSEWHERE = -1.0
"""What a summary loses that is about another condition or another work: it never answers."""
NARROW = PEOPLE | {Topic.TREATMENT_RESISTANCE, Topic.TREATMENT_GUIDELINE, Topic.OTHER_MEDICINES}
NARROW |= {Topic.ALCOHOL, Topic.CRISIS_HELP}
"""The subjects that make a question another one."""
_ASIDE = frozenset({Topic.SIDE_EFFECTS, Topic.APPROVAL})
"""The subjects that say nothing on whether something helps."""
_RESULT = re.compile(
    r"\b(?:find|finds|found|findings|show(?:ed|s)?|results?|conclu\w+|compare|beat|any good|(?:tell me|what) about"
    r"|c[ao]me out|turn(?:ed)? out|happened|get out of|what (?:was|is) [^.?!]{1,60} about"
    r"|hall\w+|encontr\w+|resultados?|compar[ae]|h[aá]bleme|sali[oó]|salieron|qu[eé] pas[oó])\b",
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


class Near(NamedTuple):
    """What is near to a query."""

    questions: Mapping[str, float]
    """Cosine similarities of questions by id, best first."""
    likely: Mapping[Slug, float]
    """How likely each summary that was learned is asked for, as natural logarithms."""

    def likelihood(self, id_: Slug) -> float:
        """Return how likely a summary is asked for; one that nobody learned is found by its questions alone."""
        return self.likely.get(id_, log(LEAST))


class Ranked(NamedTuple):
    """A summary, and how well it seems to answer."""

    summary: Summary
    score: float
    likelihood: float
    """How likely it is asked for among all summaries, from 0 to 1."""


class Ranking:
    """Scores summaries by their own questions, and by what they are about."""

    def __init__(
        self, summaries: Sequence[Summary], vocabulary: Vocabulary, questions: HybridSearch, intents: Intents
    ) -> None:
        """Prepare the entries; ``questions`` searches them by id, ``intents`` has learned from them."""
        self._vocabulary = vocabulary
        self._questions = questions
        self._intents = intents
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

    def near(self, query: Query) -> Near:
        """Return the questions near to a query, and how likely each summary is what it asks for."""
        likely = self._intents.of(query.text)
        if terms(query.asked, query.lang):
            of_asked = self._intents.of(query.asked)
            likely = {id_: (1 - OF_ASKED) * likely[id_] + OF_ASKED * of_asked[id_] for id_ in likely}
        return Near(self._questions.dense(query.text, NEAREST), likely)

    def ranked(self, query: Query, near: Near) -> list[Ranked]:
        """Return summaries with the score of their nearest question, best first."""
        asked, manner = frozenset(terms(query.text, query.lang)), manners(query.own)
        of_manner = OF_MANNER * (BARE if query.asked and not terms(query.asked, query.lang) else 1)
        found = ((self._entries[id_], cosine) for id_, cosine in near.questions.items() if id_ in self._entries)
        fitting = [(entry, cosine) for entry, cosine in found if entry.fits(query)]
        summaries = {entry.summary.id: entry.summary for entry, _ in fitting}
        fits = {id_: self._fit(one, query) + _of_intent(near.likelihood(id_)) for id_, one in summaries.items()}
        best: dict[str, Ranked] = {}
        for entry, cosine in fitting:
            id_ = entry.summary.id
            score = cosine + SHARED_WORDS * self._shared(asked, entry.terms) + fits[id_]
            score += of_manner * (bool(manner & entry.manners) - bool(manner ^ entry.manners))
            if score > (best[id_].score if id_ in best else ELSEWHERE):
                best[id_] = Ranked(entry.summary, score, exp(near.likelihood(id_)))
        return sorted(best.values(), key=lambda one: -one.score)

    def _fit(self, summary: Summary, query: Query) -> float:
        """Return what a summary gains or loses by what it is about."""
        about = self._vocabulary.conditions.keys() & {*summary.topics}
        if query.works:
            return self._fit_to_works(summary, query)
        # Pain is what several conditions have: beside one of them, what is on pain alone is elsewhere.
        if query.conditions and about and about.isdisjoint({*query.conditions} - {Topic.PAIN} or query.conditions):
            return ELSEWHERE
        whom = PEOPLE & {*query.subjects}
        if not whom <= {*summary.topics}:
            return OF_OTHERS
        if query.aim is not Aim.FACT and query.conditions and not about and not whom:
            return OF_OTHERS
        one_sided = len(NARROW & ({*summary.topics} ^ {*query.subjects})) + (bool(about) != bool(query.conditions))
        if query.aim is not Aim.FACT and _ASIDE & ({*summary.topics} - {*query.subjects}):
            one_sided += 1
        on_it = about != set() and about == {*query.conditions}
        on_each = len(whom) > 1 or (on_it and len(about) > 1)
        named = len({*summary.topics} & {*query.subjects}) / max(1, len(query.subjects))
        of_harm = OF_HARM * (Topic.SIDE_EFFECTS in {*query.subjects} - {*summary.topics})
        return OF_SUBJECT * max(on_it, named) + OF_EACH * on_each - OFF_SUBJECT * one_sided - of_harm

    def _fit_to_works(self, summary: Summary, query: Query) -> float:
        """Return what a summary gains or loses by the works that it rests on."""
        rests_on, named = sources_of(summary), {*query.works}
        tells_result = summary.id.removeprefix(STUDY) in named
        if len(named) > 1 and rests_on >= named:
            return OF_WORK + OF_RESULT + OF_COMPARISON * (summary.id.startswith(COMPARISON) and asks_result(query))
        if len(named) == 1 and tells_result and asks_result(query):
            return OF_WORK + OF_RESULT
        if tells_result or rests_on <= named:
            return OF_WORK
        return ELSEWHERE if rests_on.isdisjoint(query.works) else 0.0

    def _shared(self, asked: Collection[str], entry: Collection[str]) -> float:
        """Return the share of the words of a question that an entry has, rare words counting more."""
        total = sum(self._rarity.get(term, 0) for term in asked)
        shared = sum(self._rarity.get(term, 0) for term in asked if term in entry)
        return shared / total * min(1.0, len(asked) / TELLING_WORDS) if total else 0.0


def _of_intent(likely: float) -> float:
    return OF_LIKELY * (likely - log(UNLIKELY)) + OF_CERTAIN * exp(likely)


def asks_result(query: Query) -> bool:
    """Tell whether a query asks what came out of a work."""
    return _RESULT.search(query.own) is not None


def sources_of(summary: Summary) -> set[str]:
    """Return the ids of the works that a summary rests on."""
    return {passage.source_id for point in summary.points for passage in point.passages}
