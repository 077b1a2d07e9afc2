"""Doing the queued work: one queue of the hub's own, and one bounded pool of threads for each partner.

A partner that hangs holds only its own threads. Any number of workers may run on one database; each leases
what it claims, renews its leases while it lives, and takes back what a dead one held.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from contracts.programme import Partner
from hub import logs
from hub.flows import (
    breakers,
    collecting,
    daily_files,
    day_inquiries,
    days,
    exchanges,
    inbound,
    order_requests,
    orders,
    outbound,
    requests,
    watch,
)
from hub.flows.context import Context
from hub.store import mailbox
from hub.store.gates import Bounds, claim_within
from hub.store.mailbox import LOCAL, Job, LeaseLost

log = logs.get(__name__)
R = TypeVar("R")

BATCH = 32
IDLE_SECONDS = 0.25
"""How long a claimer sleeps that no other process can wake, or that waits for a partner to bear more."""
HEARING_SECONDS = 5.0
"""How long one sleeps that other processes wake: what a lost notification costs."""
THREADS = 8
"""Most exchanges with one partner at once in one worker; what the partner bears in all is its `parallel`."""
RENEW_SECONDS = 5.0
"""How often a worker renews its leases and looks for dead ones; a small part of a lease."""
COLLECT_EVERY = timedelta(seconds=1)
LOOK_EVERY = timedelta(seconds=5)
"""How often a worker looks for what calls for a person, and for days that have ended."""

_HANDLERS: dict[str, Callable[[Context, Job], None]] = {
    "route": outbound.route,
    "draw": outbound.draw,
    collecting.KIND: collecting.collect,
    orders.WRITE: order_requests.write,
    "send": requests.send,
    "query_credit": requests.query,
    "query_drawdown": requests.query,
    "query_order": order_requests.query,
    "query_movements": day_inquiries.inquire,
    "query_balance": breakers.inquire,
    "day_end": days.end,
}


def bounds_of(partner: Partner) -> Bounds:
    """What a partner bears, over all processes."""
    a_minute = partner.dialling.requests_per_minute
    interval = None if a_minute is None else timedelta(minutes=1) / a_minute
    return Bounds(partner.parallel, interval, partner.dialling.burst)


class Signal:
    """Wakes the claimer of a queue; a wake between two waits is not lost."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._counts: Counter[str] = Counter()
        self._all = 0

    def wake(self, queue: str) -> None:
        """Let the claimer of a queue look for work."""
        with self._condition:
            self._counts[queue] += 1
            self._condition.notify_all()

    def wake_all(self) -> None:
        """Let every claimer look for work: time has moved, or it is time to stop."""
        with self._condition:
            self._all += 1
            self._condition.notify_all()

    def wait(self, queue: str, seen: int, seconds: float) -> int:
        """Sleep until the queue's count differs from `seen` or time is up; returns the count."""
        with self._condition:
            self._condition.wait_for(lambda: self._counts[queue] + self._all != seen, seconds)
            return self._counts[queue] + self._all


class Worker:
    """Claims and does work until told to stop; what it has begun it ends."""

    def __init__(self, context: Context, *, owner: str, signal: Signal) -> None:
        """`owner` says where the worker runs; what a dead one held under the same name stays another's."""
        self._context = context
        self._owner = f"{owner}:{context.id('wrk', context.now())}"
        self._held: dict[tuple[int, int], Job] = {}
        """By number and claim: the same work may come back while the first claim of it is still at it."""
        self._due: dict[str, datetime | None] = {}
        self._holding = threading.Lock()
        self._signal = signal
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._run_leases, name="work-leases", daemon=True)
        self._threads: list[threading.Thread] = []
        self._next_look: datetime | None = None

    def start(self) -> None:
        """Begin to work in threads of its own."""
        claimers = [threading.Thread(target=self._run_local, name="work-local", daemon=True)]
        for name, desk in self._context.desks.items():
            claimers.append(
                threading.Thread(
                    target=self._run_partner,
                    args=(requests.queue_of(name), bounds_of(desk.partner)),
                    name=f"work-{name}",
                    daemon=True,
                )
            )
        if self._context.bell is not None:
            self._context.bell.listen(self._signal.wake, self._signal.wake_all)
        self._threads = claimers
        for thread in (self._keeper, *claimers):
            thread.start()

    def stop(self) -> None:
        """Claim nothing more, give back what was not begun, and return when what was begun has ended."""
        self._stop.set()
        self._signal.wake_all()
        for thread in self._threads:
            thread.join()
        self._ended.set()
        if self._threads:
            self._keeper.join()

    def drain(self) -> int:
        """Do all work that is due now, in this thread; returns how many jobs were done. For tests."""
        total = 0
        while True:
            daily_files.collect(self._context)
            jobs = [j for queue in self._queues() for j in self._claim(queue, BATCH)]
            if not jobs and not self._look():
                return total
            self._do_local([j for j in jobs if j.queue == LOCAL])
            for job in jobs:
                if job.queue != LOCAL:
                    self._do(job)
            total += len(jobs)

    def _queues(self) -> list[str]:
        return [LOCAL, *(requests.queue_of(name) for name in self._context.desks)]

    def _look(self) -> bool:
        """Look for what calls for a person and for what time has brought, now and then; whether it did."""
        now = self._context.now()
        if self._next_look is not None and self._next_look - LOOK_EVERY <= now < self._next_look:
            return False
        self._next_look = now + LOOK_EVERY
        watch.look(self._context)
        return True

    # Leases

    def _run_leases(self) -> None:
        ended = False
        while not ended:
            self._guard(self.keep_leases)
            self._guard(self._look)
            ended = self._ended.wait(RENEW_SECONDS)

    def keep_leases(self) -> None:
        """Renew this worker's leases, then take back those that ended, in one step: time may leap."""
        now = self._context.now()
        with self._holding:
            held = list(self._held.values())

        def renew(tx: Connection) -> int:
            mailbox.renew(tx, held, owner=self._owner, now=now)
            return mailbox.take_back(tx, now)

        lost = self._context.database.run(renew, repeatable=True)
        if lost:
            log.warning("took back the work of a dead worker", jobs=lost)
            self._signal.wake_all()

    # The hub's own queue

    def _run_local(self) -> None:
        seen = 0
        next_collection = self._context.now()
        while not self._stop.is_set():
            now = self._context.now()
            jobs = self._guard(lambda: self._claim(LOCAL, BATCH)) or []
            self._do_local(jobs)
            taken = None
            # Files are looked for whenever there is nothing else to do, and now and then when there is.
            if not jobs or now >= next_collection:
                next_collection = now + COLLECT_EVERY
                taken = self._guard(partial(daily_files.collect, self._context))
            if not jobs and not taken:
                # Files give no sign: whoever collects them looks again.
                collects = any(desk.exchange is not None for desk in self._context.desks.values())
                longest = IDLE_SECONDS if collects else HEARING_SECONDS
                seen = self._signal.wait(LOCAL, seen, min(longest, self._rest(LOCAL)))

    def _do_local(self, jobs: Sequence[Job]) -> None:
        messages = [job for job in jobs if job.kind == "apply"]
        if messages:
            try:
                inbound.apply(self._context, messages)
                self._let_go(messages)
            except Exception:
                # One bad message must not hold up the others: each on its own, the bad one by itself.
                log.exception("a batch failed, doing its messages one by one")
                for job in messages:
                    self._do_one(job, lambda c, j: inbound.apply(c, [j]))
        for job in jobs:
            if job.kind != "apply":
                self._do(job)

    # Partners' queues

    def _run_partner(self, queue: str, bounds: Bounds) -> None:
        seen = 0
        running: dict[Future[None], Job] = {}
        threads = min(bounds.parallel, THREADS)
        with ThreadPoolExecutor(threads, thread_name_prefix=queue) as pool:
            while not self._stop.is_set():
                running = {future: job for future, job in running.items() if not future.done()}
                # No more than is begun at once: what is leased counts against every other worker.
                room = threads - len(running)
                jobs = self._guard(partial(self._claim, queue, room, bounds)) if room else None
                if not jobs:
                    seen = self._signal.wait(queue, seen, self._rest(queue))
                for job in jobs or ():
                    future = pool.submit(self._do, job)
                    running[future] = job
                    future.add_done_callback(lambda _: self._signal.wake(queue))
            for future, job in running.items():
                if future.cancel():
                    self._guard(partial(self._give_back, job))
                    self._let_go([job])

    # Both

    def _rest(self, queue: str) -> float:
        """Seconds a claimer that got nothing may sleep: until work falls due, or it looks anyway."""
        longest = IDLE_SECONDS if self._context.bell is None else HEARING_SECONDS
        due_at = self._due.get(queue)
        if due_at is None:
            return longest
        left = (due_at - self._context.now()).total_seconds()
        # Work is due and may not be taken: others have it in hand, or the partner bears no more for now.
        return IDLE_SECONDS if left <= 0 else min(left, longest)

    def _claim(self, queue: str, most: int, bounds: Bounds | None = None) -> list[Job]:
        now = self._context.now()
        with self._context.database.read() as tx:
            self._due[queue] = due_at = mailbox.first_due(tx, queue=queue)
        if due_at is None or due_at > now:
            return []

        def claim(tx: Connection) -> list[Job]:
            if bounds is None:
                return mailbox.claim(tx, queue=queue, most=most, owner=self._owner, now=now)
            return claim_within(tx, bounds, queue=queue, most=most, owner=self._owner, now=now)

        jobs = self._context.database.run(claim)
        with self._holding:
            self._held |= {(job.seq, job.attempts): job for job in jobs}
        return jobs

    def _let_go(self, jobs: Iterable[Job]) -> None:
        with self._holding:
            for job in jobs:
                del self._held[job.seq, job.attempts]

    def _do(self, job: Job) -> None:
        # Looked up where failures are caught: a newer version may have put a kind this one does not know.
        self._do_one(job, lambda context, job: _HANDLERS[job.kind](context, job))

    def _do_one(self, job: Job, handler: Callable[[Context, Job], None]) -> None:
        try:
            with exchanges.heard(self._context):
                handler(self._context, job)
        except LeaseLost:
            log.warning("another worker has taken the work over", job=job.kind, ref=job.ref)
        except Exception as error:
            log.exception("work failed", job=job.kind, ref=job.ref, attempts=job.attempts)
            self._guard(partial(self._retry, job, f"{type(error).__name__}: {error}"))
        finally:
            self._let_go([job])

    def _give_back(self, job: Job) -> None:
        self._context.database.run(lambda tx: mailbox.give_back(tx, job), repeatable=True)

    def _retry(self, job: Job, error: str) -> None:
        pause = timedelta(seconds=min(2**job.tries, 300))
        # Whether a request left before it failed is not known: who takes it next asks instead of sending.
        lost = job.kind == "send"
        due_at = self._context.now() + pause
        again = self._context.database.run(
            lambda tx: mailbox.retry(tx, job, due_at=due_at, error=error, lost=lost), repeatable=True
        )
        if not again:
            log.error("buried after its last attempt", job=job.kind, ref=job.ref)

    def _guard(self, act: Callable[[], R]) -> R | None:
        """A claimer outlives a failing database: it says so and goes on."""
        try:
            return act()
        except Exception:
            log.exception("the worker could not reach its work, trying again")
            self._stop.wait(IDLE_SECONDS)
            return None
