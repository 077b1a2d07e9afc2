"""Orders: six facts of a loan's life in each of their 720 orders, with repetitions, over four processes.

Every order is the life of a loan of its own, so that all orders are told at once: what the workers of four
processes do to one loan happens while they are at the others. Then all loans must have come to one end, and
what the six facts say, once each, must be all there is in their books.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from hashlib import sha256
from itertools import permutations
from multiprocessing import connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.engine import URL

from contracts.messages import (
    AnyTold,
    BuyBackTold,
    CompensationTold,
    RepaymentKind,
    RepaymentTold,
    WaiverTold,
)
from hub.store.datakeys import DataKeys
from hub.store.sealed import Vault
from hub.store.tables import T
from hub.worker import Signal, Worker
from signing.fields import FieldSealer
from signing.keystore import new_field_ring
from tests.faults.clock import SharedClock
from tests.faults.databases import image
from tests.faults.outcome import Outcome
from tests.faults.simulation.run import quiet
from tests.faults.wish import Wish
from tests.hub.flows.world import START, World

FACTS: Final = 6
ORDERS: Final = tuple(permutations(range(FACTS)))
PROCESSES: Final = 4
AGAIN: Final = 3
"""Messages of every loan that come a second time: as they were, or the same fact in another message."""
PATIENCE_SECONDS: Final = 900.0
_LOOK_SECONDS: Final = 0.02
_BOUNDLESS: Final = 10**13


class Stuck(Exception):
    """Messages are left that nobody applies."""


def _world(url: str, clock: SharedClock) -> World:
    """A small hub on a database others work on, too: with their keys and time, and chance of its own."""
    world = World(url, daily_fen=_BOUNDLESS)
    ring = new_field_ring("t", now=START, random=random.Random(7).randbytes)
    sealer = FieldSealer(ring, DataKeys(world.database, clock), now=START, random=os.urandom)
    world.context = replace(world.context, clock=clock, random=os.urandom, vault=Vault(sealer))
    world.worker = Worker(world.context, owner=f"process-{os.getpid()}", signal=Signal())
    return world


def work(url: str, clock: Path, stop: Event) -> None:
    """The life of one of the processes."""
    with quiet():
        world = _world(url, SharedClock(clock))
        world.worker.start()
        stop.wait()
        world.worker.stop()
        world.database.close()


@contextmanager
def _processes(url: str, clock: Path) -> Iterator[list[int]]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    stop = context.Event()
    started = [context.Process(target=work, args=(url, clock, stop), daemon=True) for _ in range(PROCESSES)]
    for one in started:
        one.start()
    try:
        yield [one.sentinel for one in started]
    finally:
        stop.set()
        for one in started:
            one.join(30)
            if one.is_alive():
                one.kill()


def life(world: World, application_id: str) -> tuple[AnyTold, ...]:
    """The six facts of a loan, as they follow from its drawdown alone."""
    lent = world.disbursed(application_id)
    loan_no, whole = str(lent.loan_no), int(lent.amount_fen or 0)
    paid = RepaymentTold(
        event_id="r",
        loan_no=loan_no,
        serial="R1",
        how=RepaymentKind.NORMAL,
        period=1,
        paid_on=date(2026, 2, 5),
        principal_fen=92_016,
        interest_fen=0,
    )
    free = WaiverTold(
        event_id="w", loan_no=loan_no, serial="W1", period=1, waived_on=date(2026, 2, 4), interest_fen=18_000
    )
    covered = CompensationTold(
        event_id="c",
        loan_no=loan_no,
        serial="K1",
        period=2,
        paid_on=date(2026, 3, 19),
        principal_fen=100_000,
        interest_fen=500,
    )
    bought = BuyBackTold(
        event_id="b",
        loan_no=loan_no,
        serial="B1",
        paid_on=date(2026, 3, 20),
        principal_fen=whole - paid.principal_fen - covered.principal_fen,
        interest_fen=900,
    )
    recovered = RepaymentTold(
        event_id="a",
        loan_no=loan_no,
        serial="A1",
        how=RepaymentKind.AFTER_COMPENSATION,
        period=None,
        paid_on=date(2026, 4, 1),
        principal_fen=50_000,
        interest_fen=0,
    )
    return (lent, paid, free, covered, bought, recovered)


def tell(world: World, facts: Sequence[AnyTold], order: Sequence[int], seed: int) -> None:
    """Let the partner tell the facts in this order, some twice: the same message, or another of the fact."""
    chance = random.Random(seed)
    told = [(place, "first") for place in order]
    for place in chance.sample(range(FACTS), AGAIN):
        earliest = next(at for at, one in enumerate(told) if one[0] == place) + 1
        told.insert(chance.randint(earliest, len(told)), (place, chance.choice(("first", "again"))))
    for place, which in told:
        fact = facts[place]
        world.call("alpha", fact.kind, f"{facts[0].subject}-{place}-{which}", fact)  # type: ignore[union-attr]


def settle(world: World, clock: SharedClock, running: Sequence[int]) -> None:
    """Let time go by until nothing told is left to be applied; `running` are the processes. Raises Stuck."""
    w, ends = T.work.c, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        now = clock()
        with world.database.read() as tx:
            rows = tx.execute(select(w.state, w.due_at, w.kind).where(w.state != "buried")).all()
        told = [row for row in rows if row.kind == "apply"]
        if not told:
            return
        if not any(row.state == "leased" or (row.state == "ready" and row.due_at <= now) for row in rows):
            clock.set(min(row.due_at for row in rows if row.state == "ready"))
        if connection.wait(running, _LOOK_SECONDS):
            raise Stuck("a worker process ended by itself")
    raise Stuck(f"{len(told)} messages are not applied after {PATIENCE_SECONDS} s")


_END: Final = {
    "loan": "SELECT state, principal_fen, outstanding_fen FROM loan WHERE id = :loan",
    "application": "SELECT state FROM application WHERE id = :application",
    "attempt": "SELECT state, drawn_fen FROM attempt WHERE application_id = :application",
    "plan": "SELECT * FROM plan_term WHERE loan_id = :loan",
    "money": "SELECT kind, serial, how, period, happened_on, principal_fen, interest_fen, "
    "fee_fen, penalty_fen FROM money_event WHERE loan_id = :loan",
    "shares": "SELECT kind, party, base, sum(amount_fen) FROM share_line WHERE loan_id = :loan "
    "GROUP BY kind, party, base",
    "books": "SELECT p.account, p.party, sum(p.amount_fen) FROM journal_posting p "
    "JOIN journal_entry e ON e.id = p.entry_id WHERE e.loan_id = :loan GROUP BY p.account, p.party",
    "matters": "SELECT kind, reason FROM matter WHERE application_id = :application OR kind = 'parked'",
}
"""What an order must not change, by name; nothing in it is an id or the time it was written."""


def end(world: World, application_id: str) -> dict[str, tuple[str, ...]]:
    """How a loan stands: for each name the rows, in an order of their own."""
    with world.database.read() as tx:
        row = tx.execute(
            text("SELECT id FROM loan WHERE application_id = :application"), {"application": application_id}
        ).one_or_none()
        loan = None if row is None else row.id
        named = {"application": application_id, "loan": loan}
        return {
            name: tuple(
                sorted(
                    "|".join(str(value) for value in found if value != loan)
                    for found in tx.execute(text(words), named)
                )
            )
            for name, words in _END.items()
        }


def run(engine: str, orders: Sequence[Sequence[int]], server: URL | None, *, seed: int = 0) -> Outcome:
    """Tell a loan's life in each of these orders, all at once, and compare how the loans end."""
    began = time.perf_counter()
    violations: list[str] = []
    ends: dict[str, dict[str, tuple[str, ...]]] = {}
    with quiet(), tempfile.TemporaryDirectory() as folder, image(engine, Path(folder), server) as prepared:
        url, file = prepared.copy(), Path(folder) / "clock"
        clock = SharedClock(file)
        clock.set(START)
        world = _world(url, clock)
        loans = [_drawn(world, number) for number, _ in enumerate(orders, 1)]
        with _processes(url, file) as running:
            for place, (application_id, order) in enumerate(zip(loans, orders, strict=True)):
                tell(world, life(world, application_id), order, seed + place)
            try:
                settle(world, clock, running)
            except Stuck as stuck:
                violations.append(f"{engine}: {stuck}")
        for application_id, order in zip(loans, orders, strict=True):
            found = end(world, application_id)
            name = sha256(repr(sorted(found.items())).encode()).hexdigest()
            if ends.setdefault(name, found) is found and len(ends) > 1:
                first = next(iter(ends.values()))
                differs = {part: (found[part], first[part]) for part in found if found[part] != first[part]}
                violations.append(f"{engine}: order {tuple(order)} ends otherwise: {differs}")
            if found["matters"]:
                violations.append(f"{engine}: order {tuple(order)} calls a person: {found['matters'][0]}")
        world.database.close()
    return Outcome(
        name=f"orders {engine}",
        points=len(orders),
        runs=len(loans),
        seeds=(seed, seed),
        violations=tuple(violations),
        seconds=time.perf_counter() - began,
        figures={"processes": PROCESSES, "messages": len(orders) * (FACTS + AGAIN), "ends": len(ends)},
    )


def _drawn(world: World, number: int) -> str:
    application_id = world.routed(number)
    world.drawn(application_id)
    return application_id


def program(wish: Wish) -> Iterator[Outcome]:
    """The rows of the faults table: all 720 orders on each engine, or a dozen spread over them."""
    orders = ORDERS if wish.long else ORDERS[:: len(ORDERS) // 12]
    for engine in ("sqlite", "postgres") if wish.server else ("sqlite",):
        wish.tell(f"orders: {len(orders)} on {engine}")
        yield run(engine, orders, wish.server, seed=wish.first)
