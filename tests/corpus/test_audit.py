"""Audits: every article is judged sentence by sentence, and what qualifies a claim is heard word for word."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.evidence import Claim, Kind, Passage, Role, Standing, Topic
from corpus.library import Library, load_library
from guardrails.grounding import UNBALANCED
from guardrails.verdict import Said

TODAY = date(2026, 11, 30)

SECOND = """
# The balm

The balm has been tried in ten people. The balm helps. Ask us about it.
"""

SECOND_AUDIT = """\
[[claim]]
id = 1
claim = "It was tried"
sentences = ["The balm has been tried in ten people."]
standing = "qualified"
supports = ["three"]
qualifies = [{ source = "three", says = "Nobody compared the balm with anything." }]
comment = "Tried, not compared."
direction = "Say that nothing was compared."

[[claim]]
id = 2
claim = "It helps"
sentences = ["The balm helps."]
standing = "unsupported"
comment = "No source says so."
direction = "Delete it."

[[aside]]
sentence = "Ask us about it."
why = "An invitation."
"""

THREE = """
## About

- Ten people tried the balm.

## Limit

- Nobody compared the balm with anything.
"""


@pytest.fixture
def second(shelf: Any) -> Library:
    """Return the corpus after somebody added a second article, its audit and its source, by files alone."""
    shelf.add("article/balm.md", {"id": "balm", "kind": "article"}, SECOND)
    shelf.add("sources/three.md", {"id": "three"}, THREE)
    shelf.write("claims/balm.toml", SECOND_AUDIT)
    return load_library(shelf.folder, {}, today=TODAY)


@pytest.fixture(scope="module")
def shipped() -> Library:
    """Return the library that is shipped."""
    return load_library(Path(corpus.__file__).parent, {})


def said_of(library: Library, article: str) -> list[Passage]:
    """Return what patients can be told of an article."""
    return [passage for passage in library.patient_passages() if passage.source_id == article]


def withholds(passage: Passage, *before: Passage) -> bool:
    """Tell whether the rule withholds a quotation after others."""
    said = Said(claim=Claim.quoting(passage), before=tuple(map(Claim.quoting, before)))
    return any(True for _ in UNBALANCED.find(said))


def test_a_second_article_is_added_by_files_alone(second: Library) -> None:
    """Two articles stand side by side, each with its own audit and its own sources."""
    assert [*second.audits] == ["balm", "remedy"]
    assert [passage.text for passage in said_of(second, "balm")] == [
        "The balm has been tried in ten people.",
        "Ask us about it.",
    ]
    assert [passage.text for passage in said_of(second, "remedy")] == ["It is not a first choice.", "Talk with us."]


def test_a_qualified_sentence_needs_the_exact_statement(second: Library) -> None:
    """Another statement of the source that qualifies a sentence is not enough; the named one is."""
    sentence = said_of(second, "balm")[0]
    about, limit = second.source("three").passages
    assert sentence.standing is Standing.QUALIFIED
    assert second.qualifying(sentence) == ((limit,),)
    assert withholds(sentence)
    assert withholds(sentence, about)
    assert not withholds(sentence, limit)


def test_each_qualified_claim_of_a_sentence_needs_its_own(shipped: Library) -> None:
    """The article's sentence on what was studied needs a word on anxiety and one on PTSD."""
    sentence = next(passage for passage in said_of(shipped, "ldn-mental-health") if "traditionally" in passage.text)
    anxiety, ptsd = shipped.qualifying(sentence)
    assert withholds(sentence, anxiety[0])
    assert withholds(sentence, ptsd[0])
    assert not withholds(sentence, anxiety[0], ptsd[0])


def test_an_article_without_an_audit_is_an_error(shelf: Any) -> None:
    """What nobody judged is never said: the article does not even load."""
    shelf.add("article/balm.md", {"id": "balm", "kind": "article"}, SECOND)
    (problem,) = shelf.problems()
    assert problem.startswith("article/balm.md:1: nobody audited this article: claims/balm.toml is missing")


def test_an_audit_without_an_article_is_an_error(shelf: Any) -> None:
    """An audit whose file bears another name than its article would judge nothing."""
    shelf.path("claims/remedy.toml").rename(shelf.path("claims/balm.toml"))
    assert "claims/balm.toml:1: audits no article: article/balm.md is missing" in shelf.problems()
    assert any("nobody audited this article" in problem for problem in shelf.problems())


def test_the_shipped_audit_has_all_claims(shipped: Library) -> None:
    """All 28 claims are there, in order, and each that is not supported says what the editor can do."""
    claims = shipped.audits["ldn-mental-health"].claims
    assert [claim.id for claim in claims] == [*range(1, 29)]
    assert all(claim.direction for claim in claims if claim.standing is not Standing.SUPPORTED)


def test_what_the_article_leaves_out_can_be_said(shipped: Library) -> None:
    """Each of the nine points that the article leaves out stands in statements that patients can be told."""
    said = {(passage.source_id, passage.text) for passage in shipped.patient_passages()}
    omissions = shipped.audits["ldn-mental-health"].omissions
    assert len(omissions) == 9
    for omission in omissions:
        assert {(quoted.source, quoted.says) for quoted in omission.statements} <= said, omission.point


@pytest.mark.parametrize(
    ("gap", "topic"),
    [
        ("gap-ptsd-trial", Topic.PTSD),
        ("gap-anxiety-trial", Topic.ANXIETY),
        ("gap-treatment-resistant-depression-trial", Topic.TREATMENT_RESISTANCE),
        ("gap-children", Topic.CHILDREN),
        ("gap-older-people", Topic.OLDER_PEOPLE),
        ("gap-antidepressant-interactions", Topic.OTHER_MEDICINES),
    ],
)
def test_gaps_are_told_as_limits_with_a_link(shipped: Library, gap: str, topic: Topic) -> None:
    """What was searched for and not found is said as a limit, dated, with its searches, and leads to our own page."""
    source = shipped.source(gap)
    assert source.kind is Kind.GAP
    assert source.searches
    assert source.reference.link == "/v1/sources"
    found = [passage for passage in shipped.patient_passages() if passage.source_id == gap]
    assert {passage.role for passage in found} == {Role.LIMIT}
    assert all(topic in passage.topics for passage in found)
    assert "November 23, 2026" in " ".join(passage.text for passage in found)
