"""Named reads of the books as streams: a month's lines and entries, and one account of one party."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any, Final

from sqlalchemy import func, select

from hub.store.session import Database
from hub.store.tables import T

_CHUNK: Final = 5_000
_L, _J, _P, _M = T.share_line.c, T.journal_entry.c, T.journal_posting.c, T.month.c


def closed(database: Database, month: str) -> bool:
    """Whether a month is closed."""
    with database.read() as tx:
        return tx.execute(select(_M.state).where(_M.month == month)).scalar() == "closed"


def lines(database: Database, month: str) -> Iterator[Mapping[str, Any]]:
    """Every share line settled in a month, in the order written, a chunk in memory at a time."""
    query = select(_L.body).where(_L.month == month).order_by(_L.seq)
    with database.read() as tx:
        yield from tx.execution_options(yield_per=_CHUNK).execute(query).scalars()


def entries(database: Database, month: str) -> Iterator[tuple[Any, list[tuple[str, str, int]]]]:
    """Every journal entry of a month in the order written, with its postings: account, party, fen."""
    query = (
        select(T.journal_entry, _P.account, _P.party, _P.amount_fen)
        .join(T.journal_posting, _P.entry_id == _J.id)
        .where(_J.month == month)
        .order_by(_J.seq, _P.line)
    )
    with database.read() as tx:
        rows = tx.execution_options(yield_per=_CHUNK).execute(query)
        for _, group in groupby(rows, key=lambda row: row.seq):
            found = list(group)
            yield found[0], [(row.account, row.party, int(row.amount_fen)) for row in found]


def account(
    database: Database, name: str, party: str, first: str, last: str
) -> tuple[int, list[tuple[str, date, str, str, int]]]:
    """An account of a party over months: its balance before the first, and what was posted in them, in order.

    Each posting: month, business date, entry, memo and fen, debit positive. An entry that touches the account
    twice counts once, summed.
    """
    mine = (_P.account == name, _P.party == party)
    amount = func.sum(_P.amount_fen)
    before = select(func.coalesce(amount, 0)).where(*mine, _P.month < first)
    query = (
        select(_J.month, _J.booked_on, _J.id, _J.memo, amount)
        .join(T.journal_posting, _P.entry_id == _J.id)
        .where(*mine, _P.month >= first, _P.month <= last)
        .group_by(_J.seq, _J.month, _J.booked_on, _J.id, _J.memo)
        .order_by(_J.month, _J.seq)
    )
    with database.read() as tx:
        opening = int(tx.execute(before).scalar_one())
        return opening, [(m, on, id, memo, int(fen)) for m, on, id, memo, fen in tx.execute(query).tuples()]
