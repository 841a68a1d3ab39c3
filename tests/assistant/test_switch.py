"""One flag turns the assistant off, for every process, until somebody turns it on again."""

from pathlib import Path

import pytest

from assistant.switch import Switch


def test_it_is_on_until_turned_off(tmp_path: Path) -> None:
    """The position outlives the object, is shared through the folder, and turning it twice changes nothing."""
    here, there = Switch(tmp_path / "data"), Switch(tmp_path / "data")
    assert not here.is_off
    here.turn_off()
    here.turn_off()
    assert there.is_off
    there.turn_on()
    there.turn_on()
    assert not here.is_off


def test_what_cannot_be_read_is_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder that fails to answer must not switch the assistant on."""

    def broken(path: Path) -> bool:
        raise OSError("gone")

    monkeypatch.setattr(Path, "is_file", broken)
    assert Switch(tmp_path).is_off
