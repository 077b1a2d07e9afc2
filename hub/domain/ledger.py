"""Double entry: every movement becomes an entry that sums to zero, by one table of postings per kind of line.

The books are those of the cooperation, with each account kept per party. A line that one party owes another
debits `receivable` of the one and credits a payable of the other; `hub.domain.settlement` nets the two.
Capital, claims and reserves have a position of their own beside it. Amounts are fen: debit positive, credit
negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, Protocol

from contracts.agreement import Agreement, Base
from hub.domain.sharing.events import EventKind, MoneyEvent
from hub.domain.sharing.line import LineKind, ShareLine


class Side(StrEnum):
    """The side on which an account normally stands."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the chart."""

    code: str
    zh: str
    en: str
    side: Side


def _chart(*rows: tuple[str, str, str, Side]) -> Mapping[str, Account]:
    return MappingProxyType({row[0]: Account(*row) for row in rows})


CHART: Final = _chart(
    ("loan_principal", "贷款本金", "Loan principal outstanding", Side.DEBIT),
    ("capital", "出资", "Capital provided", Side.CREDIT),
    ("receivable", "应收结算款", "Receivable from the party", Side.DEBIT),
    ("payable_principal", "应付本金", "Principal payable", Side.CREDIT),
    ("payable_interest", "应付利息分润", "Share of interest payable", Side.CREDIT),
    ("payable_fee", "应付费用分润", "Share of fees payable", Side.CREDIT),
    ("payable_penalty", "应付罚息分润", "Share of penalties payable", Side.CREDIT),
    ("payable_upfront", "应付前分润", "Share on disbursement payable", Side.CREDIT),
    ("payable_service", "应付服务费", "Monthly service fee payable", Side.CREDIT),
    ("payable_loss", "应付风险补偿", "First loss payable", Side.CREDIT),
    ("payable_tax", "应付税款", "Tax on shares payable", Side.CREDIT),
    ("payable_correction", "应付更正款", "Agreed corrections payable", Side.CREDIT),
    ("payable_reserve", "应付风险准备金", "Risk reserve payable", Side.CREDIT),
    ("reserve_held", "风险准备金存放", "Risk reserve held", Side.DEBIT),
    ("reserve_fund", "风险准备金", "Risk reserve fund", Side.CREDIT),
    ("claim", "代偿追偿权", "Claims from compensation", Side.DEBIT),
    ("compensation", "代偿支出", "Compensation paid", Side.CREDIT),
    ("custody", "存管及备付金", "Money held for a funder", Side.DEBIT),
    ("undelivered", "待付借款人", "Provided by the funder, not yet paid out", Side.CREDIT),
    ("collected", "代收待入账", "Collected, not yet booked by the funder", Side.CREDIT),
    ("settlement", "结算往来", "Settled, payment outstanding", Side.DEBIT),
    ("paid", "已收付结算款", "Settlements paid", Side.DEBIT),
)
"""The chart of accounts by code."""

_Whose = Literal["party", "counterparty"]
_Leg = tuple[str, _Whose, int]

_PAYABLE: Final = {
    Base.PRINCIPAL: "payable_principal",
    Base.INTEREST: "payable_interest",
    Base.FEE: "payable_fee",
    Base.PENALTY: "payable_penalty",
}


def _owes(payable: str) -> tuple[_Leg, ...]:
    return ("receivable", "counterparty", 1), (payable, "party", -1)


_RECOVERED: Final[tuple[_Leg, ...]] = (("compensation", "party", 1), ("claim", "party", -1))

# One row per kind of line, and per pot where it matters: account, whose, and debit (1) or credit (-1).
_LEGS: Final[Mapping[tuple[LineKind, Base], tuple[_Leg, ...]]] = MappingProxyType(
    {
        (LineKind.CONTRIBUTION, Base.DISBURSED): (("loan_principal", "party", 1), ("capital", "party", -1)),
        (LineKind.RETURN, Base.PRINCIPAL): (
            *_owes("payable_principal"),
            ("capital", "party", 1),
            ("loan_principal", "party", -1),
        ),
        (LineKind.UPFRONT, Base.DISBURSED): _owes("payable_upfront"),
        (LineKind.RESERVE_HELD, Base.DISBURSED): (
            *_owes("payable_reserve"),
            ("reserve_held", "party", 1),
            ("reserve_fund", "party", -1),
        ),
        (LineKind.RESERVE_DRAWN, Base.DISBURSED): (
            *_owes("payable_reserve"),
            ("reserve_fund", "counterparty", 1),
            ("reserve_held", "counterparty", -1),
        ),
        **{(LineKind.SHARE, base): _owes(account) for base, account in _PAYABLE.items()},
        **{
            (LineKind.CLAIM, base): (("claim", "party", 1), ("compensation", "party", -1))
            for base in _PAYABLE
        },
        **{(LineKind.RECOVERY, base): (*_owes(account), *_RECOVERED) for base, account in _PAYABLE.items()},
        **{(LineKind.MONTHLY, base): _owes("payable_service") for base in Base},
        (LineKind.TOP_UP, Base.GIVEN): _owes("payable_service"),
        (LineKind.FIRST_LOSS, Base.LOSS): _owes("payable_loss"),
        (LineKind.TAX, Base.GIVEN): _owes("payable_tax"),
        (LineKind.TAX_WITHIN, Base.GIVEN): (),
        (LineKind.WITHHELD, Base.GIVEN): _owes("payable_tax"),
        (LineKind.CORRECTION, Base.GIVEN): _owes("payable_correction"),
    }
)


class OutOfBalance(Exception):
    """Debits and credits differ: stop, book nothing, and find the entry at fault."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry: fen on an account of a party, debit positive, credit negative."""

    account: str
    party: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry. Raises ValueError when it is empty, OutOfBalance when it does not sum to zero."""

    kind: str
    loan_id: str | None
    serial: str
    on: date
    postings: tuple[Posting, ...]
    memo: str

    def __post_init__(self) -> None:
        if not self.postings:
            raise ValueError("an entry has postings")
        total = 0
        for posting in self.postings:
            if posting.account not in CHART:
                raise ValueError(f"{posting.account} is not in the chart of accounts")
            total += posting.amount_fen
        if total:
            raise OutOfBalance(f"the {self.kind} entry of {self.loan_id} is out by {total} fen")


_MEMO: Final[Mapping[EventKind, str]] = MappingProxyType(
    {
        EventKind.DISBURSED: "放款 Disbursement",
        EventKind.RECEIVED: "还款 Repayment",
        EventKind.COMPENSATED: "代偿 Compensation",
        EventKind.REFUNDED: "还款退回 Refund of repayment",
        EventKind.CANCELLED: "放款撤销 Disbursement returned",
        EventKind.MONTH_END: "月末计提 Month's end",
        EventKind.CORRECTED: "异议更正 Correction agreed",
    }
)


def post(agreement: Agreement, event: MoneyEvent, lines: Sequence[ShareLine]) -> tuple[Entry, ...]:
    """Return the journal entry of an event from its share lines, one posting per account and party.

    No entry when the lines net to nothing on every account.
    """
    if not lines:
        return ()
    kind = lines[0].event
    memo = f"{_MEMO[kind]} {agreement.reference}"
    postings = _gather(lines)
    if not postings:
        return ()
    return (Entry(kind, event.loan_id, event.serial, event.on, postings, memo),)


def post_month_end(month: str, lines: Sequence[ShareLine]) -> tuple[Entry, ...]:
    """Return the entry of what `hub.domain.sharing.month_end` gave, unless it moved nothing."""
    postings = _gather(lines)
    if not postings:
        return ()
    first = lines[0]
    memo = f"{_MEMO[first.event]} {first.agreement}"
    return (Entry(first.event, None, month, first.on, postings, memo),)


def post_correction(line: ShareLine) -> Entry:
    """Return the entry of a line that corrects another. ValueError when it corrects nothing."""
    memo = f"{_MEMO[EventKind.CORRECTED]} {line.mirrors}"
    return Entry(line.event, line.loan_id, line.serial, line.on, _gather([line]), memo)


class Owed(Protocol):
    """A share line, or the sum of many that are alike."""

    @property
    def kind(self) -> LineKind: ...
    @property
    def base(self) -> Base: ...
    @property
    def party(self) -> str: ...
    @property
    def counterparty(self) -> str: ...
    @property
    def amount_fen(self) -> int: ...


def payables(line: Owed) -> Iterator[tuple[str, str, int]]:
    """Yield what a line left open between its parties: account, party, and fen as posted."""
    for account, whose, sign in _LEGS[line.kind, line.base]:
        if account == "receivable" or account.startswith("payable_"):
            yield account, line.party if whose == "party" else line.counterparty, sign * line.amount_fen


def postings_of(line: ShareLine) -> tuple[Posting, ...]:
    """Return what one line adds to its movement's entry."""
    return _gather((line,))


def _gather(lines: Iterable[ShareLine]) -> tuple[Posting, ...]:
    sums: dict[tuple[str, str], int] = {}
    for line in lines:
        party, counterparty, amount = line.party, line.counterparty, line.amount_fen
        for account, whose, sign in _LEGS[line.kind, line.base]:
            key = (account, party if whose == "party" else counterparty)
            sums[key] = sums.get(key, 0) + sign * amount
    return tuple(Posting(account, party, amount) for (account, party), amount in sums.items() if amount)


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One account of one party: the sums of both columns, in fen, and the balance on its normal side."""

    account: Account
    party: str
    debit_fen: int
    credit_fen: int

    @property
    def balance_fen(self) -> int:
        """Debits less credits, or the reverse for an account that normally stands in credit."""
        difference = self.debit_fen - self.credit_fen
        return difference if self.account.side is Side.DEBIT else -difference


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts in the order of the chart, then by party. Debits equal credits."""

    rows: tuple[TrialRow, ...]
    debit_fen: int
    credit_fen: int


def trial_balance(rows: Iterable[Posting]) -> TrialBalance:
    """Return the trial balance of postings, or of sums of postings that keep debits and credits apart.

    Raises OutOfBalance when debits and credits differ, ValueError on an account that is not in the chart.
    """
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        columns = sums.setdefault((row.account, row.party), [0, 0])
        columns[row.amount_fen < 0] += abs(row.amount_fen)
    for account, party in sums:
        if account not in CHART:
            raise ValueError(f"{account} of {party} is not in the chart of accounts")
    order = {code: place for place, code in enumerate(CHART)}
    found = tuple(
        TrialRow(CHART[account], party, *sums[account, party])
        for account, party in sorted(sums, key=lambda key: (order[key[0]], key[1]))
    )
    debit, credit = sum(row.debit_fen for row in found), sum(row.credit_fen for row in found)
    if debit != credit:
        raise OutOfBalance(f"debits of {debit} fen and credits of {credit} fen differ by {debit - credit}")
    return TrialBalance(found, debit, credit)
