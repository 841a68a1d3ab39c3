"""Generation: sentences that answer a question from the passages offered for it."""

import asyncio
import queue
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from assistant.answer import Found
from assistant.errors import GeneratorError
from assistant.query import Aim, Query
from corpus.evidence import Kind, Passage, Role, Source, Topic
from corpus.text import sentences, words

EXTRACTIVE = "extractive"
MOST_SOURCES = 3
"""How many studies a question whether something helps is answered from."""
MOST_FACTS = 5
FACT_CANDIDATES = 8
"""From how many of the best passages the facts are chosen: general ones first, then those of single studies."""
MOST_STUDIES = 7
_LEANS = re.compile(
    r"(?:They|These|Both|Using both|Taken together|Half of|All of|Patients also)\b"
    r"|.*\b(?:this (?:risk|effect|idea)|these recommendations)\b"
)
"""What marks a statement that means nothing without the one before it."""
_SPEAKS_OF_ITSELF = re.compile(r"(?:It|For [^,]+, it)\b|.*\bit recommends\b")
"""What marks a statement that means nothing unless its work was named."""
_ASKS_OF_MEDICINE = re.compile(r"\b(?:it|ldn|naltrexone|revia)\b", re.IGNORECASE)
_NAMES_MEDICINE = re.compile(r"\b(?:LDN|naltrexone)\b", re.IGNORECASE)
MENTAL_HEALTH = {Topic.DEPRESSION, Topic.ANXIETY, Topic.PTSD, Topic.DISSOCIATION}
"""What "the studies" are about when no condition is named: the subject of the clinic's article."""
_PAPERS = {Kind.GUIDELINE, Kind.REVIEW}
_FACT_ORDER = {Role.RISK: 0, Role.FACT: 0, Role.BENEFIT: 2}
PROMPT = Path(__file__).parent / "prompts" / "answer.md"


class ExtractiveGenerator:
    """Answers by quoting whole statements, so that every sentence is somebody's reviewed words."""

    name = EXTRACTIVE

    def __init__(self, source_of: Callable[[str], Source]) -> None:
        self._source_of = source_of

    def generate(self, query: Query, found: Found) -> Iterator[str]:
        """Yield the summary that answers, or statements: results by strength, studies one by one, or the facts."""
        if found.summaries:
            room = query.room // len(found.summaries)
            for summary in found.summaries:
                yield from _fitting(room, (point.text(query.lang) for point in summary.points))
            return
        passages = [hit.passage for hit in found.hits]
        match query.aim:
            case Aim.STUDIES:
                groups = self._studies(query, passages)
            case Aim.EFFECT:
                groups = self._results(query, passages) or self._facts(query, passages)
            case Aim.FACT:
                groups = self._facts(query, passages)
        for group in _within(query.room, groups):
            yield from (passage.text for passage in group)

    def _studies(self, query: Query, passages: Sequence[Passage]) -> list[list[Passage]]:
        """Return the first line about each study of the conditions asked about, strongest kind of evidence first."""
        wanted = set(query.conditions) or MENTAL_HEALTH
        ids = dict.fromkeys(p.source_id for p in passages if p.role is Role.ABOUT and not wanted.isdisjoint(p.topics))
        studies = [id_ for id_ in ids if self._source_of(id_).kind.is_study]
        strongest = sorted(studies, key=self._strength, reverse=True)[:MOST_STUDIES]
        return [self._first(id_, Role.ABOUT, passages) for id_ in strongest]

    def _results(self, query: Query, passages: Sequence[Passage]) -> list[list[Passage]]:
        """Return for each of the strongest studies who took part, what was not better, and what was."""
        results = [p for p in passages if p.role in {Role.NO_BENEFIT, Role.BENEFIT} and _on(p, query)]
        strongest = sorted(dict.fromkeys(p.source_id for p in results), key=self._strength, reverse=True)
        order = (Role.ABOUT, Role.NO_BENEFIT, Role.LIMIT, Role.BENEFIT)
        near = [p for p in passages if _on(p, query)]
        studies = [
            [passage for role in order for passage in self._first(id_, role, near)] for id_ in strongest[:MOST_SOURCES]
        ]
        if not studies:
            return []
        # What was looked for and not found is the most direct answer. No study may crowd out the missing approval.
        return [*self._gaps(query, passages), *studies[:1], *self._approval(query, passages), *studies[1:]]

    def _gaps(self, query: Query, passages: Sequence[Passage]) -> list[list[Passage]]:
        """Return what the nearest record of a search that found nothing says, if it is on just what was asked."""
        asked = {*query.conditions, *query.subjects}
        gaps = [p for p in passages if self._kind(p) is Kind.GAP and asked.issuperset(p.topics)]
        return [[p for p in gaps if p.source_id == gaps[0].source_id]] if gaps else []

    def _approval(self, query: Query, passages: Sequence[Passage]) -> list[list[Passage]]:
        """Return what the medicine is approved for, or is not, as near to the question as there is."""
        found = [p for p in passages if p.role is Role.FACT and Topic.APPROVAL in p.topics]
        near = [p for p in found if _on(p, query)] or [p for p in found if self._kind(p) is Kind.LABEL]
        return [near[:1]] if near else []

    def _facts(self, query: Query, passages: Sequence[Passage]) -> list[list[Passage]]:
        """Return the best statements, each study's with who took part, cautions and facts before benefits."""
        of_medicine = _ASKS_OF_MEDICINE.search(query.text) is not None
        chosen = [passage for passage in passages if self._stands_alone(passage, passages)][:FACT_CANDIDATES]
        chosen.sort(
            key=lambda p: (
                _FACT_ORDER.get(p.role, 1),
                of_medicine and not _NAMES_MEDICINE.search(p.text),
                self._kind(p).is_study,
            )
        )
        groups: dict[str, list[Passage]] = {}
        for passage in chosen[:MOST_FACTS]:
            # One group a source: between two studies, a statement would seem to speak of the wrong one.
            groups.setdefault(passage.source_id, self._introduction(passage, passages)).append(passage)
        return [*self._gaps(query, passages), *groups.values()]

    def _stands_alone(self, passage: Passage, passages: Sequence[Passage]) -> bool:
        """Tell whether a reader understands a statement without the one that stands before it in its file."""
        if _LEANS.match(passage.text):
            return False
        return not _SPEAKS_OF_ITSELF.match(passage.text) or bool(self._introduction(passage, passages))

    def _introduction(self, passage: Passage, passages: Sequence[Passage]) -> list[Passage]:
        """Return the statement that names a work, where its others say "it": for studies, guidelines and reviews."""
        kind = self._kind(passage)
        return self._first(passage.source_id, Role.ABOUT, passages) if kind.is_study or kind in _PAPERS else []

    def _first(self, source_id: str, role: Role, passages: Sequence[Passage]) -> list[Passage]:
        """Return the first offered statement of a source in a role, in the order of its file; none if there is none."""
        offered = set(passages)
        return [p for p in self._source_of(source_id).passages if p.role is role and p in offered][:1]

    def _kind(self, passage: Passage) -> Kind:
        return self._source_of(passage.source_id).kind

    def _strength(self, source_id: str) -> tuple[int, int, int]:
        """Rank by kind of evidence, then size, then year."""
        source = self._source_of(source_id)
        return source.kind.rank, source.participants or 0, source.reference.year or 0


class ChatModelGenerator:
    """Answers in a chat model's words. The passages are all that it is told, and all that it is allowed.

    While the model is silent, an empty sentence comes every now and then; closed there, the call is broken off.
    """

    PAUSE_S = 0.25

    def __init__(self, name: str, model: BaseChatModel) -> None:
        self.name = name
        self._model = model
        self._instructions = PROMPT.read_text(encoding="utf-8")

    def generate(self, query: Query, found: Found) -> Iterator[str]:
        """Yield the model's sentences as soon as each is complete."""
        statements = "\n".join(f"- {text}" for text in found.texts("en"))
        prompt = [
            SystemMessage(self._instructions),
            HumanMessage(f"Statements:\n{statements}\n\nQuestion:\n{query.text}"),
        ]
        try:
            yield from _fitting(query.room, _as_completed(self._pieces(prompt)))
        except Exception as error:
            raise GeneratorError("the chat model did not answer") from error

    def _pieces(self, prompt: Sequence[BaseMessage]) -> Iterator[str]:
        """Yield what the model says piece by piece, and nothing whenever it has been silent for a moment.

        The call runs on an event loop of its own, because only there can it be broken off while it waits.
        """
        said: queue.SimpleQueue[str | None] = queue.SimpleQueue()

        async def call() -> None:
            async for piece in self._model.astream(prompt):
                if text := str(piece.text):
                    said.put(text)

        calling = asyncio.run_coroutine_threadsafe(call(), _loop())
        calling.add_done_callback(lambda _: said.put(None))
        try:
            while (piece := _within_time(said, self.PAUSE_S)) is not None:
                yield piece
            calling.result()
        finally:
            calling.cancel()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="chat model", daemon=True).start()
    return loop


def _within_time(said: "queue.SimpleQueue[str | None]", pause_s: float) -> str | None:
    try:
        return said.get(timeout=pause_s)
    except queue.Empty:
        return ""


def load_chat_model(name: str, timeout_s: float) -> ChatModelGenerator:
    """Return the generator over ``provider:model``; nothing is sent yet.

    Raises:
        GeneratorError: the provider is unknown, its package is not installed, or its key is missing.
    """
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 - only where a chat model was chosen

    try:
        model = init_chat_model(name, temperature=0, timeout=timeout_s)
    except Exception as error:
        provider, _, _ = name.partition(":")
        hint = f"Install clinic-assistant[{provider}] and set the provider's key, or choose `{EXTRACTIVE}`."
        raise GeneratorError(f"the chat model {name} cannot be set up", hint=hint) from error
    return ChatModelGenerator(name, model)


def _on(passage: Passage, query: Query) -> bool:
    return not query.conditions or not set(query.conditions).isdisjoint(passage.topics)


def _as_completed(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the sentences of a text that arrives in pieces; the last is never complete before the end."""
    pending = ""
    for piece in pieces:
        if not piece:
            yield ""
            continue
        *complete, pending = sentences(pending + piece + "\0") or ("",)
        pending = pending.removesuffix("\0")
        yield from complete
    yield from sentences(pending)


def _fitting(most_words: int, texts: Iterable[str]) -> Iterator[str]:
    """Yield texts up to the first that does not fit; the first of all is the direct answer, and always said."""
    left, said = most_words, False
    for text in texts:
        left -= len(words(text))
        if left < 0 and said:
            return
        said = said or bool(text)
        yield text


def _within(most_words: int, groups: Iterable[Sequence[Passage]]) -> Iterator[list[Passage]]:
    """Yield groups whole, each statement once, as far as they fit; a group that does not fit is left out."""
    left, said = most_words, set[str]()
    for group in groups:
        fresh = [passage for passage in dict.fromkeys(group) if passage.text not in said]
        size = sum(len(words(passage.text)) for passage in fresh)
        if size <= left:
            left -= size
            said |= {passage.text for passage in fresh}
            yield fresh
