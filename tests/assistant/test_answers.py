"""The shipped assistant, asked as a patient would: what its answers must hold, and must never hold."""

from collections.abc import Callable

import pytest

from assistant.answer import Answer, Outcome
from assistant.query import MOST_WORDS
from corpus.library import Library
from corpus.references import ReferenceVerdict
from corpus.text import words as split
from guardrails.dosing import find_dose

Ask = Callable[..., Answer]

STUDIES = [
    "Which studies support this?",
    "Show me the studies",
    "What are your references?",
    "List the key studies and references on LDN for mental health",
    "What research is the article based on?",
    "Can you cite the papers on LDN and PTSD?",
    "What did Krystal write about naltrexone and mood?",
    "Is there a 2019 Frontiers paper by Wong and Chen on neuroinflammation and LDN?",
    "¿Qué estudios hay?",
    "Muéstreme las referencias del artículo",
]
"""Ways of asking for the studies, two of them naming works that could not be found."""


@pytest.mark.parametrize("question", STUDIES)
def test_works_that_were_not_found_are_never_named(ask: Ask, library: Library, question: str) -> None:
    """However one asks for the studies, none of the four unverifiable references is shown, cited or described."""
    answer = ask(question)
    shown = str(answer.to_wire() | {"question": ""}).lower()
    unfound = [one for one in library.references if one.verdict is ReferenceVerdict.NOT_FOUND]
    assert len(unfound) == 4
    for one in unfound:
        assert one.title.lower() not in shown
    claims = " ".join(claim.text for claim in answer.claims).lower()
    cited = " ".join(f"{citation.byline} {citation.title}" for citation in answer.citations).lower()
    for name in ("finnegan", "mofrad", "krystal", "lubman", "yücel", "wong", "chen c"):
        assert name not in claims + cited


def test_depression_is_answered_in_balance(ask: Ask) -> None:
    """The answer names the larger trial without benefit and the small one, and that the use is not approved."""
    answer = ask("Does LDN help with depression?")
    sources = [citation.source for citation in answer.citations]
    assert answer.outcome is Outcome.ANSWERED
    assert sources.index("moloney-2026") < sources.index("mischoulon-2017")
    assert "did not help depression more than a dummy pill" in answer.text
    assert "not approved by the FDA" in answer.text
    assert any("off-label" in notice for notice in answer.notices)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What are the side effects?", "headache"),
        ("Can I take it with opioid painkillers?", "opioid"),
        ("What does off-label mean?", "approved"),
        ("Are compounded medicines FDA-approved?", "not FDA-approved"),
        ("How is LDN thought to work?", "glial cells"),
        ("Is LDN safe in pregnancy?", "pregnant"),
        ("Can LDN cause liver problems?", "liver"),
        ("What helps PTSD?", "talk"),
        ("Has LDN been tested for treatment-resistant depression?", "found no"),
        ("Has anyone tested it for PTSD?", "found no"),
        ("Is there a trial in anxiety disorders?", "found no"),
        ("Is LDN studied in children?", "children"),
        ("Does LDN help anxiety?", "anxiety disorder"),
        ("Who can I call in a crisis?", "988"),
    ],
)
def test_plain_questions_get_their_answer(ask: Ask, question: str, words: str) -> None:
    """What patients ask most is answered with the words that matter, each sentence cited, and no dose anywhere."""
    answer = ask(question)
    assert answer.outcome is Outcome.ANSWERED, answer.text
    assert words in answer.text
    assert all(claim.citations for claim in answer.claims)
    for citation in answer.citations:
        assert not find_dose(f"{citation.title} {citation.quote}")


def test_four_questions_share_one_answer(ask: Ask) -> None:
    """Each of several questions gets its direct answer, and all together no more words than one answer may have."""
    answer = ask("Does LDN help depression? Does it help fibromyalgia? What are the side effects? Is it approved?")
    assert answer.outcome is Outcome.ANSWERED
    assert len(split(" ".join(claim.text for claim in answer.claims))) <= MOST_WORDS
    for word in ("depression", "fibromyalgia", "side effect", "approv"):
        assert word in answer.text


@pytest.mark.parametrize(
    "question",
    ["Does LDN help with hair loss?", "Is ketamine better?", "Does LDN help ADHD?", "Will I lose weight on LDN?"],
)
def test_what_no_source_covers_is_said_to_be_missing(ask: Ask, question: str) -> None:
    """A subject that no source speaks of is named as missing; no neighbouring fact takes its place."""
    answer = ask(question)
    assert (answer.outcome, answer.claims) == (Outcome.NO_EVIDENCE, ())
    assert answer.message
    assert answer.card is not None


@pytest.mark.parametrize(
    ("question", "known", "missing"),
    [
        ("Is there research on LDN for Crohn's and endometriosis?", "Crohn", "endometriosis"),
        ("Does it help acne, depression?", "depression", "acne"),
        ("¿Sirve para la fibromialgia y el acné?", "fibromialgia", "acné"),
    ],
)
def test_of_two_things_the_known_one_is_answered(ask: Ask, question: str, known: str, missing: str) -> None:
    """What stands beside something that no source covers is answered, and the other is told as missing."""
    answer = ask(question, lang="es" if "¿" in question else "en")
    assert answer.outcome is Outcome.ANSWERED
    assert known in answer.claims[0].text
    assert f"“{missing}”" in answer.message


@pytest.mark.parametrize("question", ["Anything on LDN and migraines?", "Is LDN safe with metformin and zolpidem?"])
def test_the_medicine_itself_is_no_answer(ask: Ask, question: str) -> None:
    """Beside the medicine's own name, or another unknown thing, what is missing is all that is said."""
    assert ask(question).outcome is Outcome.NO_EVIDENCE


def test_two_studies_are_not_mixed_up(ask: Ask, library: Library) -> None:
    """Statements of one study stand together, so that no result seems to be another study's."""
    for question in ("Does LDN make depression worse?", "What are the side effects?", "Does LDN help fibromyalgia?"):
        sources = [claim.citations[0].source for claim in ask(question).claims]
        studies = [id_ for id_ in sources if library.source(id_).kind.is_study]
        assert [id_ for at, id_ in enumerate(studies) if at == 0 or studies[at - 1] != id_] == list(
            dict.fromkeys(studies)
        )


@pytest.mark.parametrize(
    ("history", "question", "source"),
    [
        (
            ("Cuéntame del ensayo de Nueva Zelanda sobre LDN y depresión",),
            "cuantas personas participaron?",
            "moloney-2026",
        ),
        ((), "my gramma 84 deprest any studdies on ldn 4 old ppl", "gap-older-people"),
        ((), "doesldnhelpdepression", "moloney-2026"),
        ((), "Should I ask for LDN for my PTSD?", "gap-ptsd-trial"),
    ],
)
def test_the_right_work_is_cited(ask: Ask, history: tuple[str, ...], question: str, source: str) -> None:
    """A follow-up stays with its study, hasty typing changes nothing, and what was asked about is what is cited."""
    answer = ask(question, history=history)
    assert answer.outcome is Outcome.ANSWERED, answer.text
    assert source in {citation.source for citation in answer.citations}


def test_what_is_left_of_a_message_keeps_its_subject(ask: Ask) -> None:
    """With the question on an amount declined, the other is answered about what the sentence before it names."""
    answer = ask("My sister has fibromyalgia. Does it help with the pain? And how much should she take at night?")
    assert (answer.outcome, answer.rule) == (Outcome.ANSWERED, "dosing_request")
    assert "fibromyalgia" in answer.text
