"""Alipay RSA2 notifications with their expected verdicts, and the other legs of the profile."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from signing.covered import signed_text
from signing.draft import Draft
from signing.envelope import Plain, Wire, read_unsigned, seal, unseal
from signing.errors import MalformedMessage, MessageRefused, ProfileInvalid, SignatureRefused
from signing.keys import PartnerKeys
from signing.profile import Leg, Signature, load_profile
from tests.signing.support import only_theirs, public_of_base64, vectors

pytestmark = pytest.mark.vectors("callbacks/alipay_rsa2_notify.json")

PROFILE = load_profile("alipay-rsa2")


def flat(params: dict[str, Any]) -> dict[str, str]:
    """Parameters as they stand in the form: what is not text travels as compact JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name, value in params.items()
    }


@pytest.mark.parametrize("case", vectors("vectors/callbacks/alipay_rsa2_notify.json", "cases"))
def test_notifications(case: dict[str, Any]) -> None:
    leg = PROFILE.callback
    assert leg is not None
    params = flat(case["params"])
    keys = only_theirs(public_of_base64("alipay", case["public_key"]))
    sent = datetime.fromisoformat(params["notify_time"]).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    wire = Wire("POST", "/notify", {}, urlencode(params).encode())
    if case["expect"] == "reject":
        with pytest.raises(MessageRefused):
            unseal(leg, wire, keys, now=sent)
        return
    opened = unseal(leg, wire, keys, now=sent)
    assert opened.nonce == params["notify_id"]
    assert opened.fields.keys() == params.keys() - {"sign", "sign_type"}
    assert isinstance(leg.signature, Signature)
    text = signed_text(leg, leg.signature, Draft("POST", "/", {}, params))
    assert text.decode() == case["sign_content"]


def legs() -> list[str]:
    return ["request", "answer", "callback"]


@pytest.mark.parametrize("name", legs())
def test_both_directions(
    name: str, pair: tuple[PartnerKeys, PartnerKeys], now: datetime, random: Callable[[int], bytes]
) -> None:
    leg = getattr(PROFILE, name)
    assert isinstance(leg, Leg)
    payload = b"" if name == "callback" else b'{"out_trade_no":"T1"}'
    fields = {
        "request": {"app_id": "1", "method": "alipay.trade.query"},
        "answer": {"*": "alipay_trade_query"},
        "callback": {"trade_status": "TRADE_SUCCESS"},
    }[name]
    wire = seal(leg, Plain(payload, "n-1", fields), pair[0], now=now, random=random)
    opened = unseal(leg, wire, pair[1], now=now)
    assert opened.payload == payload
    if name == "answer":
        assert wire.body.startswith(b'{"alipay_trade_query_response":{"out_trade_no":"T1"},"sign":"')
        twice = wire.body.replace(b'{"alipay', b'{"x_response":{},"alipay', 1)
        with pytest.raises(MalformedMessage):
            unseal(leg, Wire("POST", "/", {}, twice), pair[1], now=now)
        with pytest.raises(ProfileInvalid):
            seal(leg, Plain(payload, "n-1"), pair[0], now=now, random=random)
    if name == "callback":
        assert opened.fields["trade_status"] == "TRADE_SUCCESS"
        changed = wire.body.replace(b"TRADE_SUCCESS", b"TRADE_CLOSED")
        with pytest.raises(SignatureRefused):
            unseal(leg, Wire("POST", "/", {}, changed), pair[1], now=now)


def test_the_acknowledgement_is_one_word(
    pair: tuple[PartnerKeys, PartnerKeys], now: datetime, random: Callable[[int], bytes]
) -> None:
    leg = PROFILE.ack
    assert leg is not None
    wire = seal(leg, Plain(b"success", "m"), pair[0], now=now, random=random)
    assert wire.body == b"success"
    assert read_unsigned(leg, wire).payload == b"success"
