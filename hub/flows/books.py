"""Writing the books: the shares of a movement of money and its double entries, in one transaction with it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, insert, select

from contracts.agreement import Agreement
from hub.domain import ledger
from hub.domain.calendar import business_day
from hub.domain.sharing import MoneyEvent, ShareLine, share
from hub.flows.context import Cause, Context
from hub.store.tables import T


def book(
    context: Context,
    tx: Connection,
    loan_id: str,
    partner: str,
    agreement: Agreement,
    event: MoneyEvent,
    cause: Cause,
) -> None:
    """Share out a movement under the loan's agreement and post it."""
    lines = share(agreement, event, history(tx, loan_id))
    month = open_month(tx, event.on, business_day(cause.now))
    if lines:
        tx.execute(insert(T.share_line), [_line_row(line, partner, month) for line in lines])
    write_entries(context, tx, ledger.post(agreement, event, lines), month, cause)


def history(tx: Connection, loan_id: str) -> list[ShareLine]:
    """All lines of a loan so far, in order."""
    s = T.share_line.c
    rows = tx.execute(select(s.body).where(s.loan_id == loan_id).order_by(s.seq))
    return [ShareLine.from_json(body) for (body,) in rows]


def open_month(tx: Connection, on: date, today: date) -> str:
    """The month a movement of a day is booked in: its own, or the first open one after a closed one."""
    m = T.month.c
    closed = set(tx.execute(select(m.month).where(m.state == "closed")).scalars())
    month = on.strftime("%Y-%m")
    if month in closed:
        month = max(month, today.strftime("%Y-%m"))
    while month in closed:
        month = next_month(month)
    return month


def next_month(month: str) -> str:
    """The month after `YYYY-MM`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"


def _line_row(line: ShareLine, partner: str, month: str) -> dict[str, object]:
    return {
        "loan_id": line.loan_id,
        "partner": partner,
        "month": month,
        "booked_on": line.on,
        "event_kind": line.event.value,
        "serial": line.serial,
        "clause": line.clause,
        "party": line.party,
        "counterparty": line.counterparty,
        "amount_fen": line.amount_fen,
        "body": line.to_json(),
    }


def write_entries(
    context: Context, tx: Connection, entries: tuple[ledger.Entry, ...], month: str, cause: Cause
) -> None:
    """Write double entries with their postings."""
    heads, postings = [], []
    for entry in entries:
        entry_id = context.id("ent", cause.now)
        heads.append(
            {
                "id": entry_id,
                "kind": entry.kind,
                "loan_id": entry.loan_id,
                "serial": entry.serial,
                "month": month,
                "booked_on": entry.on,
                "memo": entry.memo,
            }
        )
        postings += [
            {
                "entry_id": entry_id,
                "line": line,
                "month": month,
                "account": posting.account,
                "party": posting.party,
                "amount_fen": posting.amount_fen,
            }
            for line, posting in enumerate(entry.postings, 1)
        ]
    if heads:
        tx.execute(insert(T.journal_entry), heads)
        tx.execute(insert(T.journal_posting), postings)
