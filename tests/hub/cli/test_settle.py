"""`settle` brings a statement from draft to approved by two persons, and disputes a line of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from hub.demo.premises import Premises, prepare
from tests.hub.cli.conftest import Run
from tests.hub.cli.test_closing import START, lend


@pytest.fixture
def premises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Premises:
    """A hub whose January is closed over one loan."""
    made = prepare(tmp_path / "run", partners_url="http://127.0.0.1:9", start=START)
    for name, value in made.environment().items():
        if name.startswith("LOANHUB_"):
            monkeypatch.setenv(name, value)
    return made


def test_a_statement_is_settled_step_by_step(run: Run, premises: Premises) -> None:
    lend("loan_1", date(2026, 1, 6))
    assert run("close", "--period", "2026-01").exit_code == 0
    lines = run("settle", "list", "--period", "2026-01").stdout.splitlines()
    assert lines
    assert all("[draft]" in line for line in lines)
    one = lines[0].split()[0]
    ann, bob = ("--who", "ann", "--why", "compared"), ("--who", "bob", "--why", "compared")
    assert "state who you are" in run("settle", "review", one, "--who", "a", "--why", "x").stderr
    assert "[reviewed] finance:ann: compared" in run("settle", "review", one, *ann).stdout
    assert "[confirmed]" in run("settle", "confirm", one, *ann).stdout
    refused = run("settle", "approve", one, *ann)
    assert (refused.exit_code, "another person must approve" in refused.stderr) == (1, True)
    assert "[draft]" in run("settle", "return", one, *bob).stdout
    shown = json.loads(run("settle", "show", one).stdout)
    assert [event["what"] for event in shown["events"]] == ["reviewed", "confirmed", "returned"]
    assert "there is no statement stm_9" in run("settle", "show", "stm_9").stderr
    assert "no such line" in run("settle", "dispute", one, "x", "--says", "1.00", *ann).stderr
    assert "--says" in run("settle", "dispute", one, "x", "--says", "1.001", *ann).stderr
    assert "no such dispute" in run("settle", "agree", "dis_9", *bob).stderr
    assert run("settle", "reject", "dis_9", *bob).exit_code == 1
    assert run("settle", "lapse").stdout == "0 lapsed\n"
