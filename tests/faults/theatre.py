"""Hub and partners under one simulated time, which goes on when nothing is left to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, select

from connectors.sandbox import Sandbox
from hub.demo.client import Api
from hub.store import mailbox, queries
from hub.store.session import Database
from hub.store.tables import T
from tests.faults.processes import Hub
from tests.faults.verdict import Verdict, judge

_STANDING = "query_movements"
"""The question about the next day, which waits for ever."""


class Theatre:
    """Plays the platform and the partners, and moves the time of both sides."""

    def __init__(self, hub: Hub, sandbox: Sandbox, database: Database) -> None:
        self.hub, self.sandbox, self.database = hub, sandbox, database
        self.acknowledged: dict[str, int] = {}
        """The number of each application by the hub's id, once the hub has said that it has it."""
        self._draws: dict[str, int] = {}

    def submit(self, number: int, body: Mapping[str, Any]) -> None:
        """Send an application until it is acknowledged."""
        receipt = self.post("frontend", "/v1/applications", body, body["platform_no"])
        self.acknowledged[receipt["id"]] = number

    def draw(self, application_id: str, amount_fen: int, most: int = 2) -> None:
        """Draw what is approved, at most so many times."""
        if self._draws.get(application_id, 0) == most:
            return
        times = self._draws[application_id] = self._draws.get(application_id, 0) + 1
        path = f"/v1/applications/{application_id}/drawdown"
        self.post("frontend", path, {"amount_fen": amount_fen}, f"draw-{application_id}-{times}")

    def approved(self) -> list[dict[str, Any]]:
        """Return the applications that may be drawn."""
        return self.hub.insist(_approved)

    def post(self, door: str, path: str, body: Mapping[str, Any], key: str | None = None) -> Any:
        """Post until the hub answers."""
        return self.hub.insist(partial(_post, door, path, body, key))

    def move(self, to: datetime) -> None:
        """Let time go on, in leaps from one thing that falls due at a partner to the next."""
        while (due := self.sandbox.next_due()) is not None and due <= to:
            self.leap(due)
        self.leap(to)

    def leap(self, to: datetime) -> None:
        """Go on at `to`, unless it is past, and let both sides do what it makes due."""
        now = max(to, self.hub.clock())
        self.hub.clock.set(now)
        self.hub.insist(lambda doors: doors["operator"].put("/v1/sandbox/clock", {"now": now.isoformat()}))
        self.sandbox.pump(self.hub.clock())
        self.settle()

    def settle(self) -> None:
        """Wait until the hub has done all that is due."""
        self.hub.until(lambda: queries.quiet(self.database, now=self.hub.clock()) and not self._files())

    def waiting(self) -> dict[str, int]:
        """Return the work there is by kind, without the standing questions about the next day."""
        w = T.work.c
        query = select(w.kind, func.count()).where(w.kind != _STANDING, w.state != mailbox.BURIED)
        with self.database.read() as tx:
            return dict(tx.execute(query.group_by(w.kind)).tuples().all())

    def next_due(self) -> datetime | None:
        """Return when the hub's next piece of work falls due, or something at a partner."""
        w = T.work.c
        query = select(func.min(w.due_at)).where(w.kind != _STANDING, w.state == mailbox.READY)
        with self.database.read() as tx:
            ours = tx.execute(query).scalar()
        theirs = self.sandbox.next_due()
        return min((at for at in (ours, theirs) if at is not None), default=None)

    def states(self) -> Mapping[str, int]:
        """Return how many applications there are in each state."""
        found: Mapping[str, int] = queries.backlog(self.database, now=self.hub.clock())["applications"]
        return found

    def judged(self, *, parked: int = 0) -> Verdict:
        """Compare the books as they are."""
        theirs = {name: list(one.books()) for name, one in self.sandbox._simulators.items()}
        return judge(self.database, theirs, self.acknowledged, parked=parked)

    def _files(self) -> bool:
        folder = self.hub.city.premises.exchange / "harvest_trust"
        return folder.is_dir() and any(entry.is_file() for entry in folder.iterdir())


def _approved(doors: Mapping[str, Api]) -> list[dict[str, Any]]:
    return list(doors["frontend"].pages("/v1/applications", state="approved"))


def _post(door: str, path: str, body: Mapping[str, Any], key: str | None, doors: Mapping[str, Api]) -> Any:
    return doors[door].post(path, body, key=key)
