"""Quality: training writes what the examples teach; runs of cases end as the limits and the last run say."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from assistant import quality
from assistant.answer import Answer, Outcome
from assistant.bench import Subject
from assistant.cli import app
from assistant.runs import Runs, load_run
from guardrails.classifier import Weights
from guardrails.training import Example, load_examples


def test_train_writes_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command trains on the examples with the pinned model, and saves the weights with its checksum."""
    saved: list[Weights] = []
    few: tuple[Example, ...] = tuple(example for example in load_examples() if example.fold.startswith("minor."))
    monkeypatch.setattr("guardrails.training.load_examples", lambda: few)

    def save(weights: Weights) -> None:
        saved.append(weights)

    monkeypatch.setattr(Weights, "save", save)
    done = CliRunner().invoke(app, ["train"])
    assert done.exit_code == 0, done.output
    assert f"1 heads learnt from {len(few)} examples" in done.output
    assert saved[0].model == Weights.load().model
    assert [head.name for head in saved[0].heads] == ["minor"]


CASE = """[[case]]
id = "{id}"
category = "plain"
question = "{id}?"
outcome = ["answered"]
grounds = "A test."
"""


class Scripted:
    """An assistant that answers all questions but those in its script."""

    def __init__(self, outcomes: Mapping[str, Outcome]) -> None:
        self.outcomes = outcomes

    def ask(self, question: str, **_: object) -> Iterator[Answer]:
        """Answer, or not, as the script says."""
        outcome = self.outcomes.get(question, Outcome.ANSWERED)
        yield Answer(
            id="1",
            session="s",
            question=question,
            lang="en",
            outcome=outcome,
            message=f"Words on {question}",
            ms=3,
            fingerprint="f",
            generator="scripted",
        )


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Return a function that evaluates twenty cases with options, some of them ending otherwise."""
    cases = tmp_path / "twenty.toml"
    written = "".join(CASE.format(id=f"c{at}") for at in range(20))
    cases.write_text(f'part = "tune"\nwritten_by = "a test"\n{written}', encoding="utf-8")
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*options: str, **outcomes: Outcome) -> tuple[int, str]:
        scripted = Scripted({f"{id_}?": outcome for id_, outcome in outcomes.items()})
        subject = Subject(scripted, scripted, "scripted", {"generator": "scripted"})  # type: ignore[arg-type]
        monkeypatch.setattr(quality, "_subject", lambda: subject)
        done = CliRunner().invoke(app, ["evaluate", str(cases), *options])
        return done.exit_code, done.output

    return run


def test_a_regression_is_told_and_stops(evaluated: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Compared with the accepted run, what broke and what was mended are named; a single regression exits with 1."""
    assert evaluated("--accept", c3=Outcome.DECLINED)[0] == 0
    code, said = evaluated("--compare", "accepted", c5=Outcome.DECLINED)
    assert code == 1
    assert "1 worse, 1 better" in said
    assert "worse: c5: outcome declined, not answered" in said
    assert "better: c3" in said
    code, said = evaluated("--compare", "accepted", c3=Outcome.DECLINED)
    assert (code, "0 worse, 0 better" in said) == (0, True)
    accepted = Runs(tmp_path / "runs").acceptance("twenty")
    assert accepted
    assert evaluated("--compare", str(tmp_path / "runs" / f"{accepted.run}.json"))[0] == 0


def test_below_a_limit_nothing_is_accepted(evaluated: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """The shipped limits hold without being named: a run below them exits with 1, is kept, and is not accepted."""
    code, said = evaluated("--accept", c1=Outcome.DECLINED, c2=Outcome.DECLINED)
    assert code == 1
    assert "missed: outcome: 0.900" in said
    runs = Runs(tmp_path / "runs")
    assert len([*runs.all()]) == 1
    assert runs.acceptance("twenty") is None
    lenient = tmp_path / "gate.toml"
    lenient.write_text(
        "[evaluate]\noutcome = 0\nright = 0\nno_evidence_precision = 0\nno_evidence_recall = 0\n"
        "[redteam]\nleaks = 0\ndeclined = 0\n"
    )
    assert evaluated("--gate", str(lenient), c1=Outcome.DECLINED, c2=Outcome.DECLINED)[0] == 0


def test_results_are_written(evaluated: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """JSON holds every result with what was said, JUnit XML without, and both hold all twenty."""
    target, junit = tmp_path / "out.json", tmp_path / "out.xml"
    assert evaluated("--json", str(target), "--junit", str(junit), c1=Outcome.DECLINED)[0] == 0
    run = load_run(target)
    assert (len(run.checks), run.checks[0].text, run.set) == (20, "Words on c0?", "twenty")
    suite = ET.parse(junit).getroot()  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures")) == ("20", "1")
    assert "Words on" not in junit.read_text(encoding="utf-8")


def test_nothing_to_compare_with_is_an_error(evaluated: Callable[..., tuple[int, str]]) -> None:
    """Comparing before anything was accepted says what to do, before anything is asked."""
    code, said = evaluated("--compare", "accepted")
    assert code == 1
    assert "no run of twenty was accepted yet" in said
