"""Closing a business month: who owes whom what, netted, and the entries that move it from open to settled.

A closed month is never edited. What arrives later, or takes back a line of an earlier month, is carried into
the month then open and keeps its pointer to the original line. Months are Asia/Shanghai's; amounts fen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from contracts.agreement import Base
from hub.domain.calendar import SHANGHAI
from hub.domain.ledger import Entry, Owed, Posting, payables
from hub.domain.sharing.line import INFORMS, LineKind, ShareLine


@dataclass(frozen=True, slots=True)
class Due:
    """After netting both ways, `debtor` owes `creditor` this much, above zero."""

    debtor: str
    creditor: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Position:
    """What a party is owed and owes by all others together; `net_fen` above zero is to be received."""

    party: str
    receives_fen: int
    pays_fen: int

    @property
    def net_fen(self) -> int:
        """What the party receives in the end; negative when it pays."""
        return self.receives_fen - self.pays_fen


@dataclass(frozen=True, slots=True)
class Total:
    """What one party is owed by another for one kind of line on one pot."""

    party: str
    counterparty: str
    kind: LineKind
    base: Base
    lines: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """A closed month. The positions sum to zero; `carried` are refs of lines dated before the month."""

    period: str
    count: int
    positions: tuple[Position, ...]
    dues: tuple[Due, ...]
    totals: tuple[Total, ...]
    carried: tuple[str, ...]
    entries: tuple[Entry, ...]


def month_of(day: date) -> str:
    """Return the month of a business date as `YYYY-MM`."""
    return f"{day.year:04d}-{day.month:02d}"


def month_days(period: str) -> tuple[date, date]:
    """Return the first day of a month and the first of the next. ValueError unless `YYYY-MM`."""
    match = re.fullmatch(r"(2[0-9]{3})-(0[1-9]|1[0-2])", period)
    if match is None:
        raise ValueError("a period is a month written as 2026-01")
    year, month = int(match[1]), int(match[2])
    after = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
    return date(year, month, 1), after


def month_bounds(period: str) -> tuple[datetime, datetime]:
    """Return the first instant of a business month and that of the next, aware, in UTC."""
    first, after = month_days(period)
    return _midnight(first), _midnight(after)


def close(period: str, lines: Iterable[ShareLine]) -> Settlement:
    """Settle a month from all its lines, those carried from earlier months among them.

    Raises ValueError when a line is dated after the month: it belongs to a later one.
    """
    first, after = month_days(period)
    tally = _Tally()
    for line in lines:
        if line.on >= after:
            raise ValueError(f"{line.ref} is dated {line.on}, after {period}; close it with its own month")
        tally.take(line, carried=line.on < first)
    return tally.settle(period, date.fromordinal(after.toordinal() - 1))


def settle(period: str, totals: Iterable[Total], carried: Sequence[str] = ()) -> Settlement:
    """Settle a month from the sums of its lines; sums that are alike are added up."""
    _, after = month_days(period)
    tally = _Tally()
    for total in totals:
        tally.add(total, total.lines)
    tally.carried = list(carried)
    return tally.settle(period, date.fromordinal(after.toordinal() - 1))


def pay(settlement: Settlement, due: Due, *, on: date, memo: str) -> Entry:
    """Return the entry of a due that was paid on a business day. ValueError when there is no such due."""
    if due not in settlement.dues:
        raise ValueError(f"{due.debtor} owes {due.creditor} no {due.amount_fen} fen for {settlement.period}")
    postings = (
        Posting("settlement", due.creditor, due.amount_fen),
        Posting("paid", due.creditor, -due.amount_fen),
        Posting("settlement", due.debtor, -due.amount_fen),
        Posting("paid", due.debtor, due.amount_fen),
    )
    return Entry("settlement_paid", None, settlement.period, on, postings, memo)


class _Tally:
    """The sums of a month while its lines go by; holds one number per party, counterparty, kind and pot."""

    def __init__(self) -> None:
        self.sums: dict[tuple[str, str, LineKind, Base], list[int]] = {}
        self.open: dict[tuple[str, str], int] = {}
        self.carried: list[str] = []
        self.count = 0

    def take(self, line: ShareLine, *, carried: bool) -> None:
        """Count a line."""
        if carried:
            self.carried.append(line.ref)
        self.add(line, 1)

    def add(self, owed: Owed, lines: int) -> None:
        """Add a line, or the sum of so many."""
        self.count += lines
        total = self.sums.setdefault((owed.party, owed.counterparty, owed.kind, owed.base), [0, 0])
        total[0] += lines
        total[1] += owed.amount_fen
        for account, party, amount in payables(owed):
            self.open[account, party] = self.open.get((account, party), 0) + amount

    def settle(self, period: str, last: date) -> Settlement:
        """Net the sums and write the closing entry."""
        totals = tuple(
            Total(*key, *counted) for key, counted in sorted(self.sums.items(), key=lambda item: item[0])
        )
        dues = netted(totals)
        return Settlement(
            period,
            self.count,
            positions(totals),
            dues,
            totals,
            tuple(self.carried),
            self._entries(period, last),
        )

    def _entries(self, period: str, last: date) -> tuple[Entry, ...]:
        """Empty the receivables and payables of the month into `settlement`, party by party."""
        net: dict[str, int] = {}
        postings = []
        for (account, party), amount in sorted(self.open.items()):
            if amount:
                postings.append(Posting(account, party, -amount))
                net[party] = net.get(party, 0) + amount
        postings += [Posting("settlement", party, amount) for party, amount in net.items() if amount]
        memo = f"{period} 月结 Month closed"
        return (Entry("settlement_closed", None, period, last, tuple(postings), memo),) if postings else ()


def _owed(totals: Sequence[Total]) -> dict[tuple[str, str], int]:
    """Return what each party is owed by each other one."""
    owed: dict[tuple[str, str], int] = {}
    for total in totals:
        if total.party != total.counterparty and total.kind not in INFORMS:
            pair = (total.party, total.counterparty)
            owed[pair] = owed.get(pair, 0) + total.amount_fen
    return owed


def positions(totals: Sequence[Total]) -> tuple[Position, ...]:
    """Return what each party receives and pays by these totals, by party."""
    parties = sorted({party for total in totals for party in (total.party, total.counterparty)})
    receives = dict.fromkeys(parties, 0)
    pays = dict.fromkeys(parties, 0)
    for (party, counterparty), amount in _owed(totals).items():
        receives[party] += amount
        pays[counterparty] += amount
    return tuple(Position(party, receives[party], pays[party]) for party in parties)


def netted(totals: Sequence[Total]) -> tuple[Due, ...]:
    """Net each pair of parties; a month of refunds may turn a debt round, which the due then shows."""
    net: dict[tuple[str, str], int] = {}
    for (creditor, debtor), amount in _owed(totals).items():
        first, second = sorted((creditor, debtor))
        signed = amount if creditor == first else -amount
        net[first, second] = net.get((first, second), 0) + signed
    dues = []
    for (first, second), amount in sorted(net.items()):
        if amount:
            creditor, debtor = (first, second) if amount > 0 else (second, first)
            dues.append(Due(debtor, creditor, abs(amount)))
    return tuple(dues)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
