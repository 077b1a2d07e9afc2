"""The mailbox: messages kept for ever, and work that is claimed, leased, retried, buried or finished.

A message and the work it causes are written in the transaction of the state change that caused them; that
is what makes a crash harmless. Work without a lane is done in any order. Work in a lane is done one after the
other: its head is ready or leased, what stands behind it waits and is not looked at when work is claimed, so
that a claim costs the same whatever the backlog. Whoever takes the head out of a lane makes the next one
ready.

Every statement is built once: building one costs more than running it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Executable,
    Update,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    text,
    update,
)

from hub.store.once import insert_once
from hub.store.tables import T

LOCAL = "local"
"""The queue of the hub's own work; every partner has one of its own beside it."""
LEASE = timedelta(seconds=24)
"""How long a worker may go without renewing what it holds before it counts as dead.

With the seconds after which another looks (`RENEW_SECONDS` in hub/worker.py) it stays within half a minute.
"""
MAX_ATTEMPTS = 12
READY, LEASED, WAITING, BURIED = "ready", "leased", "waiting", "buried"


class LeaseLost(Exception):
    """Another worker has taken the job over: roll back and leave it; what it does counts, not this."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed piece of work. `attempts` counts this claim too, and the `deaths` of workers that held it.

    `lost` says that a worker died with it: what that worker did before it died is not known.
    """

    seq: int
    queue: str
    kind: str
    lane: str | None
    ref: str
    attempts: int
    lost: bool
    deaths: int = 0

    @property
    def tries(self) -> int:
        """How often it was claimed and did not end with its worker's death; this claim counts."""
        return self.attempts - self.deaths


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


_W = T.work.c


# Lanes

_LOCK_LANE = text("SELECT pg_advisory_xact_lock(hashtextextended(:lane, 7165001))")
_LOCKED_ON_LEAVING = func.pg_advisory_xact_lock(func.hashtextextended(_W.lane, 7165001))
_OF_LANE = _W.lane == bindparam("of_lane")
# Spelled out, not bound: a partial index serves only a query that repeats its condition.
_READY: ColumnElement[str] = literal_column(f"'{READY}'")
_LEASED: ColumnElement[str] = literal_column(f"'{LEASED}'")
_WAITING: ColumnElement[str] = literal_column(f"'{WAITING}'")
_HAS_HEAD = exists().where(_OF_LANE, _W.lane.is_not(None), _W.state.in_([_READY, _LEASED]))
_NEXT = select(func.min(_W.seq)).where(_OF_LANE, _W.state == _WAITING, ~_HAS_HEAD)
_PROMOTE = update(T.work).where(_W.seq == _NEXT.scalar_subquery()).values(state=READY)


def _enter(tx: Connection, lane: str) -> None:
    """Wait until nobody else changes this lane, until the end of the transaction.

    Without it a job put behind a head that ends at the same moment would wait for ever.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(_LOCK_LANE, {"lane": lane})


def _leaving(statement: Update | Delete) -> dict[str, Executable]:
    """By dialect: a statement that takes a head out of its lane, entering the lane on the way."""
    return {"postgresql": statement.returning(_LOCKED_ON_LEAVING), "sqlite": statement}


# Work

_PUT = insert(T.work)
_PUT_IN_LANE = insert(T.work).from_select(
    ["queue", "kind", "lane", "ref", "state", "lost", "due_at", "attempts", "created_at"],
    select(
        bindparam("queue", type_=_W.queue.type),
        bindparam("kind", type_=_W.kind.type),
        bindparam("of_lane", type_=_W.lane.type),
        bindparam("ref", type_=_W.ref.type),
        case((_HAS_HEAD, _WAITING), else_=_READY),
        literal(value=False),
        bindparam("due_at", type_=_W.due_at.type),
        bindparam("attempts", type_=_W.attempts.type),
        bindparam("created_at", type_=_W.created_at.type),
    ),
)


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
    """Add work to a queue, due now or later; behind whatever its lane holds already."""
    row = free(queue=queue, kind=kind, ref=ref, now=now, due_at=due_at, attempts=attempts)
    if lane is None:
        tx.execute(_PUT, row)
        return
    _enter(tx, lane)
    tx.execute(_PUT_IN_LANE, {**row, "of_lane": lane})


def free(
    *, queue: str, kind: str, ref: str, now: datetime, due_at: datetime | None = None, attempts: int = 0
) -> dict[str, Any]:
    """The row of work without a lane, for an insert together with other rows."""
    return {
        "queue": queue,
        "kind": kind,
        "lane": None,
        "ref": ref,
        "state": READY,
        "lost": False,
        "due_at": due_at or now,
        "attempts": attempts,
        "created_at": now,
    }


_QUESTION = (
    _W.state == READY,
    _W.queue == bindparam("of_queue"),
    _W.kind == bindparam("of_kind"),
    _W.ref == bindparam("of_ref"),
)
_ASKED_AT = select(_W.seq, _W.created_at, _W.due_at).where(*_QUESTION)
_HASTEN = (
    update(T.work).where(_W.seq == bindparam("of_seq"), _W.state == READY).values(due_at=bindparam("due"))
)


def hasten(tx: Connection, *, queue: str, kind: str, ref: str, now: datetime, spacing: timedelta) -> None:
    """Let waiting work of that kind be due at once, or `spacing` after it was queued, if that is sooner."""
    for seq, created_at, due_at in tx.execute(
        _ASKED_AT, {"of_queue": queue, "of_kind": kind, "of_ref": ref}
    ).all():
        sooner = max(now, created_at + spacing)
        if sooner < due_at:
            tx.execute(_HASTEN, {"of_seq": seq, "due": sooner})


_DUE = (
    select(_W.seq)
    .where(_W.state == _READY, _W.queue == bindparam("of_queue"), _W.due_at <= bindparam("now"))
    .order_by(_W.due_at, _W.seq)
    .limit(bindparam("most"))
)
# PostgreSQL may run a plain subquery more than once, and would then lease more than was asked for.
_LOCKED = _DUE.with_for_update(skip_locked=True).cte("due").prefix_with("MATERIALIZED")


def _claim(seqs: Any) -> Executable:
    return (
        update(T.work)
        .where(_W.seq.in_(seqs))
        .values(
            state=LEASED,
            lease_until=bindparam("until"),
            lease_by=bindparam("owner"),
            attempts=_W.attempts + 1,
        )
        .returning(_W.seq, _W.queue, _W.kind, _W.lane, _W.ref, _W.attempts, _W.lost, _W.deaths)
    )


_CLAIM: Mapping[str, Executable] = {"postgresql": _claim(select(_LOCKED.c.seq)), "sqlite": _claim(_DUE)}


_FIRST_DUE = select(func.min(_W.due_at)).where(_W.state == _READY, _W.queue == bindparam("of_queue"))


def first_due(tx: Connection, *, queue: str) -> datetime | None:
    """When the first ready job of a queue is due, None without any; takes no lock."""
    found: datetime | None = tx.execute(_FIRST_DUE, {"of_queue": queue}).scalar()
    return found


def claim(tx: Connection, *, queue: str, most: int, owner: str, now: datetime) -> list[Job]:
    """Lease up to `most` due jobs of a queue, the head of each lane only, oldest first."""
    rows = tx.execute(
        _CLAIM[tx.dialect.name],
        {"of_queue": queue, "now": now, "most": most, "until": now + LEASE, "owner": owner},
    )
    return sorted((Job(*row) for row in rows), key=lambda job: job.seq)


# The count of claims tells one holder from the next.
_HELD = (_W.seq == bindparam("of_seq"), _W.state == _LEASED, _W.attempts == bindparam("claims"))
_FREED = {"lease_until": null(), "lease_by": null()}
_FREE = {"lost": bindparam("was_lost"), "error": bindparam("why"), **_FREED}
_DONE = delete(T.work).where(_W.seq == bindparam("of_seq"), _W.attempts == bindparam("claims"))
_RETRY = update(T.work).where(*_HELD).values(state=READY, due_at=bindparam("due"), **_FREE)
_BURY = update(T.work).where(*_HELD).values(state=BURIED, **_FREE)
_DONE_IN_LANE, _BURY_IN_LANE = _leaving(_DONE), _leaving(_BURY)
_GIVE_BACK = update(T.work).where(*_HELD).values(state=READY, attempts=_W.attempts - 1, **_FREED)


def _hold(tx: Connection, statement: Executable, job: Job, **values: object) -> None:
    found = tx.execute(statement, {"of_seq": job.seq, "claims": job.attempts, **values})
    if found.rowcount != 1:
        raise LeaseLost(f"{job.kind} {job.ref} is no longer this worker's")


_IS_HELD = select(_W.seq).where(*_HELD)


def check_held(tx: Connection, job: Job) -> None:
    """Raise LeaseLost when a job is no longer the caller's; what it does next nobody could take back."""
    if tx.execute(_IS_HELD, {"of_seq": job.seq, "claims": job.attempts}).first() is None:
        raise LeaseLost(f"{job.kind} {job.ref} is no longer this worker's")


def done(tx: Connection, job: Job) -> None:
    """Finish a job, buried or not. Raises LeaseLost when it was taken over or finished meanwhile."""
    if job.lane is None:
        _hold(tx, _DONE, job)
        return
    _hold(tx, _DONE_IN_LANE[tx.dialect.name], job)
    tx.execute(_PROMOTE, {"of_lane": job.lane})


def retry(tx: Connection, job: Job, *, due_at: datetime, error: str, lost: bool = False) -> bool:
    """Give a job back for later. After its last try it is buried instead, and False is returned.

    `lost` says that what this attempt did is not known, as if its worker had died. The job's lane waits for
    it. Raises LeaseLost.
    """
    if job.tries >= MAX_ATTEMPTS:
        bury(tx, job, error=error)
        return False
    _hold(tx, _RETRY, job, due=due_at, why=error[:500], was_lost=lost)
    return True


def bury(tx: Connection, job: Job, *, error: str) -> None:
    """Set a job aside for a person, with its reason; its lane goes on without it. Raises LeaseLost."""
    found = {"why": error[:500], "was_lost": False}
    if job.lane is None:
        _hold(tx, _BURY, job, **found)
        return
    _hold(tx, _BURY_IN_LANE[tx.dialect.name], job, **found)
    tx.execute(_PROMOTE, {"of_lane": job.lane})


def requeue(tx: Connection, job: Job, *, due_at: datetime, now: datetime) -> None:
    """Put a job that came before its turn aside, out of its lane: what it waits for may stand behind it.

    Raises LeaseLost.
    """
    done(tx, job)
    put(tx, queue=job.queue, kind=job.kind, ref=job.ref, now=now, due_at=due_at, attempts=job.tries)


def ask_again(tx: Connection, job: Job, *, due_at: datetime, now: datetime) -> None:
    """Put a question again later, as new work, however often it was: only an answer ends it. LeaseLost."""
    done(tx, job)
    tries = min(job.tries, MAX_ATTEMPTS // 2)
    put(tx, queue=job.queue, kind=job.kind, ref=job.ref, now=now, due_at=due_at, attempts=tries)


def give_back(tx: Connection, job: Job) -> None:
    """Give back a job that was claimed and not begun, as if it had never been claimed. Raises LeaseLost."""
    _hold(tx, _GIVE_BACK, job)


_RENEW = (
    update(T.work).where(*_HELD, _W.lease_by == bindparam("owner")).values(lease_until=bindparam("until"))
)
_DEADLY = "every worker that took it died"
_EXPIRED = (_W.state == _LEASED, _W.lease_until < bindparam("now"))
_GIVE_UP = (
    update(T.work)
    .where(*_EXPIRED, _W.deaths >= MAX_ATTEMPTS - 1)
    .values(state=BURIED, deaths=_W.deaths + 1, error=_DEADLY, **_FREED)
    .returning(_W.lane)
)
_TAKE_BACK = (
    update(T.work)
    .where(*_EXPIRED)
    .values(state=READY, lost=True, deaths=_W.deaths + 1, due_at=bindparam("now"), **_FREED)
)


def renew(tx: Connection, jobs: Iterable[Job], *, owner: str, now: datetime) -> None:
    """Keep what a living worker has in hand for another lease; what it has lost meanwhile stays lost."""
    held = [{"of_seq": job.seq, "claims": job.attempts, "owner": owner, "until": now + LEASE} for job in jobs]
    if held:
        tx.execute(_RENEW, held)


def take_back(tx: Connection, now: datetime) -> int:
    """Make ready again what a dead worker had leased; returns how many.

    What so many workers died of is buried; how often it was tried without a death does not count.
    """
    given_up = tx.execute(_GIVE_UP, {"now": now}).scalars().all()
    for lane in (lane for lane in given_up if lane is not None):
        _enter(tx, lane)
        tx.execute(_PROMOTE, {"of_lane": lane})
    return len(given_up) + tx.execute(_TAKE_BACK, {"now": now}).rowcount


# Messages

_KEEP = insert_once(T.message, "partner", "direction", "number")
_FIRST_HASH = select(T.message.c.sha256).where(
    *(T.message.c[name] == bindparam(name) for name in ("partner", "direction", "number"))
)
_READ = select(*(T.message.c[name] for name in Kept.__slots__)).where(T.message.c.id == bindparam("id"))
_NONCE = insert_once(T.nonce, "partner", "nonce")


def keep(tx: Connection, message: Kept) -> str | None:
    """Keep a message for ever.

    Returns None, or the content hash of the message that already stands under its number.
    """
    values = {name: getattr(message, name) for name in Kept.__slots__}
    if tx.execute(_KEEP, values).rowcount == 1:
        return None
    same_number = {name: values[name] for name in ("partner", "direction", "number")}
    kept: str = tx.execute(_FIRST_HASH, same_number).scalar_one()
    return kept


def use_nonce(tx: Connection, *, partner: str, nonce: str, now: datetime) -> bool:
    """Record a nonce; False when the partner has used it before."""
    row = {"partner": partner, "nonce": nonce, "seen_at": now}
    return tx.execute(_NONCE, row).rowcount == 1


def read(tx: Connection, message_id: str) -> Kept:
    """Return a kept message; raises sqlalchemy's NoResultFound for an unknown id."""
    return Kept(*tx.execute(_READ, {"id": message_id}).one())
