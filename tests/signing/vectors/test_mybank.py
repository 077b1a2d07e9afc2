"""MYbank's published XML-DSig sample: its digest, its exact layout, and both directions with our own keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from signing.envelope import Plain, seal, unseal
from signing.keys import PartnerKeys
from signing.keystore import new_rsa
from signing.profile import load_profile
from tests.shared import shared_json
from tests.signing.support import both_ways

pytestmark = pytest.mark.vectors("dialects/mybank_xmldsig_digest.json")

NOW = datetime.fromisoformat("2015-11-04T20:18:45+08:00")
Vector = dict[str, Any]
VALUE = re.compile(r"(<ds:SignatureValue>\n).*?(\n</ds:SignatureValue>)", re.DOTALL)


@pytest.fixture(scope="module")
def vector() -> Vector:
    found: Vector = shared_json("vectors/dialects/mybank_xmldsig_digest.json")
    return found


@pytest.fixture(scope="module")
def keys() -> PartnerKeys:
    return both_ways(new_rsa("k"))


def test_the_published_document_but_for_the_value_of_its_signature(
    vector: Vector, keys: PartnerKeys, random: Callable[[int], bytes]
) -> None:
    """The bank's private key is not published; the rest of the signed document is ours to reproduce."""
    leg = load_profile("mybank-xmldsig").request
    wire = seal(leg, Plain(vector["origin_xml"].encode(), "m"), keys, now=NOW, random=random)
    blank = r"\1VALUE\2"
    assert VALUE.sub(blank, wire.body.decode()) == VALUE.sub(blank, vector["signed_xml"])
    assert f"<ds:DigestValue>{vector['expected_digest_sha1_b64']}</ds:DigestValue>" in wire.body.decode()


def test_both_directions(vector: Vector, keys: PartnerKeys, random: Callable[[int], bytes]) -> None:
    leg = load_profile("mybank-xmldsig").request
    wire = seal(leg, Plain(vector["origin_xml"].encode(), "m"), keys, now=NOW, random=random)
    opened = unseal(leg, wire, keys, now=NOW)
    assert (opened.nonce, opened.signed_at) == ("201511251222845312412129", NOW)
    assert b"ds:Signature" not in opened.payload
    assert "中文测试2".encode() in opened.payload
