"""Orders to move money: what each is for, what follows it, and the entries it leaves in the books.

A funder that does not pay the borrower itself pays into an account at a holder, a payment institution or a
custodian; from there the money goes on by our orders. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hub.domain.ledger import Entry, Posting

MOST_PAYOUTS: Final = 3
"""How often a payout is tried by itself, each time after the one before was proven to have failed."""
PAYOUT_PAUSE: Final = timedelta(hours=1)


class OrderKind(StrEnum):
    """What an order does."""

    PAY_OUT = "pay_out"  # holder to borrower or merchant
    SIGN = "sign_debit"  # the borrower's agreement to be debited
    DEBIT = "debit"  # borrower to holder
    REPAY = "repay"  # the lender books what was collected, or collects itself
    FREEZE = "freeze_funds"  # hold money where it is
    OPEN = "open_account"  # an account for the borrower
    RELEASE = "release_funds"
    TRANSFER = "transfer_funds"  # between two accounts at one holder


STEPS: Final = (OrderKind.FREEZE, OrderKind.OPEN, OrderKind.RELEASE, OrderKind.TRANSFER)
"""How a loan's money goes from the platform's account to the borrower's, where both are at one holder."""
DELIVERING: Final = frozenset({OrderKind.PAY_OUT, OrderKind.TRANSFER})
"""Orders after which the borrower has the money."""


QUESTION: Final[Mapping[OrderKind, str]] = MappingProxyType(
    {
        OrderKind.PAY_OUT: "query_order",
        OrderKind.DEBIT: "query_order",
        OrderKind.REPAY: "query_repayment",
        OrderKind.FREEZE: "query_order",
        OrderKind.RELEASE: "query_order",
        OrderKind.TRANSFER: "query_order",
    }
)
"""How a partner is asked what became of an order."""


class Step(StrEnum):
    """What a movement of money does to the books of what is held."""

    PROVIDED = "provided"  # the funder has paid into the holder's account
    PAID_OUT = "paid_out"
    PAYOUT_RETURNED = "payout_returned"
    COLLECTED = "collected"  # the channel has debited the borrower
    CREDITED = "credited"  # the lender has booked what was collected
    WITHDRAWN = "withdrawn"  # the loan was unwound before it reached the borrower


_LEGS: Final[Mapping[Step, tuple[str, str]]] = MappingProxyType(
    {
        Step.PROVIDED: ("custody", "undelivered"),
        Step.PAID_OUT: ("undelivered", "custody"),
        Step.PAYOUT_RETURNED: ("custody", "undelivered"),
        Step.WITHDRAWN: ("undelivered", "custody"),
        Step.COLLECTED: ("custody", "collected"),
        Step.CREDITED: ("collected", "custody"),
    }
)
"""Debited and credited account; `custody` is the holder's, every other the funder's."""
_MEMO: Final[Mapping[Step, str]] = MappingProxyType(
    {
        Step.PROVIDED: "资金到账 Money provided",
        Step.PAID_OUT: "代付 Paid out",
        Step.PAYOUT_RETURNED: "退票 Payout returned",
        Step.WITHDRAWN: "资金退回 Given back to the funder",
        Step.COLLECTED: "代扣 Collected",
        Step.CREDITED: "代扣入账 Booked by the lender",
    }
)


def payout_of(loan_id: str) -> str:
    """The purpose of paying a loan out: it is served once, by one order at a time."""
    return f"payout:{loan_id}"


def release_of(loan_id: str) -> str:
    """The purpose of letting go of what was frozen for a loan that was unwound."""
    return f"release:{loan_id}"


def signing_of(application_id: str) -> str:
    """The purpose of signing a debit agreement."""
    return f"sign:{application_id}"


def collection_of(loan_id: str) -> str:
    """The purpose of collecting from a loan: one thing at a time, or a term would be taken twice."""
    return f"collect:{loan_id}"


def credit_of(debit_id: str) -> str:
    """The purpose of having a debit booked by the lender."""
    return f"credit:{debit_id}"


def tries_again(tries: int) -> timedelta | None:
    """After how long a payout proven to have failed is decided on anew; None when a person decides."""
    return PAYOUT_PAUSE if tries < MOST_PAYOUTS else None


def held_fen(account_no: str, done: Iterable[tuple[str, int, Mapping[str, object]]]) -> tuple[int, int]:
    """Return what is in an account and how much of it is frozen, from the orders done: kind, fen, detail."""
    total = frozen = 0
    for kind, fen, detail in done:
        if kind == OrderKind.TRANSFER:
            total += fen * ((detail["to_account"] == account_no) - (detail["from_account"] == account_no))
        elif detail.get("account_no") == account_no:
            frozen += fen * ((kind == OrderKind.FREEZE) - (kind == OrderKind.RELEASE))
    return total, frozen


def entry(
    step: Step, amount_fen: int, *, holder: str, funder: str, loan_id: str, serial: str, on: date
) -> Entry:
    """Return the journal entry of a movement at the holder's."""

    def posting(account: str, fen: int) -> Posting:
        return Posting(account, holder if account == "custody" else funder, fen)

    debit, credit = _LEGS[step]
    postings = (posting(debit, amount_fen), posting(credit, -amount_fen))
    return Entry(step, loan_id, serial, on, postings, f"{_MEMO[step]} {serial}")
