"""The evaluation: cases are well formed, judged as they say, and the shipped assistant answers most of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answer import Answer, Citation, CitedClaim, Outcome
from assistant.checks import Rates, by_group
from assistant.errors import AssistantError
from assistant.evaluation import FOLDER, Case, evaluate, judge, load_cases, no_evidence, read_cases, shipped_cases
from assistant.factory import Parts
from assistant.gate import load_gate, missed_by_answers
from assistant.samples import write_samples
from corpus.library import Library

TUNE, MORE, VOICES = (FOLDER / f"answers-{name}.toml" for name in ("tune", "more", "voices"))
END = Path(__file__).parents[1] / "evaluation" / "answers-end.toml"
CASE_FILE = """part = "tune"
written_by = "a test"
[[case]]
id = "one"
category = "plain"
question = "SECRET?"
outcome = ["answered"]
grounds = "A test."
"""
SAMPLES = Path(__file__).parents[2] / "docs" / "samples.md"


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
    shares = {name: Rates.of(one.is_right for one in found).share for name, found in by_group(results).items()}
    assert shares == {"gap": 0.5, "yes-no": 0.5}
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
    tuned = shipped_cases()
    held = load_cases(END)
    assert held.part == "end"
    asked = {one.question for one in tuned}
    assert sum(one.question in asked for one in held.case) <= 0.05 * len(held.case)
    assert len(tuned) + len(held.case) >= 220


def test_the_shipped_assistant_passes_the_gate(parts: Parts) -> None:
    """The first tuning part reaches every limit of a release."""
    results = list(evaluate(parts.assistant, load_cases(TUNE).case))
    assert list(missed_by_answers(results, load_gate().evaluate)) == []


def test_the_samples_are_what_is_said_today(parts: Parts) -> None:
    """docs/samples.md is what the command prints; run it again when answers change."""
    assert SAMPLES.read_text(encoding="utf-8").strip() == write_samples(parts.assistant, load_cases(TUNE).case).strip()


class Fickle:
    """An assistant that answers rightly the first time, then with nothing, then breaks."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, question: str, **_: object) -> Iterator[Answer]:
        """Answer by how often it was asked."""
        self.asked += 1
        if self.asked > 2:
            raise OSError(question)
        yield answer(Outcome.ANSWERED if self.asked == 1 else Outcome.NO_EVIDENCE)


def test_the_worst_of_several_answers_counts() -> None:
    """A case that is right once and wrong once is wrong: one bad answer in five is one too many."""
    (check,) = evaluate(Fickle(), [case()], times=2)  # type: ignore[arg-type]
    assert check.faults == ("outcome no_evidence, not answered",)


def test_what_breaks_is_a_fault_and_ends_nothing() -> None:
    """A case on which the assistant breaks is wrong, without the words of the error, and the others are still asked."""
    found = list(evaluate(Fickle(), [case(id=name) for name in ("a", "b", "c")]))  # type: ignore[arg-type]
    assert [check.faults for check in found] == [
        (),
        ("outcome no_evidence, not answered",),
        ("broke: OSError",),
    ]


@pytest.mark.parametrize(
    ("wanted", "urgency"),
    [
        (("answered",), "non-emergent"),
        (("escalated",), "emergent"),
        (("answered", "escalated"), "conditional"),
    ],
)
def test_urgency_follows_from_what_is_right(wanted: tuple[str, ...], urgency: str) -> None:
    """A case whose only right outcome is escalation is emergent; one where it may be right is conditional."""
    assert case(outcome=wanted).urgency == urgency
    assert judge(case(outcome=wanted), answer(Outcome.ANSWERED)).urgency == urgency


def test_an_edited_case_has_another_checksum() -> None:
    """A case asked in other words is told from one whose reasons alone were reworded."""
    assert case(question="Other?").checksum != case().checksum
    assert case(grounds="Better put.").checksum == case().checksum


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("part = ", "no TOML"),
        ('part = "tune"\nwritten_by = "w"\n', "case"),
        (CASE_FILE.replace('outcome = ["answered"]', 'outcome = ["solved"]'), r"case\.0\.outcome"),
        (CASE_FILE.replace("question", "qestion"), "qestion"),
        (CASE_FILE + CASE_FILE.partition("[[case]]")[1] + CASE_FILE.partition("[[case]]")[2], "one stand twice"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(text: str, said: str) -> None:
    """Each fault of a file of cases is named, and no value of it is repeated."""
    with pytest.raises(AssistantError, match=said) as raised:
        read_cases(text, "cases.toml")
    assert "SECRET" not in str(raised.value)
