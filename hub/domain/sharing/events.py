"""Movements of money on a loan, as facts: what the sharing of revenue starts from. Amounts are fen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

AFTER_COMPENSATION = "after_compensation"
"""The kind of a repayment recovered from the borrower after the guarantor had paid: it is the guarantor's."""


class EventKind(StrEnum):
    """What moved."""

    DISBURSED = "disbursed"
    RECEIVED = "received"
    COMPENSATED = "compensated"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    MONTH_END = "month_end"  # what a month came to, reckoned when it is closed
    CORRECTED = "corrected"  # nothing: two parties agreed that a line they were shown was wrong


@dataclass(frozen=True, slots=True)
class Disbursed:
    """The loan was paid out on a business day."""

    loan_id: str
    amount_fen: int
    on: date

    def __post_init__(self) -> None:
        _moved(self.amount_fen)

    @property
    def serial(self) -> str:
        """A loan is disbursed once, so the event needs no number."""
        return ""


@dataclass(frozen=True, slots=True)
class Received:
    """The borrower repaid. `opening_balance_fen` is the principal on which interest ran, `days` for how long.

    `period` is the term of the plan, or None for an early settlement of all that remains; `kind` is the word
    of `contracts.messages.RepaymentKind`.
    """

    loan_id: str
    serial: str
    kind: str
    period: int | None
    principal_fen: int
    interest_fen: int
    fee_fen: int
    penalty_fen: int
    opening_balance_fen: int
    days: int
    on: date

    def __post_init__(self) -> None:
        _moved(self.principal_fen, self.interest_fen, self.fee_fen, self.penalty_fen)
        if self.opening_balance_fen < 0 or self.days < 0:
            raise ValueError("the opening balance and the days of a term are zero or more")


@dataclass(frozen=True, slots=True)
class Compensated:
    """The guarantor paid the funders in the borrower's stead (代偿)."""

    loan_id: str
    serial: str
    guarantor: str
    period: int | None
    principal_fen: int
    interest_fen: int
    penalty_fen: int
    opening_balance_fen: int
    days: int
    on: date

    def __post_init__(self) -> None:
        _moved(self.principal_fen, self.interest_fen, self.penalty_fen)


@dataclass(frozen=True, slots=True)
class Refunded:
    """A repayment, or part of it, was given back to the borrower. `original_serial` is the repayment's."""

    loan_id: str
    serial: str
    original_serial: str
    principal_fen: int
    interest_fen: int
    fee_fen: int
    penalty_fen: int
    on: date

    def __post_init__(self) -> None:
        _moved(self.principal_fen, self.interest_fen, self.fee_fen, self.penalty_fen)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The disbursement, or part of it, came back: a returned transfer (退票) or an unwound loan."""

    loan_id: str
    serial: str
    amount_fen: int
    on: date

    def __post_init__(self) -> None:
        _moved(self.amount_fen)


MoneyEvent = Disbursed | Received | Compensated | Refunded | Cancelled


def _moved(*amounts: int) -> None:
    if min(amounts) < 0 or sum(amounts) == 0:
        raise ValueError("the amounts of a movement are zero or more, and one at least is more")
