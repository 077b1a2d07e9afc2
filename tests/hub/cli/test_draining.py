"""Workers as real processes: they end what they have begun when told to stop, and end each day once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from contracts.application import Submission
from contracts.messages import Applicant
from hub.demo.premises import Premises, prepare
from hub.flows import outbound
from hub.flows.context import Context
from hub.settings import Settings
from hub.store.tables import T
from hub.wiring import assemble
from tests.hub.people import applicant
from tests.shared import ROOT

PATIENCE = 40.0
START = datetime(2026, 1, 5, 1, tzinfo=UTC)


class SlowPartner(ThreadingHTTPServer):
    """A partner that holds every request until it is told to answer, and then says nothing of use."""

    def __init__(self) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()
        super().__init__(("127.0.0.1", 0), _Slow)

    @property
    def url(self) -> str:
        """Where it is dialled."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Slow(BaseHTTPRequestHandler):
    server: SlowPartner

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.set()
        assert self.server.may_answer.wait(PATIENCE)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def partner() -> Iterator[SlowPartner]:
    """A slow partner, serving."""
    server = SlowPartner()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.may_answer.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def premises(tmp_path: Path, partner: SlowPartner, monkeypatch: pytest.MonkeyPatch) -> Premises:
    """Keys and configuration of a hub whose every partner is the slow one."""
    made = prepare(tmp_path / "run", partners_url=partner.url, start=START)
    for name, value in made.environment().items():
        if name.startswith("LOANHUB_"):
            monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def context(premises: Premises) -> Iterator[Context]:
    """The hub's parts in this process."""
    made = assemble(Settings(), clock=lambda: datetime.now(UTC), random=os.urandom, wake=lambda _queue: None)
    yield made
    made.database.close()


@contextmanager
def worker(premises: Premises) -> Iterator[subprocess.Popen[str]]:
    """`loanhub work` in a process of its own; it has ended when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "work"],
        cwd=ROOT,
        env={**premises.environment(), "LOANHUB_SANDBOX": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def until(happened: Callable[[], bool]) -> None:
    """Wait for something in the database."""
    pause, end = threading.Event(), datetime.now(UTC) + timedelta(seconds=PATIENCE)
    while not happened():
        assert datetime.now(UTC) < end, "it never happened"
        pause.wait(0.05)


def rows(context: Context, table: Any) -> list[Any]:
    with context.database.read() as tx:
        return list(tx.execute(select(table)))


def submit(context: Context, person: Applicant, number: int) -> None:
    product = next(iter(context.catalogue.products.values()))
    submission = Submission(
        platform_no=f"P{number}",
        product=product.id,
        amount_fen=product.amount_min_fen,
        term_months=product.terms[0],
        method=product.methods[0],
        annual_rate=product.annual_rate_max - Decimal("0.02"),
        purpose=product.purposes[0],
        consents=product.consents,
        applicant=person,
    )
    outbound.submit(context, submission, owner="shop", key=f"k{number}", sha256="x")


def test_a_worker_told_to_stop_ends_what_it_began_and_gives_back_the_rest(
    premises: Premises, context: Context, partner: SlowPartner
) -> None:
    for number in range(20):
        submit(context, applicant(number), number)
    with worker(premises) as process:
        assert partner.asked.wait(PATIENCE), rows(context, T.application)[0].reason
        process.send_signal(signal.SIGTERM)
        partner.may_answer.set()
        process.wait(PATIENCE)
    left = rows(context, T.work)
    assert {job.state for job in left} == {"ready"}  # nobody need wait for a lease to run out
    assert not any(job.lost for job in left)
    sent = rows(context, T.exchange)
    assert sent
    assert {row.subject for row in sent} == {
        attempt.id for attempt in rows(context, T.attempt) if attempt.state == "uncertain"
    }


def test_processes_end_every_missed_day_once(premises: Premises, context: Context) -> None:
    today = datetime.now(UTC).date()
    with context.database.write() as tx:
        row = {"day": today - timedelta(days=6), "queued_at": START, "done_at": START, "summary": None}
        tx.execute(insert(T.day_end), row)
    with ExitStack() as processes:
        for _ in range(2):
            processes.enter_context(worker(premises))
        until(lambda: len([r for r in rows(context, T.day_end) if r.summary is not None]) >= 4)
    days: list[date] = sorted(r.day for r in rows(context, T.day_end))
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert all(r.done_at is not None for r in rows(context, T.day_end))
    assert not [job for job in rows(context, T.work) if job.kind == "day_end"]
