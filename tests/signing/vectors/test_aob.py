"""The open-bank platform with SM2 and SM4: both variants of the signed text, both directions."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from signing.encodings import Encoding, decode
from signing.envelope import Plain, Wire, seal, unseal
from signing.errors import SignatureRefused
from signing.keys import Key, KeyRing, PartnerKeys
from signing.profile import load_profile
from signing.signature import SignatureAlgorithm, verify
from tests.shared import shared_json
from tests.signing.support import both_ways

pytestmark = pytest.mark.vectors("dialects/aob_sm_computed.json")

NOW = datetime.fromisoformat("2025-10-01T09:30:00+08:00")
Vector = dict[str, Any]


@pytest.fixture(scope="module")
def vector() -> Vector:
    found: Vector = shared_json("vectors/dialects/aob_sm_computed.json")
    return found


@pytest.fixture(scope="module")
def keys(vector: Vector) -> PartnerKeys:
    iv = bytes.fromhex(vector["sm4_iv_hex"])
    secret = Key.symmetric("s", bytes.fromhex(vector["sm4_key_hex"]), attributes={"iv": iv})
    private = Key.private_pem("k", vector["private_key_pem"].encode())
    assert (
        Key.public_pem("k", vector["public_key_pem"].encode()).fingerprint() == private.public().fingerprint()
    )
    return both_ways(private, secret)


def test_headers_in_order(vector: Vector, keys: PartnerKeys, random: Callable[[int], bytes]) -> None:
    variant = vector["variant_header_order"]
    leg = load_profile("aob-sm").request
    headers = variant["headers"] | {"x-aob-signature": variant["signature_der_upper_hex"]}
    opened = unseal(leg, Wire("POST", "/", headers, vector["http_body"].encode()), keys, now=NOW)
    assert opened.payload == vector["plaintext"].encode()
    assert (opened.nonce, opened.signed_at) == ("i-0001", NOW)
    assert opened.fields["x-aob-appID"] == "app-0001"

    given = {name: value for name, value in variant["headers"].items() if name != "x-aob-interaction-id"}
    wire = seal(leg, Plain(vector["plaintext"].encode(), "i-0001", given), keys, now=NOW, random=random)
    assert wire.body == vector["http_body"].encode()
    value = decode(Encoding.HEX_UPPER, wire.headers["x-aob-signature"])
    text = variant["signed_text"].encode()
    assert verify(SignatureAlgorithm.SM2_SM3_DER, text, value, keys.theirs, NOW) == text


def test_body_only(vector: Vector, keys: PartnerKeys, random: Callable[[int], bytes]) -> None:
    leg = load_profile("aob-sm-body").request
    signature = vector["variant_body_only"]["signature_der_upper_hex"]
    wire = Wire("POST", "/", {"X-AOB-Signature": signature}, vector["http_body"].encode())
    opened = unseal(leg, wire, keys, now=NOW)
    assert opened.payload == vector["plaintext"].encode()
    assert opened.nonce == "20251001000000000001"
    assert opened.fields == {}
    sealed = seal(leg, Plain(vector["plaintext"].encode(), "m"), keys, now=NOW, random=random)
    assert sealed.body.decode() == vector["variant_body_only"]["signed_text"] == vector["http_body"]
    assert unseal(leg, sealed, keys, now=NOW).payload == opened.payload


def test_a_signature_under_another_user_id_is_refused(vector: Vector, keys: PartnerKeys) -> None:
    negative = vector["negative_wrong_user_id"]
    value = decode(Encoding.HEX_UPPER, negative["signature_der_upper_hex"])
    text = negative["signed_text"].encode()
    with pytest.raises(SignatureRefused):
        verify(SignatureAlgorithm.SM2_SM3_DER, text, value, keys.theirs, NOW)
    named = Key.public_pem(
        "k",
        vector["public_key_pem"].encode(),
        attributes={"sm2_user_id": negative["user_id_used"].encode()},
    )
    ring = KeyRing.of("r", named)
    assert verify(SignatureAlgorithm.SM2_SM3_DER, text, value, ring, NOW) == text


@pytest.mark.parametrize("header", ["x-aob-appID", "x-idempotency-key", "Authorization"])
def test_a_header_changed_or_added_is_refused(header: str, vector: Vector, keys: PartnerKeys) -> None:
    variant = vector["variant_header_order"]
    headers = variant["headers"] | {"x-aob-signature": variant["signature_der_upper_hex"], header: "other"}
    with pytest.raises(SignatureRefused):
        unseal(
            load_profile("aob-sm").request,
            Wire("POST", "/", headers, vector["http_body"].encode()),
            keys,
            now=NOW,
        )


def test_lower_case_hexadecimal_is_another_spelling_and_refused(vector: Vector, keys: PartnerKeys) -> None:
    body = json.dumps({"bizContent": vector["bizContent_upper_hex"].lower()}, separators=(",", ":"))
    signature = vector["variant_body_only"]["signature_der_upper_hex"]
    with pytest.raises(SignatureRefused):
        unseal(
            load_profile("aob-sm-body").request,
            Wire("POST", "/", {"x-aob-signature": signature}, body.encode()),
            keys,
            now=NOW,
        )
