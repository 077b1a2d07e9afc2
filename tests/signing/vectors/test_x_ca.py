"""The X-Ca-* canonical string with HMAC, byte for byte, both directions."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from signing.envelope import Plain, read_unsigned, seal, unseal
from signing.errors import ClockRefused, KeyUnavailable, ProfileInvalid, SignatureRefused
from signing.keys import Key, KeyRing, KeyUse, PartnerKeys
from signing.profile import load_profile
from tests.shared import shared_json

pytestmark = pytest.mark.vectors("dialects/x_ca_hmac_computed.json")

NOW = datetime(2026, 1, 5, 1, 30, 0, 123000, tzinfo=UTC)
Vector = dict[str, Any]
PATH = "/v1/gateway/loan_app.app.stsQuery"


@pytest.fixture(scope="module")
def vector() -> Vector:
    found: Vector = shared_json("vectors/dialects/x_ca_hmac_computed.json")
    return found


@pytest.fixture(scope="module")
def keys(vector: Vector) -> PartnerKeys:
    secret = Key.symmetric("mac", vector["secret"].encode(), use=KeyUse.SIGN)
    cipher = Key.symmetric("aes", base64.b64decode(vector["aes_key_b64"]), use=KeyUse.ENCRYPT)
    return PartnerKeys(KeyRing("o", ()), KeyRing("t", ()), KeyRing.of("shared", secret, cipher))


def test_both_directions(vector: Vector, keys: PartnerKeys, random: Callable[[int], bytes]) -> None:
    leg = load_profile("x-ca-hmac").request
    plain = Plain(vector["plaintext"].encode(), "m", {"app_key": "app-1"}, path=PATH)
    wire = seal(leg, plain, keys, now=NOW, random=random)
    assert wire.body.decode() == vector["wire_body"]
    assert wire.headers["content-md5"] == vector["content_md5"]
    assert wire.headers["x-ca-signature"] == vector["x_ca_signature"]
    assert wire.headers["x-ca-key"] == "app-1"
    parts = ["POST", *(wire.headers[name] for name in ("accept", "content-md5", "content-type")), "", PATH]
    assert "\n".join(parts) == vector["string_to_sign"]
    opened = unseal(leg, wire, keys, now=NOW)
    assert opened.payload == vector["plaintext"].encode()
    assert opened.signed_at == NOW
    assert opened.nonce == wire.headers["x-ca-nonce"]
    assert opened.key_id == "mac"
    assert opened.fields == {}


def test_the_published_canonical_string_has_the_same_shape(vector: Vector) -> None:
    published = vector["published_canonical_example"].split("\n")
    ours = vector["string_to_sign"].split("\n")
    assert [len(part) for part in published] == [len(part) for part in ours]


@pytest.mark.parametrize(
    ("header", "value"),
    [("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="), ("content-type", "text/plain"), ("accept", "*/*")],
)
def test_a_covered_header_changed_is_refused(
    header: str, value: str, vector: Vector, keys: PartnerKeys, random: Callable[[int], bytes]
) -> None:
    leg = load_profile("x-ca-hmac").request
    wire = seal(leg, Plain(b"{}", "m", path=PATH), keys, now=NOW, random=random)
    with pytest.raises(SignatureRefused):
        unseal(leg, replace(wire, headers={**wire.headers, header: value}), keys, now=NOW)
    with pytest.raises(SignatureRefused):
        unseal(leg, replace(wire, body=wire.body[:-4] + b"AAAA"), keys, now=NOW)


def test_the_clock_of_this_dialect_is_wide(keys: PartnerKeys, random: Callable[[int], bytes]) -> None:
    leg = load_profile("x-ca-hmac").request
    wire = seal(leg, Plain(b"{}", "m"), keys, now=NOW, random=random)
    late = {**wire.headers, "x-ca-timestamp": str(int(wire.headers["x-ca-timestamp"]) - 900_001)}
    with pytest.raises(ClockRefused):
        unseal(leg, replace(wire, headers=late), keys, now=NOW)


def test_answers_are_encrypted_but_claims_only(keys: PartnerKeys, random: Callable[[int], bytes]) -> None:
    leg = load_profile("x-ca-hmac").answer
    assert leg is not None
    wire = seal(leg, Plain(b'{"ok":1}', "m"), keys, now=NOW, random=random)
    assert read_unsigned(leg, wire, keys, now=NOW).payload == b'{"ok":1}'
    with pytest.raises(ProfileInvalid):
        read_unsigned(leg, wire)


def test_each_key_serves_its_own_use(vector: Vector, random: Callable[[int], bytes]) -> None:
    mac = Key.symmetric("mac", vector["secret"].encode(), use=KeyUse.SIGN)
    bare = PartnerKeys(KeyRing("o", ()), KeyRing("t", ()), KeyRing.of("shared", mac))
    with pytest.raises(KeyUnavailable):
        seal(load_profile("x-ca-hmac").request, Plain(b"{}", "m"), bare, now=NOW, random=random)
