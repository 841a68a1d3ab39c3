"""Settings are read once, checked whole, and never echo a value."""

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings, _names, read_settings

ROOT = Path(__file__).parent.parent.parent


def test_defaults_need_nothing() -> None:
    """Without any variable there is a whole product on this machine alone."""
    settings = read_settings({}, env_file=None)
    assert settings.server.host == "127.0.0.1"
    assert settings.generator.model == "extractive"
    assert settings.clinic.phone is None


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A nested variable sets its field and leaves its neighbours alone."""
    monkeypatch.setenv("ASSISTANT_SERVER__PORT", "9000")
    settings = read_settings(env_file=None)
    assert (settings.server.port, settings.server.host) == (9000, "127.0.0.1")


@pytest.mark.parametrize("name", ["ASSISTANT_SERVER__PROT", "ASSISTANT_PORT", "ASSISTANT_GUARDRAILS", "ASSISTANT_"])
def test_misspelt_names_stop_the_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A variable that is no setting is an error that names it."""
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=name):
        read_settings(env_file=None)


def test_misspelt_names_in_the_file_stop_the_start(env_file: Path) -> None:
    """The same holds for ``.env``."""
    env_file.write_text("ASSISTANT_CLINIC__FONE=1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="ASSISTANT_CLINIC__FONE"):
        read_settings({}, env_file=env_file)


def test_other_programs_names_in_the_file_are_left_alone(env_file: Path) -> None:
    """A provider's key beside our settings is nobody's mistake."""
    env_file.write_text("SOME_API_KEY=1\nASSISTANT_CLINIC__HOURS=Mon to Fri\n", encoding="utf-8")
    assert read_settings({}, env_file=env_file).clinic.hours == "Mon to Fri"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASSISTANT_SERVER__PORT", "sesame"),
        ("ASSISTANT_CLINIC__PHONE", "sesame"),
        ("ASSISTANT_CLINIC__BOOKING_URL", "javascript:sesame"),
        ("ASSISTANT_STAFF__ACCOUNTS", "sesame"),
        ("ASSISTANT_SERVER__ORIGINS", "sesame"),
        ("ASSISTANT_SERVER__ORIGINS", "http://sesame.example"),
        ("ASSISTANT_SERVER__ORIGINS", "https://sesame.example/page"),
        ("ASSISTANT_SERVER__ORIGINS", "https://*.sesame.example"),
        ("ASSISTANT_SERVER__ORIGINS", '["https://sesame.example"'),
        ("ASSISTANT_SERVER__ORIGINS", "*"),
        ("ASSISTANT_SERVER__SECRET", "sesame"),
        ("ASSISTANT_SERVER__TRUSTED_PROXIES", "sesame"),
        ("ASSISTANT_LIMITS__TOTAL_AT_ONCE", "0"),
        ("ASSISTANT_FEEDBACK__KEEP_DAYS", "sesame"),
    ],
)
def test_unusable_values_are_named_not_echoed(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A wrong value is an error that names the variable; the value may be a secret and stays out."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read_settings(env_file=None)
    assert name in str(caught.value)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [
        "https://a.example, https://B.example:8443/,http://localhost:8120",
        '["https://a.example:443", "https://b.example:8443", "http://localhost:8120"]',
    ],
)
def test_origins_are_read_as_browsers_send_them(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    """C-15: the list is JSON or has commas, and each origin takes the one form in which browsers send it."""
    monkeypatch.setenv("ASSISTANT_SERVER__ORIGINS", written)
    origins = read_settings(env_file=None).server.origins
    assert origins == ("https://a.example", "https://b.example:8443", "http://localhost:8120")


def test_nobody_is_listed_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """C-15: without the setting, and with an empty one, no other site may embed the widget and no proxy is trusted."""
    for origins in (None, ""):
        if origins is not None:
            monkeypatch.setenv("ASSISTANT_SERVER__ORIGINS", origins)
        settings = read_settings(env_file=None)
        assert settings.server.origins == settings.server.trusted_proxies == ()


def test_every_setting_is_in_the_example() -> None:
    """``.env.example`` shows every setting and nothing that is none."""
    groups = {"ASSISTANT_SERVER", "ASSISTANT_CLINIC", "ASSISTANT_STAFF", "ASSISTANT_EMBEDDINGS", "ASSISTANT_GENERATOR"}
    groups |= {"ASSISTANT_REGISTRIES", "ASSISTANT_GROUNDING", "ASSISTANT_LIMITS", "ASSISTANT_FEEDBACK"}
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    shown = {line.removeprefix("#").partition("=")[0] for line in lines if line.startswith("#ASSISTANT_")}
    assert shown == set(_names(Settings)) - groups
