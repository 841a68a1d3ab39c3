"""A summary answers a question when it is near, about the same things, and leaves nothing out that was named."""

from collections.abc import Callable
from itertools import islice
from typing import cast

import pytest

from assistant.answer import Answer, Found, Outcome
from assistant.factory import Parts, load_corpus
from assistant.intents import Intents
from assistant.matching import MOST_RELATED
from assistant.query import MOST_WORDS, Query
from assistant.ranking import Ranking
from assistant.reader import Reader
from assistant.search import HybridSearch
from corpus.library import Library
from corpus.summary import entries
from corpus.text import words
from corpus.vocabulary import Vocabulary

Ask = Callable[..., Answer]

SAMPLE = 25
"""Each how manieth question is asked, so that the run stays short."""


@pytest.mark.parametrize(
    ("question", "summary"),
    [
        ("does ldn do anything for depression??", "depression"),
        ("will it help my fibro pain", "fibromyalgia-pain"),
        ("What's an off-label use?", "off-label-meaning"),
        ("how is ldn supposed to work", "how-ldn-works"),
        ("Which studies are there on LDN for PTSD?", "list-studies-ptsd"),
        ("What did the 2026 trial from New Zealand find?", "study-moloney-2026"),
        ("Has LDN been tried for depression in people over 70?", "older-people"),
        ("¿La LDN sirve para la ansiedad?", "anxiety"),
        ("¿Qué significa off-label?", "off-label-meaning"),
    ],
)
def test_a_question_in_other_words_finds_its_summary(
    found: Callable[[str], Found], question: str, summary: str
) -> None:
    """Paraphrases, slang and Spanish lead to the summary that was written for the question."""
    assert [one.id for one in found(question).summaries] == [summary]


def test_every_own_question_finds_its_summary(parts: Parts, reader: Reader, library: Library) -> None:
    """Nearly every question that a summary is written for leads to it; a near one may share its meaning."""
    asked = lost = 0
    for _, summary, lang, question in islice(entries(library.summaries), 0, None, SAMPLE):
        queries = reader.read(question, lang=lang)
        summaries = [one.id for query in queries for one in parts.retriever.search(query).summaries]
        asked += 1
        lost += summary.id not in summaries
    assert lost <= 0.08 * asked


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Does LDN cause weight gain?", ("weight gain",)),
        ("Is ketamine better than LDN for depression?", ("ketamine",)),
        ("what does ldn do to your hair", ("hair",)),
        ("I have IBS and my sister has lupus. Does LDN help with those?", ("ibs", "lupus")),
        ("Does LDN help with lupus?", ("lupus",)),
        ("Is LDN as good as Prozac?", ("Prozac",)),
        ("¿El LDN ayuda con la psoriasis?", ("psoriasis",)),
    ],
)
def test_what_no_source_speaks_of_is_named(
    found: Callable[[str], Found], question: str, missing: tuple[str, ...]
) -> None:
    """What was asked for and is in no source is named, one thing after the other, and no neighbouring fact told."""
    result = found(question)
    assert result.missing == missing
    assert not result.summaries
    assert not result.hits


@pytest.mark.parametrize(
    ("question", "matter"),
    [
        ("do you guys take Aetna", "insurance"),
        ("When do you open on Fridays?", "hours"),
        ("¿Cuánto cuesta una cita?", "prices"),
        ("could I do my appointment over video", "telehealth"),
        ("I want to book a visit", "booking"),
    ],
)
def test_the_clinics_own_matters_are_told_apart(found: Callable[[str], Found], question: str, matter: str) -> None:
    """What only the clinic can answer goes to its desk."""
    assert found(question).desk == matter


def test_each_part_gets_its_own_answer(ask: Ask) -> None:
    """A question for the desk beside one for the sources: both are answered; the unknown half of two is named."""
    answer = ask("Do you take Medicaid, and does LDN help fibromyalgia pain?")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.claims
    assert "contact the clinic" in answer.message
    answer = ask("Does LDN help depression? And does it cause hair loss?")
    assert answer.outcome is Outcome.ANSWERED
    assert "“hair loss”" in answer.message


def test_suggestions_lead_on_and_are_answered(ask: Ask) -> None:
    """After an answer come questions on something else near it, and each of them has an answer."""
    for question in ("Does LDN help with depression?", "What are the side effects?", "¿El LDN ayuda con la ansiedad?"):
        answer = ask(question)
        assert 1 <= len(answer.suggestions) <= MOST_RELATED
        assert question not in answer.suggestions
        for suggestion in answer.suggestions:
            assert ask(suggestion, lang=answer.lang).outcome is Outcome.ANSWERED, suggestion


def test_every_first_question_is_answered_and_judged_harmless(parts: Parts, library: Library) -> None:
    """What may be offered as a suggestion is never refused."""
    refused = []
    for summary in library.summaries:
        for lang in ("en", "es"):
            *_, answer = parts.assistant.ask(summary.questions.of(lang)[0], lang=lang)
            if answer.outcome is not Outcome.ANSWERED:
                refused.append((summary.id, lang, answer.outcome.value, answer.rule))
    assert not refused


def test_what_the_vocabulary_calls_absent_is_absent() -> None:
    """No statement and no summary speaks of a thing that is declared to be in no source."""
    library, vocabulary = load_corpus(), Vocabulary.load()
    texts = [passage.text for passage in library.patient_passages()]
    texts += [text for summary in library.summaries for point in summary.points for text in (point.en, point.es)]
    assert not [(name, text) for text in texts for name in vocabulary.absent_in(text)]


@pytest.mark.parametrize(
    ("question", "cited"),
    [
        ("INNOVA vs FINAL: did either one beat placebo on pain?", {"rodriguez-freire-innova", "due-bruun-2024"}),
        ("Are there studies in older people and in teenagers?", {"gap-older-people", "gap-children"}),
        ("Does LDN help Crohn's disease or PTSD?", {"cochrane-crohns-2018", "gap-ptsd-trial"}),
    ],
    ids=["two works", "two ages", "two conditions"],
)
def test_several_things_in_one_question_are_each_answered(ask: Ask, question: str, cited: set[str]) -> None:
    """Where no summary speaks of all that a question names, each gets its own, in one answer that is not too long."""
    answer = ask(question)
    assert cited <= {citation.source for citation in answer.citations}
    assert len(words(answer.text)) <= MOST_WORDS + len(words(answer.message))


@pytest.mark.parametrize(
    "question",
    ["Compare the fibromyalgia trial out of Denmark with the one out of Spain.", "FINAL vs INNOVA, do they agree?"],
)
def test_two_works_are_compared_by_the_summary_on_both(found: Callable[[str], Found], question: str) -> None:
    """Where a summary speaks of all the works that a question names, it comes before those on one of them."""
    (summary,) = found(question).summaries
    assert summary.id == "compare-fibromyalgia-trials"


def test_a_thing_of_a_short_question_is_named_however_sure(found: Callable[[str], Found]) -> None:
    """In a few words there is no room for an aside: what no source speaks of is what was asked."""
    assert found("Does LDN cure baldness?").missing == ("baldness",)


def test_of_two_things_that_no_source_knows_none_is_answered(found: Callable[[str], Found]) -> None:
    """What stands beside a missing thing is answered only where it is ours, be there a mark behind it or not."""
    told = found("does LDN do anything for ADHD or for concentration?")
    assert "adhd" in told.missing
    assert not told.summaries


def test_the_heaviest_of_what_is_missing_is_named(found: Callable[[str], Found]) -> None:
    """A word that always weighs is named before a merely rare one."""
    missing = found("did the foreman's nephews' cobbler, cobbler aside, try LDN for lupus").missing
    assert any("lupus" in name for name in missing)


@pytest.mark.parametrize(
    ("history", "question", "begins_with"),
    [
        (("Tell me about the fibromyalgia trial with 31 women.",), "does it say anything on sleep", "sleep"),
        (
            ("There were two placebo trials in MS. What did the San Francisco one find?",),
            "And the other trial?",
            "96 people",
        ),
        (("Can someone on methadone take naltrexone?",), "why not", "withdrawal"),
        (("¿Puede tomar naltrexona alguien que usa oxicodona?",), "¿y eso por qué?", "abstinencia"),
    ],
    ids=["another aspect", "another work", "why", "why in Spanish"],
)
def test_a_follow_up_gets_what_it_asks_for_first(
    ask: Ask, history: tuple[str, ...], question: str, begins_with: str
) -> None:
    """What a follow-up asks beyond the question before it stands in the first sentence of its answer."""
    assert begins_with in ask(question, history=history).text.split(".")[0]


@pytest.mark.parametrize(
    ("question", "begins_with"),
    [
        ("My brother-in-law says even the parrot gets yelled at. Is irritability known with naltrexone?", "irritable"),
        ("I drive a forklift in Toledo, so does naltrexone make a person dizzy?", "izz"),
        ("heard this med gives u trippy dreams lol is that a thing", "dreams"),
        (
            "He growls at the dog since he takes naltrexone. Is being irritable a thing it is known for?",
            "irritable",
        ),
        ("I went down the rabbit hole on glial cells last night. How do people say that LDN works?", "glial"),
        ("Mi suegra jubilada pregunta si hay estudios de naltrexona en el embarazo.", "embaraz"),
    ],
    ids=["an animal", "a machine", "how it is put", "a pet", "a figure of speech", "a calling"],
)
def test_what_a_question_tells_aside_does_not_refuse_it(ask: Ask, question: str, begins_with: str) -> None:
    """A word that no source has, beside a matter that is plain, is not what is asked."""
    answer = ask(question)
    assert answer.outcome is Outcome.ANSWERED
    assert begins_with in answer.text.split(".")[0]


@pytest.mark.parametrize("question", ["Does LDN do anything for psoriasis?", "Is LDN as effective as Prozac?"])
def test_what_no_summary_speaks_of_is_not_answered_by_a_likely_one(ask: Ask, question: str) -> None:
    """A summary may be the likeliest of all and still say nothing of the matter."""
    assert ask(question).outcome is Outcome.NO_EVIDENCE


class _Questions:
    """A search that knows no question."""

    def dense(self, _question: str, _most: int) -> dict[str, float]:
        return {}


class _Intents:
    """Intents that know two questions."""

    def of(self, question: str) -> dict[str, float]:
        return {"Before? Sleep?": {"before": -1.0, "sleep": -2.0}, "Sleep?": {"before": -9.0, "sleep": 0.0}}[question]


def test_the_question_behind_another_counts_more() -> None:
    """A follow-up that was joined with what was asked before it is judged by itself as well."""
    ranking = Ranking((), Vocabulary.load(), cast("HybridSearch", _Questions()), cast("Intents", _Intents()))
    alone, joined = Query(text="Before? Sleep?"), Query(text="Before? Sleep?", asked="Sleep?")
    likeliest = [max(near, key=near.__getitem__) for near in (ranking.near(alone).likely, ranking.near(joined).likely)]
    assert likeliest == ["before", "sleep"]
