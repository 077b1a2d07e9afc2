"""What the front end is answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from contracts.messages import Applicant, LimitState
from contracts.programme import RepaymentMethod
from hub.domain.lifecycle import ApplicationState, AttemptState, LoanState
from hub.web.shapes.common import Cursor, RateText, ReasonView, Shape


class Receipt(Shape):
    """An application was taken in; declined at once when `reasons` is not empty."""

    id: Annotated[str, Field(examples=["app_019b8f5c7d2e7a41b0c2d3e4f5061728"])]
    state: ApplicationState
    reasons: list[ReasonView]


class DrawdownReceipt(Shape):
    """A drawdown was durably noted and will be sent to the partner that approved."""

    id: str
    state: ApplicationState
    amount_fen: int


class Waiting(Shape):
    """What a pending application waits for: a stable code, and words for people."""

    code: str
    zh: str
    en: str


class ApplicationHead(Shape):
    """An application without its details. `waiting_for` is null when the application is final."""

    id: str
    platform_no: str
    product: str
    amount_fen: int
    term_months: int
    method: RepaymentMethod
    annual_rate: RateText
    purpose: str
    state: ApplicationState
    reasons: list[ReasonView]
    waiting_for: Waiting | None
    created_at: datetime
    updated_at: datetime


class LimitView(Shape):
    """The lender's newest word on the limit: a frozen or closed one cannot be drawn on."""

    state: LimitState
    total_fen: int
    available_fen: int
    valid_until: date | None
    told_at: datetime


class AttemptView(Shape):
    """One partner's attempt to fund the application."""

    id: str
    seq: int
    partner: str
    programme: str
    programme_version: int
    agreement: str
    agreement_version: int
    state: AttemptState
    amount_fen: int
    credit_no: str | None
    limit_fen: int | None
    valid_until: date | None
    drawn_fen: int | None
    limit: LimitView | None
    updated_at: datetime


class LoanView(Shape):
    """The disbursed loan."""

    id: str
    loan_no: str
    partner: str
    principal_fen: int
    outstanding_fen: int
    annual_rate: RateText
    term_months: int
    method: RepaymentMethod
    disbursed_on: date
    state: LoanState


class ApplicationView(ApplicationHead):
    """An application in full. Personal values are masked."""

    applicant: Applicant
    attempts: list[AttemptView]
    loan: LoanView | None


class DrawdownView(Shape):
    """What became of the latest drawdown. `attempt_state` is `draw_uncertain` while the partner is asked."""

    application_id: str
    draw_no: str
    partner: str
    amount_fen: int
    attempt_state: AttemptState
    loan: LoanView | None


class ApplicationPage(Shape):
    """Applications, newest first."""

    items: list[ApplicationHead]
    next_cursor: Cursor


class EventView(Shape):
    """One change of state: what, of which machine and subject, who caused it and from which source."""

    seq: int
    at: datetime
    machine: str
    subject: str
    what: str
    before: str | None
    after: str
    who: str
    source: str
    detail: dict[str, Any]


class Timeline(Shape):
    """Every change in order."""

    application_id: str
    events: list[EventView]


class DecisionView(Shape):
    """One routing: the programme chosen, or none, and the whole record that reproduces it."""

    seq: int
    decided_at: datetime
    chosen: str | None
    decision: dict[str, Any]


class Decisions(Shape):
    """The latest routing decision and all of them in order; null and empty before the first."""

    application_id: str
    latest: DecisionView | None
    all: list[DecisionView]


class PlanTermView(Shape):
    """One term: what is due, what has been paid, what was forgiven."""

    period: int
    due_on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int
    paid_principal_fen: int
    paid_interest_fen: int
    paid_fee_fen: int
    paid_penalty_fen: int
    waived_interest_fen: int
    waived_fee_fen: int
    waived_penalty_fen: int
    state: str


class Plan(Shape):
    """The repayment plan of the loan."""

    application_id: str
    loan: LoanView
    terms: list[PlanTermView]


class QuoteTerm(Shape):
    """One term of a calculated plan."""

    period: int
    due_on: date
    principal_fen: int
    interest_fen: int
    total_fen: int


class Quote(Shape):
    """A repayment plan and its all-in annual cost, shown both ways (公告〔2021〕第3号)."""

    amount_fen: int
    term_months: int
    method: RepaymentMethod
    annual_rate: RateText
    first_instalment_fen: int
    total_interest_fen: int
    total_fen: int
    all_in_annual_cost: RateText
    """Compound: (1 + periodic internal rate of return) ^ 12 - 1."""
    all_in_annual_cost_simple: RateText
    """Simple: periodic internal rate of return x 12."""
    terms: list[QuoteTerm]
