"""The sandbox over real HTTP: the hub's side is played by the connectors and a small server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from connectors import registry
from connectors.conformance.rig import START, application, drawdown, keys, seeded
from connectors.exchange import Folder
from connectors.port import Answer, Call, Connector, Partner, Verdict
from connectors.sandbox import LoanLine, Plan, Sandbox, SandboxProcess, Seat
from connectors.transport import LOOPBACK, Transport
from contracts.messages import AnyAsk, AnyTold, CreditTold, DrawdownTold
from signing.keystore import write_partner_keys

DIALECTS = {"bank": "sorted_form", "finance": "envelope_json", "trust": "trust_file"}


class Hub:
    """Hears callbacks as the hub would, and can be made deaf."""

    def __init__(self) -> None:
        self.now = START
        self.deaf = 0
        self.told: list[tuple[str, AnyTold]] = []
        self._lock = threading.Lock()
        self.desks: dict[str, Connector] = {
            name: registry.build(dialect, Partner(name, keys(name)[0])) for name, dialect in DIALECTS.items()
        }

    def hear(self, call: Call) -> Answer:
        _, _, _, name, _, kind = call.path.split("/")
        desk = self.desks[name]
        heard = desk.read_callback(kind, call, now=self.now)
        with self._lock:
            verdict = Verdict.RECEIVED if self.deaf == 0 else Verdict.BUSY
            self.deaf = max(0, self.deaf - 1)
            if verdict is Verdict.RECEIVED:
                self.told += [(name, fact) for fact in heard.facts]
        return desk.acknowledge(kind, call, verdict, now=self.now, random=seeded("hub"))

    async def app(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        answer = self.hear(Call(scope["method"], scope["raw_path"].decode(), headers, body))
        pairs = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body})


@contextmanager
def served(hub: Hub) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(hub.app, interface="asgi3", log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def hub_url(hub: Hub) -> Iterator[str]:
    with served(hub) as url:
        yield url


@pytest.fixture
def sandbox(hub: Hub, hub_url: str, tmp_path: Path) -> Iterator[Sandbox]:
    simulators = {
        name: registry.simulator(dialect, Partner(name, keys(name)[1]), random=seeded(name), seed=1)
        for name, dialect in DIALECTS.items()
    }
    sandbox = Sandbox(
        simulators,
        hub_url=hub_url,
        clock=lambda: hub.now,
        folders={"trust": Folder(tmp_path / "trust")},
        workers=2,
    )
    yield sandbox
    sandbox.close()


def ask(hub: Hub, url: str, name: str, what: AnyAsk, number: str) -> tuple[AnyTold, ...]:
    with Transport(f"{url}/{name}", networks=LOOPBACK) as transport:
        desk = hub.desks[name]
        request = desk.write(what, request_no=number, now=hub.now, random=seeded("hub"))
        return desk.read_answer(what, transport.send(request), now=hub.now)


def approvals(hub: Hub) -> dict[str, CreditTold]:
    return {name: fact for name, fact in hub.told if isinstance(fact, CreditTold)}


def test_three_partners_from_application_to_files(hub: Hub, sandbox: Sandbox, tmp_path: Path) -> None:
    with sandbox.serve() as url:
        for name in DIALECTS:
            assert ask(hub, url, name, application(1), "R1") == ()
        assert sandbox.pump(hub.now) == 0
        hub.now += timedelta(minutes=2)
        assert sandbox.pump(hub.now) == 3
        for name, told in approvals(hub).items():
            assert told.credit_no is not None
            assert ask(hub, url, name, drawdown(application(1), told.credit_no), "R2") == ()
        hub.now += timedelta(days=1, hours=12)
        sandbox.pump(hub.now)
    paid = {name: fact.loan_no for name, fact in hub.told if isinstance(fact, DrawdownTold)}
    folder = Folder(tmp_path / "trust")
    names = folder.complete()
    assert [name[9:] for name in names[:5]] == [
        "01_loan.txt",
        "02_plan.txt",
        "03_repay.txt",
        "04_compensation.txt",
        "05_refund.txt",
    ]
    filed = hub.desks["trust"].read_file(names[0], folder.read(names[0]), now=hub.now)
    (paid["trust"],) = [fact.loan_no for fact in filed if isinstance(fact, DrawdownTold)]
    amount = application(1).amount_fen
    assert sandbox.books() == [
        LoanLine(name, paid[name] or "", "draw_1", amount, amount) for name in DIALECTS
    ]


def test_a_callback_refused_is_sent_again_and_given_up_after_a_while(hub: Hub, sandbox: Sandbox) -> None:
    with sandbox.serve() as url:
        ask(hub, url, "bank", application(1), "R1")
        hub.now += timedelta(minutes=2)
        hub.deaf = 2
        assert sandbox.pump(hub.now, rounds=3) == 1
        ask(hub, url, "bank", application(2), "R2")
        hub.now += timedelta(minutes=2)
        hub.deaf = 1000
        assert [sandbox.pump(hub.now) for _ in range(4)] == [0, 0, 0, 0]
        hub.deaf = 0
        assert sandbox.pump(hub.now) == 0
    assert len(hub.told) == 1


def test_a_hub_that_is_down_is_called_again_later(hub: Hub) -> None:
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    bank = registry.simulator("sorted_form", Partner("bank", keys("bank")[1]), random=seeded("bank"))
    sandbox = Sandbox({"bank": bank}, hub_url=f"http://127.0.0.1:{port}", clock=lambda: hub.now)
    with sandbox.serve() as url:
        ask(hub, url, "bank", application(1), "R1")
        hub.now += timedelta(minutes=2)
        assert sandbox.pump(hub.now, rounds=1) == 0
    assert [kind for kind, _ in bank.callbacks(now=hub.now)] == ["credit"]
    sandbox.close()


@pytest.mark.parametrize("path", ["/", "/nobody/x", "/bank", "//bank/x"])
def test_an_address_nobody_lives_at_is_not_found(sandbox: Sandbox, path: str) -> None:
    assert sandbox.answer("POST", path, {}, b"").status == 404


def test_in_a_process_of_its_own_it_does_the_same(hub: Hub, hub_url: str, tmp_path: Path) -> None:
    write_partner_keys(tmp_path / "keys", keys("bank")[1])
    seats = (Seat("bank", "sorted_form", tmp_path / "keys"),)
    with SandboxProcess(Plan(seats, hub_url, START)) as process:
        assert process.next_due() is None
        ask(hub, process.url, "bank", application(1), "R1")
        due = process.next_due()
        assert due is not None
        assert START < due < START + timedelta(minutes=5)
        hub.now = due + timedelta(seconds=1)
        assert process.pump(hub.now) == 1
        told = approvals(hub)["bank"]
        assert told.credit_no is not None
        process.set(hub.now)
        ask(hub, process.url, "bank", drawdown(application(1), told.credit_no), "R2")
        hub.now += timedelta(hours=1)
        assert process.pump(hub.now) == 1
        assert [(line.subject, line.partner) for line in process.books()] == [("draw_1", "bank")]


def test_a_process_that_cannot_be_built_says_why(tmp_path: Path) -> None:
    seats = (Seat("bank", "sorted_form", tmp_path / "no keys"),)
    with pytest.raises(RuntimeError, match="KeyUnavailable"):
        SandboxProcess(Plan(seats, "http://127.0.0.1:1", datetime.now(START.tzinfo)))
