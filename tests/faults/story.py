"""A story that goes through every flow: nine borrowers, five partners, two days, a month's end.

It is told to a hub that may die at any point. Whatever the platform sends it sends until it is answered,
under the same Idempotency-Key; a partner's callback comes again until it is acknowledged, as often as its
dialect says; and time goes on.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import func, select

from connectors.sandbox import Sandbox
from connectors.sandbox.faults import Fault, Switch
from connectors.simulation.desk import Desk, Notice
from hub.demo.client import Api
from hub.store import mailbox, queries
from hub.store.session import Database
from hub.store.tables import T
from tests.faults import people
from tests.faults.city import HOMES, SHANGHAI
from tests.faults.processes import Hub, Stuck
from tests.faults.steps import Death
from tests.faults.verdict import Verdict, judge

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

    def __init__(
        self, hub: Hub, sandbox: Sandbox, database: Database, seed: int, death: Death | None = None
    ) -> None:
        """`death` is that of a command: processes that stay have been told theirs when they were started."""
        self._hub, self._sandbox, self._database, self._seed = hub, sandbox, database, seed
        self._death = death
        self._chance = random.Random(seed)
        self._acknowledged: dict[str, int] = {}
        self._draws: dict[str, int] = {}
        self._parked: list[str] = []

    def tell(self) -> Verdict:
        """Tell it to its end and judge. Raises Stuck."""
        self._trouble()
        order = list(range(len(_CASES)))
        self._chance.shuffle(order)
        for number in order:
            self._submit(number)
        self._settle()
        self._strange_message()
        for wait in (STEP, STEP, LONG, STEP, LONG):
            self._draw()
            self._move(self._hub.clock() + wait)
        self._until_nobody_waits()
        self._move(NIGHT)
        self._move(UNWOUND)
        if self._seed % 4 == _WITH_MONTH:
            self._move(AFTERWARDS)
        self._drain()
        self._dismiss()
        verdict = self.judged()
        if self._seed % 4 == _WITH_MONTH:
            verdict.lost += self._close()
        return verdict

    def _close(self) -> list[str]:
        """Close the month by the command, again when it was killed; returns the missing statements."""
        death = self._death
        while (code := self._hub.command(f"close {MONTH}", death)) == -signal.SIGKILL:
            death = None
        if code != 0:
            raise Stuck(f"closing ended with {code}\n{self._hub.last_words()}")
        folder = self._hub.city.premises.statements
        rows = queries.statements(self._database, month=MONTH, party=None, after=None, limit=100)
        files = {path.name for path in folder.iterdir()}
        wanted = {f"{MONTH}-{row['party']}.{suffix}" for row in rows for suffix in ("csv", "xlsx")}
        if not rows:
            return ["every statement"]
        return [f"statement {name}" for name in sorted(wanted - files)]

    def judged(self) -> Verdict:
        """Compare the books as they are."""
        return judge(self._database, books(self._sandbox), self._acknowledged)

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

    def _submit(self, number: int) -> None:
        region, fate = _CASES[number]
        body = people.submission(number, self._seed, region, fate)
        receipt = self._hub.insist(
            lambda doors: doors["frontend"].post("/v1/applications", body, key=body["platform_no"])
        )
        self._acknowledged[receipt["id"]] = number

    def _draw(self) -> None:
        """Draw what is approved; once more where a transfer failed, and then no more."""
        for item in self._hub.insist(_approved):
            number = self._acknowledged[item["id"]]
            if self._draws.get(item["id"], 0) == 2:
                continue
            times = self._draws[item["id"]] = self._draws.get(item["id"], 0) + 1
            tail = _UNWOUND_FEN if number % 2 else _FIRST_LIFE_FEN + (number + self._seed) % _LIVES
            body = {"amount_fen": item["amount_fen"] - 10_000 + tail}
            path, key = f"/v1/applications/{item['id']}/drawdown", f"draw-{item['id']}-{times}"
            self._hub.insist(partial(_post, "frontend", path, body, key))
        self._settle()

    def _strange_message(self) -> None:
        """Send what is authentic and has no meaning."""
        desk = self._sandbox._simulators["citybank"]
        assert isinstance(desk, Desk)
        call = desk.tell(Notice("credit", _STRANGE, "N1"), now=self._hub.clock())
        while not self._sandbox._post(call).status:
            self._hub.revive()
        self._settle()

    def _dismiss(self) -> None:
        parked = self._hub.insist(lambda doors: list(doors["operator"].pages("/v1/operations/parked")))
        for row in parked:
            path = f"/v1/operations/parked/{row['id']}/dismiss"
            self._hub.insist(partial(_post, "operator", path, {"why": "seen by the story"}, None))
            self._parked.append(row["reason"])

    def _until_nobody_waits(self) -> None:
        """Let minutes pass until every drawing is decided."""
        for _ in range(MOST_LOOKS):
            self._draw()
            states = self._states()
            if not states & {"submitted", "reviewing", "drawing"}:
                return
            self._move(self._hub.clock() + timedelta(minutes=4))
        raise Stuck(f"applications are still {states}")

    def _states(self) -> set[str]:
        found = queries.backlog(self._database, now=self._hub.clock())["applications"]
        return set(found)

    def _drain(self) -> None:
        for _ in range(MOST_LOOKS):
            if not _waiting(self._database):
                return
            self._move(self._hub.clock() + timedelta(minutes=30))
        raise Stuck(f"work waits for ever: {_waiting(self._database)}")

    def _move(self, to: datetime) -> None:
        """Let time go on, in leaps from one thing that falls due to the next."""
        while (due := self._sandbox.next_due()) is not None and due <= to:
            self._leap(max(due, self._hub.clock()))
        self._leap(max(to, self._hub.clock()))

    def _leap(self, to: datetime) -> None:
        self._hub.clock.set(to)
        self._hub.insist(lambda doors: doors["operator"].put("/v1/sandbox/clock", {"now": to.isoformat()}))
        self._sandbox.pump(self._hub.clock())
        self._settle()

    def _settle(self) -> None:
        self._hub.until(lambda: queries.quiet(self._database, now=self._hub.clock()) and not self._files())

    def _files(self) -> bool:
        folder = self._hub.city.premises.exchange / "harvest_trust"
        return folder.is_dir() and any(entry.is_file() for entry in folder.iterdir())


def _approved(doors: Mapping[str, Api]) -> list[dict[str, Any]]:
    return list(doors["frontend"].pages("/v1/applications", state="approved"))


def books(sandbox: Sandbox) -> dict[str, list[Any]]:
    """Return the loans in every partner's own books."""
    return {name: list(simulator.books()) for name, simulator in sandbox._simulators.items()}


def _waiting(database: Database) -> Mapping[str, int]:
    """Return the work there is by kind, without the standing questions about the next day."""
    w = T.work.c
    query = select(w.kind, func.count()).where(w.kind != "query_movements", w.state != mailbox.BURIED)
    with database.read() as tx:
        return dict(tx.execute(query.group_by(w.kind)).tuples().all())


def _post(door: str, path: str, body: Mapping[str, Any], key: str | None, doors: Mapping[str, Api]) -> Any:
    return doors[door].post(path, body, key=key)
