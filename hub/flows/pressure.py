"""Back-pressure: new applications are refused, not piled up; callbacks have a bound of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.flows.errors import Busy
from hub.store.gauge import INBOX, INTAKE, Gauge
from hub.store.session import Database

RETRY_AFTER_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait before it is refused: applications and drawdowns to handle, messages to apply."""

    intake: int = 20_000
    inbox: int = 200_000


class Pressure:
    """The two gauges of a process. Thread-safe."""

    def __init__(self, bounds: Bounds = Bounds()) -> None:
        self._intake = Gauge(INTAKE, bounds.intake, timedelta(milliseconds=250))
        self._inbox = Gauge(INBOX, bounds.inbox, timedelta(seconds=1))

    def takes_application(self, database: Database, now: datetime) -> bool:
        """Whether the hub can take one more application in hand now."""
        return self._intake.admit(database, now)

    def takes_message(self, database: Database, now: datetime) -> bool:
        """Whether a partner's message can be kept now; only messages that wait count."""
        return self._inbox.admit(database, now)


def full() -> Busy:
    """The refusal of an application while too much waits."""
    return Busy(
        "intake_full",
        "系统繁忙，请稍后用同一 Idempotency-Key 重试",
        "too much is waiting; try again later with the same Idempotency-Key",
        retry_after=RETRY_AFTER_SECONDS,
    )
