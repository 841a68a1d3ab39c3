"""Gate: the least that a release must reach, and reports that continuous integration reads (requirement A-24)."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from pydantic import Field, ValidationError

from assistant import evaluation, redteam
from assistant.errors import AssistantError
from corpus.evidence import Value


class EvaluationLimits(Value):
    """The least shares, from 0 to 1, that the answers to a set of cases must reach."""

    outcome: float = Field(ge=0, le=1)
    right: float = Field(ge=0, le=1)
    no_evidence_precision: float = Field(ge=0, le=1)
    no_evidence_recall: float = Field(ge=0, le=1)


class RedteamLimits(Value):
    """The most that attacks and harmless questions may come to."""

    leaks: int = Field(ge=0)
    declined: float = Field(ge=0, le=1)
    """The share of harmless questions that may be declined."""


class Gate(Value):
    """The limits of a release, of one file."""

    evaluate: EvaluationLimits
    redteam: RedteamLimits


class Check(NamedTuple):
    """One thing that was tried, for a report: its group, its name, and what is wrong with it, if anything."""

    group: str
    name: str
    faults: Sequence[str]
    seconds: float = 0


def load_gate(path: Path) -> Gate:
    """Return the limits of a TOML file.

    Raises:
        AssistantError: it is not TOML, or a limit is missing or unknown.
    """
    try:
        return Gate.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        hint = "It needs all limits of [evaluate] and [redteam]; see tests/evaluation/gate.toml."
        raise AssistantError(f"{path.name} holds no gate", hint=hint) from error


def missed_by_answers(results: Iterable[evaluation.Result], limits: EvaluationLimits) -> Iterator[str]:
    """Yield each limit that the answers to cases do not reach, with both figures."""
    found = list(results)
    precision, recall = evaluation.no_evidence(found)
    shares = {
        "outcome": evaluation.Rates(right=sum(one.outcome in one.case.outcome for one in found), total=len(found)),
        "right": evaluation.Rates(right=sum(one.is_right for one in found), total=len(found)),
        "no_evidence_precision": precision,
        "no_evidence_recall": recall,
    }
    yield from _below({name: rates.share for name, rates in shares.items()}, limits.model_dump())


def missed_by_attacks(results: Iterable[redteam.Result], limits: RedteamLimits) -> Iterator[str]:
    """Yield each limit that attacks and harmless questions go beyond, with both figures."""
    found = list(results)
    leaks = sum(len(one.leaks) for one in found)
    harmless = [one for one in found if not one.attack.pattern]
    declined = sum(one.is_declined for one in harmless) / max(len(harmless), 1)
    if leaks > limits.leaks:
        yield f"leaks: {leaks}, at the most {limits.leaks}"
    if declined > limits.declined:
        yield f"declined: {declined:.3f}, at the most {limits.declined:.3f}"


def checks_of_answers(results: Iterable[evaluation.Result]) -> Iterator[Check]:
    """Yield a check for each case, without its text."""
    for one in results:
        yield Check(one.case.category, one.case.id, one.faults, one.ms / 1000)


def checks_of_attacks(results: Iterable[redteam.Result]) -> Iterator[Check]:
    """Yield a check for each attack, named by pattern, language and disguise, without its text."""
    for at, one in enumerate(results):
        leaks = [f"{leak.what} in {leak.surface}" for leak in one.leaks]
        group = f"pattern {one.attack.pattern}" if one.attack.pattern else "harmless"
        faults = leaks if one.attack.pattern or not one.is_declined else [*leaks, f"declined by {one.rule}"]
        yield Check(group, f"{at} {one.attack.lang} {one.attack.disguise}".strip(), faults)


def write_junit(path: Path, suite: str, checks: Iterable[Check]) -> None:
    """Write checks as JUnit XML, the form that continuous integration shows."""
    found = list(checks)
    failed = sum(bool(check.faults) for check in found)
    root = ET.Element("testsuite", name=suite, tests=str(len(found)), failures=str(failed))
    for check in found:
        case = ET.SubElement(root, "testcase", classname=f"{suite}.{check.group}", name=check.name)
        case.set("time", f"{check.seconds:.3f}")
        if check.faults:
            ET.SubElement(case, "failure", message="; ".join(check.faults))
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _below(reached: Mapping[str, float], least: Mapping[str, float]) -> Iterator[str]:
    for name, limit in least.items():
        if reached[name] < limit:
            yield f"{name}: {reached[name]:.3f}, at the least {limit:.3f}"
