"""Named reads of payments and of the bank's lines they are found in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from hub.domain.lifecycle import PaymentState
from hub.store.session import Database
from hub.store.tables import T

_P, _B = T.payment.c, T.bank_entry.c


def payment(tx: Connection, payment_id: str) -> Row[Any] | None:
    """A payment; no other changes it meanwhile."""
    return tx.execute(select(T.payment).where(_P.id == payment_id).with_for_update()).one_or_none()


def payments_of(tx: Connection, month: str) -> list[Row[Any]]:
    """The payments of a month, by debtor and creditor."""
    return list(tx.execute(select(T.payment).where(_P.month == month).order_by(_P.debtor, _P.creditor)))


def payments(database: Database, month: str) -> list[Mapping[str, Any]]:
    """The payments of a month, by debtor and creditor, as they stand."""
    with database.read() as tx:
        return [dict(row._mapping) for row in payments_of(tx, month)]


def statements_of(tx: Connection, month: str) -> dict[str, str]:
    """Where the statement of each party of a month stands, by party."""
    s, g = T.statement.c, T.settling.c
    query = select(s.party, g.state).join(T.settling, g.statement_id == s.id).where(s.month == month)
    return dict(tx.execute(query).tuples().all())


def statement_ids(tx: Connection, month: str) -> dict[str, str]:
    """The statement of each party of a month, by party."""
    s = T.statement.c
    return dict(tx.execute(select(s.party, s.id).where(s.month == month)).tuples().all())


def dues_of(tx: Connection, month: str) -> list[tuple[str, str, int]]:
    """What each statement of a month says is due from each counterparty: party, counterparty, fen."""
    s = T.statement.c
    found = []
    for party, body in tx.execute(select(s.party, s.body).where(s.month == month)).tuples():
        found += [(party, due["counterparty"], int(due["due_fen"])) for due in body["dues"]]
    return found


def awaiting(tx: Connection, party: str) -> list[Row[Any]]:
    """The payments of a party that are paid and not yet found at its bank, by id."""
    found = select(_B.payment_id).where(_B.party == party, _B.payment_id.is_not(None))
    query = select(T.payment).where(
        _P.state.in_([PaymentState.PAID.value, PaymentState.RECONCILED.value]),
        or_(_P.debtor == party, _P.creditor == party),
        _P.id.not_in(found),
    )
    return list(tx.execute(query.order_by(_P.id)))


def bank_lines(tx: Connection, party: str, *, unmatched: bool) -> Sequence[Row[Any]]:
    """The lines of a party's bank, by serial: all of them, or those that are no payment yet."""
    query = select(T.bank_entry).where(_B.party == party).order_by(_B.serial)
    return tx.execute(query.where(_B.payment_id.is_(None)) if unmatched else query).all()
