"""Every refusal a command expects ends in words and an exit code; what nobody foresaw is not hidden."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from hub.cli.faults import REFUSED, WRONG_USE, Refusal, spoken
from hub.config.load import ConfigRefused, Problem
from hub.demo.client import Answered
from hub.demo.errors import Unable
from hub.flows.errors import MonthClosed
from hub.settings import Settings
from hub.store.queries import UNAVAILABLE
from hub.web.access import AccessRefused
from hub.wiring import NotReady
from signing.errors import KeyUnavailable


def ended(error: Exception, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """The exit code and the words of a command that raises this."""

    @spoken
    def command() -> None:
        raise error

    with pytest.raises(SystemExit) as stopped:
        command()
    said = capsys.readouterr()
    assert said.out == ""
    return stopped.value.code, said.err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (Refusal("choose another"), REFUSED, "loanhub: choose another"),
        (Refusal("say one of", code=WRONG_USE), WRONG_USE, "say one of"),
        (NotReady("partner x has no endpoint"), REFUSED, "has no endpoint"),
        (AccessRefused("there are no API keys"), REFUSED, "there are no API keys"),
        (KeyUnavailable("key ring in keys/fields"), REFUSED, "loanhub keys new"),
        (MonthClosed("month_closed", "已结账", "2026-01 is closed already"), REFUSED, "is closed already"),
        (Unable("the folder is not empty"), REFUSED, "is not empty"),
        (Answered("POST", "/v1/x", 409, {"code": "month_closed"}), REFUSED, "POST /v1/x: 409 month_closed"),
        (
            ConfigRefused((Problem("a.yaml", 3, "x", "is wrong", "mend it"),)),
            REFUSED,
            "a.yaml:3: x: is wrong",
        ),
    ],
)
def test_a_refusal_is_told_in_words(
    error: Exception, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (found := ended(error, capsys))[0] == code
    assert words in found[1]
    assert "Traceback" not in found[1]


def test_a_database_that_does_not_answer_is_told_without_its_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = UNAVAILABLE[0]("SELECT 1", {}, Exception("postgresql://me:secret@db"))  # type: ignore[call-arg]
    code, words = ended(error, capsys)
    assert (code, "LOANHUB_DATABASE_URL" in words, "secret" in words) == (REFUSED, True, False)


def test_a_wrong_setting_is_named_by_its_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOANHUB_PORT", "99999")
    monkeypatch.setenv("LOANHUB_DATABASE_URL", "mysql://me:secret@db")
    with pytest.raises(ValidationError) as refused:
        Settings()
    code, words = ended(refused.value, capsys)
    assert code == WRONG_USE
    assert "LOANHUB_PORT: Input should be less than or equal to 65535" in words
    assert "LOANHUB_DATABASE_URL: " in words
    assert "secret" not in words


def test_what_nobody_foresaw_is_raised() -> None:
    class Other(BaseModel):
        number: int

    @spoken
    def broken() -> None:
        raise ZeroDivisionError

    @spoken
    def other() -> None:
        Other(number="x")  # type: ignore[arg-type]

    with pytest.raises(ZeroDivisionError):
        broken()
    with pytest.raises(ValidationError):
        other()


def test_a_command_that_goes_well_returns_what_it_returns() -> None:
    assert spoken(lambda: 7)() == 7
