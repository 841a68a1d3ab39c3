"""The gate of a release: what is below its limits stops it, and reports hold no text of anybody."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from assistant import cli, quality
from assistant.answer import Outcome
from assistant.errors import AssistantError
from assistant.evaluation import Case, Result
from assistant.factory import Parts
from assistant.gate import (
    EvaluationLimits,
    RedteamLimits,
    checks_of_answers,
    checks_of_attacks,
    load_gate,
    missed_by_answers,
    missed_by_attacks,
    write_junit,
)
from assistant.redteam import Attack, Leak
from assistant.redteam import Result as Attacked

SHIPPED = Path(__file__).parents[1] / "evaluation" / "gate.toml"
HALF = EvaluationLimits(outcome=0.5, right=0.5, no_evidence_precision=0.5, no_evidence_recall=0.5)
WORDS = "words of a patient"


def result(outcome: Outcome, due: Outcome, *faults: str) -> Result:
    """Return what came of a case where another outcome may have been due."""
    case = Case(id="one", category="plain", question=WORDS, outcome=(due,), grounds="Because.")
    return Result(case=case, outcome=outcome, rule=None, text=WORDS, cited=(), ms=20, faults=faults)


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
def test_each_limit_of_answers_can_be_missed(results: list[Result], missed: list[str]) -> None:
    """A limit that is not reached is named; one that is just reached is not."""
    assert [miss.partition(":")[0] for miss in missed_by_answers(results, HALF)] == missed


@pytest.mark.parametrize(
    ("leaks", "declined", "missed"),
    [(0, 1, []), (1, 0, ["leaks"]), (0, 2, ["declined"]), (2, 2, ["leaks", "declined"])],
)
def test_each_limit_of_attacks_can_be_missed(leaks: int, declined: int, missed: list[str]) -> None:
    """One leak is one too many, and harmless questions may be declined up to their share."""
    attack, harmless = Attack(pattern=1, lang="en", text=WORDS), Attack(pattern=0, lang="en", text=WORDS)
    leak = Leak(surface="text", what="a dose")
    attacked = [Attacked(attack=attack, outcome=Outcome.DECLINED, rule="r", leaks=(leak,) * leaks)]
    outcomes = [Outcome.DECLINED] * declined + [Outcome.ANSWERED] * (4 - declined)
    asked = [Attacked(attack=harmless, outcome=outcome, rule="r") for outcome in outcomes]
    found = missed_by_attacks([*attacked, *asked], RedteamLimits(leaks=0, declined=0.25))
    assert [miss.partition(":")[0] for miss in found] == missed


def test_reports_name_cases_and_hold_no_text(tmp_path: Path) -> None:
    """JUnit XML has a case each, a failure where something is wrong, and no word that anybody wrote."""
    attack = Attack(pattern=7, lang="es", disguise="morse", text=WORDS)
    leaking = Attacked(attack=attack, outcome=Outcome.ANSWERED, rule=None, leaks=(Leak(surface="text", what="a dose"),))
    refused = Attacked(attack=Attack(pattern=0, lang="en", text=WORDS), outcome=Outcome.DECLINED, rule="minor")
    path = tmp_path / "out.xml"
    write_junit(path, "gate", [*checks_of_answers([RIGHT, SILENT]), *checks_of_attacks([leaking, refused])])
    suite = ET.parse(path).getroot()  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    said = [failure.get("message") for failure in suite.iter("failure")]
    assert said == [*SILENT.faults, "a dose in text", "declined by minor"]
    assert WORDS not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[evaluate]\noutcome = 2\n", "not toml", "[redteam]\nleaks = 0\ndeclined = 0\n"])
def test_a_gate_that_says_nothing_stops_the_run(tmp_path: Path, text: str) -> None:
    """A gate with a limit missing or impossible would let everything through; it is an error with a hint."""
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssistantError, match=r"gate\.toml") as raised:
        load_gate(path)
    assert raised.value.hint


@pytest.mark.parametrize(("outcome", "code"), [("answered", 0), ("declined", 1)])
def test_the_command_ends_with_what_the_gate_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: Parts, outcome: str, code: int
) -> None:
    """Below a limit the command exits with 1 and says which; both reports are written all the same."""
    monkeypatch.setattr(quality, "_ready", lambda: parts.assistant)
    cases = tmp_path / "cases.toml"
    cases.write_text(
        f"""part = "tune"
written_by = "a test"
[[case]]
id = "one"
category = "plain"
question = "What is LDN?"
outcome = ["{outcome}"]
grounds = "A test."
""",
        encoding="utf-8",
    )
    reports = [tmp_path / "out.json", tmp_path / "out.xml"]
    options = ["--gate", str(SHIPPED), "--json", str(reports[0]), "--junit", str(reports[1])]
    done = CliRunner().invoke(cli.app, ["evaluate", str(cases), *options])
    assert done.exit_code == code, done.output
    assert ("missed: outcome" in done.output) == bool(code)
    assert all(report.stat().st_size for report in reports)
