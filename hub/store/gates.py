"""What a partner bears holds over all processes: workers pass its queue's gate one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from hub.store import mailbox, workload
from hub.store.mailbox import Job
from hub.store.once import insert_once
from hub.store.tables import T


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a partner bears: exchanges at once, and in a row, over all workers of all processes.

    `interval` is the time one exchange takes of its rate, None for no bound; `burst` may go at once in it.
    """

    parallel: int
    interval: timedelta | None = None
    burst: int = 1

    def allowed(self, free_at: datetime, now: datetime) -> int:
        """How many exchanges the rate allows now, when it is used up to `free_at` (GCRA, ITU-T I.371)."""
        if self.interval is None:
            return self.parallel
        ahead = max(free_at - now, timedelta(0))
        return max(0, ((self.burst - 1) * self.interval - ahead) // self.interval + 1)


_OPEN_GATE = insert_once(T.gate, "queue")
_ENTER_GATE = select(T.gate.c.free_at).where(T.gate.c.queue == bindparam("of_queue")).with_for_update()
_USE_RATE = update(T.gate).where(T.gate.c.queue == bindparam("of_queue")).values(free_at=bindparam("until"))


def claim_within(
    tx: Connection, bounds: Bounds, *, queue: str, most: int, owner: str, now: datetime
) -> list[Job]:
    """Lease up to `most` due jobs, no more than `bounds` leave free, whoever else claims at the same time.

    Workers pass a queue's gate one after the other, until their transaction ends. What a dead worker holds
    counts until it is taken back.
    """
    gate = {"of_queue": queue}
    free_at = tx.execute(_ENTER_GATE, gate).scalar()
    if free_at is None:
        tx.execute(_OPEN_GATE, {"queue": queue, "free_at": now})
        free_at = tx.execute(_ENTER_GATE, gate).scalar_one()
    in_hand = workload.in_hand(tx, queue=queue)
    room = min(most, bounds.parallel - in_hand, bounds.allowed(free_at, now))
    jobs = mailbox.claim(tx, queue=queue, most=room, owner=owner, now=now) if room > 0 else []
    if jobs and bounds.interval is not None:
        tx.execute(_USE_RATE, {**gate, "until": max(free_at, now) + len(jobs) * bounds.interval})
    return jobs
