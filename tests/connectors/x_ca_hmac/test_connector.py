"""The platform's connector keeps the contract, and takes what comes in clear for what it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors import registry
from connectors.conformance import contract
from connectors.conformance.rig import PARTNER, START, Talk, application, keys
from connectors.port import Answer, Call, Forged, Partner, Uncertain, Verdict
from connectors.x_ca_hmac.connector import XCaHmacConnector

TestXCaHmac = contract("x_ca_hmac")

CONNECTOR = XCaHmacConnector(Partner("p", keys("ours")[0]))
CALL = Call("POST", "/v1/partners/p/callbacks/credit", {"content-type": "application/json"}, b"")


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_an_error_in_clear_is_no_failed_decryption(status: int) -> None:
    headers = {"X-Ca-Error-Message": "POST#application/json#x==#text#/v1"}
    answer = Answer(status, headers, b'{"code":"40001","message":"invalid signature"}')
    with pytest.raises(Uncertain, match=r"invalid signature; the text they sign: POST#") as caught:
        CONNECTOR.read_answer(application(1), answer, now=START)
    assert caught.value.code == "40001"


def test_a_success_in_clear_proves_nothing() -> None:
    with pytest.raises(Uncertain):
        CONNECTOR.read_answer(application(1), Answer(200, {}, b'{"code":"200"}'), now=START)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"appId":""}', b'{"appId":7}', b"\xff", b"[]"])
def test_a_hint_that_makes_no_sense_is_not_worth_keeping(body: bytes) -> None:
    with pytest.raises(Forged):
        CONNECTOR.read_callback("credit", replace(CALL, body=body), now=START)


def test_the_platform_looks_at_the_status_alone() -> None:
    for verdict, status in ((Verdict.RECEIVED, 200), (Verdict.REFUSED, 400), (Verdict.BUSY, 503)):
        answer = CONNECTOR.acknowledge("credit", CALL, verdict, now=START, random=bytes)
        assert answer.status == status
    # Of a disbursement only what is proven is acknowledged.
    forged = replace(CALL, path=CALL.path.replace("credit", "drawdown"), body=b"x")
    assert CONNECTOR.acknowledge("drawdown", forged, Verdict.RECEIVED, now=START, random=bytes).status == 400


def test_a_disbursement_is_called_once_and_never_again() -> None:
    simulator = TestXCaHmac().partner_with("ours")
    connector = registry.build("x_ca_hmac", Partner(PARTNER, TestXCaHmac().keys("ours")[0]))
    talk = Talk(connector, simulator)
    talk.ask(talk.drawing())
    talk.now = simulator.next_due() or talk.now
    ((kind, call),) = simulator.callbacks(now=talk.now)
    assert kind == "drawdown"
    (told, plan) = connector.read_callback(kind, call, now=talk.now).facts
    assert (told.kind, plan.kind) == ("drawdown", "plan")
    assert not simulator.accepts(kind, call, Answer(503, {}, b""), now=talk.now)
    assert simulator.callbacks(now=talk.now) == []
    assert [notice.kind for notice in simulator.given_up] == ["drawdown"]
