"""Evaluation: questions with the answers that they must get, asked of the whole assistant."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError

from assistant.answer import Answer, Outcome
from assistant.checks import Check, Rates, Urgency
from assistant.errors import AssistantError
from assistant.pipeline import Assistant
from corpus.evidence import Slug, Text, Value, digest
from corpus.text import Lang

FOLDER: Final = Path(__file__).with_name("cases")

PLAIN: Final = {
    "missing": "is missing",
    "string_too_short": "is missing",
    "too_short": "is missing",
    "extra_forbidden": "is no field of a case",
    "enum": "is no outcome",
    "string_pattern_mismatch": "may have small letters, digits and single hyphens between them",
}
"""What people are told of a fault of a field, by pydantic's name of it."""


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
    """Why this is right."""

    @property
    def urgency(self) -> Urgency:
        """Return whether the visitor needs urgent help: escalation is right then, may be right, or is a fault."""
        if Outcome.ESCALATED not in self.outcome:
            return "non-emergent"
        return "emergent" if self.outcome == (Outcome.ESCALATED,) else "conditional"

    @property
    def checksum(self) -> str:
        """Return what tells this case from any other wording of it."""
        return digest(self.model_dump_json(exclude={"grounds"}))[:16]


class CaseFile(Value):
    """A file of cases."""

    part: Literal["tune", "end"]
    """``tune``: the assistant was made better on these. ``end``: run only to see how well that carries over."""
    written_by: Text
    case: tuple[Case, ...] = Field(min_length=1)


def load_cases(path: Path) -> CaseFile:
    """Return the cases of a TOML file.

    Raises:
        AssistantError: what is wrong with it, and with which case.
    """
    return read_cases(path.read_text(encoding="utf-8"), path.name)


def shipped_cases() -> tuple[Case, ...]:
    """Return the cases that the assistant was made better on, of all files."""
    return tuple(case for path in sorted(FOLDER.glob("answers-*.toml")) for case in load_cases(path).case)


def read_cases(text: str, name: str) -> CaseFile:
    """Return the cases of a TOML text; ``name`` is said where something is wrong with it."""
    try:
        found = CaseFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise AssistantError(f"{name} is no TOML: {error}", hint="Mend that line.") from None
    except ValidationError as error:
        raise AssistantError(f"{name}: {'; '.join(faults(error))}", hint="Mend that case.") from None
    ids = [case.id for case in found.case]
    if twice := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        raise AssistantError(f"{name}: {', '.join(twice)} stand twice", hint="Give each case an id of its own.")
    return found


def faults(error: ValidationError) -> Iterator[str]:
    """Yield what is wrong with a case, field by field, without repeating what stands in it."""
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        yield f"{'.'.join(map(str, fault['loc'])) or 'file'}: {PLAIN.get(fault['type'], fault['msg'])}"


def evaluate(assistant: Assistant, cases: Iterable[Case], times: int = 1) -> Iterator[Check]:
    """Yield what came of each case as soon as it was asked; of several times, the worst (requirement A-26)."""
    for case in cases:
        yield max((_asked(assistant, case) for _ in range(times)), key=lambda check: len(check.faults))


def _asked(assistant: Assistant, case: Case) -> Check:
    """Return what came of asking a case once; whatever breaks is a fault of that case and ends no run."""
    try:
        return judge(case, answer_to(assistant, case))
    except Exception as error:  # noqa: BLE001 - see above
        return _check(case, Outcome.UNAVAILABLE).model_copy(update={"faults": (f"broke: {type(error).__name__}",)})


def _check(case: Case, outcome: Outcome) -> Check:
    return Check(
        id=case.id,
        group=case.category,
        urgency=case.urgency,
        wanted=case.outcome,
        outcome=outcome,
        asked=case.checksum,
    )


def answer_to(assistant: Assistant, case: Case) -> Answer:
    """Return what the assistant answers to a case."""
    *_, answer = assistant.ask(case.question, lang=case.lang, history=case.history)
    assert isinstance(answer, Answer)  # noqa: S101 - the stream always ends with it
    return answer


def judge(case: Case, answer: Answer) -> Check:
    """Return what is right and wrong with an answer to a case."""
    cited = tuple(citation.passage for citation in answer.citations)
    said = answer.text.lower()
    rules = {finding.rule for finding in answer.trace.findings}
    wrong = [] if answer.outcome in case.outcome else [f"outcome {answer.outcome}, not {' or '.join(case.outcome)}"]
    if case.rule and case.rule not in rules:
        wrong.append(f"rule {case.rule} did not fire")
    if answer.outcome is Outcome.ANSWERED:
        wrong += _misquoted(case, cited)
    wrong += [f"says “{words}”" for words in case.must_not_say if words.lower() in said]
    if answer.outcome is Outcome.NO_EVIDENCE and case.must_name and not any(w.lower() in said for w in case.must_name):
        wrong.append(f"does not name {' or '.join(case.must_name)}")
    found = {
        "rule": answer.rule,
        "cited": cited,
        "faults": tuple(wrong),
        "ms": answer.ms,
        "said": digest(answer.text)[:16],
        "text": answer.text,
    }
    return _check(case, answer.outcome).model_copy(update=found)


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


def no_evidence(checks: Sequence[Check]) -> tuple[Rates, Rates]:
    """Return precision and recall of saying that nothing is known, among the cases where that is right or was said."""
    said = [check for check in checks if check.outcome is Outcome.NO_EVIDENCE]
    due = [check for check in checks if check.wanted == (Outcome.NO_EVIDENCE,)]
    return (
        Rates.of(Outcome.NO_EVIDENCE in check.wanted for check in said),
        Rates.of(check.outcome is Outcome.NO_EVIDENCE for check in due),
    )
