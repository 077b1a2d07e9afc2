"""Ambiguous network: every road between hub and partners is bad, and nobody may be lent to twice.

Applications come in over the first simulated hours; the road to the partners and the road back both spoil
exchanges. In 24 simulated hours every application is decided and every drawing is paid or has failed; no
application was ever routed again while it was not known what became of it.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from hub.store.session import Database
from tests.faults import people
from tests.faults.city import HOMES, START, build, free_port
from tests.faults.clock import SharedClock
from tests.faults.databases import Image, image
from tests.faults.outcome import Outcome
from tests.faults.processes import ONE, Hub, Stuck, running
from tests.faults.proxy import Fault, Road, opened
from tests.faults.theatre import Theatre
from tests.faults.verdict import Verdict
from tests.faults.wish import Wish

NAME: Final = "ambiguous_network"
LONG_APPLICATIONS, SHORT_APPLICATIONS = 10_000, 60
FAULTY: Final = 0.35
DAY: Final = timedelta(hours=24)
ARRIVE_OVER: Final = timedelta(hours=4)
BATCHES: Final = 100
LEAST_STEP: Final = timedelta(seconds=20)
_THREADS: Final = 4
_OPEN: Final = frozenset({"submitted", "reviewing", "approved", "drawing"})
_FATES: Final = (*[people.APPROVED] * 18, people.DECLINED, people.TRANSFER_FAILS)
Tell = Callable[[str], None]


class Flood:
    """Plays the applications of one seed."""

    def __init__(self, theatre: Theatre, applications: int, seed: int, tell: Tell) -> None:
        self._theatre, self._applications, self._seed, self._tell = theatre, applications, seed, tell
        self._clock = theatre.hub.clock

    def play(self) -> Verdict:
        """Play the 24 hours and judge. Raises Stuck."""
        batches = min(BATCHES, 1 + self._applications // 20)
        with ThreadPoolExecutor(_THREADS) as pool:
            for batch in range(batches):
                self._until(START + ARRIVE_OVER * batch / batches, pool)
                numbers = range(
                    self._applications * batch // batches, self._applications * (batch + 1) // batches
                )
                list(pool.map(self._submit, numbers))
                self._theatre.settle()
                self._tell(f"{numbers.stop} sent, {dict(self._theatre.states())}")
            self._until(START + DAY, pool)
        verdict = self._theatre.judged()
        left = {state: count for state, count in self._theatre.states().items() if state in _OPEN}
        verdict.wrong += [f"{count} are {state} after 24 hours" for state, count in left.items()]
        return verdict

    def _submit(self, number: int) -> None:
        chance = random.Random(f"{self._seed}/{number}/fate")
        region = chance.choice(list(HOMES.values()))
        self._theatre.submit(number, people.submission(number, self._seed, region, chance.choice(_FATES)))

    def _until(self, end: datetime, pool: ThreadPoolExecutor) -> None:
        """Let time go on, whenever something falls due, and draw what was approved."""
        while self._clock() < end:
            due = self._theatre.next_due()
            self._theatre.leap(end if due is None else min(end, max(due, self._clock() + LEAST_STEP)))
            items = self._theatre.approved()
            # Whoever's transfer failed twice gives up, and is then resolved as an approval nobody wants.
            list(pool.map(lambda item: self._theatre.draw(item["id"], item["amount_fen"], most=9), items))
            if items:
                self._theatre.settle()


def run(
    engine: str,
    seeds: Sequence[int],
    *,
    applications: int = LONG_APPLICATIONS,
    server: URL | None = None,
    tell: Tell = lambda words: None,
) -> Outcome:
    """Play the applications once for each seed."""
    began = time.monotonic()
    lost = duplicate = exchanges = faulty = rerouted = 0
    violations: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="loanhub-faults-") as folder,
        image(engine, Path(folder), server) as copies,
    ):
        for seed in seeds:
            verdict, met = _one(Path(folder) / str(seed), copies, seed, applications, tell)
            lost += len(verdict.lost)
            duplicate += len(verdict.duplicate)
            violations += [f"seed {seed}: {one}" for one in verdict.found]
            rerouted += sum("routed again" in one for one in verdict.wrong)
            exchanges += sum(met.values())
            faulty += sum(met.values()) - met["none"]
    figures = {
        "applications": applications * len(seeds),
        "exchanges": exchanges,
        "faulty_percent": round(100 * faulty / max(1, exchanges), 1),
        "rerouted_while_unknown": rerouted,
    }
    seconds = time.monotonic() - began
    spoilt = (lost, duplicate, tuple(violations), seconds, figures)
    return Outcome(f"{NAME}, {engine}", len(Fault), len(seeds), (seeds[0], seeds[-1]), *spoilt)


def _one(root: Path, copies: Image, seed: int, applications: int, tell: Tell) -> tuple[Verdict, Counter[str]]:
    root.mkdir()
    way_out, way_back = free_port(), free_port()
    city = build(root, dial=way_out, callbacks=way_back)
    clock = SharedClock(root / "clock")
    clock.set(START)
    url = copies.copy()
    roads = [
        (Road(city.partners_port, faulty=FAULTY, seed=seed), way_out),
        (Road(city.hub_port, faulty=FAULTY, seed=~seed), way_back),
    ]
    hub, sandbox, database = Hub(city, root / "clock", root, url), city.partners(clock, seed), Database(url)
    try:
        with opened(*roads), sandbox.serve(city.partners_port), running(hub):
            hub.start(ONE, trace=False)
            try:
                verdict = Flood(Theatre(hub, sandbox, database), applications, seed, tell).play()
            except Stuck as stuck:
                verdict = Verdict(wrong=[str(stuck)])
    finally:
        database.close()
        sandbox.close()
    return verdict, roads[0][0].met + roads[1][0].met


def program(wish: Wish) -> Iterator[Outcome]:
    """Run it on SQLite: the network does not know the database."""
    applications = LONG_APPLICATIONS if wish.long else SHORT_APPLICATIONS
    yield run("sqlite", wish.range(long=1, short=1), applications=applications, tell=wish.tell)
