"""What the hub takes in, sends out and costs, against the least a web endpoint and a database can do.

(a) Applications taken in a second, validated, sealed and durable, against a bare endpoint that inserts one
row (`benchmarks/loads/bare.py`): the same database, server settings and client, in turns; and pgbench.
(b) Signed callbacks accepted a second against the same endpoint.
(c) Processor time of a whole life, by section (`benchmarks/loads/life.py`).
(d) One, two and four worker processes with partners that answer after half a second.
On PostgreSQL when a server answers (see `benchmarks/servers.py`), or `--database sqlite`. `--json` prints one
object; the exit code is 1 when a goal was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from benchmarks.loads import client, house
from benchmarks.loads.life import cpu_ms
from benchmarks.loads.workers import seconds_to_send
from benchmarks.servers import new_database, server
from hub import logs
from hub.store.session import Database
from hub.store.tables import T

GOAL_INTAKE, GOAL_CALLBACKS, GOAL_WORKERS = 0.6, 0.6, 3.5
CONNECTIONS = 16
PROCESSES = (1, 2, 4)
_PGBENCH = "INSERT INTO bare (no, row) VALUES ('A20260105-000123', repeat('x', 500));\n"


@contextmanager
def database(kind: str) -> Iterator[tuple[Path, str]]:
    """A folder and an empty database of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "sqlite":
            yield folder, f"sqlite:///{folder / 'hub.db'}"
            return
        found = server()
        if found is None:
            raise SystemExit("no PostgreSQL answers; see benchmarks/servers.py, or --database sqlite")
        with new_database(found) as url:
            yield folder, url.render_as_string(hide_password=False)


def doors(kind: str, requests: int, rounds: int) -> dict[str, Any]:
    """Requests a second at both doors and at the bare endpoint, the best of some rounds in turns."""
    best = dict.fromkeys(("applications", "callbacks", "bare"), 0.0)
    cpu = dict.fromkeys(best, float("inf"))
    with (
        database(kind) as (folder, url),
        house.running(["-m", "benchmarks.loads.bare", url]) as bare,
    ):
        of = house.premises(folder, url)
        with house.running(["-m", "hub.cli", "serve", "--no-work"], house.environment(of)) as hub:

            def turn(name: str, process: house.Process, wanted: list[bytes]) -> None:
                used = process.cpu_seconds
                sent = client.send(process.port, wanted, CONNECTIONS)
                if sent.refused:
                    raise RuntimeError(f"{name}: {sent.refused} refused, such as {sent.first_refusal}")
                best[name] = max(best[name], sent.per_second)
                cpu[name] = min(cpu[name], (process.cpu_seconds - used) * 1000 / len(wanted))

            told = 0
            for seed in range(rounds + 1):
                # The first round warms every pool and cache, and counts for nobody.
                count = requests if seed else 64
                turn("bare", bare, house.submissions(of, count, path="/bare", seed=seed))
                turn("applications", hub, house.submissions(of, count, path="/v1/applications", seed=seed))
                calls = house.callbacks(of, house.SIGNER, count // 2)
                told += len(calls)
                turn("callbacks", hub, calls)
                if seed == 0:
                    best, cpu = dict.fromkeys(best, 0.0), dict.fromkeys(cpu, float("inf"))
            _check(url, applications=requests * rounds + 64, callbacks=told)
        pgbench = None if kind == "sqlite" else _pgbench(folder, url)
    return {"per_second": best, "cpu_ms": cpu, "pgbench": pgbench}


def _check(url: str, *, applications: int, callbacks: int) -> None:
    """What was answered as taken is there; a partner's own refusal, too, has the status 200."""
    opened = Database(url)
    with opened.read() as tx:
        found = [
            tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (T.application, T.message)
        ]
    opened.close()
    if found != [applications, callbacks]:
        raise RuntimeError(f"answered {applications} and {callbacks}, found {found}")


def _pgbench(folder: Path, url: str) -> float | None:
    """Single inserts a second by pgbench with as many connections; None where it is not installed."""
    tool = shutil.which("pgbench")
    if tool is None:
        return None
    script = folder / "insert.sql"
    script.write_text(_PGBENCH)
    at = make_url(url)
    words = [tool, "-n", "-f", str(script), "-c", str(CONNECTIONS), "-j", "2", "-T", "3"]
    words += ["-M", "prepared", "-h", at.host or "127.0.0.1", "-p", str(at.port or 5432)]
    words += ["-U", at.username or "postgres", at.database or "postgres"]
    environment = {**os.environ, "PGPASSWORD": at.password or ""}
    said = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    line = next(line for line in said.splitlines() if line.startswith("tps ="))
    return float(line.split()[2])


def workers(kind: str, requests: int) -> dict[int, float]:
    """Requests sent a second by one, two and four worker processes."""
    found = {}
    for processes in PROCESSES:
        with database(kind) as (folder, url):
            seconds = seconds_to_send(folder, url, processes=processes, requests=requests)
            found[processes] = requests / seconds
    return found


def life(kind: str, applications: int) -> dict[str, float]:
    """Processor milliseconds of a life by section."""
    with database(kind) as (folder, url):
        return cpu_ms(folder, url, applications=applications)


def measure(kind: str, requests: int, rounds: int, lives: int, sends: int, only: str) -> dict[str, Any]:
    """One run; one object."""
    figures: dict[str, Any] = {"load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None}
    floors: dict[str, Any] = {}
    ratios: dict[str, float] = {}
    if "doors" in only:
        found = doors(kind, requests, rounds)
        rate = found["per_second"]
        figures["applications_per_second"] = round(rate["applications"])
        figures["callbacks_per_second"] = round(rate["callbacks"])
        figures["cpu_ms_per_request"] = {name: round(ms, 2) for name, ms in found["cpu_ms"].items()}
        floors |= {"bare_endpoint_per_second": round(rate["bare"]), "pgbench_per_second": found["pgbench"]}
        ratios |= {name: rate[name] / rate["bare"] for name in ("applications", "callbacks")}
    if "life" in only:
        figures["cpu_ms_per_life"] = life(kind, lives)
    if "workers" in only:
        sent = workers(kind, sends)
        figures["sent_per_second"] = {str(count): round(rate, 1) for count, rate in sent.items()}
        floors["sent_per_second_by_one"] = round(sent[1], 1)
        ratios["workers"] = sent[PROCESSES[-1]] / sent[1]
    goals = {"applications": GOAL_INTAKE, "callbacks": GOAL_CALLBACKS, "workers": GOAL_WORKERS}
    return {
        "benchmark": "throughput",
        "database": kind,
        "figures": figures,
        "floors": floors,
        "ratios": {name: round(ratio, 2) for name, ratio in ratios.items()},
        "goals": {name: goals[name] for name in ratios},
        "met": {name: ratio >= goals[name] for name, ratio in ratios.items()},
    }


def main() -> int:
    """Measure, print, and say by the exit code whether every goal was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--requests", type=int, default=2_000, help="applications in one round")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--lives", type=int, default=60)
    parser.add_argument(
        "--sends", type=int, default=192, help="requests the workers share, half for each partner"
    )
    parser.add_argument("--only", default="doors,life,workers", help="parts, with commas between")
    args = parser.parse_args()
    logs.set_up("ERROR")  # what is printed is one object
    found = measure(args.database, args.requests, args.rounds, args.lives, args.sends, args.only)
    print(json.dumps(found, indent=None if args.json else 2))
    return int(not all(found["met"].values()))


if __name__ == "__main__":
    sys.exit(main())
