"""Evaluation: questions with the answers that they must get, asked of the whole assistant."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from assistant.answer import Answer, Outcome
from assistant.pipeline import Assistant
from corpus.evidence import Slug, Text, Value
from corpus.text import Lang


class Case(Value):
    """A question, and what any right answer to it does."""

    id: Slug
    category: Text
    question: Text
    history: tuple[Text, ...] = ()
    """The visitor's earlier messages, oldest first."""
    lang: Lang = "en"
    outcome: tuple[Outcome, ...] = Field(min_length=1)
    """The outcomes that are right."""
    rule: Text | None = None
    """The rule that must have fired, if one must."""
    must_cite: tuple[Text, ...] = ()
    """Beginnings of passage ids (``moloney-2026``, ``moloney-2026#no-benefit``); each must be cited."""
    any_cite: tuple[Text, ...] = ()
    """At least one of these must be cited."""
    may_cite: tuple[Text, ...] = ()
    """Where it is given, nothing but these, ``must_cite`` and ``any_cite`` may be cited."""
    must_not_say: tuple[str, ...] = ()
    """Words in lower case that must not stand in the answer's own text."""
    must_name: tuple[Text, ...] = ()
    """Words in lower case, one of which the text of an answer without evidence must name."""
    grounds: Text


class CaseFile(Value):
    """A file of cases."""

    part: Literal["tune", "end"]
    """``tune``: the assistant was made better on these. ``end``: run only to see how well that carries over."""
    written_by: Text
    case: tuple[Case, ...] = Field(min_length=1)


class Result(Value):
    """What came of a case, and what is wrong with it: nothing, if it is right."""

    case: Case
    outcome: Outcome
    rule: str | None
    text: str
    cited: tuple[str, ...]
    """Ids of the passages that were cited, in order."""
    ms: float
    faults: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.faults


def load_cases(path: Path) -> CaseFile:
    """Return the cases of a TOML file; ``ValueError`` says what is wrong with it."""
    return CaseFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def evaluate(assistant: Assistant, cases: Iterable[Case]) -> Iterator[Result]:
    """Yield the result of each case as soon as it was asked."""
    for case in cases:
        yield judge(case, answer_to(assistant, case))


def answer_to(assistant: Assistant, case: Case) -> Answer:
    """Return what the assistant answers to a case."""
    *_, answer = assistant.ask(case.question, lang=case.lang, history=case.history)
    assert isinstance(answer, Answer)  # noqa: S101 - the stream always ends with it
    return answer


def judge(case: Case, answer: Answer) -> Result:
    """Return what is right and wrong with an answer to a case."""
    cited = tuple(citation.passage for citation in answer.citations)
    said = answer.text.lower()
    rules = {finding.rule for finding in answer.trace.findings}
    faults = [] if answer.outcome in case.outcome else [f"outcome {answer.outcome}, not {' or '.join(case.outcome)}"]
    if case.rule and case.rule not in rules:
        faults.append(f"rule {case.rule} did not fire")
    if answer.outcome is Outcome.ANSWERED:
        faults += _misquoted(case, cited)
    faults += [f"says “{words}”" for words in case.must_not_say if words.lower() in said]
    if answer.outcome is Outcome.NO_EVIDENCE and case.must_name and not any(w.lower() in said for w in case.must_name):
        faults.append(f"does not name {' or '.join(case.must_name)}")
    return Result(
        case=case,
        outcome=answer.outcome,
        rule=answer.rule,
        text=answer.text,
        cited=cited,
        ms=answer.ms,
        faults=tuple(faults),
    )


def _misquoted(case: Case, cited: Sequence[str]) -> Iterator[str]:
    """Yield what an answer should have cited and did not, or did and should not have."""
    yield from (f"does not cite {wanted}" for wanted in case.must_cite if not _among(wanted, cited))
    if case.any_cite and not any(_among(wanted, cited) for wanted in case.any_cite):
        yield f"cites none of {', '.join(case.any_cite)}"
    allowed = (*case.must_cite, *case.any_cite, *case.may_cite)
    if case.may_cite:
        yield from (f"cites {id_}" for id_ in cited if not id_.startswith(allowed))


def _among(wanted: str, cited: Iterable[str]) -> bool:
    return any(id_.startswith(wanted) for id_ in cited)


class Rates(Value):
    """How many of the cases are right, for one group of them."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """Return the share that is right; one where there is nothing to be wrong about."""
        return self.right / self.total if self.total else 1.0


def by_category(results: Iterable[Result]) -> dict[str, Rates]:
    """Return how many results are right in each category, in alphabetical order."""
    right, total = Counter[str](), Counter[str]()
    for result in results:
        total[result.case.category] += 1
        right[result.case.category] += result.is_right
    return {category: Rates(right=right[category], total=total[category]) for category in sorted(total)}


def no_evidence(results: Iterable[Result]) -> tuple[Rates, Rates]:
    """Return precision and recall of saying that nothing is known, among the cases where that is right or was said."""
    found = list(results)
    said = [result for result in found if result.outcome is Outcome.NO_EVIDENCE]
    due = [result for result in found if result.case.outcome == (Outcome.NO_EVIDENCE,)]
    return (
        Rates(right=sum(Outcome.NO_EVIDENCE in result.case.outcome for result in said), total=len(said)),
        Rates(right=sum(result.outcome is Outcome.NO_EVIDENCE for result in due), total=len(due)),
    )
