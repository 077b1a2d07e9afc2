"""What a month came to under agreements, summed by the database; amounts in fen.

`references` name the versions of one agreement, as `id@version`, that are reckoned together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, or_, select, text, tuple_

from hub.domain.sharing import Cohort, EventKind, LineKind
from hub.domain.standing import TermState
from hub.store.tables import T

_LINE, _LOAN, _ATTEMPT = T.share_line.c, T.loan.c, T.attempt.c
_EVENTS = {
    EventKind.DISBURSED.value: "disbursement",
    EventKind.RECEIVED.value: "repayment",
    EventKind.COMPENSATED.value: "compensation",
    EventKind.REFUNDED.value: "refund",
    EventKind.CANCELLED.value: "cancellation",
}
"""What a movement is called among the movements, by what its lines call it; other lines have none."""
_CAPITAL = case((_LINE.kind == LineKind.CONTRIBUTION.value, _LINE.amount_fen), else_=-_LINE.amount_fen)
_HELD = case((_LINE.kind == LineKind.RESERVE_HELD.value, _LINE.amount_fen), else_=-_LINE.amount_fen)
_LOST = case((_LINE.kind == LineKind.CLAIM.value, _LINE.amount_fen), else_=-_LINE.amount_fen)


def principal_before(tx: Connection, references: Collection[str], month: str) -> int:
    """The principal outstanding by the lines settled before a month."""
    kinds = (LineKind.CONTRIBUTION.value, LineKind.RETURN.value)
    query = select(func.coalesce(func.sum(_CAPITAL), 0)).where(
        _LINE.agreement.in_(references), _LINE.month < month, _LINE.kind.in_(kinds)
    )
    return int(tx.execute(query).scalar_one())


def reserves(
    tx: Connection, references: Collection[str], until: str | None = None, *, before: int | None = None
) -> dict[str, int]:
    """What each risk reserve holds for all loans, by clause: now, by the lines settled up to a month, or by
    those written before the line of a number.
    """
    kinds = (LineKind.RESERVE_HELD.value, LineKind.RESERVE_DRAWN.value)
    query = (
        select(_LINE.clause, func.sum(_HELD))
        .where(_LINE.agreement.in_(references), _LINE.kind.in_(kinds))
        .group_by(_LINE.clause)
    )
    if until is not None:
        query = query.where(_LINE.month <= until)
    if before is not None:
        query = query.where(_LINE.seq < before)
    return {clause: int(held) for clause, held in tx.execute(query)}


def movements(tx: Connection, month: str) -> list[Row[Any]]:
    """The movements whose lines were settled in a month, in the order their lines were written."""
    first = func.min(_LINE.seq).label("seq")
    written = (
        select(_LINE.loan_id, _LINE.event_kind, _LINE.serial, first)
        .where(_LINE.month == month, _LINE.event_kind.in_(_EVENTS))
        .group_by(_LINE.loan_id, _LINE.event_kind, _LINE.serial)
        .subquery()
    )
    event, line = T.money_event.c, written.c
    kind = case(_EVENTS, value=line.event_kind)
    # A claim bought back is shared as a compensation of all that is left.
    bought = (line.event_kind == EventKind.COMPENSATED.value) & (event.kind == "buy_back")
    named = or_(event.kind == kind, bought)
    query = (
        select(T.money_event, line.event_kind, line.seq)
        .join(written, (event.loan_id == line.loan_id) & named & (event.serial == line.serial))
        .order_by(line.seq)
    )
    return list(tx.execute(query))


def sums(tx: Connection, month: str) -> list[Row[Any]]:
    """The lines of a month's movements, summed by agreement, clause, party, counterparty, kind and pot."""
    keys = (_LINE.agreement, _LINE.clause, _LINE.party, _LINE.counterparty, _LINE.kind, _LINE.base)
    query = (
        select(*keys, func.count().label("lines"), func.sum(_LINE.amount_fen).label("amount_fen"))
        .where(_LINE.month == month, _LINE.event_kind.in_(_EVENTS))
        .group_by(*keys)
        .order_by(*keys)
    )
    return list(tx.execute(query))


def lock_reserves(tx: Connection, reference: str) -> None:
    """Hold an agreement's reserves for this transaction, so that no two draw on the same fen."""
    if tx.dialect.name == "postgresql":  # SQLite has one writer at a time
        tx.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"reserve:{reference}"}
        )


def months_ends(tx: Connection, references: Iterable[str]) -> list[dict[str, Any]]:
    """The lines of all months' ends so far, in order, as they were written."""
    query = (
        select(_LINE.body)
        .where(_LINE.loan_id.in_(list(references)), _LINE.event_kind == EventKind.MONTH_END.value)
        .order_by(_LINE.seq)
    )
    return list(tx.execute(query).scalars())


def taken_back(tx: Connection, references: Collection[str], until: str) -> list[tuple[str, dict[str, Any]]]:
    """The bodies of lines, up to a month, that take back one of an earlier month, each with that month."""
    original = T.share_line.alias("original")
    query = (
        select(original.c.month, _LINE.body)
        .join(
            original,
            (original.c.loan_id == _LINE.loan_id) & (original.c.body["ref"].as_string() == _LINE.mirrors),
        )
        .where(
            _LINE.agreement.in_(references),
            _LINE.mirrors.is_not(None),
            _LINE.event_kind != EventKind.MONTH_END.value,
            _LINE.month <= until,
            original.c.month < _LINE.month,
        )
        .order_by(_LINE.seq)
    )
    return [(was, body) for was, body in tx.execute(query)]


def applications(
    tx: Connection, versions: Collection[tuple[str, int]], start: datetime, end: datetime
) -> int:
    """How many different people, of those who applied between two instants, were offered under it."""
    query = (
        select(func.count(T.application.c.id_index.distinct()))
        .join(T.attempt, _ATTEMPT.application_id == T.application.c.id)
        .where(
            tuple_(_ATTEMPT.agreement, _ATTEMPT.agreement_version).in_(list(versions)),
            T.application.c.created_at >= start,
            T.application.c.created_at < end,
        )
    )
    return int(tx.execute(query).scalar_one())


def overdue(tx: Connection, versions: Collection[tuple[str, int]], before: date) -> int:
    """The principal outstanding of loans with a term unpaid that fell due before a day."""
    unpaid = select(T.plan_term.c.loan_id).where(
        T.plan_term.c.state.in_((TermState.DUE.value, TermState.PARTIAL.value)),
        T.plan_term.c.due_on < before,
    )
    query = select(func.coalesce(func.sum(_LOAN.outstanding_fen), 0)).where(
        tuple_(_LOAN.agreement, _LOAN.agreement_version).in_(list(versions)), _LOAN.id.in_(unpaid)
    )
    return int(tx.execute(query).scalar_one())


def cohorts(
    tx: Connection, versions: Collection[tuple[str, int]], references: Collection[str], until: str
) -> dict[str, Cohort]:
    """What was lent in each month, and what guarantors had paid of it and not recovered, up to a month."""
    month = func.substr(func.cast(_LOAN.disbursed_on, T.loan.c.id.type), 1, 7)
    ours = tuple_(_LOAN.agreement, _LOAN.agreement_version).in_(list(versions))
    lent = tx.execute(select(month, func.sum(_LOAN.principal_fen)).where(ours).group_by(month))
    lost = tx.execute(
        select(month, func.sum(_LOST))
        .join(T.loan, _LOAN.id == _LINE.loan_id)
        .where(
            _LINE.agreement.in_(references),
            _LINE.month <= until,
            or_(_LINE.kind == LineKind.CLAIM.value, _LINE.kind == LineKind.RECOVERY.value),
        )
        .group_by(month)
    )
    losses = {name: int(fen) for name, fen in lost}
    return {name: Cohort(int(fen), losses.get(name, 0)) for name, fen in lent}
