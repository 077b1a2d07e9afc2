"""The end of a month: settle every share line, write the closing entries, make each party's statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from contracts.agreement import PartyTerms
from contracts.statement import Statement
from hub.domain import settlement
from hub.domain.lifecycle import StatementState
from hub.domain.sharing import ShareLine
from hub.domain.statement import build
from hub.flows.books import write_entries
from hub.flows.context import Cause, Context
from hub.flows.errors import FlowError, MonthClosed, NotKnown, WrongState
from hub.flows.month_end import accrue
from hub.store import rows
from hub.store.tables import T


def close(context: Context, month: str, *, who: str) -> tuple[dict[str, Any], ...]:
    """Close a business month that has ended; returns the heads of the statements made.

    Raises WrongState for a month that has not ended or has messages still to apply, MonthClosed for one that
    is closed, NotKnown for one that is no month.
    """
    now = context.now()
    try:
        _, end = settlement.month_bounds(month)
    except ValueError as error:
        raise NotKnown("month_unknown", "月份格式为 2026-01", str(error), field="month") from None
    if now < end:
        raise WrongState("month_running", f"{month} 尚未结束", f"{month} has not ended yet")
    cause = Cause(who, "api", now)

    def settle(tx: Connection) -> list[dict[str, Any]]:
        _mark_closing(tx, month, cause)
        lines = share_lines(tx, month)
        lines += accrue(context, tx, month, lines, cause)
        settled = settlement.close(month, lines)
        # The closing entry belongs to the month it closes: it is what empties its receivables and payables.
        write_entries(context, tx, settled.entries, month, cause)
        names = parties(context)
        heads = [
            _statement_row(context, build(names[position.party], month, lines), cause)
            for position in settled.positions
        ]
        if heads:
            tx.execute(insert(T.statement), heads)
            drafts = [{"statement_id": head["id"], "state": StatementState.DRAFT.value} for head in heads]
            tx.execute(insert(T.settling), drafts)
        tx.execute(update(T.month).where(T.month.c.month == month).values(state="closed"))
        return heads

    made = context.database.run(settle)
    return tuple({k: v for k, v in head.items() if k != "body"} for head in made)


def _mark_closing(tx: Connection, month: str, cause: Cause) -> None:
    """Take the month, after every booking in it has ended; the database refuses those that come later."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"month {month}"))))
    waiting = rows.messages_waiting(tx)
    if waiting:
        raise WrongState(
            "messages_waiting",
            f"还有 {waiting} 条消息待入账",
            f"{waiting} messages wait to be applied; close when they are",
            retry_after=5,
        )
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    closed = tx.execute(
        dialect.insert(T.month)
        .values(month=month, state="closing", closed_at=cause.now)
        .on_conflict_do_nothing(index_elements=["month"])
        .returning(T.month.c.month)
    ).scalar()
    if closed is None:
        raise MonthClosed("month_closed", f"{month} 已结账", f"{month} is closed already", field="month")


def share_lines(tx: Connection, month: str) -> list[ShareLine]:
    """Every line settled in a month, in the order they were written."""
    return [ShareLine.from_json(body) for body in rows.shares_of_month(tx, month)]


def parties(context: Context) -> dict[str, PartyTerms]:
    """Every party of every agreement; the newest version names it."""
    found: dict[str, PartyTerms] = {}
    for _, agreement in sorted(context.agreements.items(), key=lambda item: item[0][1]):
        found.update((party.id, party) for party in agreement.parties)
    return found


def _statement_row(context: Context, made: Statement, cause: Cause) -> dict[str, Any]:
    return {
        "id": context.id("stm", cause.now),
        "month": made.period,
        "party": made.party,
        "lines": made.control.lines,
        "total_fen": made.control.due_fen,
        "sha256": made.control.sha256,
        "body": made.model_dump(mode="json", exclude={"lines"}),
        "made_at": cause.now,
    }


class Altered(FlowError):
    """What is stored no longer gives the statement that was made: call a person, pay nothing by it."""


def statement(context: Context, statement_id: str) -> Statement:
    """Make a statement again from its lines; the same fen for ever, or Altered. Raises NotKnown."""
    with context.database.read() as tx:
        row = tx.execute(select(T.statement).where(T.statement.c.id == statement_id)).one_or_none()
        if row is None:
            raise NotKnown("statement_unknown", "结算单不存在", "there is no such statement")
        bodies = rows.shares_of_party(tx, row.month, row.party)
    lines: Sequence[ShareLine] = [ShareLine.from_json(body) for body in bodies]
    made = build(parties(context)[row.party], row.month, lines)
    if made.control.sha256 != row.sha256:
        raise Altered("statement_altered", "结算单与明细不符", "the lines no longer give this statement")
    return made
