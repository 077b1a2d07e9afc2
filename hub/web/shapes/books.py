"""What finance is answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hub.web.shapes.common import Cursor, Month, Shape


class MonthView(Shape):
    """A business month of the books (Asia/Shanghai)."""

    month: Month
    state: str
    closed_at: datetime | None
    entries: int
    statements: int


class Months(Shape):
    """Months with entries, newest first."""

    items: list[MonthView]


class StatementHead(Shape):
    """A statement's control totals."""

    id: str
    month: Month
    party: str
    lines: int
    total_fen: int
    sha256: str
    made_at: datetime


class StatementPage(Shape):
    """Statements by id."""

    items: list[StatementHead]
    next_cursor: Cursor


class StatementView(StatementHead):
    """A statement with its body."""

    body: dict[str, Any]


class Closed(Shape):
    """A month was closed; these are its statements."""

    month: Month
    statements: list[StatementHead]


class PositionView(Shape):
    """What a party receives and pays by all others together."""

    party: str
    receives_fen: int
    pays_fen: int
    net_fen: int


class DueView(Shape):
    """After netting both ways, the debtor owes the creditor this much."""

    debtor: str
    creditor: str
    amount_fen: int


class TotalView(Shape):
    """What one party is owed by another for one kind of line on one pot."""

    party: str
    counterparty: str
    kind: str
    base: str
    lines: int
    amount_fen: int


class SettlementView(Shape):
    """Who owes whom what for a month; provisional while the month is open. The positions sum to zero."""

    month: Month
    state: str
    positions: list[PositionView]
    dues: list[DueView]
    totals: list[TotalView]


class PostingView(Shape):
    """One side of an entry: debit positive, credit negative."""

    line: int
    account: str
    party: str
    amount_fen: int


class StepView(Shape):
    """One step of an explanation."""

    zh: str
    en: str


class OwnPosting(Shape):
    """What a line adds to an entry: debit positive, credit negative."""

    account: str
    party: str
    amount_fen: int


class ExplanationView(Shape):
    """Why a line is what it is; `agrees` is whether its own numbers give its amount again."""

    ref: str
    clause: str
    amount_fen: int
    agrees: bool
    steps: list[StepView]
    postings: list[OwnPosting]


class EntryView(Shape):
    """A double entry; its postings sum to zero."""

    seq: int
    id: str
    kind: str
    loan_id: str | None
    month: Month
    booked_on: date
    memo: str
    postings: list[PostingView]


class JournalPage(Shape):
    """Journal entries in the order they were written."""

    items: list[EntryView]
    next_cursor: Cursor


class Balance(Shape):
    """One account of one party."""

    account: str
    zh: str
    en: str
    party: str
    debit_fen: int
    credit_fen: int
    balance_fen: int


class TrialBalance(Shape):
    """Every account; `difference_fen` is zero or the books are wrong."""

    month: Month | None
    items: list[Balance]
    debit_fen: int
    credit_fen: int
    difference_fen: int
