"""The digital-envelope vector, byte for byte, both directions."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from signing.ciphers import KeyWrap, unwrap_key
from signing.encodings import Encoding, decode
from signing.envelope import Plain, Wire, seal, unseal
from signing.keys import Key, KeyRing, PartnerKeys
from signing.profile import load_profile
from tests.shared import shared_json

pytestmark = pytest.mark.vectors("dialects/digital_envelope_computed.json")

SIGNED_AT = datetime.fromisoformat("2025-10-01T09:30:00+08:00")


@pytest.fixture(scope="module")
def vector() -> dict[str, Any]:
    found: dict[str, Any] = shared_json("vectors/dialects/digital_envelope_computed.json")
    return found


@pytest.fixture(scope="module")
def keys(vector: dict[str, Any]) -> tuple[PartnerKeys, PartnerKeys]:
    sender = Key.private_pem("sender", vector["sender_private_key_pem"].encode())
    receiver = Key.private_pem("receiver", vector["receiver_private_key_pem"].encode())

    def side(ours: Key, theirs: Key) -> PartnerKeys:
        return PartnerKeys(KeyRing.of("ours", ours), KeyRing.of("theirs", theirs.public()))

    return side(sender, receiver), side(receiver, sender)


def test_they_seal_we_open(vector: dict[str, Any], keys: tuple[PartnerKeys, PartnerKeys]) -> None:
    body = json.dumps(vector["message"], separators=(",", ":")).encode()
    leg = load_profile("digital-envelope-cbc").request
    opened = unseal(leg, Wire("POST", "/", {}, body), keys[1], now=SIGNED_AT)
    assert opened.payload == vector["plaintext"].encode()


def test_we_seal_the_same_bytes(vector: dict[str, Any], keys: tuple[PartnerKeys, PartnerKeys]) -> None:
    content_key = bytes.fromhex(vector["content_key_hex"])
    message = vector["message"]
    leg = load_profile("digital-envelope-cbc").request
    plain = Plain(vector["plaintext"].encode(), message["requestNo"], {"appid": message["appid"]})
    wire = seal(leg, plain, keys[0], now=SIGNED_AT, random=lambda size: content_key[:size])
    sealed = json.loads(wire.body)
    wrapped = decode(
        Encoding.BASE64, sealed.pop("key")
    )  # PKCS#1 padding is random, so only its content is equal
    receiver = keys[1].ours.primary(SIGNED_AT)
    assert unwrap_key(KeyWrap.RSA_PKCS1, wrapped, receiver, 16) == content_key
    assert sealed == {name: value for name, value in message.items() if name != "key"}
    assert list(json.loads(wire.body)) == list(message)
