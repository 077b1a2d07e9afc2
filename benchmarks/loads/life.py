"""Where the processor time of an application's whole life goes: cryptography, database, our own Python.

Lives run in one thread over the real connectors, flows and database; the partners are the simulators, called
directly, and their time counts for nobody. Thread time is charged to the innermost section that is entered:
`crypto` around every primitive (signatures, ciphers, key wraps, sealed fields and blind indexes), `database`
around every statement, commit and checkout as SQLAlchemy and the driver run them. What is in no section is
our own Python. What the server's own processes used is told apart, from the system's account of them.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.pool import Pool

from benchmarks.loads import house
from benchmarks.loads.workers import assembled
from connectors.port import Answer, Request
from connectors.simulation.desk import Desk as Simulated
from contracts.application import DrawdownWish, Submission
from hub.demo.borrowers import invented
from hub.demo.process import usage
from hub.flows import door, outbound
from hub.flows.context import Context
from hub.store.tables import T
from hub.web.strict_json import understood
from hub.worker import Signal, Worker
from signing import protection, signature, xmldsig
from signing.fields import FieldSealer

DAYS = 400
_CRYPTO = (
    *((protection, name) for name in ("encrypt", "decrypt_blind", "wrap_key", "unwrap_blind")),
    (xmldsig, "_digest"),
    *((FieldSealer, name) for name in ("seal", "unseal", "blind_index")),
)
_DATABASE = (
    *(
        (Connection, name)
        for name in ("execute", "exec_driver_sql", "_commit_impl", "_rollback_impl", "close")
    ),
    (Engine, "connect"),
    (Pool, "connect"),
)


class Sections:
    """Thread time by section, each moment charged to the innermost one."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._inside = ["python"]
        self._since = time.thread_time_ns()

    def _charge(self) -> None:
        now = time.thread_time_ns()
        self.spent[self._inside[-1]] += now - self._since
        self._since = now

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """Charge what happens meanwhile to a section."""
        self._charge()
        self._inside.append(name)
        try:
            yield
        finally:
            self._charge()
            self._inside.pop()

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, charged to a section."""

        def charged(*args: Any, **named: Any) -> Any:
            with self.within(name):
                return function(*args, **named)

        return charged


@contextmanager
def _watched(sections: Sections) -> Iterator[None]:
    with ExitStack() as stack:
        for name, places in (("crypto", _CRYPTO), ("database", _DATABASE)):
            for owner, attribute in places:
                original = getattr(owner, attribute)
                setattr(owner, attribute, sections.around(name, original))
                stack.callback(setattr, owner, attribute, original)
        engines = dict(signature._BY_VALUE)
        stack.callback(signature._BY_VALUE.update, engines)
        for key, engine in engines.items():
            sign, check = sections.around("crypto", engine.sign), sections.around("crypto", engine.check)
            signature._BY_VALUE[key] = signature.Engine(sign, check)
        yield


class _Direct:
    """The road to a simulated partner without a network."""

    def __init__(self, partner: Simulated, clock: Callable[[], datetime], sections: Sections) -> None:
        self._partner, self._clock, self._sections = partner, clock, sections

    def send(self, request: Request) -> Answer:
        with self._sections.within("partner"):
            return self._partner.handle(request, now=self._clock())


def cpu_ms(folder: Path, url: str, *, applications: int) -> dict[str, float]:
    """Milliseconds of processor time for each application from submission to the last term, by section."""
    of = house.premises(folder, url)
    sections = Sections()
    with assembled(of) as context:
        lives = _Lives(
            context, {name: house.simulator(house.seat(of, name)) for name in house.PARTNERS}, sections
        )
        pids = _servers(context)
        before = sum(_cpu(pid) for pid in pids)
        with _watched(sections):
            lives.run(applications)
        server = sum(_cpu(pid) for pid in pids) - before
        loans = lives.settled()
    found = {name: sections.spent[name] / applications / 1e6 for name in ("crypto", "database", "python")}
    return {
        **{name: round(ms, 2) for name, ms in found.items()},
        "all_but_server": round(sum(found.values()), 2),
        "database_server": round(server * 1000 / applications, 2),
        "settled_share": round(loans / applications, 2),
    }


def _servers(context: Context) -> list[int]:
    if context.database.sqlite:
        return []
    with ExitStack() as stack:  # as many connections as one thread will use
        stack.enter_context(context.database.write())
        stack.enter_context(context.database.read())
        context.database.run(lambda tx: tx.execute(select(1)), single=True)
        with context.database.read() as tx:
            words = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
            return list(tx.execute(words).scalars())


def _cpu(pid: int) -> float:
    used = usage(pid)
    return 0.0 if used is None else used.cpu_seconds


class _Lives:
    """Applications and their partners under one clock that leaps to whatever is due next."""

    def __init__(self, context: Context, partners: dict[str, Simulated], sections: Sections) -> None:
        self._now = datetime.now(UTC)
        self._partners, self._sections = partners, sections
        desks = {
            name: replace(
                context.desks[name], transport=_Direct(partner, self._clock, sections), exchange=None
            )
            for name, partner in partners.items()
        }
        programmes = tuple(p for p in context.catalogue.programmes if p.partner in partners)
        catalogue = replace(context.catalogue, programmes=programmes)
        self.context = replace(context, clock=self._clock, desks=desks, catalogue=catalogue)
        self._worker = Worker(self.context, owner="benchmark", signal=Signal())

    def _clock(self) -> datetime:
        return self._now

    def run(self, count: int) -> None:
        """Take in that many applications and live until nothing is due any more."""
        honest = (one for one in invented(2 * count, seed=3) if one.submission["purpose"] != "securities")
        ids = []
        for borrower in islice(honest, count):
            body = json.dumps({**borrower.submission, "term_months": 12}).encode()
            received = understood(body, Submission)
            reply = outbound.submit(
                self.context, received.value, owner="shop", key=token_hex(8), sha256=received.sha256
            )
            ids.append(reply.body["id"])
        self._live(self._now + timedelta(hours=1))
        for application_id, amount in self._approved(ids):
            wish = DrawdownWish(amount_fen=amount)
            outbound.request_drawdown(
                self.context, application_id, wish, owner="shop", key=application_id, sha256="x"
            )
        self._live(self._now + timedelta(days=DAYS))

    def _approved(self, ids: list[str]) -> list[tuple[str, int]]:
        a = T.application.c
        with self.context.database.read() as tx:
            words = select(a.id, a.amount_fen).where(a.id.in_(ids), a.state == "approved")
            return [(row.id, row.amount_fen) for row in tx.execute(words)]

    def settled(self) -> int:
        """How many loans there are that nothing is owed on any more."""
        with self.context.database.read() as tx:
            return len(tx.execute(select(T.loan.c.id).where(T.loan.c.outstanding_fen == 0)).all())

    def _live(self, until: datetime) -> None:
        while True:
            self._worker.drain()
            told = False
            for name, partner in self._partners.items():
                with self._sections.within("partner"):
                    calls = partner.callbacks(now=self._now)
                    partner.files(now=self._now)  # written, and taken in by nobody: they only repeat
                for kind, call in calls:
                    answer = door.callback(
                        self.context,
                        name,
                        kind,
                        method=call.method,
                        path=call.path,
                        headers=call.headers,
                        body=call.body,
                    )
                    with self._sections.within("partner"):
                        partner.accepts(kind, call, answer, now=self._now)
                    told = True
            if told:
                continue
            due = [at for at in (partner.next_due() for partner in self._partners.values()) if at]
            if not due or min(due) > until:
                self._now = max(self._now, until)
                return
            self._now = max(self._now, min(due))
