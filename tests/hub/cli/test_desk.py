"""`desk` lists what waits for a person, and closes it with a name and a reason."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.demo.premises import prepare
from hub.flows import watch
from hub.settings import Settings
from hub.store import mailbox
from hub.wiring import assemble
from tests.hub.cli.conftest import Run

START = datetime(2026, 1, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def buried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub in whose database one piece of work is buried."""
    premises = prepare(tmp_path / "run", partners_url="http://127.0.0.1:9", start=START)
    for name, value in premises.environment().items():
        if name.startswith("LOANHUB_"):
            monkeypatch.setenv(name, value)
    context = assemble(Settings(), clock=lambda: START, random=os.urandom, wake=lambda _queue: None)
    with context.database.write() as tx:
        mailbox.put(tx, queue=mailbox.LOCAL, kind="route", ref="app_1", now=START)
        (job,) = mailbox.claim(tx, queue=mailbox.LOCAL, most=1, owner="test", now=START)
        mailbox.bury(tx, job, error="KeyError: poison")
    watch.look(context)
    context.database.close()


def test_a_person_sees_it_and_has_it_done_again(run: Run) -> None:
    said = run("desk", "list")
    assert (said.exit_code, "任务多次失败" in said.stdout, "1 open" in said.stdout) == (0, True, True)
    assert "KeyError: poison" in said.stdout
    (line,) = run("desk", "list", "--json").stdout.splitlines()
    matter = json.loads(line)["id"]
    done = run("desk", "replay", matter, "--who", "ann", "--why", "mended")
    assert (done.exit_code, "[replayed: operator:ann: mended]" in done.stdout) == (0, True)
    assert run("desk", "list").stdout == "0 open\n"
    assert json.loads(run("desk", "show", matter).stdout)["closed_why"] == "mended"
    other = run("desk", "dismiss", matter, "--who", "bob", "--why", "no longer needed")
    assert (other.exit_code, "operator:ann has closed this matter already" in other.stderr) == (1, True)


def test_without_a_name_or_a_reason_nothing_is_done(run: Run) -> None:
    matter = json.loads(run("desk", "list", "--json").stdout)["id"]
    said = run("desk", "dismiss", matter, "--who", "a", "--why", "x")
    assert (said.exit_code, "state who you are and why" in said.stderr) == (1, True)
    assert "1 open" in run("desk", "list").stdout


def test_what_is_not_there_is_told(run: Run) -> None:
    assert "there is no matter mat_9" in run("desk", "show", "mat_9").stderr
    assert (
        "there is no such matter" in run("desk", "replay", "mat_9", "--who", "ann", "--why", "mended").stderr
    )


def test_days_files_and_exchanges_are_printed(run: Run) -> None:
    (day,) = run("desk", "days").stdout.splitlines()
    assert json.loads(day)["summary"] is None  # the first look begins the count
    assert (run("desk", "files").exit_code, run("desk", "files").stdout) == (0, "")
    assert "there is no application app_9" in run("desk", "exchanges", "app_9").stderr
