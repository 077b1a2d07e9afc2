"""The mailbox: messages kept for ever, and work that is claimed, leased, retried, buried or finished.

A message and the work it causes are written in the transaction of the state change that caused them; that
is what makes a crash harmless. Work in one lane is done in its order; work without a lane in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from hub.store.tables import T

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 12
READY, LEASED, BURIED = "ready", "leased", "buried"


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed piece of work. `attempts` counts this claim too.

    `lost` says that a worker died with it: what that worker did before it died is not known.
    """

    seq: int
    queue: str
    kind: str
    lane: str | None
    ref: str
    attempts: int
    lost: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as it is kept. `number` is our request number or the partner's identity of the message."""

    id: str
    direction: str
    partner: str
    kind: str
    source: str
    number: str
    sha256: str
    subject: str | None
    sealed: bytes
    facts: bytes | None
    at: datetime


def put(
    tx: Connection,
    *,
    queue: str,
    kind: str,
    ref: str,
    now: datetime,
    lane: str | None = None,
    due_at: datetime | None = None,
    attempts: int = 0,
) -> None:
    """Add work to a queue, due now or later."""
    tx.execute(
        insert(T.work),
        {
            "queue": queue,
            "kind": kind,
            "lane": lane,
            "ref": ref,
            "state": READY,
            "lost": False,
            "due_at": due_at or now,
            "attempts": attempts,
            "created_at": now,
        },
    )


_earlier = T.work.alias("earlier")
_W = T.work.c
_DUE = (
    select(_W.seq)
    .where(_W.queue == bindparam("in_queue"), _W.state == READY, _W.due_at <= bindparam("now"))
    .where(
        _W.lane.is_(None)
        | ~exists().where(_earlier.c.lane == _W.lane, _earlier.c.seq < _W.seq, _earlier.c.state != BURIED)
    )
    .order_by(_W.due_at, _W.seq)
    .limit(bindparam("most"))
)
_CLAIM = {
    locking: update(T.work)
    .where(_W.seq.in_(_DUE.with_for_update(skip_locked=True) if locking else _DUE))
    .values(
        state=LEASED,
        lease_until=bindparam("until"),
        lease_by=bindparam("owner"),
        attempts=_W.attempts + 1,
    )
    .returning(_W.seq, _W.queue, _W.kind, _W.lane, _W.ref, _W.attempts, _W.lost)
    for locking in (False, True)
}


def claim(tx: Connection, *, queue: str, most: int, owner: str, now: datetime) -> list[Job]:
    """Lease up to `most` due jobs of a queue, the head of each lane only, oldest first."""
    rows = tx.execute(
        _CLAIM[tx.dialect.name == "postgresql"],
        {"in_queue": queue, "now": now, "most": most, "until": now + LEASE, "owner": owner},
    )
    return sorted((Job(*row) for row in rows), key=lambda job: job.seq)


def done(tx: Connection, job: Job) -> None:
    """Finish a job."""
    tx.execute(delete(T.work).where(_W.seq == job.seq))


def retry(tx: Connection, job: Job, *, due_at: datetime, error: str) -> bool:
    """Give a job back for later. After its last attempt it is buried instead, and False is returned."""
    alive = job.attempts < MAX_ATTEMPTS
    tx.execute(
        update(T.work)
        .where(_W.seq == job.seq)
        .values(
            state=READY if alive else BURIED,
            due_at=due_at,
            lost=False,
            lease_until=None,
            lease_by=None,
            error=error[:500],
        )
    )
    return alive


def bury(tx: Connection, job: Job, *, error: str) -> None:
    """Set a job aside for a person, with its reason; its lane goes on without it."""
    tx.execute(
        update(T.work)
        .where(_W.seq == job.seq)
        .values(state=BURIED, lease_until=None, lease_by=None, error=error[:500])
    )


def requeue(tx: Connection, job: Job, *, due_at: datetime, now: datetime) -> None:
    """Put a job that came before its turn aside, out of its lane: what it waits for may stand behind it."""
    done(tx, job)
    put(
        tx,
        queue=job.queue,
        kind=job.kind,
        ref=job.ref,
        now=now,
        due_at=due_at,
        attempts=job.attempts,
    )


def take_back(tx: Connection, now: datetime) -> int:
    """Make ready again what a dead worker had leased; returns how many."""
    return tx.execute(
        update(T.work)
        .where(_W.state == LEASED, _W.lease_until < now)
        .values(state=READY, lost=True, lease_until=None, lease_by=None, due_at=now)
    ).rowcount


def backlog(tx: Connection, *, now: datetime) -> dict[str, int]:
    """Count of due or leased work by queue, and of what is buried and what waits for later."""
    due = func.sum(case((_W.due_at <= now, 1), else_=0))
    rows = tx.execute(select(_W.queue, _W.state, due, func.count()).group_by(_W.queue, _W.state))
    counts: dict[str, int] = {"buried": 0, "later": 0}
    for queue, state, now_due, count in rows:
        if state == BURIED:
            counts["buried"] += count
            continue
        waiting = count if state == LEASED else int(now_due)
        counts[queue] = counts.get(queue, 0) + waiting
        counts["later"] += count - waiting
    return counts


def keep(tx: Connection, message: Kept) -> str | None:
    """Keep a message for ever.

    Returns None, or the content hash of the message that already stands under its number.
    """
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    m = T.message.c
    values = {name: getattr(message, name) for name in Kept.__slots__}
    inserted = tx.execute(
        dialect.insert(T.message)
        .on_conflict_do_nothing(index_elements=["partner", "direction", "number"])
        .returning(m.id),
        values,
    ).scalar()
    if inserted is not None:
        return None
    same_number = (m.partner == message.partner, m.direction == message.direction, m.number == message.number)
    kept: str = tx.execute(select(m.sha256).where(*same_number)).scalar_one()
    return kept


def use_nonce(tx: Connection, *, partner: str, nonce: str, now: datetime) -> bool:
    """Record a nonce; False when the partner has used it before."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    return (
        tx.execute(
            dialect.insert(T.nonce)
            .values(partner=partner, nonce=nonce, seen_at=now)
            .on_conflict_do_nothing(index_elements=["partner", "nonce"])
            .returning(T.nonce.c.nonce)
        ).scalar()
        is not None
    )


def read(tx: Connection, message_id: str) -> Kept:
    """Return a kept message."""
    columns = [T.message.c[name] for name in Kept.__slots__]
    return Kept(*tx.execute(select(*columns).where(T.message.c.id == message_id)).one())
