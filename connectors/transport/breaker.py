"""A circuit breaker: after failures in a row nobody dials for a while, then one request finds out for all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from connectors.port import Unreachable


@dataclass(frozen=True, slots=True)
class Breaking:
    """How many failures in a row open the breaker, and for how many seconds."""

    failures: int = 5
    seconds: float = 30.0


class Breaker:
    """One partner's breaker. Thread-safe. Whoever was let in must say how it went."""

    def __init__(self, breaking: Breaking, monotonic: Callable[[], float]) -> None:
        self._breaking = breaking
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._until: float | None = None
        self._probing = False

    def enter(self) -> None:
        """Go on, as one of many or as the only probe. Raises Unreachable with the seconds left while open."""
        with self._lock:
            if self._until is None:
                return
            left = self._until - self._monotonic()
            if left > 0 or self._probing:
                raise Unreachable(
                    "the partner failed too often: nobody dials it for a while",
                    code="breaker",
                    retry_after=max(left, 1.0),
                )
            self._probing = True

    def succeeded(self) -> None:
        """The partner answered: close."""
        with self._lock:
            self._failures, self._until, self._probing = 0, None, False

    def failed(self) -> None:
        """The partner did not answer, or broke: count it, and open when it is enough or the probe failed."""
        with self._lock:
            self._failures += 1
            if self._probing or self._failures >= self._breaking.failures:
                self._until = self._monotonic() + self._breaking.seconds
            self._probing = False

    def abandoned(self) -> None:
        """Nothing was learnt about the partner: the request never left for a reason of our own."""
        with self._lock:
            self._probing = False
