"""The sandbox's process: its clock, and its life from the first word to the last, here in a thread."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from multiprocessing import Pipe
from pathlib import Path

import pytest

from connectors.conformance.rig import START, keys
from connectors.exchange.sftp import Account, Place, Sftp
from connectors.sandbox.process import Clock, Doorstep, Plan, Seat, _run
from connectors.sandbox.sftp import Login, throwaway_key
from connectors.trust_file.wire import LAYOUTS
from signing.keystore import write_partner_keys


def test_the_clock_goes_on_from_where_it_was_set_and_never_back() -> None:
    passed = [0.0]
    clock = Clock(START, lambda: passed[0])
    passed[0] = 5.0
    assert clock() == START + timedelta(seconds=5)
    clock.set(START + timedelta(days=1))
    passed[0] = 6.0
    assert clock() == START + timedelta(days=1, seconds=1)
    clock.set(START)
    assert clock() == START + timedelta(days=1, seconds=1)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    write_partner_keys(tmp_path / "keys", keys("trust")[1])
    seat = Seat("trust", "trust_file", tmp_path / "keys", files=tmp_path / "files")
    return Plan((seat,), "http://127.0.0.1:1", START)


def test_it_obeys_until_told_to_stop(plan: Plan, tmp_path: Path) -> None:
    ours, theirs = Pipe()
    thread = threading.Thread(target=_run, args=(plan, theirs))
    thread.start()
    ok, url = ours.recv()
    assert ok
    assert url.startswith("http://127.0.0.1:")

    def said(what: str, *, days: int = 0) -> object:
        ours.send((what, START + timedelta(days=days)))
        good, value = ours.recv()
        assert good
        return value

    assert said("books") == []
    assert said("next_due") is None
    assert said("pump") == 0
    assert said("pump", days=1) == 6
    assert len(list((tmp_path / "files").iterdir())) == 12
    (tmp_path / "files" / "20260106_01_loan.txt").write_bytes(b"in the way")
    ours.send(("pump", START + timedelta(days=2)))
    assert ours.recv() == (False, "FileExistsError: [Errno 17] File exists: " + _between(tmp_path))
    assert said("stop") is None
    thread.join(10)
    assert not thread.is_alive()


def test_its_files_may_be_fetched_by_sftp(plan: Plan, tmp_path: Path) -> None:
    private, public = throwaway_key()
    shown = replace(plan, sftp=Doorstep(tmp_path, Login("loanhub", public)))
    ours, theirs = Pipe()
    thread = threading.Thread(target=_run, args=(shown, theirs))
    thread.start()
    assert ours.recv()[0]
    ours.send(("sftp", None))
    _, served = ours.recv()
    ours.send(("pump", START))
    assert ours.recv() == (True, 0)
    ours.send(("pump", START + timedelta(days=1)))
    assert ours.recv() == (True, 6)
    account = Account(served.host, served.port, "loanhub", (served.host_key,), private)
    sftp = Sftp(account, Place("/files"), tmp_path / "mirror")
    sftp.visit()
    ours.send(("stop", None))
    thread.join(10)
    names = sftp.complete()
    sftp.join()
    assert names == [layout.file_name(date(2026, 1, 5)) for layout in list(LAYOUTS.values())[:6]]
    assert sftp.read(names[0]) == (tmp_path / "files" / names[0]).read_bytes()


def test_it_ends_when_nobody_listens_any_more(plan: Plan) -> None:
    ours, theirs = Pipe()
    thread = threading.Thread(target=_run, args=(plan, theirs))
    thread.start()
    ours.recv()
    ours.close()
    thread.join(10)
    assert not thread.is_alive()


def test_it_tells_why_it_cannot_begin(tmp_path: Path) -> None:
    ours, theirs = Pipe()
    _run(Plan((Seat("trust", "nobody", tmp_path),), "http://127.0.0.1:1", START), theirs)
    ok, why = ours.recv()
    assert not ok
    assert "KeyUnavailable" in why


def _between(root: Path) -> str:
    name = "20260106_01_loan.txt"
    return f"'{root / 'files' / f'.{name}.part'}' -> '{root / 'files' / name}'"
