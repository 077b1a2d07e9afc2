"""Standard Webhooks: what we send is believed by the published library, through a rotation of keys too."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import standardwebhooks
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from signing.errors import (
    ClockRefused,
    KeyUnavailable,
    MalformedMessage,
    ProfileInvalid,
    SignatureRefused,
    SigningError,
)
from signing.keys import Key, KeyRing, KeyState, RingEntry, Secret
from signing.newkeys import new_symmetric
from signing.webhooks import ID, SIGNATURE, TIMESTAMP, Scheme, read_webhook_key, sign_webhook, verify_webhook
from tests.shared import shared_json
from tests.signing.mutations import mutants
from tests.signing.support import vectors

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
BODY = '{"type":"loan.disbursed","name":"张三"}'.encode()
OLD, NEW = (new_symmetric(name, Random(name).randbytes) for name in ("old", "new"))


def scheme_of(secret: str) -> Scheme:
    return "v1a" if secret.startswith("whpk_") else "v1"


@pytest.mark.parametrize("case", vectors("vectors/callbacks/standard_webhooks.json", "cases"))
def test_the_published_cases(case: dict[str, object]) -> None:
    secret, headers = str(case["secret"]), case["headers"]
    assert isinstance(headers, dict)
    if case["expect"] == "config_error":
        with pytest.raises(KeyUnavailable):
            read_webhook_key("k", secret)
        return
    ring, body = KeyRing.of("w", read_webhook_key("k", secret)), str(case["body"]).encode()
    now = datetime.fromtimestamp(float(str(case["now"])), UTC)
    if case["expect"] == "accept":
        verified = verify_webhook(scheme_of(secret), headers, body, ring, now=now)
        assert (verified.payload, verified.nonce) == (body, "msg_p5jXN8AQM9LWM0D4loKWxJek")
        return
    with pytest.raises(SigningError):
        verify_webhook(scheme_of(secret), headers, body, ring, now=now)


def test_there_are_fourteen_cases() -> None:
    assert len(shared_json("vectors/callbacks/standard_webhooks.json")["cases"]) >= 14


def their_secret(key: Key) -> bytes:
    return key.expect(Secret).value


def test_the_published_library_makes_the_same_headers() -> None:
    headers = sign_webhook("v1", BODY, KeyRing.of("w", OLD), message_id="msg_1", now=NOW)
    theirs = standardwebhooks.Webhook(their_secret(OLD))
    assert headers[SIGNATURE] == theirs.sign("msg_1", NOW, BODY.decode())
    assert (headers[ID], headers[TIMESTAMP]) == ("msg_1", str(int(NOW.timestamp())))
    assert headers["content-type"] == "application/json"


def test_through_a_rotation_the_receiver_may_change_at_any_moment() -> None:
    ring = KeyRing.of("w", OLD)
    distributed = ring.with_entry(RingEntry(NEW, KeyState.PRE_ACTIVE))
    promoted = distributed.promoted("new")
    both = sign_webhook("v1", BODY, distributed, message_id="msg_1", now=NOW)
    assert both[SIGNATURE].count("v1,") == 2
    for receiver in (OLD, NEW):
        assert verify_webhook("v1", both, BODY, KeyRing.of("r", receiver), now=NOW).key_id == receiver.key_id
    after = sign_webhook("v1", BODY, promoted, message_id="msg_1", now=NOW)
    assert verify_webhook("v1", after, BODY, KeyRing.of("r", NEW), now=NOW).payload == BODY
    with pytest.raises(SignatureRefused):
        verify_webhook("v1", after, BODY, KeyRing.of("r", OLD), now=NOW)


def test_a_key_not_yet_valid_signs_nothing() -> None:
    tomorrow = NOW + timedelta(days=1)
    ring = KeyRing.of("w", OLD).with_entry(RingEntry(NEW, KeyState.PRE_ACTIVE, not_before=tomorrow))
    assert " " not in sign_webhook("v1", BODY, ring, message_id="m", now=NOW)[SIGNATURE]


def pair() -> tuple[str, str]:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(Random(2).randbytes(32))
    seed = private.private_bytes_raw()
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return (
        "whsk_" + base64.b64encode(seed + public).decode(),
        "whpk_" + base64.b64encode(public).decode(),
    )


def test_signed_so_that_the_receiver_cannot_forge() -> None:
    private, public = pair()
    headers = sign_webhook(
        "v1a", BODY, KeyRing.of("o", read_webhook_key("k", private)), message_id="m", now=NOW
    )
    assert headers[SIGNATURE].startswith("v1a,")
    ring = KeyRing.of("t", read_webhook_key("k", public))
    assert verify_webhook("v1a", headers, BODY, ring, now=NOW).payload == BODY
    with pytest.raises(SigningError):
        verify_webhook("v1", headers, BODY, KeyRing.of("s", OLD), now=NOW)
    with pytest.raises(KeyUnavailable):
        sign_webhook("v1a", BODY, ring, message_id="m", now=NOW)


@pytest.mark.parametrize(
    "text", ["whpk_", "whpk_!", "whpk_AAAA", "whsk_AAAA", "whsk_" + "A" * 44, "wh_AAAA", ""]
)
def test_keys_that_are_none(text: str) -> None:
    with pytest.raises(KeyUnavailable):
        read_webhook_key("k", text)


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\n", "消息", "x" * 257])
def test_ids_the_standard_cannot_carry(message_id: str) -> None:
    with pytest.raises(ProfileInvalid):
        sign_webhook("v1", BODY, KeyRing.of("w", OLD), message_id=message_id, now=NOW)


def test_a_dot_in_the_id_cannot_move_the_time() -> None:
    """``m.5`` sent at T with body B has the signed text of ``m`` sent at 5 with body ``T.B``."""
    stamp = str(int(NOW.timestamp()))
    signed = standardwebhooks.Webhook(their_secret(OLD)).sign(f"m.{stamp}", NOW, "{}")
    shown = {ID: "m", TIMESTAMP: stamp, SIGNATURE: signed}
    ring = KeyRing.of("w", OLD)
    with pytest.raises(MalformedMessage):
        verify_webhook("v1", {**shown, ID: f"m.{stamp}"}, b"{}", ring, now=NOW)
    assert verify_webhook("v1", shown, f"{stamp}.{{}}".encode(), ring, now=NOW).nonce == "m"


CLOCK = [(0, True), (300, True), (301, False), (-300, True), (-301, False)]


@pytest.mark.parametrize(("seconds", "accepted"), CLOCK)
def test_the_standards_window(seconds: int, accepted: bool) -> None:
    ring = KeyRing.of("w", OLD)
    headers = sign_webhook("v1", BODY, ring, message_id="m", now=NOW)
    now = NOW + timedelta(seconds=seconds)
    if accepted:
        assert verify_webhook("v1", headers, BODY, ring, now=now).signed_at == NOW
        return
    with pytest.raises(ClockRefused):
        verify_webhook("v1", headers, BODY, ring, now=now)


@pytest.mark.parametrize("name", [ID, TIMESTAMP, SIGNATURE, "body"])
def test_mutants_are_refused(name: str) -> None:
    ring = KeyRing.of("w", OLD)
    headers = sign_webhook("v1", BODY, ring, message_id="msg_1", now=NOW)
    original = BODY if name == "body" else headers[name].encode()
    for mutant in mutants(original, seed=len(name)):
        text = mutant.decode("latin-1")
        if name == SIGNATURE and headers[name] in text.split(" "):
            continue  # a list that still holds the good signature
        changed = headers if name == "body" else {**headers, name: text}
        with pytest.raises(SigningError):
            verify_webhook("v1", changed, mutant if name == "body" else BODY, ring, now=NOW)
