"""Staff see what runs; reviewers switch it off; a source is read behind the login alone."""

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from markupsafe import escape

from assistant.console.reading import reading_routes
from assistant.console.system import HIDDEN, Installation, SystemTab, in_force
from assistant.settings import Settings, StaffRole, StaffSettings, _names
from assistant.staff import Member
from assistant.switch import Switch
from corpus.library import Library

UNREAD = "a very long secret that nobody may read"


def tab(settings: Settings, switch: Switch | None = None, diagnose: Any = tuple) -> SystemTab:
    """Return the tab over settings."""
    return SystemTab(
        Installation(
            settings=settings,
            versions=lambda: settings,
            diagnose=diagnose,
            model_card=lambda: "",
            safety_protocol=lambda: "",
            switch=switch or Switch(settings.data_dir),
        )
    )


def test_every_setting_is_shown_and_no_secret() -> None:
    """Each variable is listed as it is in force; secrets, hashes and logins in addresses are not."""
    known_hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"
    staff = StaffSettings(accounts={"nora": {"hash": known_hash, "role": "clinical-reviewer"}}, secret=UNREAD)  # type: ignore[dict-item, arg-type]
    settings = Settings(_env_file=None, staff=staff)
    shown = dict(in_force(settings))
    names = {*_names(Settings)}
    groups = {name for name in names if any(other.startswith(f"{name}__") for other in names)}
    assert {*shown} == names - groups
    assert shown["ASSISTANT_STAFF__ACCOUNTS"] == "nora (clinical-reviewer)"
    assert shown["ASSISTANT_STAFF__SECRET"] == HIDDEN
    assert shown["ASSISTANT_CLINIC__PHONE"] == "not set"
    assert UNREAD not in str(shown)
    assert known_hash not in str(shown)


def test_logins_in_addresses_are_hidden() -> None:
    """The password of a database in its address is not shown, its host is."""
    address = SimpleNamespace(url="postgresql://clinic:hidden@db.example/records")

    class Records(Settings):
        url: str = address.url

    assert dict(in_force(Records(_env_file=None)))["ASSISTANT_URL"] == "postgresql://…@db.example/records"


def test_the_switch_tells_who_turned_it(settings: Settings, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Off and on again: the state is shown, one button is left, and the log names the reviewer."""
    switch = Switch(tmp_path)
    system = tab(settings, switch)
    request: Any = SimpleNamespace(username="nora")
    state, off, on, confirm = system.turn_off(request)
    assert switch.is_off
    assert "switched off" in state
    assert [off["visible"], on["visible"], confirm["visible"]] == [False, True, False]
    state, off, on, _ = system.turn_on(request)
    assert not switch.is_off
    assert "answers patients" in state
    assert [off["visible"], on["visible"]] == [True, False]


def test_a_switch_that_cannot_be_turned_says_so(settings: Settings, tmp_path: Any) -> None:
    """Where the flag cannot be written, staff read that it did not work."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    state, *_ = tab(settings, Switch(blocked / "below")).turn_off(SimpleNamespace(username="nora"))  # type: ignore[arg-type]
    assert "did not work" in state


def test_a_doctor_that_breaks_is_a_sentence(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """No trace reaches staff or the log."""

    def broken() -> Any:
        raise RuntimeError("patient said x")

    said = tab(settings, diagnose=broken).doctor()
    assert "did not work" in said
    assert "patient said x" not in said + caplog.text


@pytest.fixture
def reader(library: Library) -> TestClient:
    """Return the browser of somebody who is signed in."""
    app = FastAPI()
    app.include_router(reading_routes(library, lambda _: Member("nora", StaffRole.STAFF)))
    return TestClient(app)


def test_a_source_opens_at_its_passage(reader: TestClient, library: Library) -> None:
    """The page has all that the source says, and marks the one passage that was asked for."""
    source = library.source("younger-2013")
    page = reader.get(f"/staff/source/{source.id}", params={"passage": source.passages[1].id}).text
    assert page.count("<mark>") == page.count('id="cited"') == 1
    assert f"<mark>{escape(source.passages[1].text)}</mark>" in page
    assert "<script" not in page


def test_what_is_no_source_is_not_found(reader: TestClient) -> None:
    """A made-up id is a 404, and a made-up passage marks nothing and comes back nowhere."""
    assert reader.get("/staff/source/nobody").status_code == 404
    page = reader.get("/staff/source/younger-2013", params={"passage": "<script>x</script>"}).text
    assert "<mark>" not in page
    assert "<script" not in page


def test_sources_are_read_behind_the_login(library: Library) -> None:
    """Who is not signed in gets the form, for sources that exist and for those that do not."""
    app = FastAPI()
    app.include_router(reading_routes(library, lambda _: None))
    client = TestClient(app)
    for id_ in ("younger-2013", "nobody"):
        answer = client.get(f"/staff/source/{id_}")
        assert answer.status_code == 401
        assert 'action="/staff/login"' in answer.text
