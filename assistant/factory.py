"""Factory: the only place that knows concrete parts and puts them together."""

import math
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI

from assistant import intents
from assistant.bench import Subject
from assistant.conversations import InMemoryConversations
from assistant.desk import Desk
from assistant.embeddings import SentenceEmbeddings, WarmingEmbeddings, load_embeddings
from assistant.errors import AssistantError, GeneratorError
from assistant.feedback import FeedbackRecords
from assistant.generation import EXTRACTIVE, ExtractiveGenerator, load_chat_model
from assistant.matching import Matcher
from assistant.pipeline import Assistant, Generator
from assistant.production import objections
from assistant.ranking import Ranking
from assistant.reader import Reader
from assistant.redteam import HostileGenerator
from assistant.replies import Replies
from assistant.retrieval import HybridRetriever, ShallowRetriever, WarmingRetriever, contexts
from assistant.search import HybridSearch
from assistant.settings import Settings
from assistant.switch import Switch
from assistant.terms import terms
from corpus.evidence import Claim
from corpus.library import Library, load_library
from corpus.spelling import Speller
from corpus.summary import count_unsigned, entries
from corpus.text import words
from corpus.vocabulary import Vocabulary
from guardrails.classifier import Classifier, Weights
from guardrails.dosing import find_dose
from guardrails.grounding import Entails
from guardrails.injection import find_instruction
from guardrails.messages import Messages
from guardrails.policy import Classify, Policy, default_policy

if TYPE_CHECKING:
    from assistant.server import Edge

CORPUS = Path(__file__).parent.parent / "corpus"
LOCK = CORPUS / "references.lock.json"
"""What the registries said of each work, and when."""
SCREENS = {"dose": find_dose, "instruction": find_instruction}
"""What no word that patients can see may contain."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """An assistant and those of its parts that its edges need."""

    assistant: Assistant
    library: Library
    messages: Messages
    replies: Replies
    conversations: InMemoryConversations
    retriever: WarmingRetriever
    switch: Switch
    feedback: FeedbackRecords
    vary: Callable[..., Assistant]
    """Makes an assistant of the same parts, but for the retriever, the generator and the conversations given."""


def load_corpus() -> Library:
    """Return the shipped corpus, every check passed.

    Raises:
        CorpusError: with every problem of every file.
    """
    return load_library(CORPUS, SCREENS)


def assemble(settings: Settings, generator: Generator | None = None, depth: int = 0) -> Parts:
    """Return the parts as the settings choose them, or with a generator that a test brings.

    ``depth`` is how many of the best passages an answer is made from; zero leaves none out. Nothing slow is loaded
    before ``retriever.warm()``.
    """
    library, vocabulary, messages = load_corpus(), Vocabulary.load(), Messages.load()
    replies = Replies(messages, settings.clinic, vocabulary.conditions)
    speller, switch = load_speller(library, vocabulary), Switch(settings.data_dir)
    conversations = InMemoryConversations(idle_s=settings.server.session_idle_minutes * 60)
    embeddings = WarmingEmbeddings(load_embeddings)
    retriever = WarmingRetriever(lambda: load_retriever(settings, library, vocabulary, speller, embeddings))
    policy = load_policy(Classifier(Weights.load(), embeddings.read).likelihoods, load_opinion(settings))
    days, check = settings.feedback.keep_days, policy.check_question
    feedback = FeedbackRecords(settings.data_dir / "feedback", keep_days=days, check=check)
    vary = partial(
        Assistant,
        library=library,
        reader=Reader(vocabulary, library.patient_sources(), speller),
        policy=policy,
        replies=replies,
        is_off=lambda: switch.is_off,
    )
    assistant = vary(
        retriever=ShallowRetriever(retriever, depth) if depth else retriever,
        generator=generator or load_generator(settings, library),
        conversations=conversations,
    )
    return Parts(assistant, library, messages, replies, conversations, retriever, switch, feedback, vary)


def generators(settings: Settings) -> tuple[str, ...]:
    """Return the generators that staff may choose from, the one that answers patients first."""
    return tuple(dict.fromkeys((settings.generator.model, EXTRACTIVE, *settings.staff.generators)))


def variant(parts: Parts, settings: Settings, model: str, depth: int = 0) -> Assistant:
    """Return an assistant with another generator or depth; it shares all other parts with the one for patients.

    Raises:
        GeneratorError: the generator cannot be set up, or is none that staff may choose.
    """
    if model not in generators(settings):
        raise GeneratorError(f"the generator {model} is not on offer", hint="Name it in ASSISTANT_STAFF__GENERATORS.")
    if model == settings.generator.model and not depth:
        return parts.assistant
    chosen = settings.model_copy(update={"generator": settings.generator.model_copy(update={"model": model})})
    return parts.vary(
        retriever=ShallowRetriever(parts.retriever, depth) if depth else parts.retriever,
        generator=load_generator(chosen, parts.library),
        conversations=parts.conversations,
    )


def load_subject(parts: Parts, settings: Settings, versions: Mapping[str, str]) -> Subject:
    """Return what runs of cases and attacks ask: the same parts, apart from patients' conversations and the switch."""
    own, hostile = load_generator(settings, parts.library), HostileGenerator()
    apart = partial(
        parts.vary,
        retriever=parts.retriever,
        conversations=InMemoryConversations(idle_s=0),
        is_off=lambda: False,
    )
    return Subject(apart(generator=own), apart(generator=hostile), own.name, versions)


def load_opinion(settings: Settings) -> Entails | None:
    """Return the second opinion on grounding that the settings name, if any."""
    folder = settings.grounding.entailment_path
    if folder is None:
        return None
    from assistant.entailment import load_entailment  # noqa: PLC0415 - torch takes seconds to import

    return load_entailment(folder)


def load_policy(classify: Classify | None = None, entails: Entails | None = None) -> Policy:
    """Return the policy, after one question and one claim that no rule broke on.

    Raises:
        AssistantError: a rule cannot judge, for instance because its lexicon is damaged; it would refuse everything.
    """
    policy = default_policy(classify, entails)
    verdicts = policy.check_question("Hello", ("Hello",)), policy.check_claim(Claim(text="Hello."))
    broken = sorted({found.rule for verdict in verdicts for found in verdict.findings if found.broke})
    if broken:
        raise AssistantError(f"rules that cannot judge: {', '.join(broken)}", hint="Restore guardrails/lexicon.")
    return policy


def load_retriever(
    settings: Settings, library: Library, vocabulary: Vocabulary, speller: Speller, guarding: WarmingEmbeddings
) -> HybridRetriever:
    """Return the retriever over the indexes of this corpus and model, built first where there are none.

    The guards' model is loaded with it. It is always the pinned one, whose vectors classifier and intents learned from.
    """
    embeddings = pinned = guarding.warm()
    if settings.embeddings.path is not None:
        embeddings = load_embeddings(settings.embeddings.path)
    folder = settings.data_dir / "index"
    statements = load_search(folder / "statements", contexts(library, vocabulary), embeddings)
    desk, summaries = Desk.load(), library.summaries
    asked = {id_: question for id_, _, _, question in entries(summaries)}
    asked |= {id_: question for id_, _, question in desk.entries()}
    questions = load_search(folder / "questions", asked, embeddings)
    ranking = Ranking(summaries, vocabulary, questions, intents.Intents(intents.Weights.load(), pinned))
    matcher = Matcher(summaries, vocabulary, speller, desk, ranking, statements.known)
    return HybridRetriever(library, vocabulary, speller, matcher, statements)


def load_search(folder: Path, texts: Mapping[str, str], embeddings: SentenceEmbeddings) -> HybridSearch:
    """Return the search over texts by id, their vectors kept in a folder."""
    from assistant.index import index_key, open_index  # noqa: PLC0415 - Chroma takes seconds to import

    return HybridSearch(texts, open_index(folder, index_key(texts, embeddings), texts, embeddings), embeddings, terms)


def load_speller(library: Library, vocabulary: Vocabulary) -> Speller:
    """Return the speller that knows the words of the corpus."""
    texts = [*contexts(library, vocabulary).values(), *vocabulary.names]
    texts += [question for _, _, _, question in entries(library.summaries)]
    texts += [point.es for summary in library.summaries for point in summary.points]
    return Speller((word for text in texts for word in words(text)), vocabulary.weighty, vocabulary.shorthand)


def load_generator(settings: Settings, library: Library) -> Generator:
    """Return the generator that the settings name."""
    if settings.generator.model == EXTRACTIVE:
        return ExtractiveGenerator(library.source)
    return load_chat_model(settings.generator.model, settings.generator.timeout_s)


def count_drafts(messages: Messages) -> int:
    """Return how many texts nobody has signed: fixed ones, and summaries in one language or the other."""
    return len(messages.drafts()) + count_unsigned(CORPUS / "summaries")


def load_edge(parts: Parts, settings: Settings) -> "Edge":
    """Return what the HTTP edge stands on."""
    from assistant.admission import Admission, Sessions  # noqa: PLC0415 - the command line needs no server
    from assistant.metrics import Metrics  # noqa: PLC0415
    from assistant.reception import Reception  # noqa: PLC0415
    from assistant.server import Edge  # noqa: PLC0415

    secret = settings.server.secret.get_secret_value() if settings.server.secret else secrets.token_urlsafe(32)
    metrics = Metrics(lambda: parts.retriever.state)
    reception = Reception(
        assistant=parts.assistant,
        conversations=parts.conversations,
        sessions=Sessions(secret, idle_s=math.ceil(settings.server.session_idle_minutes * 60)),
        admission=Admission(settings.limits),
        metrics=metrics,
        screen=load_policy().check_question,
        pool=ThreadPoolExecutor(settings.limits.total_at_once, thread_name_prefix="answer"),
        timeout_s=settings.server.answer_timeout_s,
    )
    return Edge(
        assistant=parts.assistant,
        conversations=parts.conversations,
        library=parts.library,
        retriever=parts.retriever,
        replies=parts.replies,
        clinic=settings.clinic,
        server=settings.server,
        reception=reception,
        feedback=parts.feedback,
        metrics=metrics,
        switch=parts.switch,
        releases=settings.data_dir / "widget",
    )


def build_app(settings: Settings) -> FastAPI:
    """Return the whole application; the index is read while it already serves."""
    from assistant.server import create_app  # noqa: PLC0415 - the command line needs no server

    parts = assemble(settings)
    open_ = tuple(objections(settings, count_drafts(parts.messages))) if settings.server.production else ()
    if open_:
        raise AssistantError(
            f"not fit for production: {'; '.join(open_)}", hint="Settle each of them, then start again."
        )
    app = create_app(load_edge(parts, settings))
    if settings.staff.console:
        from assistant.console.assembly import add_console  # noqa: PLC0415 - Gradio takes seconds to import

        add_console(app, parts, settings)
    threading.Thread(target=_warm, args=(parts.retriever,), name="warm", daemon=True).start()
    return app


def reindex(parts: Parts, settings: Settings, library: Library) -> None:
    """Make sure that the index of a library is whole, building what is not; the library that serves is read anew.

    Raises:
        IndexUnavailableError: it can neither be read nor be built; what serves goes on.
    """
    if library.fingerprint == parts.library.fingerprint:
        parts.retriever.warm()
    else:
        vocabulary, guarding = Vocabulary.load(), WarmingEmbeddings(load_embeddings)
        load_retriever(settings, library, vocabulary, load_speller(library, vocabulary), guarding)


def _warm(retriever: WarmingRetriever) -> None:
    try:
        retriever.warm()
    except AssistantError as error:
        log.error("index_unavailable", error=str(error), hint=error.hint)
    except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to; /readyz and the log say it
        log.error("index_unavailable", error=type(error).__name__)
    else:
        log.info("ready")
