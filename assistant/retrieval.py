"""Retrieval: what our sources say to a question, in summary or statement by statement, with what balances it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from assistant.answer import Found, Hit
from assistant.errors import IndexUnavailableError
from assistant.matching import Matcher
from assistant.query import Aim, Query
from assistant.search import HybridSearch
from assistant.uncovered import Uncovered
from corpus.evidence import Passage, Role, Topic
from corpus.library import Library
from corpus.spelling import Speller, Weight
from corpus.text import stems
from corpus.vocabulary import Vocabulary

DENSE_FLOOR = 0.35
"""Least cosine similarity of a question to its best statement; below it, only a statement with all its words counts."""
ON_SUBJECT = 2.0
"""How much more a statement counts when it is about what the question names."""
FITTING = 12
"""How many of the best statements are looked at for the things that a question names."""
STRENGTH = 0.02
"""What each rank of its kind of evidence counts for a statement: enough to decide between near ones."""


class HybridRetriever:
    """Finds the summary that answers a question, else the statements that speak of it, else what is missing."""

    def __init__(
        self, library: Library, vocabulary: Vocabulary, speller: Speller, matcher: Matcher, statements: HybridSearch
    ) -> None:
        self._library = library
        self._vocabulary = vocabulary
        self._uncovered = Uncovered(vocabulary, speller)
        self._matcher = matcher
        self._statements = statements
        self._passages = library.patient_passages()

    def search(self, query: Query) -> Found:
        """Return what answers a query; nothing but what is missing when no source speaks of what it asks for."""
        matches = self._matcher.match(query)
        if query.otherwise and not (matches.summaries or matches.missing or matches.matter):
            read_otherwise = self._matcher.match(query.otherwise)
            matches = read_otherwise if read_otherwise.summaries else matches
        found = Found(
            summaries=matches.summaries, related=matches.related, missing=matches.missing, desk=matches.matter
        )
        # Statements are in English only.
        if matches.matter or matches.missing or query.lang == "es":
            return found
        hits = self._hits(query)
        # Statements near a question that do not speak of what it names answer another one.
        said = {stem for hit in hits[:FITTING] for stem in stems(self._vocabulary.expand(hit.passage.text))}
        if not found.summaries and (missing := self._uncovered.named_in(query, said, Weight.HEAVY)):
            return found.model_copy(update={"missing": missing})
        return found.model_copy(update={"hits": hits})

    def _hits(self, query: Query) -> tuple[Hit, ...]:
        """Return the statements on what a query asks for, best first, and what balances them."""
        scores = self._statements.search(self._vocabulary.expand(query.text))
        best = max((score.dense or 0 for score in scores.values()), default=0)
        if best < DENSE_FLOOR and not any(self._says_all(id_, query) for id_ in scores):
            return ()
        hits = []
        for id_, score in scores.items():
            passage = self._library.passage(id_)
            if self._is_about(passage, query):
                weight = ON_SUBJECT if _is_on_subject(passage, query) else 1
                fused = score.fused * weight + STRENGTH * self._library.source(passage.source_id).kind.rank
                hits.append(Hit(passage=passage, score=fused, dense=score.dense, lexical=score.lexical))
        hits.sort(key=lambda hit: hit.score, reverse=True)
        if query.aim is Aim.FACT:
            hits = [hit for hit in hits if _is_on_subject(hit.passage, query)] or hits
        return (*hits, *self._companions(hits, query))

    def _says_all(self, id_: str, query: Query) -> bool:
        """Tell whether a statement has every word of some weight of a query that has any."""
        asked = stems(" ".join(self._uncovered.subject_of(query)))
        return bool(asked) and {*asked} <= {*stems(self._library.passage(id_).text)}

    def _is_about(self, passage: Passage, query: Query) -> bool:
        """Tell whether a passage may answer: on what was named or on none such, and on crisis lines only if asked."""
        if Topic.CRISIS_HELP in passage.topics and Topic.CRISIS_HELP not in query.subjects:
            return False
        if query.works and passage.source_id not in query.works:
            return False
        topics = {*passage.topics, *self._library.source(passage.source_id).topics}
        others = self._vocabulary.conditions.keys() & topics
        return not query.conditions or not others or not others.isdisjoint(query.conditions)

    def _companions(self, hits: Sequence[Hit], query: Query) -> Iterator[Hit]:
        """Yield the passages without which the hits would mislead, each once, after all hits."""
        seen = {hit.passage.id for hit in hits}
        for passage in self._passages:
            if passage.id in seen or not self._is_about(passage, query):
                continue
            if self._balances(passage, hits, query):
                yield Hit(passage=passage, score=0)

    def _balances(self, passage: Passage, hits: Sequence[Hit], query: Query) -> bool:
        """Tell whether a passage belongs beside hits.

        To a result belongs who was studied; to a benefit, what speaks against it; to a question whether something
        helps, every result of a study on it; to a list of studies, each study.
        """
        source = self._library.source(passage.source_id)
        if query.aim is Aim.STUDIES:
            return source.kind.is_study and passage.role is Role.ABOUT
        if query.aim is Aim.EFFECT and not {*query.conditions, Topic.APPROVAL}.isdisjoint(passage.topics):
            return True
        same_source = any(hit.passage.source_id == passage.source_id for hit in hits)
        return same_source and passage.role in {Role.ABOUT, Role.NO_BENEFIT, Role.LIMIT}


class WarmingRetriever:
    """Stands in for a retriever that takes seconds to load, so that guards answer from the first moment."""

    def __init__(self, load: Callable[[], HybridRetriever]) -> None:
        self._load = load
        self._retriever: HybridRetriever | None = None
        self.state: Literal["loading", "ready", "unavailable"] = "loading"

    def warm(self) -> None:
        """Load the retriever, in the calling thread.

        Raises:
            AssistantError: it cannot be loaded; every search says so from then on.
        """
        try:
            self._retriever = self._load()
        except Exception:
            # One that is there already goes on.
            if self._retriever is None:
                self.state = "unavailable"
            raise
        self.state = "ready"

    def search(self, query: Query) -> Found:
        """Search, once the retriever is there."""
        if self._retriever is None:
            raise IndexUnavailableError(f"the index is {self.state}")
        return self._retriever.search(query)


class ShallowRetriever:
    """Offers only the best of the passages that another retriever finds, and whatever balances them."""

    def __init__(self, retriever: WarmingRetriever, depth: int) -> None:
        self._retriever = retriever
        self._depth = depth

    def search(self, query: Query) -> Found:
        """Search, and leave out what stands too far down."""
        found = self._retriever.search(query)
        ranked = [hit for hit in found.hits if hit.score > 0]
        balancing = [hit for hit in found.hits if hit.score <= 0]
        return found.model_copy(update={"hits": (*ranked[: self._depth], *balancing)})


def contexts(library: Library, vocabulary: Vocabulary) -> dict[str, str]:
    """Return by id what patients may be told, with what it is about: as it is embedded and compared word by word."""
    found = {}
    for passage in library.patient_passages():
        source = library.source(passage.source_id)
        topics = " ".join(topic.replace("-", " ") for topic in passage.topics)
        about = f"{source.reference.shown_title} {source.reference.byline} {source.kind.plain} {topics}"
        found[passage.id] = f"{vocabulary.expand(passage.text)} {about}"
    return found


def _is_on_subject(passage: Passage, query: Query) -> bool:
    return not {*query.subjects, *query.conditions}.isdisjoint(passage.topics)
