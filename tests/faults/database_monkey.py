"""Database monkey: PostgreSQL killed -9 every few seconds under load, and a disk that fills up.

What the hub acknowledged, to the platform by a 2xx and to a partner in the partner's own words, is there
afterwards; the chain of events holds and all books agree. Every few kills the hub's processes die as well.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from connectors.port import Answer, Call
from connectors.sandbox import Sandbox
from hub.store.session import Database
from hub.store.tables import T
from tests.faults import people
from tests.faults.city import HOMES, START, build
from tests.faults.clock import SharedClock
from tests.faults.outcome import Outcome
from tests.faults.postgres import NoPostgres, Server, server, small_disk
from tests.faults.processes import SPLIT, Hub, Stuck, running
from tests.faults.theatre import Theatre
from tests.faults.verdict import Verdict
from tests.faults.wish import Wish

NAME: Final = "database_monkey"
DISK_FULL: Final = "disk_full"
LONG_KILLS: Final = 200
SHORT_TIMES: Final = 2
UNDER_LOAD: Final = (0.3, 2.0)
"""Seconds between the first new acknowledgement and the next death of the server."""
RECOVERY_SECONDS: Final = 30
HUB_DIES_EVERY: Final = 5
DISK_MEGABYTES: Final = 96
TIMES_FULL: Final = 3
_ROUNDS: Final = 40
_PAUSE: Final = 0.05
_LEAP: Final = timedelta(seconds=6)
Tell = Callable[[str], None]


class Load:
    """Borrowers who apply and draw, and partners who call, without a pause, in threads of their own."""

    def __init__(self, theatre: Theatre, seed: int) -> None:
        self._theatre, self._seed = theatre, seed
        self._stop = threading.Event()
        self._failed: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(act,), name=act.__name__, daemon=True)
            for act in (self._apply, self._call)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
        if self._failed:
            raise self._failed[0]

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:
            self._failed.append(error)

    def _apply(self) -> None:
        number = 0
        while not self._stop.wait(_PAUSE):
            region = random.Random(f"{self._seed}/{number}").choice(list(HOMES.values()))
            self._theatre.submit(number, people.submission(number, self._seed, region))
            number += 1
            if number % 5 == 0:
                for item in self._theatre.approved():
                    self._theatre.draw(item["id"], item["amount_fen"], most=9)

    def _call(self) -> None:
        clock = self._theatre.hub.clock
        while not self._stop.wait(_PAUSE):
            clock.leap(_LEAP / 10)
            self._theatre.sandbox.pump(clock())


class Heard:
    """Which notices each partner believes to have arrived, by partner and kind."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._notices: dict[tuple[str, str], set[str]] = {}
        for name, desk in sandbox._simulators.items():
            self._listen(name, desk)

    def missing(self, database: Database) -> list[str]:
        """Return what more notices were acknowledged of than are kept. Hints are never kept."""
        m = T.message.c
        query = (
            select(m.partner, m.kind, func.count()).where(m.source == "callback").group_by(m.partner, m.kind)
        )
        with database.read() as tx:
            kept = {(partner, kind): count for partner, kind, count in tx.execute(query)}
        return [
            f"of {len(ids)} {kind} callbacks of {partner} that were acknowledged"
            for (partner, kind), ids in self._notices.items()
            if partner != "north" and (partner, kind) != ("south", "credit")
            if len(ids) > kept.get((partner, kind), 0)
        ]

    def _listen(self, name: str, desk: Any) -> None:
        accepts = desk.accepts

        def heard(kind: str, call: Call, answer: Answer, *, now: datetime) -> bool:
            notice = desk._unanswered[call.body]
            believed: bool = accepts(kind, call, answer, now=now)
            if believed:
                self._notices.setdefault((name, kind), set()).add(notice.message_id)
            return believed

        desk.accepts = heard


class Monkey:
    """A hub of two processes on a server that dies."""

    def __init__(self, root: Path, own: Server, seed: int) -> None:
        self._own, self._chance = own, random.Random(seed)
        city = build(root / "town")
        clock = SharedClock(root / "clock")
        clock.set(START)
        url = own.url.render_as_string(hide_password=False)
        self.hub = Hub(city, root / "clock", root, url, lenient=True)
        self._sandbox = city.partners(clock, seed)
        self._database = Database(url)
        self._theatre = Theatre(self.hub, self._sandbox, self._database)
        self._heard = Heard(self._sandbox)
        self._seed = seed
        self.kills = 0

    @contextmanager
    def at_work(self) -> Iterator[Load]:
        """The hub under load."""
        with ExitStack() as ends:
            ends.callback(self._database.close)
            ends.callback(self._sandbox.close)
            ends.enter_context(self._sandbox.serve(self.hub.city.partners_port))
            ends.enter_context(running(self.hub))
            self.hub.start(SPLIT, trace=False)
            yield Load(self._theatre, self._seed)

    def kill(self, times: int, tell: Tell) -> None:
        """Kill the server so many times, and the hub now and then."""
        for time_of_it in range(1, times + 1):
            self._until_at_work()
            self._own.kill()
            if time_of_it % HUB_DIES_EVERY == 0:
                self.hub.kill()
            self._own.start()
            self.kills += 1
            tell(f"{self.kills} kills, {len(self._theatre.acknowledged)} applications acknowledged")

    def fill(self, disk: Path, times: int, tell: Tell) -> None:
        """Fill the disk under load, let the hub live with it, and make room again."""
        waiting = threading.Event()
        for _ in range(times):
            self._until_at_work()
            ballast = disk / "ballast"
            _fill(ballast)
            waiting.wait(2)
            ballast.unlink()
            if not self._own.alive():
                self._own.start()
            self.kills += 1
            tell(f"full {self.kills} times, {len(self._theatre.acknowledged)} applications acknowledged")

    def _until_at_work(self) -> None:
        """Let the hub acknowledge something since it was last disturbed, and then a moment pass."""
        before, waiting = self.acknowledged, threading.Event()
        end = time.monotonic() + RECOVERY_SECONDS
        while self.acknowledged == before and time.monotonic() < end:
            waiting.wait(_PAUSE)
        waiting.wait(self._chance.uniform(*UNDER_LOAD))

    def judged(self) -> Verdict:
        """Let everything come to rest and compare it."""
        for _ in range(_ROUNDS):
            self._theatre.leap(self.hub.clock() + timedelta(minutes=4))
            items = self._theatre.approved()
            for item in items:
                self._theatre.draw(item["id"], item["amount_fen"], most=9)
            if not items and not self._theatre.waiting():
                break
        verdict = self._theatre.judged()
        verdict.lost += self._heard.missing(self._database)
        return verdict

    @property
    def acknowledged(self) -> int:
        """How many applications were acknowledged."""
        return len(self._theatre.acknowledged)


def run(seeds: Sequence[int], *, times: int = LONG_KILLS, tell: Tell = lambda words: None) -> Outcome:
    """Kill the server `times` times, over all seeds. Raises NoPostgres."""

    def act(root: Path, seed: int) -> tuple[Monkey, Verdict]:
        with server() as own:
            monkey = Monkey(root, own, seed)
            with monkey.at_work() as load:
                with load:
                    monkey.kill(max(1, times // len(seeds)), tell)
                return monkey, monkey.judged()

    return _outcome(NAME, seeds, act)


def run_disk_full(
    seeds: Sequence[int], *, times: int = TIMES_FULL, tell: Tell = lambda words: None
) -> Outcome:
    """Fill the disk `times` times for each seed. Raises NoPostgres where no small disk is to be had."""

    def act(root: Path, seed: int) -> tuple[Monkey, Verdict]:
        with small_disk(DISK_MEGABYTES) as disk, server(disk) as own:
            monkey = Monkey(root, own, seed)
            with monkey.at_work() as load:
                with load:
                    monkey.fill(disk, times, tell)
                return monkey, monkey.judged()

    return _outcome(DISK_FULL, seeds, act)


def _outcome(name: str, seeds: Sequence[int], act: Callable[[Path, int], tuple[Monkey, Verdict]]) -> Outcome:
    began = time.monotonic()
    figures: Counter[str] = Counter()
    lost = duplicate = 0
    violations: list[str] = []
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="loanhub-faults-") as folder:
            try:
                monkey, verdict = act(Path(folder), seed)
            except Stuck as stuck:
                violations.append(f"seed {seed}: {stuck}")
                continue
        figures += Counter(
            interruptions=monkey.kills, hub_killed=monkey.hub.killed, applications=monkey.acknowledged
        )
        lost, duplicate = lost + len(verdict.lost), duplicate + len(verdict.duplicate)
        violations += [f"seed {seed}: {one}" for one in verdict.found]
    seconds = time.monotonic() - began
    found = (lost, duplicate, tuple(violations), seconds, dict(figures))
    return Outcome(name, 1, figures["interruptions"], (seeds[0], seeds[-1]), *found)


def _fill(ballast: Path) -> None:
    """Write until there is no room."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def program(wish: Wish) -> Iterator[Outcome]:
    """Run the killing and the filling; the row of what cannot be run here says why."""
    seeds = wish.range(long=1, short=1)
    for name, act, times in ((NAME, run, LONG_KILLS), (DISK_FULL, run_disk_full, TIMES_FULL)):
        try:
            yield act(seeds, times=times if wish.long else SHORT_TIMES, tell=wish.tell)
        except NoPostgres as why:
            yield Outcome(name, 1, 0, (seeds[0], seeds[-1]), figures={"not run": str(why)})
