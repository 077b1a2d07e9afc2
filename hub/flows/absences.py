"""What is remembered of "no such order" about an attempt or an order, until it is proven or belied."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, update

from contracts.programme import QueryPolicy
from hub.domain.absence import Absence, part
from hub.flows.context import Cause, Context
from hub.store.tables import T

ANEW: Final[Mapping[str, Any]] = {"absences": 0, "absent_at": None}
"""The columns of a row whose request may have left just now."""


def _counted(table: Table) -> Any:
    new = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in ANEW}
    return update(table).where(table.c.id == bindparam("of_id")).values(new)


_COUNTED: Final = {table.name: _counted(table) for table in (T.attempt, T.money_order)}


def proven(context: Context, tx: Connection, table: Table, row: Any, cause: Cause) -> bool:
    """Count "no such order", which means something only on a query; whether it is believed now."""
    if cause.source != "query":
        return False
    before = Absence(row.absences, row.absent_at or row.asked_at)
    after = before.told(cause.now, _delay(context.desks[row.partner].partner.query))
    if after != before:
        new = {"of_id": row.id, "new_absences": after.answers, "new_absent_at": after.since}
        tx.execute(_COUNTED[table.name], new)
    return after.proven


def belied(tx: Connection, table: Table, row: Any) -> None:
    """The partner has it after all."""
    if row.absences:
        tx.execute(_COUNTED[table.name], {"of_id": row.id, "new_absences": 0, "new_absent_at": None})


def pause(policy: QueryPolicy, row: Any) -> timedelta:
    """How long until the next question about a row that was asked about before: longer each time, but no
    longer than until the next "no such order" counts.
    """
    longer = timedelta(seconds=policy.spacing_seconds * min(2**row.queries, 64))
    if not row.absences:
        return longer
    return min(longer, max(timedelta(seconds=policy.spacing_seconds), part(_delay(policy))))


def _delay(policy: QueryPolicy) -> timedelta:
    return timedelta(seconds=policy.not_found_final_after_seconds)
