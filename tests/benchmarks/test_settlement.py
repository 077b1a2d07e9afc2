"""The settlement benchmark closes what it generates to the fen, and says what it measured."""

from __future__ import annotations

import json

import pytest

from benchmarks import settlement


def test_a_small_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["settlement", "--json", "--rows", "6000", "--rounds", "1", "--drift", "300"]
    monkeypatch.setattr("sys.argv", arguments)
    assert settlement.main() == 0
    found = json.loads(capsys.readouterr().out)
    assert found["figures"]["drift_fen"] == 0
    assert found["figures"]["dues"] > 12
    assert set(found["met"]) == set(found["goals"])
    assert found["floors"]["scan_seconds"] > 0


def test_a_lost_fen_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "split", lambda total, weights, rule: (total - 1,))
    assert settlement._drift(10) >= 10
