"""A lender played from memory: decides by a documented rule, pays out, tells what its borrowers do."""

from __future__ import annotations

import hashlib
import heapq
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.simulation.books import (
    Asked,
    Books,
    Case,
    Decided,
    Decision,
    Event,
    Loan,
    Movement,
    Paid,
    Transfer,
    Transferred,
)
from connectors.simulation.lives import life_of
from connectors.units import business_day
from contracts.messages import RepaymentKind
from contracts.programme import RepaymentMethod
from contracts.sensitive import IdNumber


@dataclass(frozen=True, slots=True)
class Habits:
    """How a lender behaves. Testers steer it by the identity number and the amount:

    | what | outcome |
    |---|---|
    | last character X (one in eleven) | declined, reason SCORE |
    | amount above `largest_fen` | declined, reason AMOUNT |
    | 16th and 17th digits 99 (one in a hundred) | approved, but the transfer fails, reason ACCOUNT |
    | amount ending in 91, 92 or 93 fen | declined, reason FUNDS, OPEN_LOAN or REGION |
    | amount ending in 94 fen | never decided |
    | amount ending in 95 fen | decided a day later |
    | amount ending in 96 fen | approved, but the transfer fails, reason ACCOUNT |
    | amount ending in 80 to 89 fen | approved, and the life of that number in `lives.LIVES` |
    | anything else | approved for the whole amount |
    | a repayment we ask for whose sum ends in 99 fen | fails, reason BALANCE |
    """

    decides_after: timedelta = timedelta(seconds=60)
    pays_after: timedelta = timedelta(seconds=120)
    takes_after: timedelta = timedelta(seconds=30)
    approval_days: int = 30
    largest_fen: int = 20_000_000


USUAL = Habits()

_DECLINES = {91: "FUNDS", 92: "OPEN_LOAN", 93: "REGION"}
_NEVER, _LATE, _FAILS = 94, 95, 96
_BALANCE = 99


class Known(Exception):
    """The number was used before, for something else or by another request."""


class Refused(Exception):
    """The lender will not do it. The message is its reason code."""


class Lender:
    """One lender's applications and loans. Thread-safe; work is done for due items only."""

    def __init__(self, prefix: str, *, seed: int = 0, habits: Habits = USUAL) -> None:
        """`prefix` begins its numbers; `seed` and the loan number choose each borrower's fate."""
        self.prefix = prefix
        self.habits = habits
        self._seed = seed
        self._books = Books()
        self._lock = threading.Lock()
        self._order = itertools.count()
        self._due: list[tuple[datetime, int, Event, Iterator[Movement] | None]] = []

    def apply(
        self, apply_no: str, *, amount_fen: int, annual_rate: Decimal, id_number: IdNumber, now: datetime
    ) -> Case:
        """Take an application; the decision falls due later. Raises Known when the number was used before."""
        tail = id_number.reveal()
        case = Case(apply_no, self._number("C", apply_no), amount_fen, annual_rate, now)
        steered = amount_fen % 100
        case.transfer_fails = tail[15:17] == "99" or steered == _FAILS
        if tail.endswith("X"):
            case.reason = "SCORE"
        elif amount_fen > self.habits.largest_fen:
            case.reason = "AMOUNT"
        else:
            case.reason = _DECLINES.get(steered, "")
        with self._lock:
            if apply_no in self._books.cases:
                raise Known
            self._books.cases[apply_no] = case
            self._books.by_credit_no[case.credit_no] = case
            if steered != _NEVER:
                wait = timedelta(days=1) if steered == _LATE else self.habits.decides_after
                self._plan(Decided(now + wait, case))
        return case

    def draw(
        self,
        draw_no: str,
        credit_no: str,
        *,
        amount_fen: int,
        annual_rate: Decimal,
        months: int,
        method: RepaymentMethod,
        now: datetime,
    ) -> Loan:
        """Take a drawdown under an approval. Raises Known when the number was used before, Refused with a
        reason: NO_CREDIT without a valid approval, USED when it was drawn already, AMOUNT above the limit.
        """
        with self._lock:
            if draw_no in self._books.by_draw_no:
                raise Known
            case = self._books.by_credit_no.get(credit_no)
            if case is None or case.decision is not Decision.APPROVED or case.valid_until is None:
                raise Refused("NO_CREDIT")
            if business_day(now) > case.valid_until:
                raise Refused("NO_CREDIT")
            if case.drawn:
                raise Refused("USED")
            if amount_fen > case.amount_fen or annual_rate != case.annual_rate:
                raise Refused("AMOUNT")
            case.drawn = True
            loan = Loan(
                self._number("L", draw_no), draw_no, credit_no, amount_fen, annual_rate, months, method
            )
            loan.reason = "ACCOUNT" if case.transfer_fails else ""
            self._books.loans[loan.loan_no] = loan
            self._books.by_draw_no[draw_no] = loan
            self._plan(Transferred(now + self.habits.pays_after, loan))
            return loan

    def repay(
        self,
        order_no: str,
        loan_no: str,
        *,
        how: RepaymentKind,
        period: int | None,
        principal_fen: int,
        interest_fen: int,
        penalty_fen: int,
        now: datetime,
    ) -> None:
        """Take an order to have the borrower repay; from now on this borrower pays when asked to.

        Raises Known when the number was used before, Refused with a reason: NO_LOAN, or AMOUNT above what is
        outstanding.
        """
        with self._lock:
            if order_no in self._books.asked:
                raise Known
            loan = self.loan(loan_no)
            if loan is None:
                raise Refused("NO_LOAN")
            under_way = sum(
                one.paid.principal_fen
                for one in self._books.asked.values()
                if one.paid.loan is loan and one.outcome is Transfer.PENDING
            )
            if principal_fen + under_way > loan.outstanding_fen:
                raise Refused("AMOUNT")
            loan.asked_for = True
            at = now + self.habits.takes_after
            serial = self._number("Q", order_no)
            paid = Paid(
                at, business_day(at), loan, serial, how, period, principal_fen, interest_fen, penalty_fen
            )
            fails = (principal_fen + interest_fen + penalty_fen) % 100 == _BALANCE
            self._books.asked[order_no] = Asked(paid, reason="BALANCE" if fails else "")
            self._books.asked_by_serial[serial] = self._books.asked[order_no]
            self._plan(paid)

    def asked(self, order_no: str) -> Asked | None:
        """Return the repayment asked for under that number."""
        return self._books.asked.get(order_no)

    def case(self, apply_no: str) -> Case | None:
        """Return the application of that number."""
        return self._books.cases.get(apply_no)

    def approval(self, credit_no: str) -> Case | None:
        """Return the application whose approval has that number, decided or not."""
        return self._books.by_credit_no.get(credit_no)

    def drawdown(self, draw_no: str) -> Loan | None:
        """Return the loan asked for under that number, paid out or not."""
        return self._books.by_draw_no.get(draw_no)

    def loan(self, loan_no: str) -> Loan | None:
        """Return a loan that was paid out."""
        loan = self._books.loans.get(loan_no)
        return loan if loan is not None and loan.transfer is Transfer.DONE else None

    def loans(self) -> list[Loan]:
        """Return the loans that were paid out, in the order they were asked for."""
        return [loan for loan in self._books.loans.values() if loan.transfer is Transfer.DONE]

    def advance(self, now: datetime) -> list[Event]:
        """Let time pass up to `now`: return what fell due, in order, already in the books."""
        told: list[Event] = []
        with self._lock:
            while self._due and self._due[0][0] <= now:
                _, _, event, life = heapq.heappop(self._due)
                match event:
                    case Decided(case=case):
                        self._decide(case, event.at)
                    case Transferred(loan=loan):
                        life = self._pay_out(loan, event.at)
                    case _ if not self._moves(event):
                        continue
                    case _:
                        self._books.post(event)
                told.append(event)
                following = next(life, None) if life is not None else None
                if following is not None:
                    self._plan(following, life)
        return told

    def next_due(self) -> datetime | None:
        """Return when the next thing falls due, or None when nothing ever will."""
        return self._due[0][0] if self._due else None

    def _moves(self, event: Movement) -> bool:
        """Whether what falls due happens: one asked for may fail, and ends what was to come by itself."""
        asked = self._books.asked_by_serial.get(event.serial)
        if asked is not None:
            asked.outcome = Transfer.FAILED if asked.reason else Transfer.DONE
            return not asked.reason
        return not event.loan.asked_for

    def _decide(self, case: Case, at: datetime) -> None:
        case.decided_at = at
        case.decision = Decision.DECLINED if case.reason else Decision.APPROVED
        if not case.reason:
            case.valid_until = business_day(at) + timedelta(days=self.habits.approval_days)

    def _pay_out(self, loan: Loan, at: datetime) -> Iterator[Movement] | None:
        loan.disbursed_at = at
        if loan.reason:
            loan.transfer = Transfer.FAILED
            return None
        loan.transfer = Transfer.DONE
        loan.disbursed_on = business_day(at)
        loan.outstanding_fen = loan.principal_fen
        return life_of(loan, self._seed)

    def _plan(self, event: Event, life: Iterator[Movement] | None = None) -> None:
        heapq.heappush(self._due, (event.at, next(self._order), event, life))

    def _number(self, mark: str, ours: str) -> str:
        # From our number, not a counter: a run repeats whatever order concurrent requests arrive in.
        digest = hashlib.sha256(f"{self.prefix}{mark}{ours}".encode()).digest()
        return f"{self.prefix}{mark}{int.from_bytes(digest[:7], 'big'):017d}"
