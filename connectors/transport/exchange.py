"""One exchange with a partner as it is told to whoever keeps it: sealed bytes, a harmless view, a verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.port import Answer, ConnectorFailure, Request


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and what came of it: an answer, or a failure. `attempt` counts from 1.

    The messages may hold personal data, in clear where a dialect relies on TLS: they are for sealed storage
    only, and `view` is what people may see.
    """

    request: Request = field(repr=False)
    answer: Answer | None = field(repr=False)
    failure: ConnectorFailure | None
    seconds: float
    attempt: int

    @property
    def verdict(self) -> str:
        """`answered`, or what is to be done next: `unreachable`, `uncertain`."""
        return "answered" if self.failure is None else type(self.failure).__name__.lower()

    def view(self) -> Mapping[str, str | int | float]:
        """Return what may be shown and logged: no body, no header, no query string."""
        seen: dict[str, str | int | float] = {
            "method": self.request.method,
            "path": self.request.path.partition("?")[0],
            "sent_bytes": len(self.request.body),
            "sent_sha256": hashlib.sha256(self.request.body).hexdigest(),
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
            "attempt": self.attempt,
        }
        if self.answer is not None:
            seen |= {
                "status": self.answer.status,
                "received_bytes": len(self.answer.body),
                "received_sha256": hashlib.sha256(self.answer.body).hexdigest(),
            }
        if self.failure is not None:
            seen["reason"] = str(self.failure)
        return seen


Observer = Callable[[Exchange], None]
"""Is shown every attempt as it ended. What it raises ends the request, as whatever fails in our own hands."""
