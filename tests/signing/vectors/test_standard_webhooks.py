"""Standard Webhooks, with the frozen time and the verdict of each case."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signing.envelope import Plain, Wire, seal, unseal
from signing.errors import KeyUnavailable, SigningError
from signing.keys import Key, KeyRing, PartnerKeys
from signing.keystore import webhook_key
from signing.profile import Leg, load_profile
from tests.signing.support import only_theirs, vectors

pytestmark = pytest.mark.vectors("callbacks/standard_webhooks.json")

MESSAGE = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def side(case: dict[str, Any]) -> tuple[Leg, PartnerKeys]:
    secret = case["secret"]
    if secret.startswith("whpk_"):
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(secret[5:]))
        return load_profile("standard-webhooks-ed25519").request, only_theirs(Key("k", public))
    shared = KeyRing.of("shared", webhook_key("k", secret))
    return load_profile("standard-webhooks").request, PartnerKeys(KeyRing("o", ()), KeyRing("t", ()), shared)


@pytest.mark.parametrize("case", vectors("vectors/callbacks/standard_webhooks.json", "cases"))
def test_cases(case: dict[str, Any], random: Callable[[int], bytes]) -> None:
    if case["expect"] == "config_error":
        with pytest.raises(KeyUnavailable):
            side(case)
        return
    leg, keys = side(case)
    now = datetime.fromtimestamp(case["now"], UTC)
    wire = Wire("POST", "/", case["headers"], case["body"].encode())
    if case["expect"] == "reject":
        with pytest.raises(SigningError):
            unseal(leg, wire, keys, now=now)
        return
    opened = unseal(leg, wire, keys, now=now)
    assert opened.payload == case["body"].encode()
    signed_at = datetime.fromtimestamp(1614265330, UTC)
    assert (opened.nonce, opened.signed_at) == (MESSAGE["webhook-id"], signed_at)
    sent = seal(leg, Plain(opened.payload, MESSAGE["webhook-id"]), keys, now=signed_at, random=random)
    assert {name: sent.headers[name] for name in MESSAGE} == MESSAGE


def test_one_good_signature_in_a_list_is_enough_and_a_long_list_is_refused() -> None:
    leg, keys = side({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
    now = datetime.fromtimestamp(1614265330, UTC)
    good, bad = MESSAGE["webhook-signature"], "v1," + base64.b64encode(bytes(32)).decode()
    for listed in (f"{bad} v2,xyz {good}", f"{good} {bad}"):
        wire = Wire("POST", "/", {**MESSAGE, "webhook-signature": listed}, b'{"test": 2432232314}')
        assert unseal(leg, wire, keys, now=now).key_id == "k"
    crowded = " ".join([bad] * 8 + [good])
    with pytest.raises(SigningError):
        unseal(leg, Wire("POST", "/", {**MESSAGE, "webhook-signature": crowded}, b"{}"), keys, now=now)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA"]
)
def test_secrets_are_read_strictly(secret: str) -> None:
    with pytest.raises(KeyUnavailable):
        webhook_key("k", secret)
