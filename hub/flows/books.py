"""Writing the books: the shares of a movement of money and its double entries, in one transaction with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, insert

from contracts.agreement import Agreement, RiskReserve
from hub.domain import ledger
from hub.domain.calendar import business_day
from hub.domain.lifecycle import NotYet
from hub.domain.sharing import CannotShare, Compensated, EventKind, MoneyEvent, ShareLine, share
from hub.flows.context import Cause, Context
from hub.flows.parking import Contradiction
from hub.store import months, rows
from hub.store.tables import T

_TOO_EARLY = frozenset({"not_disbursed", "not_compensated", "unknown_original"})
_SHARE_LINE = insert(T.share_line)
_ENTRY = insert(T.journal_entry)
_POSTING = insert(T.journal_posting)


def book(
    context: Context,
    tx: Connection,
    loan_id: str,
    partner: str,
    agreement: Agreement,
    event: MoneyEvent,
    cause: Cause,
) -> None:
    """Share out a movement under the loan's agreement and post it.

    Raises NotYet when something that must come before is missing, Contradiction when it cannot be shared.
    """
    reserves = None
    if isinstance(event, Compensated) and any(isinstance(c, RiskReserve) for c in agreement.clauses):
        months.lock_reserves(tx, agreement.reference)
        reserves = months.reserves(tx, (agreement.reference,))
    try:
        lines = share(agreement, event, history(tx, loan_id), reserves=reserves)
    except CannotShare as refusal:
        raise (NotYet if refusal.code in _TOO_EARLY else Contradiction)(str(refusal)) from None
    month = open_month(tx, event.on, business_day(cause.now))
    write_lines(tx, lines, partner, month)
    write_entries(context, tx, ledger.post(agreement, event, lines), month, cause)


def write_lines(tx: Connection, lines: Sequence[ShareLine], partner: str, month: str) -> None:
    """Write share lines to be settled in a month."""
    if lines:
        tx.execute(_SHARE_LINE, [_line_row(line, partner, month) for line in lines])


def history(tx: Connection, loan_id: str) -> list[ShareLine]:
    """The lines that movements of a loan gave so far, in order.

    What two parties agreed to correct stays between them: no movement takes it back or counts it in.
    """
    lines = (ShareLine.from_json(body) for body in rows.shares(tx, loan_id))
    return [line for line in lines if line.event is not EventKind.CORRECTED]


def open_month(tx: Connection, on: date, today: date) -> str:
    """The month a movement of a day is booked in: its own, or the first open one after a closed one."""
    closed = rows.closed_months(tx)
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
        "agreement": line.agreement,
        "kind": line.kind.value,
        "base": line.base.value,
        "mirrors": line.mirrors,
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
        tx.execute(_ENTRY, heads)
        tx.execute(_POSTING, postings)
