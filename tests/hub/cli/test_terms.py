"""`terms` lists versions, and lets two persons put one in use."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.demo.premises import prepare
from tests.hub.cli.conftest import Run

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
WHY = ("--why", "the signed paper")


@pytest.fixture(autouse=True)
def premises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = prepare(tmp_path / "run", partners_url="http://127.0.0.1:9", start=START)
    for name, value in made.environment().items():
        if name.startswith("LOANHUB_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOANHUB_TERMS", "two_persons")


def test_two_persons_put_a_version_in_use(run: Run) -> None:
    first = run("terms", "list").stdout.splitlines()[0]
    assert first.startswith("未提交 kept ")
    name = first.split()[2]
    assert run("terms", "draft", name, "--who", "ann", *WHY).stdout == f"草案 draft {name}\n"
    alone = run("terms", "activate", name, "--who", "Ann", *WHY)
    assert (alone.exit_code, "another person activates it" in alone.stderr) == (1, True)
    assert run("terms", "activate", name, "--who", "bob", *WHY).exit_code == 0
    (line,) = run("terms", "list", "--state", "active").stdout.splitlines()
    why = WHY[1]
    assert line == f"已启用 active {name} [operator:ann: {why}; operator:bob: {why}]"


def test_without_a_name_a_reason_or_a_version_nothing_is_done(run: Run) -> None:
    said = run("terms", "draft", "programme:x@1", "--who", "a", "--why", "x")
    assert (said.exit_code, "state who you are and why" in said.stderr) == (1, True)
    said = run("terms", "draft", "programme", "--who", "ann", *WHY)
    assert (said.exit_code, "programme:NAME@VERSION" in said.stderr) == (2, True)
    assert run("terms", "draft", "programme:x@1", "--who", "ann", *WHY).exit_code == 1


def test_a_sandbox_says_that_all_is_in_use(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOANHUB_TERMS", "at_start")
    assert "sandbox: all configured terms are in use" in run("terms", "list").stdout
