"""Kill loop: kill -9 at every step boundary of every flow, start again, finish, and compare every book.

For each seed the story is told once without a death; the boundaries its processes pass are the points. Then
it is told anew for every point, to a hub that dies when it gets there: the first seed the first time, others
at a time they choose.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from hub.store.session import Database
from tests.faults.city import START, City, build
from tests.faults.clock import SharedClock
from tests.faults.databases import Image, image
from tests.faults.outcome import Outcome
from tests.faults.processes import ONE, SPLIT, Hub, Stuck, running
from tests.faults.steps import Death
from tests.faults.story import Story
from tests.faults.theatre import Theatre
from tests.faults.wish import Wish

NAME = "kill_loop"
LONG_SEEDS, SHORT_POINTS = 20, 6
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Told:
    """One telling: the boundaries passed in order, how often a process was killed, and what was found."""

    passed: tuple[str, ...]
    appointed: bool
    killed: int
    lost: int
    duplicate: int
    violations: tuple[str, ...]


class Loop:
    """One city and one database image for all tellings."""

    def __init__(self, root: Path, city: City, prepared: Image) -> None:
        self._root, self._city, self._image = root, city, prepared
        self._clock_file = root / "clock"

    def tell(self, seed: int, death: Death | None = None) -> Told:
        """Tell the story once. Seeds take turns: one process or two, short or with a month's repayments."""
        clock = SharedClock(self._clock_file)
        clock.set(START)
        self._city.clear_files()
        url = self._image.copy()
        (self._root / "trace").unlink(missing_ok=True)
        hub = Hub(self._city, self._clock_file, self._root, url)
        sandbox = self._city.partners(clock, seed)
        database = Database(url)
        try:
            with sandbox.serve(self._city.partners_port), running(hub):
                hub.start(SPLIT if seed % 2 else ONE, death)
                try:
                    verdict = Story(Theatre(hub, sandbox, database), seed, death).tell()
                    found = (len(verdict.lost), len(verdict.duplicate), verdict.found)
                except Stuck as stuck:
                    found = (0, 0, [str(stuck)])
        finally:
            database.close()
            sandbox.close()
        where = f"seed {seed}" if death is None else f"seed {seed}, killed at {death.point} ({death.time})"
        lost, duplicate, words = found
        passed = tuple((self._root / "trace").read_text().splitlines())
        return Told(
            passed, death is not None, hub.killed, lost, duplicate, tuple(f"{where}: {one}" for one in words)
        )


@contextmanager
def stage(engine: str, server: URL | None) -> Iterator[Loop]:
    """A loop on `sqlite` or `postgres`, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="loanhub-faults-") as folder:
        root = Path(folder)
        with image(engine, root, server) as prepared:
            yield Loop(root, build(root), prepared)


def run(
    engine: str,
    seeds: Sequence[int],
    *,
    server: URL | None = None,
    most: int | None = None,
    seconds: float | None = None,
    tell: Tell = lambda words: None,
) -> Outcome:
    """Kill at every point of every seed; `most` takes a seeded choice of them, `seconds` ends it early."""
    began = time.monotonic()
    count = _Count(seeds)
    with stage(engine, server) as loop:
        for seed in seeds:
            for told in _of_seed(loop, seed, most, first=seed == seeds[0]):
                count.add(seed, told)
                tell(f"{engine} seed {seed}: {count}")
                if seconds is not None and time.monotonic() - began > seconds:
                    return count.outcome(engine, time.monotonic() - began)
    return count.outcome(engine, time.monotonic() - began)


def _of_seed(loop: Loop, seed: int, most: int | None, *, first: bool) -> Iterator[Told]:
    """Tell the story of a seed without a death, and then with each of those chosen."""
    whole = loop.tell(seed)
    yield whole
    chance = random.Random(seed)
    points = list(dict.fromkeys(whole.passed))
    for point in points if most is None else chance.sample(points, min(most, len(points))):
        time_of_it = 1 if first else chance.randint(1, whole.passed.count(point))
        yield loop.tell(seed, Death(point, time_of_it))


class _Count:
    """What all tellings come to."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self._seeds = (seeds[0], seeds[0])
        self._points: set[str] = set()
        self._runs = self._killed = self._lost = self._duplicate = 0
        self._violations: list[str] = []

    def add(self, seed: int, told: Told) -> None:
        """Count a telling."""
        self._seeds = (self._seeds[0], seed)
        self._points.update(told.passed)
        self._runs += told.appointed
        self._killed += told.killed
        self._lost += told.lost
        self._duplicate += told.duplicate
        self._violations += told.violations

    def __str__(self) -> str:
        return f"{self._runs} runs, {self._killed} killed, {len(self._violations)} found"

    def outcome(self, engine: str, seconds: float) -> Outcome:
        """Return the row of the table."""
        return Outcome(
            f"{NAME}, {engine}",
            len(self._points),
            self._runs,
            self._seeds,
            self._lost,
            self._duplicate,
            tuple(self._violations),
            seconds,
            {"killed": self._killed},
        )


def program(wish: Wish) -> Iterator[Outcome]:
    """Run it on both engines; PostgreSQL is left out where none answers."""
    seeds = wish.range(long=LONG_SEEDS, short=1)
    for engine in ("sqlite", "postgres") if wish.server else ("sqlite",):
        most = None if wish.long else SHORT_POINTS
        yield run(engine, seeds, server=wish.server, most=most, seconds=wish.seconds, tell=wish.tell)
