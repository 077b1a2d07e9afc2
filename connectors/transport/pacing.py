"""How fast a partner wants to be asked: requests a second, and the time between two about one thing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from connectors.port import Unreachable

_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """`per_second` requests, `burst` of them at once; `spacing` seconds between two about the same thing.

    None is no limit. A wait of at most `patience` seconds is waited for, a longer one handed to the caller.
    """

    per_second: float | None = None
    burst: int = 1
    spacing: float | None = None
    patience: float = 1.0


class Pacer:
    """Keeps one partner's pace, and the pauses it asked for. Thread-safe."""

    def __init__(self, pace: Pace, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        if pace.per_second is not None and (pace.per_second <= 0 or pace.burst < 1):
            raise ValueError("a pace is more than nothing a second, and at least one at once")
        self._pace = pace
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._paused_until = float("-inf")
        # The time at which the bucket was, or will be, full: one number instead of a level and a date.
        self._full_at = float("-inf")
        self._asked: dict[str, float] = {}

    def wait(self, about: str | None, *, again: bool = False) -> None:
        """Wait for our turn. Raises Unreachable, with the seconds left, when the turn is too far off.

        `again` is the second try of one request, which has waited for its pauses already.
        """
        with self._lock:
            now = self._monotonic()
            if not again:
                self._refuse_until(self._paused_until, now, "the partner asked us to wait")
            if about is not None and self._pace.spacing is not None:
                due = self._asked.get(about, float("-inf")) + self._pace.spacing
                self._refuse_until(due, now, "the same thing was asked a moment ago")
            pause = self._take(now)
            if about is not None and self._pace.spacing is not None:
                self._remember(about, now + pause)
        if pause > 0:
            self._sleep(pause)

    def pause(self, seconds: float) -> None:
        """Let nothing out for so long: the partner's own Retry-After."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._monotonic() + seconds)

    def _take(self, now: float) -> float:
        if self._pace.per_second is None:
            return 0.0
        each = 1.0 / self._pace.per_second
        full_at = max(self._full_at, now)
        pause = full_at - now - each * (self._pace.burst - 1)
        if pause > self._pace.patience:
            raise Unreachable("more requests than the partner allows", code="pace", retry_after=pause)
        self._full_at = full_at + each
        return max(pause, 0.0)

    def _refuse_until(self, due: float, now: float, reason: str) -> None:
        if due > now:
            raise Unreachable(reason, code="pace", retry_after=due - now)

    def _remember(self, about: str, at: float) -> None:
        if len(self._asked) >= _MOST_REMEMBERED:
            old = at - (self._pace.spacing or 0.0)
            self._asked = {name: when for name, when in self._asked.items() if when > old}
        self._asked[about] = at
