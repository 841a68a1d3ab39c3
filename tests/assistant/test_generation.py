"""Generators word answers; the extractive one quotes, and orders what it quotes by strength and balance."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from assistant.answer import Found, Hit
from assistant.errors import GeneratorError
from assistant.generation import (
    MOST_STUDIES,
    ChatModelGenerator,
    ExtractiveGenerator,
    load_chat_model,
)
from assistant.query import MOST_WORDS, Aim, Query
from corpus.evidence import Passage, Role
from corpus.library import Library
from corpus.text import LANGUAGES, Lang, words


def offering(passages: Iterable[Passage]) -> Found:
    """Return what a search found when it found these, best first."""
    return Found(hits=tuple(Hit(passage=passage, score=1) for passage in passages))


@pytest.fixture
def extractive(library: Library) -> ExtractiveGenerator:
    """Return the default generator over the shipped corpus."""
    return ExtractiveGenerator(library.source)


@pytest.mark.parametrize("aim", Aim)
def test_every_sentence_is_a_whole_statement(extractive: ExtractiveGenerator, library: Library, aim: Aim) -> None:
    """Whatever is asked, only reviewed statements are said, each once, and no more than a reader takes in."""
    passages = library.patient_passages()
    said = list(extractive.generate(Query(text="?", aim=aim, conditions=("depression",)), offering(passages)))
    assert said
    assert set(said) <= {passage.text for passage in passages}
    assert len(said) == len(set(said))
    assert sum(len(words(sentence)) for sentence in said) <= MOST_WORDS


def test_an_answer_keeps_to_its_room(library: Library) -> None:
    """Where several questions share an answer, each says its first point and what else fits, whole."""
    summary = max(library.summaries, key=lambda summary: len(summary.points))
    points = [point.en for point in summary.points]
    room = len(words(" ".join(points[:2]))) + 1
    found = Found(summaries=(summary,))
    extractive = ExtractiveGenerator(library.source)
    assert list(extractive.generate(Query(text="?", room=room), found)) == points[:2]
    assert list(extractive.generate(Query(text="?", room=1), found)) == points[:1]


def test_results_come_strongest_first_and_against_before_for(extractive: ExtractiveGenerator, library: Library) -> None:
    """A benefit is never said before what speaks against it, and the larger trial comes before the pilot."""
    passages = library.patient_passages()
    said = list(extractive.generate(Query(text="?", aim=Aim.EFFECT, conditions=("depression",)), offering(passages)))
    by_text = {passage.text: passage for passage in passages}
    roles = [by_text[sentence].role for sentence in said]
    assert Role.NO_BENEFIT in roles
    assert roles.index(Role.NO_BENEFIT) < roles.index(Role.BENEFIT)
    ids = [by_text[sentence].source_id for sentence in said]
    assert ids.index("moloney-2026") < ids.index("mischoulon-2017")


def test_studies_are_listed_one_line_each(extractive: ExtractiveGenerator, library: Library) -> None:
    """A list of studies has one line per work."""
    said = list(extractive.generate(Query(text="?", aim=Aim.STUDIES), offering(library.patient_passages())))
    by_text = {passage.text: passage for passage in library.patient_passages()}
    ids = [by_text[sentence].source_id for sentence in said]
    assert len(ids) == len(set(ids)) <= MOST_STUDIES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_summary_is_said_point_by_point(extractive: ExtractiveGenerator, library: Library, lang: Lang) -> None:
    """Where a summary answers, its points are the answer, in the language of the question."""
    summary = library.summaries[0]
    found = Found(summaries=(summary,), hits=offering(library.patient_passages()).hits)
    assert list(extractive.generate(Query(text="?", lang=lang), found)) == [p.text(lang) for p in summary.points]


def test_chat_model_sentences_leave_when_complete(library: Library) -> None:
    """A model's text is cut into sentences while it streams, and none is lost or torn."""
    text = "Two trials were done. They had 37 and 12 people, e.g. in New Zealand. No benefit was shown."
    model = GenericFakeChatModel(messages=iter([AIMessage(text)]))
    generator = ChatModelGenerator("fake", model)
    said = list(generator.generate(Query(text="?"), offering(library.patient_passages()[:2])))
    assert said == [
        "Two trials were done.",
        "They had 37 and 12 people, e.g. in New Zealand.",
        "No benefit was shown.",
    ]


def test_chat_model_is_told_the_statements_and_no_reference(library: Library) -> None:
    """The model sees the statements and the question, and not a title that it could repeat."""

    class Recording(GenericFakeChatModel):
        seen: list[Any] = []  # noqa: RUF012 - a field of a pydantic model

        def _stream(self, messages: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
            self.seen.extend(messages)
            return super()._stream(messages, *args, **kwargs)

    model = Recording(messages=iter([AIMessage("Fine.")]))
    passage = library.source("due-bruun-2024").passages[0]
    list(ChatModelGenerator("fake", model).generate(Query(text="Does it help?"), offering([passage])))
    told = " ".join(str(message.content) for message in model.seen)
    assert passage.text in told
    assert "Does it help?" in told
    assert library.source("due-bruun-2024").reference.title not in told


def test_a_silent_model_is_broken_off(library: Library) -> None:
    """C-18: while the model is silent there are signs of life; closed at one, the call itself is cancelled at once."""
    cancelled = threading.Event()

    class Silent(GenericFakeChatModel):
        async def _astream(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
            yield ChatGenerationChunk(message=AIMessageChunk("One sentence. "))
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.set()
                raise

    passages = library.patient_passages()[:1]
    said = ChatModelGenerator("fake", Silent(messages=iter([]))).generate(Query(text="?"), offering(passages))
    heard = [next(said) for _ in range(3)]
    assert "" in heard
    assert set(heard) <= {"", "One sentence."}
    said.close()
    assert cancelled.wait(1)


def test_a_broken_model_is_our_error(library: Library) -> None:
    """Whatever a provider raises becomes one error that tells the operator what to check."""
    model = GenericFakeChatModel(messages=iter([]))
    with pytest.raises(GeneratorError) as caught:
        list(ChatModelGenerator("fake", model).generate(Query(text="?"), offering(library.patient_passages()[:1])))
    assert caught.value.hint


@pytest.mark.parametrize("name", ["nobody:nothing", "openai:gpt", "anthropic:claude", "ollama:llama"])
def test_unusable_models_say_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that is unknown, not installed or without a key is an error at start, not at the first question."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(GeneratorError, match=name):
        load_chat_model(name, 5)
