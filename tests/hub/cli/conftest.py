"""A command line without the settings of whoever runs the tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli.app import app
from hub.demo.premises import Premises, prepare

Run = Callable[..., Result]
START = datetime(2026, 1, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("LOANHUB_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run() -> Run:
    """Run a command and return its exit code and words. What no command foresees is raised."""

    def call(*words: str) -> Result:
        result = CliRunner().invoke(app, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture
def premises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Premises:
    """Keys, configuration and settings of a hub with an empty database, in whose place commands are run."""
    made = prepare(tmp_path / "run", partners_url="http://127.0.0.1:9", start=START)
    for name, value in made.environment().items():
        if name.startswith("LOANHUB_"):
            monkeypatch.setenv(name, value)
    return made
