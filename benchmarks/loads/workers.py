"""How fast queued requests leave when several worker processes share them and partners take their time."""

from __future__ import annotations

import json
import os
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import yaml
from sqlalchemy import func, select, update

from benchmarks.loads import house
from connectors.sandbox import Plan
from connectors.sandbox.process import SandboxProcess
from connectors.sandbox.stage import CONTROL
from contracts.application import Submission
from hub.demo.borrowers import invented
from hub.demo.premises import Premises
from hub.flows import outbound
from hub.flows.context import Context
from hub.settings import Settings
from hub.store import mailbox
from hub.store.tables import T
from hub.wiring import assemble

PARTNER_SECONDS = 0.5
PARALLEL = 64
"""What each partner bears at once, over all workers: more than the threads of four."""
_SENDS = select(func.count()).select_from(T.work).where(T.work.c.kind == "send")


def seconds_to_send(folder: Path, url: str, *, processes: int, requests: int) -> float:
    """Seconds in which that many workers send that many queued requests to partners that answer slowly.

    Each partner gets as many: where one gets more, its last few requests leave most threads idle, and what
    is measured is how they were routed.
    """
    with ExitStack() as stack:
        port = _free_port()
        of = house.premises(folder, url, f"http://127.0.0.1:{port}")
        _bear(of, PARALLEL)
        plan = Plan(of.seats, "http://127.0.0.1:1", datetime.now(UTC), port=port)
        partners = stack.enter_context(SandboxProcess(plan))
        for seat in of.seats:
            set_fault(partners.url, seat.partner, "delay", PARTNER_SECONDS)
        context = stack.enter_context(assembled(of))
        for place, partner in enumerate(house.PARTNERS, 1):
            queue_for(context, partner, requests * place // len(house.PARTNERS))
        with context.database.write() as tx:
            tx.execute(update(T.work).where(T.work.c.kind == "send").values(due_at=_tomorrow()))
        for _ in range(processes):
            stack.enter_context(house.running(["-m", "hub.cli", "work"], house.environment(of)))
        with context.database.write() as tx:
            tx.execute(update(T.work).where(T.work.c.kind == "send").values(due_at=datetime.now(UTC)))
        began = time.perf_counter()
        for seat in of.seats:
            context.wake(f"partner:{seat.partner}")
        while _left(context):
            time.sleep(0.02)
        return time.perf_counter() - began


def _left(context: Context) -> int:
    with context.database.read() as tx:
        return int(tx.execute(_SENDS).scalar_one())


def _tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _bear(of: Premises, parallel: int) -> None:
    """Let every partner take that many requests at once."""
    file = of.root / "config" / "partners.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    for partner in document["partners"]:
        partner["parallel"] = parallel
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


def set_fault(url: str, partner: str, fault: str, seconds: float, times: int = 1_000_000) -> None:
    """Turn a partner's switch on."""
    body = json.dumps({"fault": fault, "times": times, "seconds": seconds}).encode()
    request = urllib.request.Request(f"{url}/{CONTROL}/{partner}", body, method="PUT")
    urllib.request.urlopen(request, timeout=10).close()


@contextmanager
def assembled(of: Premises) -> Iterator[Context]:
    """The hub's parts in this process."""
    before = dict(os.environ)
    os.environ.update(house.environment(of))
    try:
        context = assemble(
            Settings(), clock=lambda: datetime.now(UTC), random=os.urandom, wake=lambda queue: None
        )
    finally:
        os.environ.clear()
        os.environ.update(before)
    yield context
    if context.bell is not None:
        context.bell.close()
    context.database.close()


def queue_for(context: Context, partner: str, until: int) -> None:
    """Queue requests to one partner until so many wait in all."""
    programmes = tuple(p for p in context.catalogue.programmes if p.partner == partner)
    queue_requests(replace(context, catalogue=replace(context.catalogue, programmes=programmes)), until)


def queue_requests(context: Context, count: int) -> None:
    """Submit and route until so many requests wait to be sent."""
    borrowers, owner = invented(10 * count, seed=7), token_hex(4)
    while (missing := count - _left(context)) > 0:
        for borrower in (next(borrowers) for _ in range(missing)):
            submission = Submission.model_validate_json(json.dumps(borrower.submission))
            outbound.submit(context, submission, owner=owner, key=token_hex(8), sha256="x")
        with context.database.write() as tx:
            jobs = mailbox.claim(tx, queue=mailbox.LOCAL, most=10_000, owner="b", now=context.now())
        for job in jobs:
            outbound.route(context, job)
