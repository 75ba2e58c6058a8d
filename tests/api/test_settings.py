"""Settings: where they come from, which comes first, and what is said of mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api import settings
from api.settings import BadSettings, Settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [*Settings.model_fields, "config"]:
        monkeypatch.delenv(settings.PREFIX + name.upper(), raising=False)


def test_defaults_serve_one_person_on_one_machine() -> None:
    found = settings.load()
    assert (found.host, found.port, found.on_loopback, found.needs_key) == ("127.0.0.1", 8000, True, False)
    assert found.cors_origins == ()


def test_given_comes_before_environment_before_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "touchstone.toml").write_text('port = 1\nhost = "localhost"\nworkers = 4\n')
    assert settings.load().port == 1
    monkeypatch.setenv("TOUCHSTONE_PORT", "2")
    assert settings.load().port == 2
    assert settings.load(port=3).port == 3
    assert (settings.load().host, settings.load().workers) == ("localhost", 4)


def test_the_environment_names_another_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('cors_origins = ["https://hr.example"]\n')
    monkeypatch.setenv("TOUCHSTONE_CONFIG", str(tmp_path / "other.toml"))
    assert settings.load().cors_origins == ("https://hr.example",)
    monkeypatch.setenv("TOUCHSTONE_CONFIG", str(tmp_path / "missing.toml"))
    with pytest.raises(BadSettings, match="which is no file"):
        settings.load()


def test_lists_in_the_environment_have_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_HOSTS", "one.example, two.example,")
    monkeypatch.setenv("TOUCHSTONE_RUBRICS", "mine")
    assert settings.load().hosts == ("one.example", "two.example")
    assert settings.load().rubrics == (Path("mine"),)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "70000", r"port \(or TOUCHSTONE_PORT\): .*65535, not '70000'"),
        ("WORKERS", "0", "workers"),
        ("RATE_LIMIT", "often", '"100/minute", or "off"'),
        ("CORS_ORIGINS", "hr.example", '"hr.example" is not an origin'),
        ("CORS_ORIGINS", "https://hr.example/page", "without a path"),
        ("LOG_LEVEL", "loud", "log_level"),
    ],
)
def test_a_mistake_is_named_with_its_mend(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(settings.PREFIX + name, value)
    with pytest.raises(BadSettings, match=says):
        settings.load()


def test_an_unknown_name_in_the_file_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "touchstone.toml").write_text("prot = 1\n")
    with pytest.raises(BadSettings, match=r'no setting "prot".* Did you mean "port"'):
        settings.load()


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "touchstone.toml").write_text("port 1\n")
    with pytest.raises(BadSettings, match=r"touchstone.toml can't be read"):
        settings.load()


def test_an_unknown_variable_is_told_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_KEY_REQIRED", "true")
    assert settings.load().needs_key is False
    assert any('Did you mean "TOUCHSTONE_KEY_REQUIRED"' in line for line in settings.unknown_variables())


def test_a_password_in_the_database_url_is_not_repeated() -> None:
    found = settings.load(database_url="postgresql://user:hunter2@db/touchstone")
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("given", "on_loopback", "needs_key"),
    [
        ({"host": "127.0.0.1"}, True, False),
        ({"host": "127.9.9.9"}, True, False),
        ({"host": "::1"}, True, False),
        ({"host": "[::1]"}, True, False),
        ({"host": "localhost"}, True, False),
        ({"host": "0.0.0.0"}, False, True),
        ({"host": "::"}, False, True),
        ({"host": "192.0.2.7"}, False, True),
        ({"host": "localhost.example"}, False, True),
        ({"host": "127.0.0.1", "proxies": ("127.0.0.1",)}, False, True),
        ({"host": "127.0.0.1", "key_required": True}, True, True),
        ({"host": "0.0.0.0", "key_required": False}, False, False),
    ],
)
def test_keys_are_needed_as_soon_as_others_can_reach_it(
    given: dict[str, object], on_loopback: bool, needs_key: bool
) -> None:
    found = settings.load(**given)
    assert (found.on_loopback, found.needs_key) == (on_loopback, needs_key)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "can't be read"),
        ("registry: One\n", 'the key "url" is missing'),
        ("registry: One\nurl: https://one.example\nas_of: 2026-11-20\nissuer: {}\n", 'Did you mean "issuers"?'),
    ],
)
def test_a_registry_with_a_mistake_stops_the_start(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "register.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(settings.BadSettings, match=re.escape(says)):
        settings.load(registries=[path])
