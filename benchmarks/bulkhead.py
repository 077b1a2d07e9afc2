"""What one partner that hangs, errors or floods costs another: its p99, against the same run without it.

One worker with its real threads, flows, dialects and database; the partners are their simulators, called
directly. The well partner's requests fall due at a steady pace, and each one's time counts from then until
its answer is read. In turns: the other partner has nothing to do; then it hangs, fails every time, or has a
flood of requests due at once. The goal is that the well partner's p99 rises by less than a fifth. `--json`
prints one object; the exit code is 1 when it rose by more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import select, update

from benchmarks.loads import house
from benchmarks.loads.workers import assembled, queue_for
from benchmarks.throughput import database
from connectors.port import Answer, Request, Uncertain
from connectors.simulation.desk import Desk as Simulated
from hub import logs
from hub.flows.context import Context
from hub.store.tables import T
from hub.worker import Signal, Worker

GOAL_RISE = 1.2
SICK, WELL = house.PARTNERS
PACE = timedelta(milliseconds=30)
ANSWERS_AFTER = 0.02
"""Seconds in which a partner that is well answers."""
HEALTHY, HANGS, ERRORS, FLOODS = "healthy", "hangs", "errors", "floods"
ILLNESSES = (HANGS, ERRORS, FLOODS)


class Road:
    """The road to a partner that behaves as told."""

    def __init__(self, partner: Simulated, behaviour: str, over: threading.Event) -> None:
        self._partner, self._behaviour, self._over = partner, behaviour, over

    def send(self, request: Request) -> Answer:
        """Answer, or not."""
        if self._behaviour == HANGS:
            self._over.wait()
            raise Uncertain("it hung")
        if self._behaviour == ERRORS:
            raise Uncertain("500")
        self._over.wait(ANSWERS_AFTER)
        return self._partner.handle(request, now=datetime.now(UTC))


def turn(kind: str, behaviour: str, requests: int, ill: int) -> list[float]:
    """Milliseconds of each of the well partner's requests while the other behaves so."""
    with database(kind) as (folder, url):
        of = house.premises(folder, url)
        over = threading.Event()
        with assembled(of) as made:
            signal = Signal()
            desks = {
                name: replace(
                    made.desks[name],
                    transport=Road(
                        house.simulator(house.seat(of, name)), behaviour if name == SICK else HEALTHY, over
                    ),
                    exchange=None,
                )
                for name in house.PARTNERS
            }
            context = replace(made, desks=desks, wake=signal.wake)
            queue_for(context, WELL, requests)
            if behaviour != HEALTHY:
                queue_for(context, SICK, requests + ill)
            return _run(context, signal, over, requests)


def _run(context: Context, signal: Signal, over: threading.Event, requests: int) -> list[float]:
    due = _spread(context)
    worker = Worker(context, owner="benchmark", signal=signal)
    worker.start()
    end = time.monotonic() + 60 + requests * PACE.total_seconds()
    a = T.attempt.c
    answered: list[Any] = []
    while len(answered) < requests and time.monotonic() < end:
        time.sleep(0.25)
        with context.database.read() as tx:
            words = select(a.id, a.updated_at).where(a.partner == WELL, a.state == "accepted")
            answered = list(tx.execute(words))
    over.set()
    worker.stop()
    return [(row.updated_at - due[row.id]) / timedelta(milliseconds=1) for row in answered]


def _spread(context: Context) -> dict[str, datetime]:
    """Let the well partner's requests fall due one after the other; returns when, by attempt."""
    start, due = datetime.now(UTC) + timedelta(seconds=1), {}
    w, m = T.work.c, T.message.c
    with context.database.write() as tx:
        waiting = tx.execute(
            select(w.seq, m.subject).join(T.message, m.id == w.ref).where(w.kind == "send", m.partner == WELL)
        ).all()
        for place, row in enumerate(waiting):
            due[row.subject] = start + place * PACE
            tx.execute(update(T.work).where(w.seq == row.seq).values(due_at=due[row.subject]))
        ill = select(m.id).where(m.partner == SICK)
        tx.execute(update(T.work).where(w.ref.in_(ill)).values(due_at=start))
    return due


def p99(values: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]


def measure(kind: str, requests: int, ill: int, rounds: int) -> dict[str, Any]:
    """Rounds in turns, so that a busy machine is busy for everybody; one object."""
    found: dict[str, list[float]] = {name: [] for name in (HEALTHY, *ILLNESSES)}
    middle: dict[str, list[float]] = {name: [] for name in found}
    turn(kind, HEALTHY, min(requests, 20), 0)  # warms what every later turn finds warm
    for _ in range(rounds):
        for name in found:
            took = turn(kind, name, requests, ill)
            if len(took) < requests:
                raise RuntimeError(f"{name}: only {len(took)} of {requests} were answered")
            found[name].append(p99(took))
            middle[name].append(median(took))
    best = {name: min(values) for name, values in found.items()}
    return {
        "benchmark": "bulkhead",
        "database": kind,
        "figures": {
            "p99_ms": {name: round(ms, 1) for name, ms in best.items()},
            "p50_ms": {name: round(min(values), 1) for name, values in middle.items()},
            "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        },
        "floors": {"p99_ms_healthy": round(best[HEALTHY], 1)},
        "ratios": {name: round(best[name] / best[HEALTHY], 2) for name in ILLNESSES},
        "goals": dict.fromkeys(ILLNESSES, GOAL_RISE),
        "met": {name: best[name] < GOAL_RISE * best[HEALTHY] for name in ILLNESSES},
    }


def main() -> int:
    """Measure, print, and say by the exit code whether the goals were met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--requests", type=int, default=200, help="of the partner that is well")
    parser.add_argument("--ill", type=int, default=200, help="requests of the other one")
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    logs.set_up("ERROR")
    found = measure(args.database, args.requests, args.ill, args.rounds)
    print(json.dumps(found, indent=None if args.json else 2))
    return int(not all(found["met"].values()))


if __name__ == "__main__":
    sys.exit(main())
