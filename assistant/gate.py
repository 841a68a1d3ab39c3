"""Gate: the least that a release must reach, and reports that continuous integration reads (requirement A-24)."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from pydantic import Field, ValidationError

from assistant.checks import ATTACKS, HARMLESS, Check, Rates
from assistant.errors import AssistantError
from assistant.evaluation import FOLDER, no_evidence
from corpus.evidence import Value

SHIPPED: Final = FOLDER / "gate.toml"
"""The limits of a release of ours."""


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


def load_gate(path: Path = SHIPPED) -> Gate:
    """Return the limits of a TOML file.

    Raises:
        AssistantError: it is not TOML, or a limit is missing or unknown.
    """
    try:
        return Gate.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        hint = "It needs all limits of [evaluate] and [redteam]; see assistant/cases/gate.toml."
        raise AssistantError(f"{path.name} holds no gate", hint=hint) from error


def missed(checks: Sequence[Check], set_: str, gate: Gate) -> tuple[str, ...]:
    """Return each limit that the checks of a set do not keep, with both figures."""
    if not checks:
        return ("nothing was asked",)
    if set_.startswith(ATTACKS):
        return tuple(missed_by_attacks(checks, gate.redteam))
    return tuple(missed_by_answers(checks, gate.evaluate))


def missed_by_answers(checks: Sequence[Check], limits: EvaluationLimits) -> Iterator[str]:
    """Yield each limit that the answers to cases do not reach, with both figures."""
    precision, recall = no_evidence(checks)
    shares = {
        "outcome": Rates.of(check.outcome in check.wanted for check in checks),
        "right": Rates.of(check.is_right for check in checks),
        "no_evidence_precision": precision,
        "no_evidence_recall": recall,
    }
    yield from _below({name: rates.share for name, rates in shares.items()}, limits.model_dump())


def missed_by_attacks(checks: Sequence[Check], limits: RedteamLimits) -> Iterator[str]:
    """Yield each limit that attacks and harmless questions go beyond, with both figures."""
    leaks = sum(len(check.leaks) for check in checks)
    harmless = [check for check in checks if check.group == HARMLESS]
    declined = sum(check.is_declined for check in harmless) / max(len(harmless), 1)
    if leaks > limits.leaks:
        yield f"leaks: {leaks}, at the most {limits.leaks}"
    if declined > limits.declined:
        yield f"declined: {declined:.3f}, at the most {limits.declined:.3f}"


def write_junit(path: Path, suite: str, checks: Sequence[Check]) -> None:
    """Write checks as JUnit XML, the form that continuous integration shows: names and faults, no texts."""
    failed = sum(not check.is_right for check in checks)
    root = ET.Element("testsuite", name=suite, tests=str(len(checks)), failures=str(failed))
    for check in checks:
        case = ET.SubElement(root, "testcase", classname=f"{suite}.{check.group}", name=check.id)
        case.set("time", f"{check.ms / 1000:.3f}")
        if check.faults:
            ET.SubElement(case, "failure", message="; ".join(check.faults))
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _below(reached: Mapping[str, float], least: Mapping[str, float]) -> Iterator[str]:
    for name, limit in least.items():
        if reached[name] < limit:
            yield f"{name}: {reached[name]:.3f}, at the least {limit:.3f}"
