"""What a simulated depository or payment channel writes down: accounts, agreements and orders, in fen."""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from connectors.simulation.lender import Known, Refused
from connectors.units import SHANGHAI, business_day

FUNDED = "100000000001"
"""The platform's own account at a simulated depository: it has money from the beginning."""
AT_FIRST_FEN = 100_000_000_000


class State(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Account:
    """An account and what is in it."""

    subject: str
    account_no: str
    total_fen: int = 0
    frozen_fen: int = 0

    @property
    def available_fen(self) -> int:
        """What may be moved."""
        return self.total_fen - self.frozen_fen


@dataclass(frozen=True, slots=True)
class Order:
    """An order to move or hold money. `kind` is that of the ask, `release` for the end of a freeze."""

    subject: str
    kind: str
    amount_fen: int
    serial: str
    at: datetime
    state: State = State.PENDING
    reason: str = ""
    source: str = ""
    target: str = ""
    original: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """A day that has ended: what was in the accounts then, and what became of orders on it."""

    day: date
    accounts: tuple[Account, ...]
    orders: tuple[Order, ...]


@dataclass(slots=True)
class Vault:
    """Orders are carried out a while after they were taken. Testers steer them by the amount:

    | what | outcome |
    |---|---|
    | a debit or payout whose amount ends in 99 | fails, reason BALANCE |
    | a payout whose amount ends in 98 | is done, and comes back a day later |
    | a transfer or freeze above what is available | fails, reason BALANCE |
    """

    prefix: str
    takes: timedelta = timedelta(seconds=30)
    returns_after: timedelta = timedelta(days=1)
    accounts: dict[str, Account] = field(
        default_factory=lambda: {FUNDED: Account("platform", FUNDED, AT_FIRST_FEN)}
    )
    orders: dict[str, Order] = field(default_factory=dict)
    closed: list[Closed] = field(default_factory=list)
    _due: list[tuple[datetime, int, str]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)
    _day: date | None = None
    _today: list[Order] = field(default_factory=list)

    def begin(self, now: datetime) -> date:
        """Begin the first day, unless one is under way; return the day."""
        self._day = self._day or business_day(now)
        return self._day

    def open(self, subject: str) -> Account:
        """Open an account, or return the one opened before under that number."""
        for account in self.accounts.values():
            if account.subject == subject:
                return account
        opened = Account(subject, self.number("62", subject))
        self.accounts[opened.account_no] = opened
        return opened

    def take(self, order: Order, now: datetime) -> None:
        """Take an order; it is carried out later.

        Raises Known when its number was used before, Refused with a reason: NO_ACCOUNT, NO_ORDER.
        """
        if order.subject in self.orders:
            raise Known
        if any(number and number not in self.accounts for number in (order.source, order.target)):
            raise Refused("NO_ACCOUNT")
        if order.original and self._left(order) < order.amount_fen:
            raise Refused("NO_ORDER")
        self.orders[order.subject] = replace(order, serial=self.number("S", order.subject))
        heapq.heappush(self._due, (now + self.takes, next(self._order), order.subject))

    def advance(self, now: datetime) -> list[Order]:
        """Let time pass up to `now`: return what became of orders; close the days that ended."""
        told: list[Order] = []
        day = self.begin(now)
        while True:
            midnight = _midnight_after(day)
            if self._due and self._due[0][0] <= min(now, midnight):
                at, _, subject = heapq.heappop(self._due)
                told.append(self._carry_out(self.orders[subject], at))
            elif midnight <= now:
                own = tuple(account for number, account in self.accounts.items() if number != FUNDED)
                self.closed.append(Closed(day, own, tuple(self._today)))
                self._day = day = day + timedelta(days=1)
                self._today = []
            else:
                return told

    def next_due(self) -> datetime | None:
        """Return when the next order is carried out, or a day ends on which something happened."""
        if self._due:
            return self._due[0][0]
        return _midnight_after(self._day) if self._today and self._day else None

    def number(self, mark: str, ours: str) -> str:
        """Return a number made of ours, the same in every run."""
        digest = hashlib.sha256(f"{self.prefix}{mark}{ours}".encode()).digest()
        return f"{mark}{int.from_bytes(digest[:6], 'big'):015d}"

    def _left(self, order: Order) -> int:
        """Return what is left of the order that this one takes back."""
        original = self.orders.get(order.original)
        if original is None or original.state is not State.DONE:
            return 0
        back = [
            o for o in self.orders.values() if o.original == order.original and o.state is not State.FAILED
        ]
        return original.amount_fen - sum(o.amount_fen for o in back)

    def _carry_out(self, order: Order, at: datetime) -> Order:
        if order.state is State.DONE:
            order = replace(order, state=State.RETURNED, at=at)
        elif self._fails(order):
            order = replace(order, state=State.FAILED, reason="BALANCE", at=at)
        else:
            self._move(order)
            order = replace(order, state=State.DONE, at=at)
            if order.kind == "pay_out" and order.amount_fen % 100 == 98:
                heapq.heappush(self._due, (at + self.returns_after, next(self._order), order.subject))
        self.orders[order.subject] = order
        self._today.append(order)
        return order

    def _fails(self, order: Order) -> bool:
        if order.kind in ("debit", "pay_out"):
            return order.amount_fen % 100 == 99
        if not order.source or order.kind == "release":
            return False
        return self.accounts[order.source].available_fen < order.amount_fen

    def _move(self, order: Order) -> None:
        match order.kind:
            case "freeze_funds":
                self._add(order.source, frozen=order.amount_fen)
            case "release":
                self._add(order.source, frozen=-order.amount_fen)
            case "transfer_funds":
                self._add(order.source, total=-order.amount_fen)
                self._add(order.target, total=order.amount_fen)

    def _add(self, number: str, *, total: int = 0, frozen: int = 0) -> None:
        account = self.accounts[number]
        self.accounts[number] = replace(
            account, total_fen=account.total_fen + total, frozen_fen=account.frozen_fen + frozen
        )


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)
