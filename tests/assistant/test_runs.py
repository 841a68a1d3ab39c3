"""Runs are kept without texts, compared truly, and accepted by whoever says so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.answer import Outcome
from assistant.checks import Check
from assistant.errors import AssistantError
from assistant.runs import Comparison, Run, Runs, compare, load_run, new_id

WORDS = "words that nobody keeps"
VERSIONS = {"program": "1", "commit": "abc", "corpus": "f" * 64, "generator": "extractive"}
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def check(id_: str, *faults: str, asked: str = "q", said: str = "s") -> Check:
    """Return what came of a case."""
    return Check(id=id_, group="g", outcome=Outcome.ANSWERED, faults=faults, asked=asked, said=said, text=WORDS, ms=5)


def run(*checks: Check, minutes: int = 0, **changes: object) -> Run:
    """Return a whole run that began some minutes after the first."""
    started_at = START + timedelta(minutes=minutes)
    fields = {
        "id": new_id(started_at),
        "set": "cases",
        "started_at": started_at,
        "ended_at": started_at,
        "state": "done",
        "planned": len(checks),
        "versions": VERSIONS,
        "checks": checks,
    }
    return Run.model_validate(fields | changes)


def named(found: Comparison) -> dict[str, list[str]]:
    """Return the ids of each kind of change that there was."""
    pairs = {name: [now.id for _, now in getattr(found, name)] for name in ("worse", "better", "otherwise")}
    pairs |= {name: [now.id for _, now in getattr(found, name)] for name in ("reworded", "edited")}
    pairs |= {name: [one.id for one in getattr(found, name)] for name in ("new", "gone")}
    return {name: ids for name, ids in pairs.items() if ids}


def test_each_kind_of_change_is_told() -> None:
    """A seeded difference of every kind is found, in its own list, and what is the same is in none."""
    then = run(
        check("same"),
        check("same-wrong", "a"),
        check("worse"),
        check("better", "a"),
        check("otherwise", "a"),
        check("reworded"),
        check("edited"),
        check("gone"),
    )
    now = run(
        check("same"),
        check("same-wrong", "a"),
        check("worse", "a"),
        check("better"),
        check("otherwise", "b"),
        check("reworded", said="other"),
        check("edited", "a", asked="other"),
        check("new"),
    )
    assert named(compare(now, then)) == {
        name: [name] for name in ("worse", "better", "otherwise", "reworded", "edited", "new", "gone")
    }


def test_what_is_another_in_between_is_told() -> None:
    """A comparison names what of program, corpus, rules and generator has changed since."""
    then, now = run(check("a")), run(check("a"), versions=VERSIONS | {"corpus": "g" * 64, "policy": "new"})
    assert compare(now, then).versions == ("corpus", "policy")
    assert compare(then, then).versions == ()


@pytest.mark.parametrize("changes", [{"is_selection": True}, {"state": "cancelled"}, {"state": "broken"}])
def test_what_was_not_asked_is_not_gone(changes: dict[str, object]) -> None:
    """A selection and a cancelled run leave cases out, so none of them counts as gone; neither can be accepted."""
    part = run(check("a"), **changes)
    assert compare(part, run(check("a"), check("b"))).gone == ()
    with pytest.raises(AssistantError, match="everything"):
        Runs(Path("nowhere")).accept(part, "ann")


def test_files_hold_no_text(tmp_path: Path) -> None:
    """What is kept is read back but for the words of the answers, which are in no file."""
    runs, kept = Runs(tmp_path / "runs"), run(check("a", "does not cite b"))
    runs.keep(kept)
    (path,) = (tmp_path / "runs").iterdir()
    assert WORDS not in path.read_text(encoding="utf-8")
    bare = kept.model_copy(update={"checks": (kept.checks[0].model_copy(update={"text": ""}),)})
    assert Runs(tmp_path / "runs").load(kept.id) == load_run(path) == bare


def test_the_last_accepted_run_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old runs make room, the newest first in the list; the one that others are compared with never does."""
    monkeypatch.setattr(Runs, "MOST", 2)
    runs = Runs(tmp_path)
    kept = [run(check("a"), minutes=minutes) for minutes in range(5)]
    runs.keep(kept[0])
    runs.accept(kept[0], "ann")
    for later in kept[1:]:
        runs.keep(later)
    assert [one.id for one in runs.all()] == [kept[4].id, kept[3].id, kept[0].id]
    assert runs.accepted("cases") is not None
    assert runs.accepted("attacks/7") is None
    acceptance = Runs(tmp_path).acceptance("cases")
    assert acceptance is not None
    assert (acceptance.run, acceptance.by) == (kept[0].id, "ann")


def test_memory_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs are looked at, only so many stay in memory, and each can be read again."""
    monkeypatch.setattr(Runs, "MOST_IN_MEMORY", 3)
    runs = Runs(tmp_path)
    kept = [run(check("a"), check("b"), minutes=minutes) for minutes in range(4)]
    for one in kept:
        runs.keep(one)
    assert [one.id for one in runs.all()] == [one.id for one in reversed(kept)]
    assert len(runs._read) == 1
    assert runs.load(kept[3].id).id == kept[3].id


def test_a_damaged_file_hides_no_other(tmp_path: Path) -> None:
    """A file that is no run is left out of the list and says so when it is asked for; damaged acceptances are none."""
    runs, good = Runs(tmp_path), run(check("a"))
    runs.keep(good)
    damaged = new_id(START)
    (tmp_path / f"{damaged}.json").write_text("{")
    (tmp_path / "accepted.json").write_text("{")
    assert [one.id for one in runs.all()] == [good.id]
    assert runs.accepted("cases") is None
    with pytest.raises(AssistantError, match="is no run"):
        runs.load(damaged)


@pytest.mark.parametrize("id_", ["../../secret", "20260301T080000Z-zzzzzz", "", "accepted"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, id_: str) -> None:
    """Only runs that are in the folder can be asked for, whatever the name."""
    (tmp_path / "secret.json").write_text("{}")
    runs = Runs(tmp_path / "deep" / "runs")
    runs.keep(run(check("a")))
    with pytest.raises(AssistantError, match="there is no run"):
        runs.load(id_)
