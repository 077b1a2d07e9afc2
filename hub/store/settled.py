"""Named reads of the settling of statements: where each stands, its history, and the disputes about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, true

from hub.domain.lifecycle import DisputeState, StatementState
from hub.domain.sharing import LineKind
from hub.store.session import Database
from hub.store.tables import T

_S, _G, _D, _L = T.statement.c, T.settling.c, T.dispute.c, T.share_line.c
_STANDING = select(
    _S.id, _S.month, _S.party, _S.lines, _S.total_fen, _S.sha256, _G.state, _G.reviewed_by, _G.sent_on,
    _G.changed_by, _G.changed_why, _G.changed_at,
).join(T.settling, _G.statement_id == _S.id)  # fmt: skip


def standing(tx: Connection, statement_id: str) -> Row[Any] | None:
    """A statement's head with where it stands; no other changes it meanwhile."""
    return tx.execute(_STANDING.where(_S.id == statement_id).with_for_update()).one_or_none()


def awaiting(tx: Connection) -> list[Row[Any]]:
    """The statements that await the party's confirmation, by id."""
    return list(tx.execute(_STANDING.where(_G.state == StatementState.REVIEWED.value).order_by(_S.id)))


def dispute(tx: Connection, dispute_id: str) -> Row[Any] | None:
    """A dispute; no other changes it meanwhile."""
    return tx.execute(select(T.dispute).where(_D.id == dispute_id).with_for_update()).one_or_none()


def unanswered(tx: Connection, today: date) -> list[str]:
    """The open disputes whose last day to answer is over and where silence agrees, by id."""
    query = select(_D.id).where(
        _D.state == DisputeState.OPEN.value, _D.silence_agrees == true(), _D.answer_by < today
    )
    return list(tx.execute(query.order_by(_D.id)).scalars())


def open_disputes(tx: Connection, month: str, party: str) -> int:
    """How many disputes about lines of a party's month are open, whoever's statement they were raised on."""
    query = select(func.count()).where(
        _D.state == DisputeState.OPEN.value,
        _D.month == month,
        or_(_D.party == party, _D.counterparty == party),
    )
    return int(tx.execute(query).scalar_one())


def agreements_of(tx: Connection, month: str, party: str) -> list[str]:
    """The agreements, as `id@version`, under which a party has lines in a month."""
    query = select(_L.agreement).where(_L.month == month, or_(_L.party == party, _L.counterparty == party))
    return sorted(tx.execute(query.distinct()).scalars())


def line(tx: Connection, month: str, party: str, ref: str) -> dict[str, Any] | None:
    """A line of a party's month by its reference, as it was written."""
    query = select(_L.body).where(
        _L.month == month,
        or_(_L.party == party, _L.counterparty == party),
        _L.body["ref"].as_string() == ref,
    )
    found: dict[str, Any] | None = tx.execute(query).scalar_one_or_none()
    return found


def corrected(tx: Connection, ref: str) -> int:
    """What agreed corrections have changed in a line so far, in fen."""
    query = select(func.coalesce(func.sum(_L.amount_fen), 0)).where(
        _L.kind == LineKind.CORRECTION.value, _L.mirrors == ref
    )
    return int(tx.execute(query).scalar_one())


def standings(database: Database, month: str) -> list[Mapping[str, Any]]:
    """Where every statement of a month stands, by party."""
    with database.read() as tx:
        return [
            dict(row) for row in tx.execute(_STANDING.where(_S.month == month).order_by(_S.party)).mappings()
        ]


def history(database: Database, statement_id: str) -> Mapping[str, Any] | None:
    """Where a statement stands, all its changes, and the disputes raised on it; None for an unknown one."""
    e = T.event.c
    with database.read() as tx:
        head = tx.execute(_STANDING.where(_S.id == statement_id)).mappings().one_or_none()
        if head is None:
            return None
        events = tx.execute(
            select(e.machine, e.subject, e.what, e.before, e.after, e.who, e.source, e.detail, e.at)
            .where(e.application_id == statement_id)
            .order_by(e.position)
        ).mappings()
        disputes = tx.execute(
            select(T.dispute).where(_D.statement_id == statement_id).order_by(_D.id)
        ).mappings()
        return {
            **head,
            "events": [dict(row) for row in events],
            "disputes": [dict(row) for row in disputes],
        }
