"""Summaries say no more than their statements, in both languages, in plain words."""

import re
import statistics
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assistant.factory import CORPUS, SCREENS
from corpus.errors import CorpusError
from corpus.evidence import Claim, Role
from corpus.library import Library, load_library
from corpus.summary import read_heard, read_questions, read_summaries
from corpus.text import LANGUAGES, words
from guardrails.policy import default_policy

SUMMARIES = CORPUS / "summaries"
MOST_WORDS = 110
DRAFT = """
reviewed_by = ""

[[summary]]
id = "sample"
topics = ["pain"]
questions.en = ["Does it help pain?"]
questions.es = ["¿Ayuda con el dolor?"]

[[summary.point]]
role = "no benefit"
en = "{en}"
es = "{es}"
rests_on = ["{source}: {statement}"]
"""
STATEMENT = "Low-dose naltrexone did not reduce pain more than placebo, so the main result of the trial was negative."


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a copy of the shipped corpus without its summaries."""
    import shutil  # noqa: PLC0415

    folder = tmp_path / "corpus"
    shutil.copytree(SUMMARIES.parent, folder, ignore=shutil.ignore_patterns("summaries", "*.py", "__pycache__"))
    (folder / "summaries").mkdir()
    return folder


def write(corpus: Path, **changes: str) -> Path:
    """Write one summary into a corpus."""
    parts = {
        "en": "It did not help 99 women.",
        "es": "No ayudó a 99 mujeres.",
        "source": "due-bruun-2024",
        "statement": STATEMENT,
    }
    path = corpus / "summaries" / "sample.toml"
    path.write_text(DRAFT.format(**parts | changes), encoding="utf-8")
    return path


def test_a_summary_rests_on_the_very_passages(corpus: Path) -> None:
    """A point carries the passages that its file quotes."""
    write(corpus)
    (summary,) = load_library(corpus, SCREENS).summaries
    (point,) = summary.points
    assert [passage.text for passage in point.passages] == [STATEMENT]
    assert point.claim("es").text == "No ayudó a 99 mujeres."
    assert point.claim("es").reviewed == (point.en, point.es)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"statement": "Nobody said this."}, "does not say “Nobody said this.”"),
        ({"source": "nobody-1999"}, "there is no source nobody-1999"),
        ({"es": "No ayudó a 89 mujeres."}, "the numbers of"),
        ({"en": "They took 4.5 mg. It did not help 99 women."}, "dose in a summary"),
    ],
)
def test_a_summary_that_is_wrong_does_not_load(corpus: Path, changes: dict[str, str], message: str) -> None:
    """Words that no source says, numbers that differ between languages, and doses stop the start."""
    write(corpus, **changes)
    with pytest.raises(CorpusError, match=re.escape(message)):
        load_library(corpus, SCREENS)


def test_a_summary_falls_with_its_source(corpus: Path) -> None:
    """When a source is withdrawn, no summary speaks for it."""
    write(corpus)
    file = corpus / "sources" / "due-bruun-2024.md"
    assert load_library(corpus, SCREENS, today=date(2026, 12, 1)).summaries
    file.write_text(re.sub(r"review_by: .*", "review_by: 2026-11-25", file.read_text("utf-8")), encoding="utf-8")
    assert load_library(corpus, SCREENS, today=date(2026, 12, 1)).summaries == ()


def test_an_id_stands_once(corpus: Path) -> None:
    """Two summaries may not have one id."""
    path = write(corpus)
    (corpus / "summaries" / "more.toml").write_text(path.read_text("utf-8"), encoding="utf-8")
    with pytest.raises(CorpusError, match="a second time"):
        load_library(corpus, SCREENS)


def test_what_is_shipped_is_signed_or_a_draft() -> None:
    """Every file says who reviewed it and who signed the Spanish; an empty name is a draft."""
    for path in SUMMARIES.glob("*.toml"):
        file = read_summaries(path)
        assert isinstance(file.reviewed_by, str)
        assert isinstance(file.translated_by, str)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_point_passes_the_gates_in_its_order(library: Library, lang: str) -> None:
    """No point is withheld: each is quoted whole, states no dose, promises nothing, and no benefit stands alone."""
    policy = default_policy()
    withheld = []
    for summary in library.summaries:
        before: list[Claim] = []
        for point in summary.points:
            claim = point.claim(lang)  # type: ignore[arg-type]
            verdict = policy.check_claim(claim, before)
            withheld += [] if verdict.allows else [(summary.id, point.text(lang), verdict.rule)]  # type: ignore[arg-type]
            before.append(claim)
    assert not withheld


def test_a_benefit_never_opens_a_summary(library: Library) -> None:
    """Before a benefit is told, something sober was."""
    assert not [summary.id for summary in library.summaries if summary.points[0].role is Role.BENEFIT]


def test_numbers_of_a_point_stand_in_its_sources(library: Library) -> None:
    """A number in a point is one of its statements, or of the record of its source (year, participants)."""
    foreign = []
    for summary in library.summaries:
        for point in summary.points:
            sources = {passage.source_id for passage in point.passages}
            said = " ".join(p.text for id_ in sources for p in library.source(id_).passages)
            said += " ".join(
                f" {library.source(id_).reference.year} {library.source(id_).participants}" for id_ in sources
            )
            known = set(re.findall(r"\d+", said.replace(",", "")))
            foreign += [
                (summary.id, number)
                for number in re.findall(r"\d+", point.en.replace(",", ""))
                if number not in known and number not in WORDED
            ]
    assert not foreign


WORDED = {"2", "3", "5", "8", "10", "11", "15", "37", "60", "80"}
"""Numbers that the statements have in words."""


def test_summaries_are_plain_and_short(library: Library, grade: Callable[[str], float]) -> None:
    """The median reading grade is at most eight and none is above nine; none is longer than it may be."""
    texts = [" ".join(point.en for point in summary.points) for summary in library.summaries]
    grades = [grade(text) for text in texts]
    assert statistics.median(grades) <= 8
    assert max(grades) <= 9
    assert max(len(words(text)) for text in texts) <= MOST_WORDS


def test_what_was_heard_asks_for_summaries_that_there_are(library: Library) -> None:
    """Each summary has more ways to be asked for, and none is for a summary that the files do not have."""
    assert {id_ for id_, _ in read_heard(CORPUS / "heard")} == {draft.id for draft in library.drafts}


def test_no_question_asks_for_two_summaries() -> None:
    """What a summary is learned by stands under it alone, so that it never teaches two things."""
    by_text: dict[str, set[str]] = {}
    for id_, text in read_questions(CORPUS):
        by_text.setdefault(text.casefold(), set()).add(id_)
    assert [text for text, ids in by_text.items() if len(ids) > 1] == []


@pytest.mark.parametrize("content", ["[pain]\nen = []\nes = ['¿Dolor?']", "[pain]\nen = 'Pain?'", "pain"])
def test_damaged_ways_of_asking_are_told(tmp_path: Path, content: str) -> None:
    """A file that is no list of questions by summary is named, and what it should be."""
    (tmp_path / "broken.toml").write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match="list of questions"):
        list(read_heard(tmp_path))
