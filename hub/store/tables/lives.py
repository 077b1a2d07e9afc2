"""The life of an application: who was asked and why, the loan that came of it, its plan, and every change."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.domain.lifecycle import DEAD_ATTEMPT
from hub.store.tables.columns import APPEND_ONLY, big, count, fen, json, rate, row_number, utc

_ALIVE = text("state NOT IN ({})".format(", ".join(f"'{state}'" for state in sorted(DEAD_ATTEMPT))))
_DEAD = text("state IN ('declined', 'failed')")
_WAITS = text("state IN ('written', 'accepted', 'uncertain', 'drawing', 'draw_uncertain')")
_VOIDED = text("chosen IS NULL")
_FIRST = text("seq = 1")


class Application(SQLModel, table=True):
    """A loan application. The applicant is one sealed value, found again by blind index."""

    __tablename__ = "application"
    __table_args__ = (
        *fen("amount_fen", low=1),
        UniqueConstraint("owner", "platform_no"),
        Index("application_by_state", "state", "id"),
        Index("application_by_person", "id_index"),
    )
    id: str = Field(primary_key=True)
    owner: str
    platform_no: str
    product: str
    amount_fen: int = big()
    term_months: int
    method: str
    annual_rate: Decimal = rate()
    purpose: str
    region: str
    age: int
    state: str
    reason: dict[str, Any] | None = json(nullable=True)
    facts: dict[str, Any] | None = json(nullable=True)
    """What the platform told beside the request and routing may ask for; nothing that names the person."""
    sealed: bytes = Field(sa_type=LargeBinary)
    id_index: str
    mobile_index: str
    card_index: str
    created_at: datetime = utc()
    updated_at: datetime = utc()


class RoutingDecision(SQLModel, table=True):
    """Why a partner was chosen and every other was not; enough to reproduce the decision."""

    __tablename__ = "routing_decision"
    __table_args__ = (
        Index("decision_void", "decided_at", sqlite_where=_VOIDED, postgresql_where=_VOIDED),
        Index("decision_first", "decided_at", sqlite_where=_FIRST, postgresql_where=_FIRST),
        APPEND_ONLY,
    )
    application_id: str = Field(primary_key=True, foreign_key="application.id")
    seq: int = Field(primary_key=True)
    chosen: str | None
    body: dict[str, Any] = json()
    decided_at: datetime = utc()


class PriceSet(SQLModel, table=True):
    """Bid prices of quotas, and for how long they may be used; the highest version is the newest."""

    __tablename__ = "price_set"
    version: int = Field(primary_key=True)
    made_at: datetime = utc()
    expires_at: datetime = utc()
    prices: dict[str, Any] = json()
    """Decimals as text, by programme and by rule."""


class Attempt(SQLModel, table=True):
    """One partner's attempt to fund one application; at most one is alive at a time."""

    __tablename__ = "attempt"
    __table_args__ = (
        *fen("amount_fen", low=1),
        *fen("cost_fen", "limit_fen", "drawn_fen"),
        UniqueConstraint("application_id", "seq"),
        Index("attempt_under", "partner", "credit_no"),
        Index("attempt_open", "partner", "asked_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("attempt_dead", "partner", "updated_at", sqlite_where=_DEAD, postgresql_where=_DEAD),
        Index(
            "one_live_attempt", "application_id", unique=True, sqlite_where=_ALIVE, postgresql_where=_ALIVE
        ),
    )
    id: str = Field(primary_key=True)
    application_id: str = Field(foreign_key="application.id")
    seq: int
    partner: str
    programme: str
    programme_version: int
    agreement: str
    agreement_version: int
    state: str
    amount_fen: int = big()
    cost_fen: int = big()
    cost_rate: Decimal = rate()
    credit_no: str | None = None
    limit_fen: int | None = big(default=None, nullable=True)
    valid_until: date | None = None
    drawn_fen: int | None = big(default=None, nullable=True)
    draw_no: str | None = Field(default=None, unique=True)
    reason: dict[str, Any] | None = json(nullable=True)
    quota_day: date
    asked_at: datetime = utc()
    queries: int = 0
    absences: int = count()
    """How often "no such order" has counted; `absent_at` is when it last did."""
    absent_at: datetime | None = utc(default=None, nullable=True)
    updated_at: datetime = utc()
    disbursed_by: str | None = None
    """Who moves the money, as the programme said when it was chosen; see `Programme`."""
    collected_by: str | None = None
    custody: str | None = None
    merchant: str | None = None
    """To whom an entrusted payment goes."""


class CreditLimit(SQLModel, table=True):
    """A partner's newest word on the limit under an approval's number."""

    __tablename__ = "credit_limit"
    __table_args__ = (*fen("total_fen", "available_fen"),)
    partner: str = Field(primary_key=True)
    credit_no: str = Field(primary_key=True)
    state: str
    total_fen: int = big()
    available_fen: int = big()
    valid_until: date | None = None
    told_at: datetime = utc()
    """When the partner said so by its own clock, or when we learnt it."""


class Loan(SQLModel, table=True):
    """A disbursed loan, under the agreement version frozen at disbursement."""

    __tablename__ = "loan"
    __table_args__ = (
        UniqueConstraint("partner", "loan_no"),
        *fen("principal_fen", low=1),
        *fen("outstanding_fen"),
        CheckConstraint("outstanding_fen <= principal_fen", name="outstanding_within_principal"),
    )
    id: str = Field(primary_key=True)
    application_id: str = Field(foreign_key="application.id", unique=True)
    attempt_id: str = Field(foreign_key="attempt.id", unique=True)
    partner: str
    loan_no: str
    agreement: str
    agreement_version: int
    principal_fen: int = big()
    outstanding_fen: int = big()
    annual_rate: Decimal = rate()
    term_months: int
    method: str
    disbursed_on: date
    state: str
    updated_at: datetime = utc()


class PlanTerm(SQLModel, table=True):
    """One term of a loan's repayment plan, what has been paid of it, and what was forgiven."""

    __tablename__ = "plan_term"
    __table_args__ = (
        *fen("principal_fen", "interest_fen", "fee_fen"),
        *fen("paid_principal_fen", "paid_interest_fen", "paid_fee_fen", "paid_penalty_fen"),
        *fen("waived_interest_fen", "waived_fee_fen", "waived_penalty_fen"),
    )
    loan_id: str = Field(primary_key=True, foreign_key="loan.id")
    period: int = Field(primary_key=True)
    due_on: date
    principal_fen: int = big()
    interest_fen: int = big()
    fee_fen: int = big(default=0)
    paid_principal_fen: int = big(default=0)
    paid_interest_fen: int = big(default=0)
    paid_fee_fen: int = big(default=0)
    paid_penalty_fen: int = big(default=0)
    waived_interest_fen: int = big(default=0)
    waived_fee_fen: int = big(default=0)
    waived_penalty_fen: int = big(default=0)
    state: str = "due"


class Event(SQLModel, table=True):
    """One change of state: who, why, from which source, before and after; chained to the one before it."""

    __tablename__ = "event"
    __table_args__ = (
        Index("event_by_application", "application_id", "seq"),
        UniqueConstraint("application_id", "position", name="event_place"),
        APPEND_ONLY,
    )
    seq: int | None = row_number()
    application_id: str
    machine: str
    subject: str
    what: str
    before: str | None
    after: str
    who: str
    source: str
    detail: dict[str, Any] = json()
    at: datetime = utc()
    position: int
    """Place among the events of the application, from 1."""
    link: str
