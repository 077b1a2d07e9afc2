"""What goes wrong in a run: how likely each fault is, drawn from the seed, until the faults stop."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

FAULTS = (
    # on the way to a partner and back
    "connection refused",
    "told to slow down",
    "request lost",
    "request late",
    "request twice",
    "answer lost",
    "answer late",
    "error page",
    "garbage",
    "half a body",
    "broken byte",
    "unknown code",
    # on the way from a partner
    "callback lost",
    "callback never",
    "callback late",
    "callback twice",
    "callback broken",
    "acknowledgement lost",
    "file restated",
    # in the hub
    "process killed",
    "killed at commit",
    "process stalled",
    "database gone",
    "commit unanswered",
    # at the platform
    "submitted twice",
    "reply lost",
)
"""Kinds of fault by name. Outages and skewed clocks come on top."""
RARE = frozenset(
    {"process killed", "killed at commit", "process stalled", "database gone", "commit unanswered"}
)
"""Drawn at every transaction, and therefore seldom."""

MOST, MOST_RARE = 60, 20
"""How often a kind of fault happens in a run at most; a loan's months are long."""


@dataclass
class Outage:
    """A partner that cannot be reached, or hangs, for a while."""

    seat: str
    since: datetime
    until: datetime
    hangs: bool


@dataclass
class Weather:
    """The faults of one run. `calm` ends them all."""

    random: Random
    likely: dict[str, float]
    outages: list[Outage] = field(default_factory=list)
    calm: bool = False
    seen: Counter[str] = field(default_factory=Counter)

    def strikes(self, fault: str) -> bool:
        """Whether this fault happens here and now."""
        likely = self.likely[fault]
        most = MOST_RARE if fault in RARE else MOST
        if self.calm or not likely or self.seen[fault] >= most or self.random.random() >= likely:
            return False
        self.seen[fault] += 1
        return True

    def outage(self, seat: str, now: datetime) -> Outage | None:
        """The outage of a partner just now."""
        if self.calm:
            return None
        return next((o for o in self.outages if o.seat == seat and o.since <= now < o.until), None)


class Leaps:
    """Two leaps of one clock: away from the true time between any two steps, and back between two others."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"leaps-{seed}")
        days = self._random.choice((1 / 24, 0.25, 1, 1, 3))
        self.away = timedelta(days=days) * self._random.choice((1, 1, -1))
        self._steps = [self._random.randrange(60), self._random.randrange(400)]

    def due(self) -> bool:
        """Whether the clock leaps at this step."""
        if self._steps:
            self._steps[0] -= 1
            if self._steps[0] < 0:
                self._steps.pop(0)
                return True
        return False


def drawn(random: Random, seats: tuple[str, ...], start: datetime, window: timedelta) -> Weather:
    """Draw the weather of a run: some kinds of fault, each as likely as this run has it."""
    heavy = random.choice((0.0, 0.05, 0.15, 0.35, 0.6))
    likely = {}
    for fault in FAULTS:
        scale = 0.1 if fault in RARE else 1.0
        likely[fault] = heavy * scale * random.random() if random.random() < 0.5 else 0.0
    weather = Weather(random, likely)
    for seat in seats:
        if random.random() < 0.25:
            since = start + window * random.random() * 0.5
            lasts = timedelta(seconds=random.choice((60, 900, 1500, 7200, 40_000)))
            weather.outages.append(Outage(seat, since, since + lasts, random.random() < 0.5))
    return weather
