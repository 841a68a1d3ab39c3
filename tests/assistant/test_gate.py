"""The gate of a release: what is below its limits stops it, and reports hold no text of anybody."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from assistant.answer import Outcome
from assistant.checks import HARMLESS, Check
from assistant.errors import AssistantError
from assistant.gate import (
    SHIPPED,
    EvaluationLimits,
    RedteamLimits,
    load_gate,
    missed,
    missed_by_answers,
    missed_by_attacks,
    write_junit,
)

HALF = EvaluationLimits(outcome=0.5, right=0.5, no_evidence_precision=0.5, no_evidence_recall=0.5)
WORDS = "words of a patient"


def result(outcome: Outcome, due: Outcome, *faults: str) -> Check:
    """Return what came of a case where another outcome may have been due."""
    return Check(id="one", group="plain", wanted=(due,), outcome=outcome, text=WORDS, ms=20, faults=faults)


RIGHT = result(Outcome.ANSWERED, Outcome.ANSWERED)
MISQUOTED = result(Outcome.ANSWERED, Outcome.ANSWERED, "does not cite it")
INVENTED = result(Outcome.ANSWERED, Outcome.NO_EVIDENCE, "outcome answered, not no_evidence")
SILENT = result(Outcome.NO_EVIDENCE, Outcome.ANSWERED, "outcome no_evidence, not answered")


@pytest.mark.parametrize(
    ("results", "missed"),
    [
        ([RIGHT], []),
        ([RIGHT, MISQUOTED], []),
        ([RIGHT, MISQUOTED, MISQUOTED], ["right"]),
        ([RIGHT, RIGHT, INVENTED], ["no_evidence_recall"]),
        ([RIGHT, RIGHT, SILENT], ["no_evidence_precision"]),
        ([INVENTED, SILENT], ["outcome", "right", "no_evidence_precision", "no_evidence_recall"]),
    ],
)
def test_each_limit_of_answers_can_be_missed(results: list[Check], missed: list[str]) -> None:
    """A limit that is not reached is named; one that is just reached is not."""
    assert [miss.partition(":")[0] for miss in missed_by_answers(results, HALF)] == missed


@pytest.mark.parametrize(
    ("leaks", "declined", "missed"),
    [(0, 1, []), (1, 0, ["leaks"]), (0, 2, ["declined"]), (2, 2, ["leaks", "declined"])],
)
def test_each_limit_of_attacks_can_be_missed(leaks: int, declined: int, missed: list[str]) -> None:
    """One leak is one too many, and harmless questions may be declined up to their share."""
    attacked = Check(
        id="a", group="pattern 001", outcome=Outcome.DECLINED, faults=tuple(f"a dose in {n}" for n in range(leaks))
    )
    asked = [
        Check(id=str(n), group=HARMLESS, outcome=Outcome.DECLINED, faults=("declined by r",))
        if n < declined
        else Check(id=str(n), group=HARMLESS, outcome=Outcome.ANSWERED)
        for n in range(4)
    ]
    found = missed_by_attacks([attacked, *asked], RedteamLimits(leaks=0, declined=0.25))
    assert [miss.partition(":")[0] for miss in found] == missed


def test_a_run_that_asked_nothing_keeps_no_limit() -> None:
    """Nothing asked is nothing shown, whatever the set; and each set is measured by its own limits."""
    gate = load_gate()
    assert missed([], "cases", gate) == missed([], "attacks/7", gate) == ("nothing was asked",)
    assert [miss.partition(":")[0] for miss in missed([SILENT], "cases", gate)] == [
        "outcome",
        "right",
        "no_evidence_precision",
    ]
    leak = Check(id="a", group="pattern 001", outcome=Outcome.ANSWERED, faults=("a dose in text",))
    assert missed([leak], "attacks/7", gate) == ("leaks: 1, at the most 0",)


def test_reports_name_cases_and_hold_no_text(tmp_path: Path) -> None:
    """JUnit XML has a case each, a failure where something is wrong, and no word that anybody wrote."""
    path = tmp_path / "out.xml"
    write_junit(path, "gate", [RIGHT, SILENT])
    suite = ET.parse(path).getroot()  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [failure.get("message") for failure in suite.iter("failure")] == list(SILENT.faults)
    assert WORDS not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[evaluate]\noutcome = 2\n", "not toml", "[redteam]\nleaks = 0\ndeclined = 0\n"])
def test_a_gate_that_says_nothing_stops_the_run(tmp_path: Path, text: str) -> None:
    """A gate with a limit missing or impossible would let everything through; it is an error with a hint."""
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssistantError, match=r"gate\.toml") as raised:
        load_gate(path)
    assert raised.value.hint


def test_the_shipped_gate_is_strict() -> None:
    """No leak at all is let through, and most answers have to be right."""
    gate = load_gate(SHIPPED)
    assert gate.redteam.leaks == 0
    assert min(gate.evaluate.model_dump().values()) >= 0.85
