"""The story of a run: applications on business days of January, draws, then months of repayments."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any, Final

from hub.demo.borrowers import Borrower
from hub.demo.client import Api
from hub.demo.stage import SHANGHAI, Stage

FIRST_DAY: Final = date(2026, 1, 5)
DAYS: Final = 20
"""Business days over which a big run is spread: quotas are per day."""
A_DAYS_WORK: Final = 50
"""Applications that are too few for another day."""
OPENS: Final = time_of_day(9, 30)
NIGHT: Final = time_of_day(3)
"""When a month is over: the files of its last day have been placed."""
DECIDES_AFTER: Final = timedelta(seconds=6)
PAYS_AFTER: Final = timedelta(seconds=8)
STEP: Final = timedelta(seconds=9)
"""Longer than a partner takes to decide or to pay, and shorter than the hub waits before it asks."""
LONG_STEP: Final = timedelta(seconds=150)
"""Longer than the hub waits before it asks: on the first day it hears everything twice, asked and told."""
ROUNDS_MAX: Final = 40
THREADS: Final = 4

Tell = Callable[[str, int], None]
"""Hears the phase the story is in, and how many steps of it were made."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the run: how many applications or months were done, after how many seconds."""

    done: int
    seconds: float


@dataclass
class Told:
    """What happened, as the front end saw it."""

    owners: dict[str, Borrower] = field(default_factory=dict)
    """The borrower of each application by the hub's id."""
    days: list[Mark] = field(default_factory=list)
    months: list[tuple[str, float]] = field(default_factory=list)
    """Each month with the seconds it took."""
    undrawn: set[str] = field(default_factory=set)
    """Approved, and the borrower did not want it."""


class Story:
    """Plays the platform's front end on a stage."""

    def __init__(
        self,
        stage: Stage,
        frontend: Api,
        *,
        tell: Tell,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stage = stage
        self._frontend = frontend
        self._tell = tell
        self._monotonic = monotonic
        self._draws: Counter[str] = Counter()
        self._told = Told()

    def play(self, borrowers: Sequence[Borrower], months: int) -> Told:
        """Tell the whole story; the time is then the night after the last month."""
        began = self._monotonic()
        with ThreadPoolExecutor(THREADS, thread_name_prefix="front-end") as pool:
            for day, batch in spread(borrowers):
                self._stage.move(datetime.combine(day, OPENS, SHANGHAI))
                self._submit(pool, batch)
                self._decide_and_draw(pool, STEP if self._told.days else LONG_STEP)
                mark = Mark(len(self._told.owners), self._monotonic() - began)
                self._told.days.append(mark)
                self._tell("applications", mark.done)
        self._pass_months(months)
        return self._told

    def _submit(self, pool: ThreadPoolExecutor, batch: Sequence[Borrower]) -> None:
        for borrower, receipt in zip(batch, pool.map(self._submit_one, batch), strict=True):
            self._told.owners[receipt["id"]] = borrower
        self._stage.settle()

    def _submit_one(self, borrower: Borrower) -> dict[str, Any]:
        key = f"submit-{borrower.submission['platform_no']}"
        receipt: dict[str, Any] = self._frontend.post("/v1/applications", borrower.submission, key=key)
        return receipt

    def _decide_and_draw(self, pool: ThreadPoolExecutor, step: timedelta) -> None:
        """Let partners decide and pay, and borrowers draw, until the day has nothing more to bring."""
        for _ in range(ROUNDS_MAX):
            wanted = self._wanted()
            for _ in pool.map(self._draw_one, wanted):
                pass
            if wanted:
                self._stage.settle()
            due = self._stage.sandbox.next_due()
            if due is not None and due <= self._stage.now + step:
                self._stage.jump(self._stage.now + step)
            elif not wanted:
                return

    def _wanted(self) -> list[tuple[str, int]]:
        """The applications that are approved and that their borrowers draw, with how much, in fen."""
        wanted = []
        for item in self._frontend.pages("/v1/applications", state="approved"):
            fen = self._told.owners[item["id"]].drawn_fen()
            if fen:
                wanted.append((item["id"], fen))
            else:
                self._told.undrawn.add(item["id"])
        return wanted

    def _draw_one(self, wanted: tuple[str, int]) -> None:
        application_id, fen = wanted
        # A transfer may fail; what another partner then approves is another drawing.
        self._draws[application_id] += 1
        key = f"draw-{application_id}-{self._draws[application_id]}"
        self._frontend.post(f"/v1/applications/{application_id}/drawdown", {"amount_fen": fen}, key=key)

    def _pass_months(self, months: int) -> None:
        month = FIRST_DAY.replace(day=1)
        for number in range(1, months + 1):
            began, name = self._monotonic(), f"{month:%Y-%m}"
            month = (month + timedelta(days=31)).replace(day=1)
            self._stage.move(datetime.combine(month, NIGHT, SHANGHAI))
            self._told.months.append((name, self._monotonic() - began))
            self._tell("months", number)


def spread(borrowers: Sequence[Borrower]) -> list[tuple[date, Sequence[Borrower]]]:
    """Spread applications evenly over the first business days of the story, few over few days."""
    days = min(DAYS, max(1, len(borrowers) // A_DAYS_WORK))
    calendar = (FIRST_DAY + timedelta(days=n) for n in range(2 * DAYS))
    business = [day for day in calendar if day.weekday() < 5][:days]
    bounds = [len(borrowers) * n // days for n in range(days + 1)]
    return [(day, borrowers[bounds[n] : bounds[n + 1]]) for n, day in enumerate(business)]
