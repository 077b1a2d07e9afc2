"""A conversation is recorded with every personal value replaced, and is understood again as it was."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.conformance.recording import Exchange, Recording
from connectors.conformance.replayed import replay
from connectors.conformance.rig import person
from connectors.workbench.faults import Unworkable
from connectors.workbench.recorder import record
from connectors.workbench.replays import write_test
from tests.connectors.workbench.far import far_partner
from tests.shared import ROOT


def _recorded(dialect: str, folder: Path) -> Recording:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with far_partner(dialect, folder, hub_url=f"http://127.0.0.1:{port}") as remote:
        found, _ = record(dialect, remote, clock=lambda: datetime.now(UTC), random=os.urandom, listen=port)
    return found


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return _recorded("sorted_form", tmp_path_factory.mktemp("far"))


def test_the_whole_conversation_is_there(recording: Recording) -> None:
    asked = [exchange.ask["kind"] for exchange in recording.exchanges if exchange.ask]
    assert asked[0] == "apply"
    assert asked[-1] == "query_plan"
    assert {"query_credit", "drawdown", "query_drawdown"} <= set(asked)
    called = [exchange.kind for exchange in recording.exchanges if exchange.what == "callback"]
    assert called == ["credit", "drawdown"]
    assert [fact["kind"] for fact in recording.exchanges[-1].told] == ["plan"]
    assert all(exchange.failure is None for exchange in recording.exchanges)


def test_no_personal_value_is_in_it(recording: Recording) -> None:
    text = recording.model_dump_json()
    who = person(1)
    for value in (who.name, who.id_number, who.mobile, who.bank_card, who.address):
        assert value is not None
        assert value.reveal() not in text


def test_a_recording_becomes_a_test_that_can_fail(recording: Recording, tmp_path: Path) -> None:
    file = tmp_path / "June 5.json"
    file.write_text(recording.model_dump_json(), encoding="utf-8")
    test = write_test(file, tmp_path / "tests")
    assert test.name == "test_june_5.py"
    assert _pytest(test) == 0
    kept = tmp_path / "tests" / "June 5.json"
    kept.write_text(kept.read_text().replace('"outcome":"approved"', '"outcome":"declined"'))
    assert _pytest(test) == 1
    with pytest.raises(Unworkable, match="exists"):
        write_test(file, tmp_path / "tests")


def test_an_answer_that_did_not_verify_is_said_again_as_it_came(tmp_path: Path) -> None:
    page = Exchange(
        what="answer",
        at=datetime(2026, 1, 5, tzinfo=UTC),
        payload="<html>502</html>",
        sealed=False,
        ask={"kind": "query_credit", "subject": "att_1"},
        failure="Uncertain",
    )
    file = tmp_path / "page.json"
    file.write_text(Recording(dialect="sorted_form", exchanges=(page,)).model_dump_json())
    replay(file)().test_is_understood_as_it_was(page)


@pytest.mark.parametrize("content", ["", "{}", json.dumps({"dialect": "d", "exchanges": [{"what": "x"}]})])
def test_what_is_no_recording_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(content)
    with pytest.raises(Unworkable, match="no recording"):
        write_test(tmp_path / "r.json", tmp_path)


def _pytest(test: Path) -> int:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--import-mode=importlib",
            str(test),
        ],
        cwd=test.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=120,
        check=False,
    ).returncode
