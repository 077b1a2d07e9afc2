"""The hub's processes: they say where they listen, do their work, and end it when told to stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.demo.premises import Premises, prepare
from tests.hub.cli.conftest import Run
from tests.shared import ROOT

START = datetime(2026, 1, 5, 1, tzinfo=UTC)


@pytest.fixture
def premises(tmp_path: Path) -> Premises:
    """Keys and configuration of a hub with an empty database."""
    return prepare(tmp_path / "run", partners_url="http://127.0.0.1:9", start=START)


@contextmanager
def started(premises: Premises, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command running in a process of its own; it is told to stop and must end well."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", *words],
        cwd=ROOT,
        env=premises.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def read(url: str, key: str = "") -> Mapping[str, object]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: Mapping[str, object] = json.loads(answer.read())
    return found


@pytest.mark.parametrize("work", ["--work", "--no-work"])
def test_serve_says_where_it_listens_and_drains_on_sigterm(premises: Premises, work: str) -> None:
    with started(premises, "serve", work) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert read(f"{url}/readyz") == {"status": "ok"}
        # No sandbox was asked for, so there is no clock to set.
        assert "/v1/sandbox/clock" not in str(read(f"{url}/openapi.json"))


def test_a_sandbox_begins_at_the_time_it_is_given(premises: Premises) -> None:
    with started(premises, "serve", "--sandbox", "--clock", "2026-01-05T09:00+0800") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        backlog = read(f"{url}/v1/operations/backlog", premises.api_keys["operator"])
        assert str(backlog["at"]).startswith("2026-01-05T01:00")


def test_work_runs_until_it_is_told_to_stop(premises: Premises) -> None:
    with started(premises, "work") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"


def settle(premises: Premises, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    for name, value in {**premises.environment(), **more}.items():
        if name.startswith("LOANHUB_"):
            monkeypatch.setenv(name, value)


def test_a_port_that_is_taken_is_told(run: Run, premises: Premises, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settle(premises, monkeypatch, LOANHUB_PORT=str(taken.getsockname()[1]))
        refused = run("serve")
    assert (refused.exit_code, "choose another LOANHUB_PORT" in refused.stderr) == (1, True)


def test_a_clock_is_for_a_sandbox(run: Run, premises: Premises, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(premises, monkeypatch)
    refused = run("serve", "--clock", "2026-01-05T09:00+0800")
    assert (refused.exit_code, "--clock is for a sandbox" in refused.stderr) == (2, True)


def test_without_keys_nothing_is_opened(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = run("serve")
    assert (refused.exit_code, "there are no API keys" in refused.stderr) == (1, True)
    monkeypatch.setenv("LOANHUB_KEY_DIR", os.fspath(Path("absent")))
    refused = run("work")
    assert (refused.exit_code, "keys are made with `loanhub keys new --help`" in refused.stderr) == (1, True)


def test_help_names_every_command(run: Run) -> None:
    said = run("--help")
    for command in ("demo", "serve", "work", "close", "check-config", "keys"):
        assert command in said.stdout
        assert run(command, "--help").exit_code == 0
