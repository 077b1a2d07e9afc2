"""The bank's connector keeps the contract of every connector, and judges records and complaints."""

from __future__ import annotations

import pytest

from connectors.cmb_sm.connector import CmbSmConnector
from connectors.conformance import contract
from connectors.conformance.rig import START, application, keys
from connectors.port import Answer, Call, Forged, Partner, Uncertain, Verdict

TestCmbSm = contract("cmb_sm")


@pytest.mark.parametrize(
    "body",
    [
        b"ErrMsg:\xd3\xc3\xbb\xa7 139" + b"12345678",
        b"CDCServer: the user N003261207 does not exist",
        b"<html>ErrMsg:timeout</html>",
    ],
)
def test_a_complaint_of_the_gateway_proves_nothing(body: bytes) -> None:
    connector = CmbSmConnector(Partner("p", keys("ours")[0]))
    with pytest.raises(Uncertain, match="the gateway complains") as caught:
        connector.read_answer(application(1), Answer(200, {}, body), now=START)
    assert "13912345678" not in str(caught.value)


def test_whoever_calls_a_partner_that_never_calls_is_sent_away() -> None:
    connector = CmbSmConnector(Partner("p", keys("ours")[0]))
    call = Call("POST", "/v1/partners/p/callbacks/credit", {}, b"{}")
    with pytest.raises(Forged):
        connector.read_callback("credit", call, now=START)
    assert connector.acknowledge("credit", call, Verdict.REFUSED, now=START, random=bytes).status == 404
