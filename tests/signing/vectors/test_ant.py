"""The XML envelope of Ant's demo, byte for byte, and the tricks XML invites."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from signing.envelope import Plain, Wire, seal, unseal
from signing.errors import MalformedMessage, MessageRefused, SignatureRefused
from signing.keys import Key, PartnerKeys
from signing.profile import load_profile
from signing.signature import SignatureAlgorithm, sign
from tests.shared import shared_json
from tests.signing.support import both_ways, pem

pytestmark = pytest.mark.vectors("dialects/ant_jiebei_xml_rsa.json")

NOW = datetime.fromisoformat("2016-11-20T10:45:52+08:00")
Vector = dict[str, Any]
LEG = load_profile("ant-jiebei-xml").request


@pytest.fixture(scope="module")
def vector() -> Vector:
    found: Vector = shared_json("vectors/dialects/ant_jiebei_xml_rsa.json")
    return found


@pytest.fixture(scope="module")
def keys(vector: Vector) -> PartnerKeys:
    der = base64.b64decode(vector["private_key_pkcs8_b64"])
    return both_ways(Key.private_pem("k", pem("PRIVATE KEY", der)))


@pytest.fixture
def wire(vector: Vector) -> Wire:
    return Wire("POST", "/", {}, vector["wire"].encode())


def test_we_seal_the_published_bytes(
    vector: Vector, keys: PartnerKeys, random: Callable[[int], bytes]
) -> None:
    sealed = seal(LEG, Plain(vector["inner_xml"].encode(), "m"), keys, now=NOW, random=random)
    assert sealed.body.decode() == vector["wire"]
    text = vector["to_be_signed"].encode()
    value = sign(SignatureAlgorithm.RSA_PKCS1_SHA256, text, keys.ours, NOW).value
    assert base64.b64encode(value).decode() == vector["expected_signature_b64"]


def test_they_seal_we_open(vector: Vector, keys: PartnerKeys, wire: Wire) -> None:
    opened = unseal(LEG, wire, keys, now=NOW)
    assert opened.payload.decode() == vector["inner_xml"]
    assert (opened.nonce, opened.signed_at) == ("20161120110400030001701058431001", NOW)


def test_a_signed_answer(vector: Vector, keys: PartnerKeys, random: Callable[[int], bytes]) -> None:
    leg = load_profile("ant-jiebei-xml").answer
    assert leg is not None
    sealed = seal(leg, Plain(b"<body><retCode>0000</retCode></body>", "m"), keys, now=NOW, random=random)
    assert b"<response><body>" in sealed.body
    assert unseal(leg, sealed, keys, now=NOW).payload == b"<body><retCode>0000</retCode></body>"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<applyNo>", "<applyNo><!-- x -->"),
        ("<request>", '<!DOCTYPE document [<!ENTITY x "y">]><request>'),
        ("<request>", "<request><![CDATA[</request><signature>]]>"),
        ("<document>", "<document><request></request>"),
        ("<request>", '<request id="1">'),
        ("</document>", "<extra>&unknown;</extra></document>"),
        ("</document>", "<extra><b/></extra></document>"),
        ("</document>", "</document><document></document>"),
        ("</request>", "<request></request></request>"),
        ('<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0" encoding="GBK"?>'),
        ("<request>", "text<request>"),
        ("</body></request>", "</request>"),
    ],
)
def test_tricks(old: str, new: str, keys: PartnerKeys, wire: Wire) -> None:
    body = wire.body.replace(old.encode(), new.encode(), 1)
    assert body != wire.body
    with pytest.raises(MessageRefused):
        unseal(LEG, replace(wire, body=body), keys, now=NOW)


def test_whitespace_inside_is_signed_and_outside_is_not(keys: PartnerKeys, wire: Wire) -> None:
    outside = wire.body.replace(b"<document>", b"\n<document>\n ").replace(b"</document>", b"\n</document>\n")
    assert unseal(LEG, replace(wire, body=outside), keys, now=NOW).nonce
    with pytest.raises(SignatureRefused):
        unseal(LEG, replace(wire, body=wire.body.replace(b"<head>", b"<head> ")), keys, now=NOW)


def test_inner_xml_with_a_comment_is_not_even_sealed(
    keys: PartnerKeys, random: Callable[[int], bytes]
) -> None:
    for inner in (b"<a><!-- x --></a>", b"<a>", b"<a></a></request>"):
        with pytest.raises(MalformedMessage):
            seal(LEG, Plain(inner, "m"), keys, now=NOW, random=random)
