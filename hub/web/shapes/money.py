"""What the front end is answered about money on its way."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from contracts.messages import RepaymentKind
from hub.domain.lifecycle import OrderState
from hub.domain.orders import OrderKind
from hub.web.shapes.common import Shape


class SigningState(StrEnum):
    """Where a debit agreement stands."""

    CODE_WANTED = "code_wanted"  # the bank sends a code to the borrower's phone
    CONFIRMING = "confirming"  # the code is on its way to the channel
    SIGNED = "signed"


class SigningReceipt(Shape):
    """What was asked of a debit agreement was durably noted."""

    id: str
    state: SigningState


class RepaymentReceipt(Shape):
    """A repayment was durably noted and will be taken. `period` is null for the whole loan."""

    id: str
    order: str
    amount_fen: int
    how: RepaymentKind
    period: int | None
    principal_fen: int
    interest_fen: int
    fee_fen: int
    penalty_fen: int


class MoneyOrderView(Shape):
    """One order to move money, and what became of it. `done_fen` is null until that is known."""

    id: str
    kind: OrderKind
    partner: str
    seq: int
    amount_fen: int
    state: OrderState
    done_fen: int | None
    done_on: date | None
    updated_at: datetime


class MoneyOrders(Shape):
    """All of them in order; a new try is an order of its own."""

    application_id: str
    orders: list[MoneyOrderView]
