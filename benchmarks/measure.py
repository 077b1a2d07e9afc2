"""Rates of ours against a floor, in turns, in one process, on one core.

Rates count processor time, as `openssl speed` does, so that a busy neighbour does not decide the result.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Action = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One operation of ours and the floor under it; `goal` is the least ratio, None if only reported."""

    name: str
    ours: Action
    floor_name: str
    floor: Action | float | None
    goal: float | None = None


@dataclass(frozen=True)
class Figure:
    """Operations per second of processor time; `met` is None where there is no goal or no floor."""

    name: str
    per_second: float
    floor_name: str
    floor_per_second: float | None
    ratio: float | None
    goal: float | None
    met: bool | None

    def line(self) -> str:
        """The figure for a person."""
        floor = f"{self.floor_name} {self.floor_per_second or 0:,.0f}/s"
        verdict = f"ratio {self.ratio}, goal {self.goal}, met {self.met}"
        return f"{self.name:44} {self.per_second:10,.0f}/s   {floor:34} {verdict}"


def rate(action: Action, seconds: float) -> float:
    """Return calls per second of processor time."""
    done, batch = 0, 1
    start = time.process_time()
    while (spent := time.process_time() - start) < seconds:
        for _ in range(batch):
            action()
        done += batch
        batch = min(2 * batch, 64)
    return done / spent


def measure(case: Case, seconds: float, rounds: int) -> Figure:
    """Measure ours and its floor in turns, and compare the best round of each."""
    ours, floors = 0.0, 0.0
    for _ in range(rounds):
        ours = max(ours, rate(case.ours, seconds / rounds))
        if callable(case.floor):
            floors = max(floors, rate(case.floor, seconds / rounds))
    floor = floors if callable(case.floor) else case.floor
    ratio = None if floor is None else ours / floor
    met = None if ratio is None or case.goal is None else ratio >= case.goal
    rounded = None if floor is None else round(floor, 1)
    return Figure(
        case.name, round(ours, 1), case.floor_name, rounded, ratio and round(ratio, 3), case.goal, met
    )


def one_object(benchmark: str, figures: Iterable[Figure]) -> dict[str, Any]:
    """The figures as `--json` prints them: operations per second, floors, ratios, goals and verdicts."""
    found = list(figures)
    return {
        "benchmark": benchmark,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "figures": {one.name: one.per_second for one in found},
        "floors": {one.name: one.floor_per_second for one in found if one.floor_per_second is not None},
        "ratios": {one.name: one.ratio for one in found if one.ratio is not None},
        "goals": {one.name: one.goal for one in found if one.goal is not None},
        "met": {one.name: one.met for one in found if one.met is not None},
    }
