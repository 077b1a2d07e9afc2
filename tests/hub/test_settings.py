"""Settings come from the environment, and a wrong one says what would be right without showing a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hub.settings import Settings

SECRET = "postgresql://loanhub:s3cret@db/loanhub"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LOANHUB_{name.upper()}", raising=False)


def test_the_defaults_are_safe() -> None:
    settings = Settings()
    assert settings.database_url == "sqlite:///loanhub.db"
    assert not settings.sandbox
    assert settings.host == "127.0.0.1"
    assert settings.api_keys_file is None
    assert settings.log_level == "INFO"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LOANHUB_PORT": "0",
        "LOANHUB_SANDBOX": "true",
        "LOANHUB_KEY_DIR": "elsewhere",
        "LOANHUB_LOG_LEVEL": "debug",
        "LOANHUB_UNKNOWN": "is another's affair",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.port, settings.sandbox) == (0, True)
    assert (settings.key_dir, settings.log_level) == (Path("elsewhere"), "DEBUG")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///a/b.db", "sqlite:///a/b.db"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_a_database_is_named_in_the_usual_ways(given: str, used: str) -> None:
    assert Settings(database_url=given).database_url == used


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("database_url", "mysql://u:s3cret@h/d", "begins with sqlite:/// or postgresql://"),
        ("database_url", "", "begins with sqlite:/// or postgresql://"),
        ("database_url", "sqlite://", "begins with sqlite:/// or postgresql://"),
        ("database_url", "sqlite:///", "names a file"),
        ("database_url", "sqlite:///:memory:", "names a file"),
        ("port", "65536", "less than or equal to 65535"),
        ("port", "web", "valid integer"),
        ("sandbox", "perhaps", "valid boolean"),
        ("log_level", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, remedy: str
) -> None:
    monkeypatch.setenv(f"LOANHUB_{name.upper()}", value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    (fault,) = caught.value.errors()
    assert fault["loc"] == (name,)
    assert remedy in fault["msg"]
    assert "s3cret" not in str(caught.value)


def test_the_password_of_the_database_is_not_shown_and_nothing_changes() -> None:
    settings = Settings(database_url=SECRET)
    assert "s3cret" not in f"{settings} {settings!r}"
    with pytest.raises(ValidationError):
        settings.port = 1


@pytest.mark.parametrize(
    ("sandbox", "terms", "two"),
    [
        (False, None, True),
        (True, None, False),
        (True, "two_persons", True),
        (False, "two_persons", True),
        (True, "at_start", False),
        (False, "at_start", False),
    ],
)
def test_two_persons_are_asked_for_but_in_a_sandbox(sandbox: bool, terms: str | None, two: bool) -> None:
    assert Settings.model_validate({"sandbox": sandbox, "terms": terms}).two_persons is two
