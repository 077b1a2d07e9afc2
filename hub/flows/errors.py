"""Why a flow refused, named by what the caller does next; the web maps each to its status.

FlowError
├── NotKnown       correct the id
├── KeyReused      use a new Idempotency-Key, or send the first body again
├── Busy           too much is waiting; try again after `retry_after` seconds
├── StillRunning   the same request is being worked on; ask again after `retry_after` seconds
├── NumberTaken    the number names another application already
├── WrongState     not now: the state does not allow it
├── OverLimit      ask for less
└── MonthClosed    the month is settled; the difference goes to the next one
"""

from __future__ import annotations


class FlowError(Exception):
    """Base; `zh` and `en` are for people, `code` for programs, `field` names the input at fault."""

    def __init__(
        self, code: str, zh: str, en: str, *, field: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en
        self.field, self.retry_after = field, retry_after


class NotKnown(FlowError):
    """There is no such thing here."""


class KeyReused(FlowError):
    """The Idempotency-Key stands for another body."""


class StillRunning(FlowError):
    """The first request with this key has not ended."""


class Busy(FlowError):
    """The hub has as much in hand as it should have."""


class NumberTaken(FlowError):
    """The platform's number names another application."""


class WrongState(FlowError):
    """The state does not allow it."""


class OverLimit(FlowError):
    """More than was approved."""


class MonthClosed(FlowError):
    """The month is closed already."""
