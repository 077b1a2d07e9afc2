"""What the API answers, described for its readers: amounts in fen, rates as decimal text, times in UTC."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.messages import Applicant
from contracts.programme import RepaymentMethod
from hub.domain.lifecycle import ApplicationState, AttemptState, LoanState

RateText = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["0.1800"])]
Month = Annotated[str, Field(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$", examples=["2026-01"])]
Cursor = Annotated[str, Field(examples=["YXBwXzAx"])] | None
"""Hand it back as `cursor` to go on; null at the end."""


class Shape(BaseModel):
    """One answer."""

    model_config = ConfigDict(extra="forbid")


class ReasonView(Shape):
    """Why not: a stable code, the field it is about, and words for people."""

    code: str
    field: str
    zh: str
    en: str


class FaultView(ReasonView):
    """One thing wrong with the input; `field` is a dotted path, `(body)` for the whole body."""


class Problem(Shape):
    """An RFC 9457 problem. `code` is stable; `title` and `detail` are Chinese, then English."""

    type: Annotated[str, Field(examples=["urn:loanhub:problem:invalid_fields"])]
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FaultView]


# Applications


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


class ApplicationHead(Shape):
    """An application without its details."""

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
    created_at: datetime
    updated_at: datetime


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
    """One term: what is due, what has been paid."""

    period: int
    due_on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int
    paid_principal_fen: int
    paid_interest_fen: int
    paid_fee_fen: int
    paid_penalty_fen: int
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


# Finance


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
    statements: list[dict[str, Any]]


class PostingView(Shape):
    """One side of an entry: debit positive, credit negative."""

    line: int
    account: str
    party: str
    amount_fen: int


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


# Operations


class Backlog(Shape):
    """What waits: work by queue, buried work by kind, parked messages by partner, applications by state."""

    at: datetime
    work: dict[str, int]
    buried: dict[str, int]
    parked: dict[str, int]
    applications: dict[str, int]


class ParkedView(Shape):
    """A message that contradicts the record or makes no sense; nothing of it was applied."""

    id: str
    partner: str
    kind: str
    reason: str
    state: str
    message_id: str | None
    source: str | None
    subject: str | None
    parked_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    closed_why: str | None


class ParkedPage(Shape):
    """Parked messages by id."""

    items: list[ParkedView]
    next_cursor: Cursor


class Clock(Shape):
    """The sandbox's time."""

    now: datetime


class Health(Shape):
    """Alive, or ready to serve."""

    status: str
