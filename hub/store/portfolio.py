"""Named reads across all applications: loans, partners in sum, routing decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select, tuple_

from hub.domain.lifecycle import DEAD_ATTEMPT, AttemptState
from hub.domain.standing import TermState
from hub.store.session import Database
from hub.store.tables import T

Row = Mapping[str, Any]

_LOAN, _ATTEMPT, _TERM, _DECISION = T.loan.c, T.attempt.c, T.plan_term.c, T.routing_decision.c
_NEXT_DUE = (
    select(func.min(_TERM.due_on))
    .where(_TERM.loan_id == _LOAN.id, _TERM.state.in_((TermState.DUE, TermState.PARTIAL)))
    .scalar_subquery()
)
_LOANS = select(
    _LOAN.id,
    _LOAN.application_id,
    _LOAN.partner,
    _LOAN.loan_no,
    _ATTEMPT.draw_no,
    _ATTEMPT.seq.label("attempt"),
    _ATTEMPT.programme,
    _ATTEMPT.cost_rate,
    _LOAN.principal_fen,
    _LOAN.outstanding_fen,
    _LOAN.disbursed_on,
    _LOAN.state,
    _NEXT_DUE.label("next_due_on"),
).join(T.attempt, _ATTEMPT.id == _LOAN.attempt_id)


def loans(database: Database, *, after: str | None, limit: int) -> list[Row]:
    """Loans by id, those after `after`, each with its attempt and when its next open term falls due."""
    query = _LOANS.order_by(_LOAN.id).limit(limit)
    if after is not None:
        query = query.where(_LOAN.id > after)
    with database.read() as tx:
        return _all(tx, query)


def decisions(database: Database, *, after: tuple[str, int] | None, limit: int) -> list[Row]:
    """Routing decisions by application and number, those after the given one, with their whole record."""
    place = (_DECISION.application_id, _DECISION.seq)
    query = select(T.routing_decision).order_by(*place).limit(limit)
    if after is not None:
        query = query.where(tuple_(*place) > after)
    with database.read() as tx:
        return _all(tx, query)


def partners(database: Database) -> list[Row]:
    """What each partner was asked, approved and lent, in numbers and fen, by partner."""
    asked = (
        select(
            _ATTEMPT.partner,
            func.count().label("applications"),
            func.count(_ATTEMPT.credit_no).label("approvals"),
            func.count().filter(_ATTEMPT.state == AttemptState.DECLINED).label("declined"),
            func.count().filter(_ATTEMPT.state.not_in(DEAD_ATTEMPT)).label("alive"),
        )
        .group_by(_ATTEMPT.partner)
        .order_by(_ATTEMPT.partner)
    )
    lent = select(
        _LOAN.partner,
        func.count().label("loans"),
        func.sum(_LOAN.principal_fen).label("principal_fen"),
        func.sum(_LOAN.outstanding_fen).label("outstanding_fen"),
    ).group_by(_LOAN.partner)
    nothing = {"loans": 0, "principal_fen": 0, "outstanding_fen": 0}
    with database.read() as tx:
        found = _all(tx, asked)
        # PostgreSQL sums whole numbers into a decimal.
        sums = {row["partner"]: {name: int(row[name]) for name in nothing} for row in _all(tx, lent)}
    return [{**row, **sums.get(row["partner"], nothing)} for row in found]


def _all(tx: Connection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in tx.execute(query).mappings()]
