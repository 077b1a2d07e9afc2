"""A story that goes through every flow: nine borrowers, five partners, some days, a month's end.

It is told to a hub that may die at any point. Whatever the platform sends it sends until it is answered,
under the same Idempotency-Key; a partner's callback comes again until it is acknowledged, as often as its
dialect says; and time goes on.
"""

from __future__ import annotations

import random
import signal
from datetime import datetime, timedelta
from typing import Final

from connectors.sandbox.faults import Fault, Switch
from connectors.simulation.desk import Desk, Notice
from hub.store import queries
from tests.faults import people
from tests.faults.city import HOMES, SHANGHAI
from tests.faults.processes import Stuck
from tests.faults.steps import Death
from tests.faults.theatre import Theatre
from tests.faults.verdict import Verdict

STEP: Final = timedelta(seconds=9)
"""Longer than a partner takes to decide or to pay, and shorter than the hub waits before it asks."""
LONG: Final = timedelta(seconds=150)
MOST_LOOKS: Final = 60
MONTH: Final = "2026-01"
NIGHT: Final = datetime(2026, 1, 6, 2, 30, tzinfo=SHANGHAI)
UNWOUND: Final = datetime(2026, 1, 9, 2, 30, tzinfo=SHANGHAI)
AFTERWARDS: Final = datetime(2026, 2, 8, 2, 30, tzinfo=SHANGHAI)
_UNWOUND_FEN, _FIRST_LIFE_FEN, _LIVES = 86, 80, 7
_WITH_MONTH: Final = 3
"""Of four seeds, the one that goes on until repayments have come and the month is closed."""
_STRANGE: Final = b'{"msg_id":"N1","third_apply_id":"att_1","apply_status":"77"}'
_CASES: Final = (
    *((region, people.APPROVED) for region in HOMES.values()),
    (HOMES["sunfin"], people.APPROVED),
    (HOMES["harvest_trust"], people.DECLINED),
    (HOMES["sunfin"], people.TRANSFER_FAILS),
    (HOMES["citybank"], people.REFUSED),
)


class Story:
    """Told once, to one hub and its partners."""

    def __init__(self, theatre: Theatre, seed: int, death: Death | None = None) -> None:
        """`death` is that of a command: processes that stay have been told theirs when they were started."""
        self._theatre, self._seed, self._death = theatre, seed, death
        self._hub, self._sandbox = theatre.hub, theatre.sandbox
        self._with_month = seed % 4 == _WITH_MONTH

    def tell(self) -> Verdict:
        """Tell it to its end and judge. Raises Stuck."""
        self._trouble()
        order = list(range(len(_CASES)))
        random.Random(self._seed).shuffle(order)
        for number in order:
            region, fate = _CASES[number]
            self._theatre.submit(number, people.submission(number, self._seed, region, fate))
        self._theatre.settle()
        self._strange_message()
        for wait in (STEP, STEP, LONG, STEP, LONG):
            self._draw()
            self._theatre.move(self._hub.clock() + wait)
        self._until_nobody_waits()
        self._theatre.move(NIGHT)
        self._theatre.move(AFTERWARDS if self._with_month else UNWOUND)
        self._drain()
        self._dismiss()
        verdict = self._theatre.judged()
        if self._with_month:
            verdict.lost += self._close()
        return verdict

    def _trouble(self) -> None:
        """Let partners fail at first, each in another way."""
        for name, fault in (
            ("sunfin", Fault.BROKEN),
            ("citybank", Fault.GARBAGE),
            ("citybank", Fault.DUPLICATE),
            ("harvest_trust", Fault.LOST_CALLBACK),
            ("south", Fault.SLOW_DOWN),
        ):
            self._sandbox.switches(name).set(fault, Switch(seconds=60))

    def _strange_message(self) -> None:
        """Send what is authentic and has no meaning."""
        desk = self._sandbox._simulators["citybank"]
        assert isinstance(desk, Desk)
        call = desk.tell(Notice("credit", _STRANGE, "N1"), now=self._hub.clock())
        while not self._sandbox._post(call).status:
            self._hub.revive()
        self._theatre.settle()

    def _draw(self) -> None:
        """Draw what is approved; its last two digits choose what becomes of the loan."""
        for item in self._theatre.approved():
            number = self._theatre.acknowledged[item["id"]]
            tail = _UNWOUND_FEN if number % 2 else _FIRST_LIFE_FEN + (number + self._seed) % _LIVES
            self._theatre.draw(item["id"], item["amount_fen"] - 10_000 + tail)
        self._theatre.settle()

    def _until_nobody_waits(self) -> None:
        """Let minutes pass until every application is decided and every drawing is paid or failed."""
        for _ in range(MOST_LOOKS):
            self._draw()
            if not self._theatre.states().keys() & {"submitted", "reviewing", "drawing"}:
                return
            self._theatre.move(self._hub.clock() + timedelta(minutes=4))
        raise Stuck(f"applications are still {dict(self._theatre.states())}")

    def _drain(self) -> None:
        for _ in range(MOST_LOOKS):
            if not self._theatre.waiting():
                return
            self._theatre.move(self._hub.clock() + timedelta(minutes=30))
        raise Stuck(f"work waits for ever: {self._theatre.waiting()}")

    def _dismiss(self) -> None:
        parked = self._hub.insist(lambda doors: list(doors["operator"].pages("/v1/operations/matters")))
        for row in parked:
            path = f"/v1/operations/matters/{row['id']}/dismiss"
            self._theatre.post("operator", path, {"why": "seen by the story"})

    def _close(self) -> list[str]:
        """Close the month by the command, again when it was killed; returns the missing statements."""
        death = self._death
        while (code := self._hub.command(f"close {MONTH}", death)) == -signal.SIGKILL:
            death = None
        if code != 0:
            raise Stuck(f"closing ended with {code}\n{self._hub.last_words()}")
        folder = self._hub.city.premises.statements
        rows = queries.statements(self._theatre.database, month=MONTH, party=None, after=None, limit=100)
        if not rows:
            return ["every statement"]
        files = {path.name for path in folder.iterdir()}
        wanted = {f"{MONTH}-{row['party']}.{suffix}" for row in rows for suffix in ("csv", "xlsx")}
        return [f"statement {name}" for name in sorted(wanted - files)]
