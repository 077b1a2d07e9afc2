"""The hub in a process of its own: what it says when it does not start, and what the machine says of it."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.demo.errors import Unable
from hub.demo.premises import prepare
from hub.demo.process import HubProcess, usage

START = datetime(2026, 1, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("LOANHUB_"):
            monkeypatch.delenv(name)


def test_a_hub_that_does_not_start_gives_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    premises = prepare(tmp_path / "run", partners_url="http://127.0.0.1:9", start=START)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("LOANHUB_PORT", str(taken.getsockname()[1]))
        with pytest.raises(Unable, match=r"(?s)the hub did not start.*choose another LOANHUB_PORT"):
            HubProcess(premises, start=START)


def test_a_hub_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    premises = prepare(tmp_path / "run", partners_url="http://127.0.0.1:9", start=START)
    with HubProcess(premises, start=START) as process:
        used = usage(process.pid)
        assert process.url.startswith("http://127.0.0.1:")
    assert process.stop() == 0
    assert used is None or used.peak_mb > 20


def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    assert usage(2**22 + 1) is None


def test_keys_and_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    premises = prepare(tmp_path / "run", partners_url="http://127.0.0.1:9", start=START)
    assert premises.root.stat().st_mode & 0o077 == 0
    files = [path for path in (premises.root / "keys").rglob("*") if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    assert set(premises.api_keys) == {"frontend", "finance", "operator"}
    text = (premises.root / "keys" / "api-keys.json").read_text()
    assert not any(key in text for key in premises.api_keys.values())
    endpoint = f"http://127.0.0.1:9/{premises.seats[0].partner}"
    assert endpoint in (premises.root / "config" / "partners.yaml").read_text(encoding="utf-8")
