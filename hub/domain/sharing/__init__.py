"""Revenue sharing: what each party gets of each movement of money, to the fen, and why."""

from hub.domain.sharing.events import (
    AFTER_COMPENSATION,
    Cancelled,
    Compensated,
    Disbursed,
    EventKind,
    MoneyEvent,
    Received,
    Refunded,
)
from hub.domain.sharing.line import Basis, LineKind, ShareLine, revenue
from hub.domain.sharing.month import Cohort, Month, taken_back, tally
from hub.domain.sharing.monthly import month_end
from hub.domain.sharing.reserve import reserve_balance
from hub.domain.sharing.rules import CannotShare
from hub.domain.sharing.share import share

__all__ = [
    "AFTER_COMPENSATION",
    "Basis",
    "Cancelled",
    "CannotShare",
    "Cohort",
    "Compensated",
    "Disbursed",
    "EventKind",
    "LineKind",
    "MoneyEvent",
    "Month",
    "Received",
    "Refunded",
    "ShareLine",
    "month_end",
    "reserve_balance",
    "revenue",
    "share",
    "taken_back",
    "tally",
]
