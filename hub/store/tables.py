"""The tables. Amounts are integer fen with CHECKs; what is append-only is guarded in the database itself."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from hub.domain.lifecycle import DEAD_ATTEMPT
from hub.store.types import RateText, UtcTime

# SQLite numbers rows only in a column declared plain INTEGER PRIMARY KEY.
SERIAL = BigInteger().with_variant(Integer, "sqlite")
_DEAD = ", ".join(f"'{state}'" for state in sorted(DEAD_ATTEMPT))


def _fen(name: str, low: int = 0) -> tuple[CheckConstraint, CheckConstraint]:
    in_range = CheckConstraint(f"{name} BETWEEN {low} AND 1000000000000000", name=f"{name}_range")
    # An integer column of SQLite takes text and floats unless told otherwise; PostgreSQL never does.
    whole = CheckConstraint(f"typeof({name}) = 'integer'", name=f"{name}_whole")
    return in_range, whole.ddl_if(dialect="sqlite")


def _time(**kwargs: Any) -> Any:
    return Field(sa_type=cast(Any, UtcTime), **kwargs)


def _big(**kwargs: Any) -> Any:
    return Field(sa_type=BigInteger, **kwargs)


def _json(nullable: bool = False) -> Any:
    return Field(sa_column=Column(JSON, nullable=nullable))


def _serial() -> Any:
    return Field(default=None, sa_column=Column(SERIAL, Identity(), primary_key=True))


class ConfigVersion(SQLModel, table=True):
    """A version of a partner, product, programme or agreement, as it was applied; never changed."""

    __tablename__ = "config_version"
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    sha256: str
    body: dict[str, Any] = _json()
    applied_at: datetime = _time()


class Application(SQLModel, table=True):
    """A loan application. The applicant is one sealed value, found again by blind index."""

    __tablename__ = "application"
    __table_args__ = (
        *_fen("amount_fen", 1),
        UniqueConstraint("owner", "platform_no"),
        Index("application_by_state", "state", "id"),
        Index("application_by_person", "id_index"),
    )
    id: str = Field(primary_key=True)
    owner: str
    platform_no: str
    product: str
    amount_fen: int = _big()
    term_months: int
    method: str
    annual_rate: Decimal = Field(sa_type=cast(Any, RateText))
    purpose: str
    region: str
    age: int
    state: str
    reason: dict[str, Any] | None = _json(nullable=True)
    sealed: bytes = Field(sa_type=LargeBinary)
    id_index: str
    mobile_index: str
    card_index: str
    created_at: datetime = _time()
    updated_at: datetime = _time()


class RoutingDecision(SQLModel, table=True):
    """Why a partner was chosen and every other was not; enough to reproduce the decision."""

    __tablename__ = "routing_decision"
    application_id: str = Field(primary_key=True, foreign_key="application.id")
    seq: int = Field(primary_key=True)
    chosen: str | None
    body: dict[str, Any] = _json()
    decided_at: datetime = _time()


class Attempt(SQLModel, table=True):
    """One partner's attempt to fund one application; at most one is alive at a time."""

    __tablename__ = "attempt"
    __table_args__ = (
        *_fen("amount_fen", 1),
        UniqueConstraint("application_id", "seq"),
        Index(
            "one_live_attempt",
            "application_id",
            unique=True,
            sqlite_where=text(f"state NOT IN ({_DEAD})"),
            postgresql_where=text(f"state NOT IN ({_DEAD})"),
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
    amount_fen: int = _big()
    cost_fen: int = _big()
    cost_rate: Decimal = Field(sa_type=cast(Any, RateText))
    credit_no: str | None = None
    limit_fen: int | None = _big(default=None, nullable=True)
    valid_until: date | None = None
    drawn_fen: int | None = _big(default=None, nullable=True)
    draw_no: str | None = Field(default=None, unique=True)
    reason: dict[str, Any] | None = _json(nullable=True)
    quota_day: date
    asked_at: datetime = _time()
    queries: int = 0
    updated_at: datetime = _time()


class Loan(SQLModel, table=True):
    """A disbursed loan, under the agreement version frozen at disbursement."""

    __tablename__ = "loan"
    __table_args__ = (
        UniqueConstraint("partner", "loan_no"),
        *_fen("principal_fen", 1),
        *_fen("outstanding_fen"),
        CheckConstraint("outstanding_fen <= principal_fen", name="outstanding_within_principal"),
    )
    id: str = Field(primary_key=True)
    application_id: str = Field(foreign_key="application.id", unique=True)
    attempt_id: str = Field(foreign_key="attempt.id")
    partner: str
    loan_no: str
    agreement: str
    agreement_version: int
    principal_fen: int = _big()
    outstanding_fen: int = _big()
    annual_rate: Decimal = Field(sa_type=cast(Any, RateText))
    term_months: int
    method: str
    disbursed_on: date
    state: str
    updated_at: datetime = _time()


class PlanTerm(SQLModel, table=True):
    """One term of a loan's repayment plan, and what has been paid of it."""

    __tablename__ = "plan_term"
    __table_args__ = (*_fen("principal_fen"), *_fen("interest_fen"), *_fen("fee_fen"))
    loan_id: str = Field(primary_key=True, foreign_key="loan.id")
    period: int = Field(primary_key=True)
    due_on: date
    principal_fen: int = _big()
    interest_fen: int = _big()
    fee_fen: int = _big(default=0)
    paid_principal_fen: int = _big(default=0)
    paid_interest_fen: int = _big(default=0)
    paid_fee_fen: int = _big(default=0)
    paid_penalty_fen: int = _big(default=0)
    state: str = "due"


class MoneyEvent(SQLModel, table=True):
    """A movement of money: disbursement, repayment, compensation, refund or cancellation; once each."""

    __tablename__ = "money_event"
    __table_args__ = (
        UniqueConstraint("loan_id", "kind", "serial"),
        *_fen("principal_fen"),
        *_fen("interest_fen"),
        *_fen("fee_fen"),
        *_fen("penalty_fen"),
    )
    id: str = Field(primary_key=True)
    loan_id: str = Field(foreign_key="loan.id")
    kind: str
    serial: str
    how: str | None = None
    period: int | None = None
    original_serial: str | None = None
    happened_on: date
    principal_fen: int = _big()
    interest_fen: int = _big(default=0)
    fee_fen: int = _big(default=0)
    penalty_fen: int = _big(default=0)
    message_id: str | None = None


class ShareLine(SQLModel, table=True):
    """One party's part of one movement of money, with how it was computed. Append-only."""

    __tablename__ = "share_line"
    __table_args__ = (
        *_fen("amount_fen", -1_000_000_000_000_000),
        Index("share_by_loan", "loan_id"),
        Index("share_by_month", "month", "party", "seq"),
    )
    seq: int | None = _serial()
    loan_id: str
    partner: str
    month: str
    """Business month (Asia/Shanghai) in which the line is settled, `YYYY-MM`."""
    booked_on: date
    event_kind: str
    serial: str
    clause: str
    party: str
    counterparty: str
    amount_fen: int = _big()
    body: dict[str, Any] = _json()


class JournalEntry(SQLModel, table=True):
    """The head of a double entry. Append-only; corrections are new entries."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index("entry_by_month", "month", "seq"),)
    seq: int | None = _serial()
    id: str = Field(unique=True)
    kind: str
    loan_id: str | None
    serial: str
    month: str
    booked_on: date
    memo: str


class JournalPosting(SQLModel, table=True):
    """One side of a double entry: debit positive, credit negative, in fen. Append-only."""

    __tablename__ = "journal_posting"
    __table_args__ = (
        *_fen("amount_fen", -1_000_000_000_000_000),
        Index("posting_by_account", "account", "party"),
    )
    entry_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    month: str
    account: str
    party: str
    amount_fen: int = _big()


class Event(SQLModel, table=True):
    """One change of state: who, why, from which source, before and after. Append-only."""

    __tablename__ = "event"
    __table_args__ = (Index("event_by_application", "application_id", "seq"),)
    seq: int | None = _serial()
    application_id: str
    machine: str
    subject: str
    what: str
    before: str | None
    after: str
    who: str
    source: str
    detail: dict[str, Any] = _json()
    at: datetime = _time()


class Message(SQLModel, table=True):
    """The bytes of one message across a partner's border, sealed, for ever. Append-only."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("partner", "direction", "number"),)
    id: str = Field(primary_key=True)
    direction: str  # "out" or "in"
    partner: str
    kind: str
    source: str  # "request", "answer", "callback" or "file"
    number: str
    """Our request number, or the partner's identity of the message; unique per partner and direction."""
    sha256: str
    subject: str | None
    sealed: bytes = Field(sa_type=LargeBinary)
    facts: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The ask or the facts in our words, sealed."""
    at: datetime = _time()


class Parked(SQLModel, table=True):
    """A message that contradicts the record, waiting for a person; nothing of it was applied."""

    __tablename__ = "parked"
    id: str = Field(primary_key=True)
    partner: str
    message_id: str | None
    kind: str
    reason: str
    state: str = "open"
    parked_at: datetime = _time()
    closed_at: datetime | None = _time(default=None, nullable=True)
    closed_by: str | None = None
    closed_why: str | None = None


class Work(SQLModel, table=True):
    """Work to do: the mutable half of the mailbox. A finished row is deleted."""

    __tablename__ = "work"
    __table_args__ = (
        Index("work_due", "queue", "state", "due_at", "seq"),
        Index("work_lane", "lane", "seq"),
    )
    seq: int | None = _serial()
    queue: str
    kind: str
    lane: str | None
    ref: str
    state: str = "ready"
    due_at: datetime = _time()
    attempts: int = 0
    lost: bool = False
    """Whether a worker died holding it."""
    lease_until: datetime | None = _time(default=None, nullable=True)
    lease_by: str | None = None
    error: str | None = None
    created_at: datetime = _time()


class Nonce(SQLModel, table=True):
    """A nonce a partner has used; unique for ever, across replicas."""

    __tablename__ = "nonce"
    partner: str = Field(primary_key=True)
    nonce: str = Field(primary_key=True)
    seen_at: datetime = _time()


class Idempotency(SQLModel, table=True):
    """The first answer to an Idempotency-Key, replayed for ever to the same key and body."""

    __tablename__ = "idempotency"
    owner: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    sha256: str
    status: int
    body: dict[str, Any] = _json()
    at: datetime = _time()


class Quota(SQLModel, table=True):
    """How much of a programme's quota is used in a bucket: a day, a month, or the whole."""

    __tablename__ = "quota"
    __table_args__ = (*_fen("used_fen"),)
    programme: str = Field(primary_key=True)
    bucket: str = Field(primary_key=True)
    used_fen: int = _big()


class Month(SQLModel, table=True):
    """A business month of the books; once closed, nothing more is booked in it."""

    __tablename__ = "month"
    month: str = Field(primary_key=True)
    state: str
    closed_at: datetime | None = _time(default=None, nullable=True)


class Statement(SQLModel, table=True):
    """A settled statement of one party for one month, with its control totals."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("month", "party"),)
    id: str = Field(primary_key=True)
    month: str
    party: str
    lines: int
    total_fen: int = _big()
    sha256: str
    body: dict[str, Any] = _json()
    made_at: datetime = _time()


class T:
    """The same tables for Core statements, which the hot paths use."""

    metadata: ClassVar = SQLModel.metadata
    config_version = cast(Table, ConfigVersion.__table__)  # type: ignore[attr-defined]
    application = cast(Table, Application.__table__)  # type: ignore[attr-defined]
    routing_decision = cast(Table, RoutingDecision.__table__)  # type: ignore[attr-defined]
    attempt = cast(Table, Attempt.__table__)  # type: ignore[attr-defined]
    loan = cast(Table, Loan.__table__)  # type: ignore[attr-defined]
    plan_term = cast(Table, PlanTerm.__table__)  # type: ignore[attr-defined]
    money_event = cast(Table, MoneyEvent.__table__)  # type: ignore[attr-defined]
    share_line = cast(Table, ShareLine.__table__)  # type: ignore[attr-defined]
    journal_entry = cast(Table, JournalEntry.__table__)  # type: ignore[attr-defined]
    journal_posting = cast(Table, JournalPosting.__table__)  # type: ignore[attr-defined]
    event = cast(Table, Event.__table__)  # type: ignore[attr-defined]
    message = cast(Table, Message.__table__)  # type: ignore[attr-defined]
    parked = cast(Table, Parked.__table__)  # type: ignore[attr-defined]
    work = cast(Table, Work.__table__)  # type: ignore[attr-defined]
    nonce = cast(Table, Nonce.__table__)  # type: ignore[attr-defined]
    idempotency = cast(Table, Idempotency.__table__)  # type: ignore[attr-defined]
    quota = cast(Table, Quota.__table__)  # type: ignore[attr-defined]
    month = cast(Table, Month.__table__)  # type: ignore[attr-defined]
    statement = cast(Table, Statement.__table__)  # type: ignore[attr-defined]
