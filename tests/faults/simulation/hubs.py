"""The hub's processes: the real flows and the real worker, one turn at a time, on clocks of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING

from connectors.port import Answer, Call
from hub.flows import daily_files, day_inquiries, inbound, watch
from hub.flows.context import Context
from hub.store.mailbox import LOCAL
from hub.worker import RENEW_SECONDS, Signal, Worker
from tests.faults.simulation.fibres import Killed, Process
from tests.faults.simulation.premises import START

if TYPE_CHECKING:
    from tests.faults.simulation.town import Town

LEASES, WATCH = "leases", "watch"
PARALLEL = 2
"""Fibres of one process on one partner's queue."""


class Hub:
    """One process that serves and works."""

    def __init__(self, town: Town, name: str, ahead: timedelta) -> None:
        self.town = town
        self.process = Process(name, ahead=ahead)
        self.context = Context(
            database=town.database,
            catalogue=town.catalogue,
            agreements={(a.id, a.version): a for a in town.catalogue.agreements},
            desks=town.desks,
            vault=town.vault,
            clock=lambda: town.loop.now + town.leapt + self.process.ahead,
            random=town.random.randbytes,
            wake=lambda queue: None,
            two_persons=False,
        )
        for gauge in (self.context.pressure._intake, self.context.pressure._inbox):
            # It counts with its lock held; the fibres of one thread must not wait for each other there.
            gauge._lock = RLock()  # type: ignore[assignment]
        self.worker = Worker(self.context, owner=name, signal=Signal())
        # A claimer whose database fails waits on this before it goes on; here other fibres take that time.
        self.worker._stop.set()
        self.busy: Counter[str] = Counter()
        self._ticking = False
        self.run("begin", lambda: self.worker._guard(lambda: day_inquiries.begin(self.context)))

    def receive(self, partner: str, kind: str, call: Call) -> Answer:
        """Take a callback as the web server does."""
        return inbound.receive(self.context, partner, kind, call)

    def run(self, what: str, work: Callable[[], object]) -> None:
        """Do something in a fibre of this process."""
        self.busy[what] += 1

        def ended() -> None:
            self.busy[what] -= 1
            self.town.dirty = True

        self.town.loop.spawn(self.process, lambda: work() and None, ended)

    def has_hands_for(self, queue: str) -> bool:
        """Whether a fibre of this queue is free."""
        stalled = self.town.loop.now < self.stalled_until()
        most = 1 if queue in (LOCAL, LEASES, WATCH) else PARALLEL
        return self.process.alive and not stalled and self.busy[queue] < most

    def stalled_until(self) -> datetime:
        """When the process goes on; in the past when it is not stalled."""
        return self.process.stalled_until or START

    def work_on(self, queue: str) -> None:
        """Let a fibre claim what is due in a queue and do it, once."""
        self.run(queue, lambda: self._local() if queue == LOCAL else self._dial(queue))

    def _local(self) -> None:
        worker = self.worker
        if any(files.placed for files in self.town.files.values()):
            worker._guard(lambda: daily_files.collect(self.context))
        most = self.town.random.choice((1, 3, 32))
        jobs = worker._guard(lambda: worker._claim(LOCAL, most)) or []
        self.keep_ticking()
        if not jobs:
            self.town.found_nothing(LOCAL)
        else:
            self.town.note(f"{self.process.name} does {[(j.kind, j.seq, j.attempts) for j in jobs]}")
            worker._do_local(jobs)

    def _dial(self, queue: str) -> None:
        worker = self.worker
        jobs = worker._guard(lambda: worker._claim(queue, 1)) or []
        if not jobs:
            self.town.found_nothing(queue)
        for job in jobs:
            self.keep_ticking()
            how = f"try {job.attempts}{' lost' if job.lost else ''}"
            self.town.note(f"{self.process.name} does {job.kind} {job.seq} {how}")
            worker._do(job)

    def keep_ticking(self) -> None:
        """Renew leases every few seconds while any is held."""
        if self.worker._held and not self._ticking:
            self._ticking = True
            self.town.loop.after(RENEW_SECONDS, self._tick, self.process)

    def _tick(self) -> None:
        self._ticking = False
        self.look_after_leases()

    def look_after_leases(self) -> None:
        """Renew what is held and take back what the dead held."""

        def work() -> None:
            self.worker._guard(self.worker.keep_leases)
            self.keep_ticking()

        self.run(LEASES, work)

    def watch(self) -> None:
        """Tell a person of what was given up, as every process does every few seconds."""
        self.run(WATCH, lambda: self.worker._guard(lambda: watch._buried(self.context, self.context.now())))

    def die(self) -> None:
        """End here and now, from inside a fibre."""
        self.process.alive = False
        raise Killed
