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
from hub.domain.sharing.reserve import reserve_balance, review_reserve
from hub.domain.sharing.rules import CannotShare
from hub.domain.sharing.share import share

__all__ = [
    "AFTER_COMPENSATION",
    "Basis",
    "Cancelled",
    "CannotShare",
    "Compensated",
    "Disbursed",
    "EventKind",
    "LineKind",
    "MoneyEvent",
    "Received",
    "Refunded",
    "ShareLine",
    "reserve_balance",
    "revenue",
    "review_reserve",
    "share",
]
