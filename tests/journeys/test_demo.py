"""The whole journey: hub and partners as real processes over real HTTP, from application to statement."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.demo.borrowers import Borrower, invented
from hub.demo.client import Answered, Api
from hub.demo.errors import Unable
from hub.demo.figures import Figures
from hub.demo.run import Scene, Wishes
from tests.journeys.searching import files_below, leaks, tables_of
from tests.shared import ROOT

APPLICATIONS = 12
MONTHS = 2


def test_twelve_applications_from_submission_to_statement(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOANHUB_DATABASE_URL", database_url)
    borrowers = list(invented(APPLICATIONS, seed=7))
    wishes = Wishes(applications=APPLICATIONS, months=MONTHS, seed=7, out=tmp_path / "run")
    with ExitStack() as ends:
        scene = Scene(wishes, ends)
        figures = scene.play(borrowers, lambda phase, done: None)
        _everything_came_right(figures)
        _statements_lie_there(figures, scene.premises.statements)
        _errors_tell_nothing(scene, borrowers)
        # While it runs: the write-ahead log of SQLite holds what the file does not have yet.
        _nothing_personal_is_left(scene, borrowers, database_url)
        _a_second_run_is_refused(tmp_path / "again")
    _nothing_personal_is_left(scene, borrowers, database_url)
    assert scene.premises.log.read_bytes().count(b'"level": "error"') == 0


def _everything_came_right(figures: Figures) -> None:
    assert figures["checks"] == [
        {"name": check["name"], "passed": True, "found": []} for check in figures["checks"]
    ]
    assert figures["passed"] is True
    assert figures["funnel"]["submitted"] == APPLICATIONS
    assert figures["funnel"]["disbursed"] >= APPLICATIONS // 2
    assert figures["trial_balance"]["debit_fen"] > 0
    assert figures["funding_cost"]["routed"] <= figures["funding_cost"]["first"]
    assert sum(row["total_fen"] for row in figures["revenue"]) > 0
    # Nobody waits for a second life of theirs: seven borrowers in ten are still paying.
    assert set(figures["pending"]) <= {
        "repaying: its next term falls due",
        "approved: the borrower has not drawn",
    }


def _statements_lie_there(figures: Figures, folder: Path) -> None:
    assert {row["month"] for row in figures["statements"]} == {"2026-01", "2026-02"}
    for row in figures["statements"]:
        name = f"{row['month']}-{row['party']}"
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.reader(lines))
        # A heading, the lines, and three rows of control figures, of which the hash is the last.
        assert len(rows) == row["lines"] + 4
        assert rows[-1][1] == row["sha256"]
        assert (folder / f"{name}.xlsx").read_bytes()[:2] == b"PK"


def _errors_tell_nothing(scene: Scene, borrowers: Sequence[Borrower]) -> None:
    """What is wrong with a submission is told by field, never by value."""
    first = dict(borrowers[0].submission)
    person = dict(first["applicant"])
    wrong = [
        {**first, "applicant": {**person, "id_number": person["id_number"][:-1]}},
        {**first, "applicant": {**person, "mobile": person["mobile"] + "9"}},
        {**first, "applicant": {**person, "bank_card": person["bank_card"][:-1] + "x"}},
        {**first, "applicant": {**person, "name": person["name"] + "9"}},
        {**first, "unknown": person["id_number"]},
        {**first, "purpose": person["id_number"] * 20},
    ]
    bodies = {}
    for place, submission in enumerate(wrong):
        with pytest.raises(Answered) as refused:
            scene.doors.frontend.post("/v1/applications", submission, key=f"wrong-{place}")
        assert 400 <= refused.value.status < 500
        bodies[f"error {place}"] = json.dumps(refused.value.problem, ensure_ascii=False).encode()
    assert leaks(borrowers[0].secrets(), bodies) == []


def _nothing_personal_is_left(scene: Scene, borrowers: Sequence[Borrower], database_url: str) -> None:
    places = files_below(scene.premises.root, but=("keys", "partners"))
    if database_url.startswith("postgresql"):
        places |= tables_of(database_url)
    else:
        file = Path(database_url.removeprefix("sqlite:///"))
        places |= {path.name: path.read_bytes() for path in file.parent.glob(f"{file.name}*")}
        assert file.name in places
    # The search finds what is there: the platform's own numbers are not secret.
    assert leaks([borrowers[0].submission["platform_no"]], places) != []
    values = [secret for borrower in borrowers for secret in borrower.secrets()]
    assert leaks(values, places) == []


def _a_second_run_is_refused(out: Path) -> None:
    """Another run's keys would not open what this database holds."""
    with ExitStack() as ends, pytest.raises(Unable, match="has applications already"):
        Scene(Wishes(out=out), ends)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LOANHUB_")}


def test_a_hub_kept_open_is_open_until_it_is_interrupted(tmp_path: Path) -> None:
    options = ["--applications", "3", "--months", "1", "--serve", "--out", str(tmp_path / "run")]
    command = [sys.executable, "-m", "hub.cli", "demo", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        url = next((line.split()[-1] for line in lines if line.startswith("The hub is open at")), "")
        assert url, process.communicate()
        key = next(line.split()[-1] for line in lines if line.split()[0] == "finance")
        api = Api(url.removesuffix("/docs"), key)
        assert api.get("/v1/months")["items"] != []
        api.close()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_a_demonstration_told_to_stop_leaves_no_hub_behind(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "hub.cli",
        "demo",
        "--applications",
        "500",
        "--out",
        str(tmp_path / "run"),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env=_environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        log = tmp_path / "run" / "hub.log"
        # The hub is a session of its own, found by the file it holds open.
        while not (hubs := [pid for pid in _holding(log) if pid != process.pid]):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (128 + signal.SIGTERM, "")
    assert len(hubs) == 1
    assert _holding(log) == []


def _holding(file: Path) -> list[int]:
    """The processes that hold a file open, where the system tells."""
    proc = Path("/proc")
    if not proc.is_dir():
        pytest.skip("only a system with /proc tells which process holds a file")
    found = []
    for process in proc.iterdir():
        try:
            if any(link.readlink() == file for link in (process / "fd").iterdir()):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_the_command_is_quiet_in_a_pipe_and_writes_its_figures(tmp_path: Path) -> None:
    environment = _environment()
    out, figures = tmp_path / "run", tmp_path / "figures.json"
    options = ["--applications", "2", "--months", "1", "--out", str(out), "--json", str(figures)]
    command = [sys.executable, "-m", "hub.cli", "demo", *options]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\x1b" not in ended.stdout
    assert "Trial balance, yuan" in ended.stdout
    assert json.loads(figures.read_text())["passed"] is True
    again = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert again.returncode == 1
    assert "is not empty; choose another --out" in again.stderr
    assert "Traceback" not in again.stderr
