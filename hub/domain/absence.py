"""When "no such order" is believed: by answers spaced in time, because one clock may have leapt between two.

An answer counts when a part of the partner's delay has passed since the one that counted before it, or since
the request may last have left. A leap of a clock, however far, makes up the wait before one answer only, so
with as many answers more than the delay has parts the whole delay has truly passed in spite of that many
leaps. A clock that goes back by a part or more, as where two machines differ, begins the count anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

PARTS: Final = 4
LEAPS: Final = 2
"""Leaps of clocks within one wait that are borne."""
ENOUGH: Final = PARTS + LEAPS


@dataclass(frozen=True, slots=True)
class Absence:
    """How often "no such order" has counted, and since when the next is waited for (aware, UTC)."""

    answers: int
    since: datetime

    @property
    def proven(self) -> bool:
        """Whether the request never arrived."""
        return self.answers >= ENOUGH

    def told(self, now: datetime, delay: timedelta) -> Absence:
        """What one more such answer makes of it; `delay` is the partner's, in all."""
        waited = now - self.since
        if waited <= -part(delay):
            return Absence(0, now)
        return self if waited < part(delay) else Absence(self.answers + 1, now)


def part(delay: timedelta) -> timedelta:
    """The least time between two answers that count."""
    return delay / PARTS
