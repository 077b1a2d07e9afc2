"""Every switch does what the table says, over real HTTP, and the hub's side calls it by its right name."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from connectors import registry
from connectors.conformance.rig import application, drawdown, keys, seeded
from connectors.exchange import Folder
from connectors.port import Answer, Forged, Partner, Request, Uncertain, Unreachable, Verdict
from connectors.sandbox import Sandbox
from connectors.sandbox.faults import Fault, Switch, Switches, control, damaged
from connectors.transport import LOOPBACK, Retries, Timeouts, Transport
from contracts.messages import CreditOutcome, CreditTold, DrawdownTold, QueryCredit
from tests.connectors.sandbox.test_stage import Hub, ask, served
from tests.shared import ROOT

QUICK = Timeouts(read=0.3)


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
        for name, dialect in (("bank", "sorted_form"), ("trust", "trust_file"))
    }
    folders = {"trust": Folder(tmp_path / "trust")}
    sandbox = Sandbox(simulators, hub_url=hub_url, clock=lambda: hub.now, folders=folders, workers=2)
    yield sandbox
    sandbox.close()


@pytest.fixture
def url(sandbox: Sandbox) -> Iterator[str]:
    with sandbox.serve() as url:
        yield url


def switch_on(url: str, fault: Fault, *, partner: str = "bank", **values: float) -> None:
    answer = httpx.put(f"{url}/_faults/{partner}", json={"fault": fault, **values}, trust_env=False)
    assert answer.status_code == 200, answer.text


def apply(hub: Hub, url: str, number: str = "R1") -> tuple[object, ...]:
    what = application(1)
    desk = hub.desks["bank"]
    request: Request = desk.write(what, request_no=number, now=hub.now, random=seeded("hub"))
    with Transport(
        f"{url}/bank", networks=LOOPBACK, timeouts=QUICK, retries=Retries(attempts=1)
    ) as transport:
        return desk.read_answer(what, transport.send(request), now=hub.now)


def outcome(hub: Hub, url: str) -> list[CreditOutcome]:
    told = ask(hub, url, "bank", QueryCredit(subject=application(1).subject), f"Q{time.monotonic_ns()}")
    return [fact.outcome for fact in told if isinstance(fact, CreditTold)]


# fault -> (what we must make of it, whether the partner has taken the application)
ANSWERS = [
    (Fault.SILENT_BEFORE, Uncertain, False),
    (Fault.SILENT_AFTER, Uncertain, True),
    (Fault.GARBAGE, Uncertain, True),
    (Fault.WRONG_SIGNATURE, Uncertain, True),
    (Fault.BROKEN, Uncertain, True),
    (Fault.SLOW_DOWN, Unreachable, False),
]


@pytest.mark.parametrize(("fault", "raised", "taken"), ANSWERS, ids=lambda value: str(value))
def test_an_answer_that_goes_wrong_is_in_doubt_and_the_same_bytes_are_one_application(
    fault: Fault, raised: type[Exception], taken: bool, hub: Hub, url: str
) -> None:
    switch_on(url, fault)
    with pytest.raises(raised):
        apply(hub, url)
    assert (outcome(hub, url) == [CreditOutcome.NOT_FOUND]) is not taken
    assert apply(hub, url) == ()
    assert outcome(hub, url) in ([], [CreditOutcome.PENDING])


def test_a_delay_is_waited_for(hub: Hub, url: str) -> None:
    switch_on(url, Fault.DELAY, seconds=0.1)
    began = time.monotonic()
    assert apply(hub, url) == ()
    assert time.monotonic() - began >= 0.1


def due(hub: Hub, url: str, *serials: int) -> None:
    for serial in serials or (1,):
        ask(hub, url, "bank", application(serial), f"R{serial}")
    hub.now += timedelta(minutes=2)


def decisions(hub: Hub) -> list[str]:
    return [fact.subject for _, fact in hub.told if isinstance(fact, CreditTold)]


def test_a_lost_callback_never_comes_and_the_query_finds_what_it_would_have_said(
    hub: Hub, sandbox: Sandbox, url: str
) -> None:
    switch_on(url, Fault.LOST_CALLBACK)
    due(hub, url)
    assert [sandbox.pump(hub.now) for _ in range(3)] == [0, 0, 0]
    assert decisions(hub) == []
    assert outcome(hub, url) == [CreditOutcome.APPROVED]


def test_a_callback_sent_once_is_not_sent_again_though_we_were_busy(
    hub: Hub, sandbox: Sandbox, url: str
) -> None:
    switch_on(url, Fault.CALLBACK_ONCE)
    due(hub, url)
    hub.deaf = 1
    assert [sandbox.pump(hub.now) for _ in range(3)] == [0, 0, 0]
    assert (hub.deaf, decisions(hub)) == (0, [])


def test_a_duplicate_is_the_same_message_twice(hub: Hub, sandbox: Sandbox, url: str) -> None:
    switch_on(url, Fault.DUPLICATE)
    due(hub, url)
    assert sandbox.pump(hub.now) == 1
    facts = [fact for _, fact in hub.told]
    assert len(facts) == 2
    assert facts[0] == facts[1]


def test_what_is_due_may_come_in_reverse(hub: Hub, hub_url: str) -> None:
    bank = registry.simulator("sorted_form", Partner("bank", keys("bank")[1]), random=seeded("bank"), seed=1)
    sandbox = Sandbox({"bank": bank}, hub_url=hub_url, clock=lambda: hub.now, workers=1)
    with sandbox.serve() as url:
        switch_on(url, Fault.REORDER)
        due(hub, url, 1, 2, 3)
        assert sandbox.pump(hub.now) == 3
    sandbox.close()
    assert decisions(hub) == ["att_3", "att_2", "att_1"]


def test_a_forged_callback_is_refused_and_the_right_one_follows(
    hub: Hub, sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    honest = hub.hear

    def hear(call: object) -> Answer:
        try:
            return honest(call)  # type: ignore[arg-type]  # what a Hub hears is a Call
        except Forged as error:
            refused.append(str(error))
            desk = hub.desks["bank"]
            return desk.acknowledge("credit", call, Verdict.REFUSED, now=hub.now, random=seeded("hub"))  # type: ignore[arg-type]

    monkeypatch.setattr(hub, "hear", hear)
    switch_on(url, Fault.FORGED_CALLBACK)
    due(hub, url)
    assert sandbox.pump(hub.now, rounds=2) == 1
    assert len(refused) == 1
    assert decisions(hub) == ["att_1"]


def test_a_restated_file_comes_short_and_then_whole(
    hub: Hub, sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    ask(hub, url, "trust", application(1), "R1")
    hub.now += timedelta(minutes=2)
    sandbox.pump(hub.now)
    (told,) = [fact for name, fact in hub.told if name == "trust" and isinstance(fact, CreditTold)]
    assert told.credit_no is not None
    ask(hub, url, "trust", drawdown(application(1), told.credit_no), "R2")
    switch_on(url, Fault.RESTATED_FILE, partner="trust")
    folder = Folder(tmp_path / "trust")
    versions = []
    for _ in range(2):
        hub.now += timedelta(days=1)
        sandbox.pump(hub.now)
        name = "20260105_01_loan.txt"
        facts = hub.desks["trust"].read_file(name, folder.read(name), now=hub.now)
        versions.append([type(fact) for fact in facts])
    assert versions == [[], [DrawdownTold]]


def test_switches_are_shown_used_up_and_turned_off(url: str) -> None:
    switch_on(url, Fault.BROKEN, times=2, seconds=3)
    at = f"{url}/_faults/bank"
    assert httpx.get(at, trust_env=False).json() == {"broken": {"times": 2, "seconds": 3.0}}
    httpx.post(f"{url}/bank/x", trust_env=False)
    assert httpx.get(at, trust_env=False).json() == {"broken": {"times": 1, "seconds": 3.0}}
    assert httpx.delete(at, trust_env=False).json() == {}
    assert httpx.get(f"{url}/_faults/nobody", trust_env=False).status_code == 404
    assert httpx.post(at, trust_env=False).status_code == 405


@pytest.mark.parametrize(
    "wish",
    [
        b"",
        b"[]",
        b"{}",
        b'{"fault":"fire"}',
        b'{"fault":"delay","times":1.5}',
        b'{"fault":"delay","times":true}',
        b'{"fault":"delay","seconds":1e9}',
        b'{"fault":"delay","seconds":"x"}',
        b'{"fault":"delay","seconds":true}',
    ],
)
def test_a_wrong_wish_is_told_what_there_is_and_changes_nothing(wish: bytes) -> None:
    switches = Switches()
    answer = control(switches, "PUT", wish)
    assert (answer.status, json.loads(answer.body)["faults"]) == (400, [fault.value for fault in Fault])
    assert switches.shown() == {}


def test_a_switch_set_to_nothing_is_off() -> None:
    switches = Switches()
    switches.set(Fault.DELAY, Switch(times=3))
    switches.set(Fault.DELAY, Switch(times=0))
    assert switches.take(Fault.DELAY) is None


@pytest.mark.parametrize("body", [b"", b"{}", b'{"a":"b"}', "系统".encode()])
def test_what_is_damaged_is_not_what_it_was(body: bytes) -> None:
    assert damaged(body) != body


def test_the_page_lists_every_fault() -> None:
    text = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert listed == [fault.value for fault in Fault]
