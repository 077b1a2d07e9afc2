"""The tables. Amounts are integer fen with CHECKs; what is append-only is guarded in the database itself."""

from __future__ import annotations

from typing import ClassVar, cast

from sqlalchemy import MetaData, Table
from sqlmodel import SQLModel

from hub.store.tables.books import (
    JournalEntry,
    JournalPosting,
    MoneyEvent,
    Month,
    Quota,
    Reservation,
    ShareLine,
    Statement,
)
from hub.store.tables.config import ConfigVersion, TermsStep
from hub.store.tables.desk import DailyFile, DayEnd, Matter
from hub.store.tables.exchanges import Exchange
from hub.store.tables.keys import DataKey
from hub.store.tables.lives import (
    Application,
    Attempt,
    CreditLimit,
    Event,
    Loan,
    PlanTerm,
    PriceSet,
    RoutingDecision,
)
from hub.store.tables.mail import Gate, Idempotency, Message, Nonce, Work
from hub.store.tables.orders import MoneyOrder
from hub.store.tables.settling import BankEntry, Dispute, Payment, Settling

__all__ = [
    "Application",
    "Attempt",
    "BankEntry",
    "ConfigVersion",
    "CreditLimit",
    "DailyFile",
    "DataKey",
    "DayEnd",
    "Dispute",
    "Event",
    "Exchange",
    "Gate",
    "Idempotency",
    "JournalEntry",
    "JournalPosting",
    "Loan",
    "Matter",
    "Message",
    "MoneyEvent",
    "MoneyOrder",
    "Month",
    "Nonce",
    "Payment",
    "PlanTerm",
    "PriceSet",
    "Quota",
    "Reservation",
    "RoutingDecision",
    "Settling",
    "ShareLine",
    "Statement",
    "T",
    "TermsStep",
    "Work",
    "append_only",
]


def _table(model: type[SQLModel]) -> Table:
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


class T:
    """The same tables for Core statements, which the hot paths use."""

    metadata: ClassVar[MetaData] = SQLModel.metadata
    config_version = _table(ConfigVersion)
    terms_step = _table(TermsStep)
    data_key = _table(DataKey)
    application = _table(Application)
    routing_decision = _table(RoutingDecision)
    price_set = _table(PriceSet)
    attempt = _table(Attempt)
    credit_limit = _table(CreditLimit)
    loan = _table(Loan)
    plan_term = _table(PlanTerm)
    money_order = _table(MoneyOrder)
    money_event = _table(MoneyEvent)
    share_line = _table(ShareLine)
    journal_entry = _table(JournalEntry)
    journal_posting = _table(JournalPosting)
    event = _table(Event)
    message = _table(Message)
    exchange = _table(Exchange)
    matter = _table(Matter)
    daily_file = _table(DailyFile)
    day_end = _table(DayEnd)
    work = _table(Work)
    gate = _table(Gate)
    nonce = _table(Nonce)
    idempotency = _table(Idempotency)
    quota = _table(Quota)
    reservation = _table(Reservation)
    month = _table(Month)
    statement = _table(Statement)
    settling = _table(Settling)
    dispute = _table(Dispute)
    payment = _table(Payment)
    bank_entry = _table(BankEntry)


def append_only() -> tuple[str, ...]:
    """Names of the tables whose rows never change, sorted."""
    return tuple(sorted(name for name, table in T.metadata.tables.items() if table.info.get("append_only")))
