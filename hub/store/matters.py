"""Matters for a person: opened once for a cause however many processes meet it, closed once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, literal_column, select, text, update

from hub.domain.matters import RULES, How, Kind
from hub.store.mailbox import LOCAL, READY
from hub.store.tables import T

REASON_MOST: Final = 500
_M = T.matter.c
_AGAIN = (
    update(T.matter)
    .where(_M.cause == bindparam("of_cause"), _M.state == "open")
    .values(times=_M.times + 1, seen_at=bindparam("now"))
)
_BEFORE = select(_M.closed_how).where(_M.cause == bindparam("of_cause"))
_NAMES = ", ".join(column.name for column in T.matter.columns)
_PLACES = ", ".join(f":{column.name}" for column in T.matter.columns)
# Without a target: neither its id nor an open one of its cause may stand already.
_OPEN = text(
    f"INSERT INTO matter ({_NAMES}) VALUES ({_PLACES}) ON CONFLICT DO NOTHING"  # noqa: S608 - our own names
).bindparams(*(bindparam(column.name, type_=column.type) for column in T.matter.columns))
_ONE = select(T.matter).where(_M.id == bindparam("id")).with_for_update()
_OF_CAUSE = select(T.matter).where(_M.cause == bindparam("of_cause"), _M.state == "open").with_for_update()
_CLOSE = (
    update(T.matter)
    .where(_M.id == bindparam("of_id"), _M.state == "open")
    .values(
        state="closed",
        suspends=False,
        closed_at=bindparam("now"),
        closed_how=bindparam("how"),
        closed_by=bindparam("who"),
        closed_why=bindparam("why"),
    )
)
_IS_OPEN = select(_M.id).where(_M.cause == bindparam("of_cause"), _M.state == "open")
_SUSPENDED = select(_M.partner, _M.kind).where(_M.suspends)
_LAST_CLOSED = (
    select(_M.closed_at)
    .where(_M.cause == bindparam("of_cause"), _M.state == "closed")
    .order_by(_M.closed_at.desc())
    .limit(1)
)
_W = T.work.c
_HASTEN = (
    update(T.work)
    .where(
        _W.queue == bindparam("of_queue"),
        _W.kind == bindparam("of_kind"),
        _W.state == literal_column(f"'{READY}'"),
        _W.due_at > bindparam("now"),
    )
    .values(due_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Found:
    """A cause that calls for a person. `cause` names it; `about` is the work, message or file concerned."""

    kind: Kind
    cause: str
    about: str
    reason: str
    partner: str | None = None
    application_id: str | None = None
    message_id: str | None = None


def open_(tx: Connection, found: Found, now: datetime, *, again: bool = False) -> bool:
    """Open a matter; True when it is new. One that is open stays, counted once more with `again`.

    A cause a person has dismissed is not brought up again, except where its kind says that it may return.
    """
    if again and tx.execute(_AGAIN, {"of_cause": found.cause, "now": now}).rowcount:
        return False
    before = list(tx.execute(_BEFORE, {"of_cause": found.cause}).scalars())
    if None in before or (How.DISMISSED in before and not RULES[found.kind].returns):
        return False
    row: dict[str, Any] = {column.name: None for column in T.matter.columns}
    row |= asdict(found) | {
        "id": _id(found.cause, now),
        "kind": found.kind.value,
        "reason": found.reason[:REASON_MOST],
        "state": "open",
        "suspends": RULES[found.kind].suspends,
        "times": 1,
        "opened_at": now,
        "seen_at": now,
    }
    return tx.execute(_OPEN, row).rowcount == 1


def _id(cause: str, now: datetime) -> str:
    """An id that sorts by time; two processes that meet a cause at one moment make the same."""
    return f"mat_{int(now.timestamp() * 1000):012x}{sha256(cause.encode()).hexdigest()[:20]}"


def suspended(tx: Connection) -> dict[str | None, str]:
    """Partners nothing new goes to just now, with the kind of matter; None stands for voiding itself."""
    return dict(tx.execute(_SUSPENDED).tuples().all())


def go_on(tx: Connection, partner: str | None, queue: str, now: datetime) -> None:
    """Let what was put off for a suspension be due at once."""
    if partner is not None:
        tx.execute(_HASTEN, {"of_queue": queue, "of_kind": "send", "now": now})
    tx.execute(_HASTEN, {"of_queue": LOCAL, "of_kind": "route", "now": now})


def is_open(tx: Connection, cause: str) -> bool:
    """Whether a matter of this cause is open; takes no lock."""
    return tx.execute(_IS_OPEN, {"of_cause": cause}).first() is not None


def last_closed(tx: Connection, cause: str) -> datetime | None:
    """When a matter of this cause was last closed."""
    found: datetime | None = tx.execute(_LAST_CLOSED, {"of_cause": cause}).scalar()
    return found


def one(tx: Connection, matter_id: str) -> Row[Any] | None:
    """A matter, locked until the end of the transaction."""
    return tx.execute(_ONE, {"id": matter_id}).one_or_none()


def open_of(tx: Connection, cause: str) -> Row[Any] | None:
    """The open matter of a cause, locked until the end of the transaction."""
    return tx.execute(_OF_CAUSE, {"of_cause": cause}).one_or_none()


def close(tx: Connection, matter_id: str, *, how: How, who: str, why: str, now: datetime) -> bool:
    """Close a matter; False when it was closed before."""
    values = {"of_id": matter_id, "how": how.value, "who": who, "why": why[:REASON_MOST], "now": now}
    return tx.execute(_CLOSE, values).rowcount == 1
