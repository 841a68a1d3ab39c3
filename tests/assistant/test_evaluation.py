"""The evaluation: cases are well formed, judged as they say, and the shipped assistant answers most of them."""

from pathlib import Path

import pytest

from assistant.answer import Answer, Citation, CitedClaim, Outcome
from assistant.evaluation import Case, by_category, evaluate, judge, load_cases, no_evidence
from assistant.factory import Parts
from assistant.gate import load_gate, missed_by_answers
from assistant.samples import write_samples
from corpus.library import Library

FOLDER = Path(__file__).parents[1] / "evaluation"
TUNE, MORE, VOICES, END = (FOLDER / f"answers-{name}.toml" for name in ("tune", "more", "voices", "end"))
SAMPLES = Path(__file__).parents[2] / "docs" / "samples.md"
GATE = FOLDER / "gate.toml"


def answer(outcome: Outcome, *passages: str, text: str = "Said.") -> Answer:
    """Return an answer that cites passages with these ids."""
    citations = tuple(
        Citation(n=n, passage=id_, source=id_.split("#")[0], title="T", byline="B", kind="k", url="u", quote=str(n))
        for n, id_ in enumerate(passages, 1)
    )
    return Answer(
        id="1",
        session="s",
        question="q",
        lang="en",
        outcome=outcome,
        message="" if passages else text,
        claims=(CitedClaim(text=text, citations=citations),) if passages else (),
        ms=1,
        fingerprint=None,
        generator="g",
    )


def case(**fields: object) -> Case:
    """Return a case that wants an answer, changed by ``fields``."""
    whole = {"id": "c", "category": "yes-no", "question": "?", "outcome": ("answered",), "grounds": "g"} | fields
    return Case.model_validate(whole)


def test_a_right_answer_has_no_faults() -> None:
    """The outcome is one of those wanted and what must be cited is."""
    wanted = case(must_cite=("a-1#risk",), any_cite=("b-2", "c-3"), may_cite=("d-4",))
    assert judge(wanted, answer(Outcome.ANSWERED, "a-1#risk:12", "c-3#fact:34", "d-4#fact:5")).is_right


@pytest.mark.parametrize(
    ("wanted", "given", "fault"),
    [
        (case(), answer(Outcome.NO_EVIDENCE), "outcome no_evidence, not answered"),
        (case(must_cite=("a-1",)), answer(Outcome.ANSWERED, "b-2#x:1"), "does not cite a-1"),
        (case(any_cite=("a-1", "c-3")), answer(Outcome.ANSWERED, "b-2#x:1"), "cites none of a-1, c-3"),
        (case(may_cite=("a-1",)), answer(Outcome.ANSWERED, "b-2#x:1"), "cites b-2#x:1"),
        (case(must_not_say=("cure",)), answer(Outcome.ANSWERED, "a-1#x:1", text="A Cure."), "says “cure”"),
        (case(rule="crisis"), answer(Outcome.ANSWERED, "a-1#x:1"), "rule crisis did not fire"),
        (
            case(outcome=("no_evidence",), must_name=("hair",)),
            answer(Outcome.NO_EVIDENCE, text="Nothing on that."),
            "does not name hair",
        ),
    ],
)
def test_each_fault_is_found(wanted: Case, given: Answer, fault: str) -> None:
    """A wrong outcome, a missing or foreign citation, a forbidden word, a rule that slept, an unnamed gap."""
    assert judge(wanted, given).faults == (fault,)


def test_rates() -> None:
    """Shares by category, and precision and recall of saying that nothing is known."""
    gap = case(id="g", category="gap", outcome=("no_evidence",))
    results = [
        judge(case(), answer(Outcome.ANSWERED, "a-1#x:1")),
        judge(case(), answer(Outcome.NO_EVIDENCE)),
        judge(gap, answer(Outcome.NO_EVIDENCE)),
        judge(gap, answer(Outcome.ANSWERED, "a-1#x:1")),
    ]
    assert {name: rates.share for name, rates in by_category(results).items()} == {"gap": 0.5, "yes-no": 0.5}
    precision, recall = no_evidence(results)
    assert (precision.share, recall.share) == (0.5, 0.5)


@pytest.mark.parametrize("path", [TUNE, MORE, VOICES, END], ids=lambda path: path.stem)
def test_cases_name_what_exists(library: Library, path: Path) -> None:
    """Ids stand once, and every citation that a case wants begins the id of a passage."""
    cases = load_cases(path).case
    assert len({one.id for one in cases}) == len(cases)
    known = [passage.id for passage in library.patient_passages()]
    wanted = {prefix for one in cases for prefix in (*one.must_cite, *one.any_cite, *one.may_cite)}
    assert not [prefix for prefix in wanted if not any(id_.startswith(prefix) for id_ in known)]


def test_the_parts_are_apart() -> None:
    """What is only run at the end shares hardly a question with what we tune on: the shortest come to everybody."""
    tuned = [one for path in (TUNE, MORE, VOICES) for one in load_cases(path).case]
    held = load_cases(END)
    assert held.part == "end"
    asked = {one.question for one in tuned}
    assert sum(one.question in asked for one in held.case) <= 0.05 * len(held.case)
    assert len(tuned) + len(held.case) >= 220


def test_the_shipped_assistant_passes_the_gate(parts: Parts) -> None:
    """The first tuning part reaches every limit of a release."""
    results = evaluate(parts.assistant, load_cases(TUNE).case)
    assert list(missed_by_answers(results, load_gate(GATE).evaluate)) == []


def test_the_samples_are_what_is_said_today(parts: Parts) -> None:
    """docs/samples.md is what the command prints; run it again when answers change."""
    assert SAMPLES.read_text(encoding="utf-8").strip() == write_samples(parts.assistant, load_cases(TUNE).case).strip()
