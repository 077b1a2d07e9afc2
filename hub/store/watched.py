"""What the watch reads, each by an index: attempts that wait, refusals, missing files, ends of days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    String,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    select,
    update,
)

from hub.domain.matters import Kind
from hub.store.once import insert_once
from hub.store.tables import T

_A, _M, _R, _F, _D = T.attempt.c, T.matter.c, T.routing_decision.c, T.daily_file.c, T.day_end.c

# Spelled out, not bound: a partial index serves only a query that repeats its condition.
_WAITS: Final[ColumnElement[bool]] = literal_column(
    "attempt.state IN ('written', 'accepted', 'uncertain', 'drawing', 'draw_uncertain')"
)
_DEAD: Final[ColumnElement[bool]] = literal_column("attempt.state IN ('declined', 'failed')")
_STAGE = case((_A.state.in_(("drawing", "draw_uncertain")), literal("drawdown")), else_=literal("credit"))
CAUSE: Final[ColumnElement[str]] = (
    literal(f"{Kind.OVERDUE.value}:", String) + _A.id + literal(":", String) + _STAGE
)
"""The cause of a matter about an attempt that waits: the same attempt may wait for credit and for money."""
_OVERDUE = (
    select(_A.id, _A.application_id, _A.asked_at, _STAGE.label("stage"), CAUSE.label("cause"))
    .where(
        _WAITS,
        _A.partner == bindparam("of_partner"),
        _A.asked_at < bindparam("before"),
        ~exists().where(_M.cause == CAUSE),
    )
    .order_by(_A.asked_at)
    .limit(bindparam("most"))
)
_DECIDED = select(_M.cause).where(
    _M.kind == Kind.OVERDUE.value,
    _M.state == "open",
    ~exists().where(_A.application_id == _M.application_id, _WAITS, _M.cause == CAUSE),
)


def overdue(tx: Connection, partner: str, before: datetime, most: int) -> Sequence[Row[Any]]:
    """Attempts that wait since before a time and were not brought up yet, the oldest first."""
    return tx.execute(_OVERDUE, {"of_partner": partner, "before": before, "most": most}).all()


def decided(tx: Connection) -> list[str]:
    """Causes of open matters whose attempt does not wait any more."""
    return list(tx.execute(_DECIDED).scalars())


def _counted(*where: ColumnElement[bool]) -> Any:
    some = select(literal_column("1")).where(*where).limit(bindparam("most")).subquery()
    return select(func.count()).select_from(some)


_REFUSALS = _counted(_DEAD, _A.partner == bindparam("of_partner"), _A.updated_at >= bindparam("since"))
_UNPAID = _counted(
    _DEAD,
    _A.partner == bindparam("of_partner"),
    _A.updated_at >= bindparam("since"),
    _A.state == "failed",
    _A.draw_no.is_not(None),
)
_VOIDS = _counted(literal_column("chosen IS NULL"), _R.decided_at >= bindparam("since"))


def refusals(tx: Connection, partner: str, since: datetime, most: int) -> int:
    """How many attempts at a partner were declined or failed since, at most `most`."""
    return int(tx.execute(_REFUSALS, {"of_partner": partner, "since": since, "most": most}).scalar_one())


def unpaid(tx: Connection, partner: str, since: datetime, most: int) -> int:
    """How many drawdowns at a partner failed since, at most `most`."""
    return int(tx.execute(_UNPAID, {"of_partner": partner, "since": since, "most": most}).scalar_one())


def voids(tx: Connection, since: datetime, most: int) -> int:
    """How many applications found no partner since, at most `most`."""
    return int(tx.execute(_VOIDS, {"since": since, "most": most}).scalar_one())


_NONCE_USED = select(T.nonce.c.nonce).where(
    T.nonce.c.partner == bindparam("of_partner"), T.nonce.c.nonce == bindparam("of_nonce")
)


def nonce_used(tx: Connection, *, partner: str, nonce: str) -> bool:
    """Whether a nonce was used; takes no lock."""
    return tx.execute(_NONCE_USED, {"of_partner": partner, "of_nonce": nonce}).first() is not None


# Daily files

_CAME = insert_once(T.daily_file, "partner", "name")
_AGAIN = (
    update(T.daily_file)
    .where(_F.partner == bindparam("of_partner"), _F.name == bindparam("of_name"))
    .values(
        last_at=bindparam("now"),
        versions=_F.versions + 1,
        facts=bindparam("new_facts"),
        message_id=bindparam("new_message"),
    )
)
_NAMES = select(_F.name).where(
    _F.partner == bindparam("of_partner"), _F.name.in_(bindparam("names", expanding=True))
)


def file_came(
    tx: Connection, partner: str, name: str, *, facts: int | None, message_id: str, now: datetime
) -> None:
    """Note a daily file: its first version, or one more. `facts` is None for one nobody could read."""
    row = {
        "partner": partner,
        "name": name,
        "first_at": now,
        "last_at": now,
        "versions": 1,
        "facts": facts,
        "message_id": message_id,
    }
    if not tx.execute(_CAME, row).rowcount:
        again = {"of_partner": partner, "of_name": name, "now": now}
        tx.execute(_AGAIN, {**again, "new_facts": facts, "new_message": message_id})


def files_that_came(tx: Connection, partner: str, names: Collection[str]) -> set[str]:
    """Those of the names under which a file has ever come."""
    return set(tx.execute(_NAMES, {"of_partner": partner, "names": list(names)}).scalars())


_CAUSES = select(_M.cause).where(_M.cause.in_(bindparam("causes", expanding=True)))


def known_causes(tx: Connection, causes: Collection[str]) -> set[str]:
    """Those of the causes that were ever brought up."""
    return set(tx.execute(_CAUSES, {"causes": list(causes)}).scalars())


# Ends of days

_QUEUED = insert_once(T.day_end, "day")
_LAST = select(func.max(_D.day))
_DONE = (
    update(T.day_end)
    .where(_D.day == bindparam("of_day"))
    .values(done_at=bindparam("now"), summary=bindparam("new_summary", type_=_D.summary.type))
)
_E, _P = T.journal_entry.c, T.journal_posting.c
_BOOKED = (
    select(_E.kind, func.count()).where(_E.month == bindparam("month"), _E.booked_on == bindparam("day"))
).group_by(_E.kind)
_BALANCE = (
    select(func.coalesce(func.sum(_P.amount_fen), 0))
    .select_from(T.journal_entry)
    .join(T.journal_posting, _P.entry_id == _E.id)
    .where(_E.month == bindparam("month"), _E.booked_on == bindparam("day"))
)
_OPEN = select(_M.kind, func.count()).where(_M.state == "open").group_by(_M.kind)


def last_day(tx: Connection) -> date | None:
    """The last business day whose end was queued."""
    found: date | None = tx.execute(_LAST).scalar()
    return found


def queue_day(tx: Connection, day: date, now: datetime, *, done: bool = False) -> bool:
    """Note that a day's end is queued; False when somebody noted it before."""
    row = {"day": day, "queued_at": now, "done_at": now if done else None, "summary": None}
    return tx.execute(_QUEUED, row).rowcount == 1


def day_done(tx: Connection, day: date, summary: dict[str, Any], now: datetime) -> None:
    """Note that a day's end is done."""
    tx.execute(_DONE, {"of_day": day, "now": now, "new_summary": summary})


def summary_of(tx: Connection, day: date) -> dict[str, Any]:
    """Entries booked on a day by kind, what its postings sum to in fen, and the matters open now by kind."""
    named = {"month": f"{day:%Y-%m}", "day": day}
    return {
        "entries": dict(tx.execute(_BOOKED, named).tuples().all()),
        "difference_fen": int(tx.execute(_BALANCE, named).scalar_one()),
        "matters": dict(tx.execute(_OPEN).tuples().all()),
    }
