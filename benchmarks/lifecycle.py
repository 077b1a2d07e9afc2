"""How fast applications go their whole way, from submission over real HTTP to the statements of three months.

The run is the demonstration's own: hub, partners and front end as processes of this machine. It is done on
SQLite and, when a server answers (LOANHUB_TEST_POSTGRES_URL, or one on 127.0.0.1:5432 that trusts), on
PostgreSQL in a database made for it and dropped afterwards. The floor is what the database alone takes: one
bare single-row insert for every commit the run cannot do without, two for each message (kept, dealt with) and
two for each request of the front end (answered, carried out). `--json` prints one object; the exit code is 1
when a run failed its checks, and `met` says whether the goals were reached.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
from sqlalchemy.engine import URL

from benchmarks.servers import dsn, new_database, server

ROOT = Path(__file__).resolve().parent.parent
GOAL_SECONDS, GOAL_MB = 60, 300
"""For a thousand applications on two cores, on SQLite, all processes together."""
FLOOR_COMMITS = 400
ROW = "x" * 500
_COUNTS = "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM idempotency)"


def main() -> int:
    """Run, print, and say by the exit code whether every run passed its checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--applications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    results = [_on_sqlite(args.applications, args.seed)]
    found = server()
    if found is not None:
        results.append(_on_postgres(found, args.applications, args.seed))
    goals = {"seconds_per_thousand": GOAL_SECONDS, "peak_mb": GOAL_MB}
    if args.applications > 1000:
        del goals["peak_mb"]  # stated for a thousand; a longer run keeps more in its caches
    figures = {
        "benchmark": "lifecycle",
        "figures": {result["database"]: _without_floor(result) for result in results},
        "floors": {result["database"]: result["floor"] for result in results},
        "goals": goals,
        "met": {name: results[0][name] < goal for name, goal in goals.items()},
    }
    if args.json:
        print(json.dumps(figures))
    else:
        _print(figures)
    return int(not all(result["passed"] for result in results))


def _print(figures: dict[str, Any]) -> None:
    for database, result in figures["figures"].items():
        print(database)
        for name, value in result.items():
            print(f"  {name:<34} {value!s:>14}")
        for name, value in figures["floors"][database].items():
            print(f"  floor: {name:<27} {value!s:>14}")
    for name, met in figures["met"].items():
        print(f"{name} below {figures['goals'][name]}, met {met}")


def _without_floor(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in ("database", "floor")}


def _on_sqlite(applications: int, seed: int) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "hub.db"
        figures = _run(f"sqlite:///{file}", Path(folder), applications, seed)
        with closing(sqlite3.connect(file)) as connection:
            messages, answers = connection.execute(_COUNTS).fetchone()
        with closing(sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)) as bare:
            for pragma in ("journal_mode = WAL", "synchronous = FULL"):
                bare.execute(f"PRAGMA {pragma}")
            bare.execute("CREATE TABLE floor (row TEXT)")
            floor = _floor(lambda: bare.execute("INSERT INTO floor VALUES (?)", (ROW,)))
    return _result(figures, messages, answers, floor)


def _on_postgres(on: URL, applications: int, seed: int) -> dict[str, Any]:
    with new_database(on) as url, TemporaryDirectory() as folder:
        figures = _run(url.render_as_string(hide_password=False), Path(folder), applications, seed)
        with psycopg.connect(dsn(url), autocommit=True) as connection:
            messages, answers = connection.execute(_COUNTS).fetchone() or (0, 0)
            connection.execute("CREATE TABLE floor (row text)")
            floor = _floor(lambda: connection.execute("INSERT INTO floor VALUES (%s)", (ROW,)))
    return _result(figures, messages, answers, floor)


def _run(url: str, folder: Path, applications: int, seed: int) -> dict[str, Any]:
    """Hold the demonstration in a process of its own, so that memory of one run is not the next one's."""
    file = folder / "figures.json"
    options = {"applications": applications, "seed": seed, "out": folder / "run", "json": file}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "hub.cli", "demo", *words]
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "LOANHUB_DATABASE_URL": url}, stdout=subprocess.DEVNULL
    )
    if not file.exists():
        sys.exit(f"the run on {url.partition(':')[0]} ended with {ended.returncode} and no figures")
    figures: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return figures


def _floor(insert: Callable[[], object]) -> float:
    """Return the seconds of one single-row commit."""
    began = time.perf_counter()
    for _ in range(FLOOR_COMMITS):
        insert()
    return (time.perf_counter() - began) / FLOOR_COMMITS


def _result(figures: dict[str, Any], messages: int, answers: int, commit: float) -> dict[str, Any]:
    count, pace, machine = figures["applications"], figures["pace"], figures["machine"]
    commits = 2 * (messages + answers) / count
    floor = commits * commit * 1000
    return {
        "database": figures["database"],
        "applications": count,
        "passed": figures["passed"],
        "seconds": pace["seconds"],
        "seconds_per_thousand": pace["per_thousand_seconds"],
        "applications_per_second": round(count / pace["seconds"], 2),
        "each_thousand_seconds": pace["each_thousand_seconds"],
        "cpu_ms_per_application": round(machine["cpu_seconds"] * 1000 / count, 1),
        "hub_cpu_ms_per_application": round(machine["hub"]["cpu_seconds"] * 1000 / count, 1)
        if machine["hub"]
        else None,
        "peak_mb": machine["peak_mb"],
        "floor": {
            "commits_per_application": round(commits, 1),
            "ms_per_commit": round(commit * 1000, 3),
            "seconds_per_thousand": round(floor, 2),
            "times_the_floor": round(pace["per_thousand_seconds"] / floor, 1),
        },
    }


if __name__ == "__main__":
    sys.exit(main())
