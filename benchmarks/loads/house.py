"""A hub for a benchmark: its folder, its processes, and what is sent to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from benchmarks.loads.client import request
from connectors import registry
from connectors.conformance.rig import application
from connectors.port import Partner
from connectors.sandbox.process import Seat
from connectors.simulation.desk import CALLBACK_PATH, Desk
from contracts.messages import ApplyForCredit
from contracts.programme import RepaymentMethod
from hub.demo.borrowers import invented
from hub.demo.premises import Premises, prepare
from hub.demo.process import usage
from signing.keystore import load_partner_keys

ROOT = Path(__file__).resolve().parent.parent.parent
SIGNER = "citybank"
PARTNERS = (SIGNER, "sunfin")
"""The lenders that requests are sent to."""


class Process:
    """A server of this run; its first line says where it listens, or that it works."""

    def __init__(self, words: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env={**(environment or os.environ), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.says = self._process.stdout.readline().strip()
        if not self.says:
            raise RuntimeError(f"{' '.join(words)} ended with {self._process.wait()}")

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.says).port or 0

    @property
    def cpu_seconds(self) -> float:
        """What it has used so far; 0.0 where the system does not tell."""
        used = usage(self._process.pid)
        return 0.0 if used is None else used.cpu_seconds

    def stop(self) -> None:
        """Let it end what it has begun."""
        self._process.terminate()
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def running(words: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[Process]:
    """A process while this lasts."""
    process = Process(words, environment)
    try:
        yield process
    finally:
        process.stop()


def premises(folder: Path, url: str, partners_url: str = "http://127.0.0.1:1") -> Premises:
    """A hub's folder with fresh keys for both sides, over a database."""
    return replace(
        prepare(folder / "hub", partners_url=partners_url, start=datetime.now(UTC)), database_url=url
    )


def environment(of: Premises) -> dict[str, str]:
    """What its processes are given: partners on this machine are allowed, as in a sandbox."""
    return {**of.environment(), "LOANHUB_SANDBOX": "1", "LOANHUB_LOG_LEVEL": "ERROR"}


def submissions(of: Premises, count: int, *, path: str, seed: int) -> list[bytes]:
    """Requests that submit applications, each of another invented borrower; all are admitted."""
    headers = {"Authorization": f"Bearer {of.api_keys['frontend']}", "Content-Type": "application/json"}
    honest = (one for one in invented(2 * count, seed) if one.submission["purpose"] != "securities")
    return [
        request(
            "POST", path, {**headers, "Idempotency-Key": token_hex(16)}, json.dumps(one.submission).encode()
        )
        for one in islice(honest, count)
    ]


def seat(of: Premises, partner: str) -> Seat:
    """Where a partner sits."""
    return next(one for one in of.seats if one.partner == partner)


def simulator(at: Seat) -> Desk:
    """The partner at a seat."""
    played = Partner(at.partner, load_partner_keys(at.keys), at.settings)
    found = registry.simulator(at.dialect, played, random=os.urandom)
    assert isinstance(found, Desk)
    return found


def callbacks(of: Premises, partner: str, count: int) -> list[bytes]:
    """Requests in which a partner tells that it approved, each signed and about another application."""
    at = seat(of, partner)
    connector = registry.build(
        at.dialect, Partner(partner, load_partner_keys(of.root / "keys" / at.keys.name), at.settings)
    )
    desk, now = simulator(at), datetime.now(UTC)
    asked = now - timedelta(minutes=5)
    for number in range(count):
        no = token_hex(16)
        ask = ApplyForCredit(
            subject=f"att_{no}",
            product="cash_loan",
            amount_fen=1_200_000,
            term_months=12,
            method=RepaymentMethod.EQUAL_INSTALMENT,
            annual_rate=Decimal("0.18"),
            purpose="consumption",
            applicant=application(number).applicant,
        )
        desk.handle(connector.write(ask, request_no=no, now=asked, random=os.urandom), now=asked)
    told = desk.callbacks(now=now)
    return [
        request(call.method, CALLBACK_PATH.format(partner=partner, kind=kind), dict(call.headers), call.body)
        for kind, call in told
    ]
