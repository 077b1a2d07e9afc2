"""Labels, clocks, keys and answers: who is believed, when, and about what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from signing.errors import ClockRefused, KeyUnavailable, MalformedMessage, ProfileInvalid, SignatureRefused
from signing.http_signature import HttpMessage, sign_http, verify_http
from signing.keys import Key, KeyRing, KeyState, RingEntry
from signing.newkeys import new_ed25519
from signing.signature import SignatureAlgorithm
from tests.signing.http_signature.messages import (
    BODY,
    ED,
    FULL,
    KEYS,
    NOW,
    OURS,
    PARAMS,
    REQUEST,
    THEIRS,
    handmade,
    rules,
    signed,
    with_header,
)


@pytest.mark.parametrize("value", ["a\r\nb", "é", "a\x00"])
def test_a_header_that_could_forge_a_line_is_not_covered(value: str) -> None:
    wider = rules(covered=("@method", "@authority", "@path", "@query", "content-digest", "content-type"))
    with pytest.raises(MalformedMessage):
        signed(wider, with_header(REQUEST, "Content-Type", value))


@pytest.mark.parametrize("missing", ["signature", "signature-input", "content-digest"])
def test_an_absent_header(missing: str) -> None:
    message = signed(rules())
    headers = {name: value for name, value in message.headers.items() if name != missing}
    with pytest.raises((SignatureRefused, MalformedMessage)):
        verify_http(rules(), replace(message, headers=headers), THEIRS, now=NOW)


def test_several_signatures_and_labels() -> None:
    message = signed(rules())
    two = with_header(
        message, "signature-input", f'proxy=("@method");x, {message.headers["signature-input"]}'
    )
    two = with_header(two, "signature", f"proxy=:AA==:, {message.headers['signature']}")
    assert verify_http(rules(), two, THEIRS, now=NOW).body == BODY
    unlabelled = rules(label=None)
    assert verify_http(unlabelled, message, THEIRS, now=NOW).body == BODY
    for how, what in ((unlabelled, two), (rules(label="other"), message)):
        with pytest.raises(SignatureRefused):
            verify_http(how, what, THEIRS, now=NOW)
    twice = with_header(
        message, "signature", f"{message.headers['signature']}, {message.headers['signature']}"
    )
    with pytest.raises(MalformedMessage):
        verify_http(rules(), twice, THEIRS, now=NOW)


def test_the_tag_and_the_algorithm_are_the_profiles() -> None:
    with pytest.raises(SignatureRefused):
        verify_http(rules(tag="loan"), signed(rules(tag="other")), THEIRS, now=NOW)
    hmac_with_public_key = Key.symmetric("ed-1", KEYS[ED].export_public())
    forged = signed(rules(SignatureAlgorithm.HMAC_SHA256), ring=KeyRing.of("x", hmac_with_public_key))
    with pytest.raises(SignatureRefused):
        verify_http(rules(), forged, THEIRS, now=NOW)


# seconds from the signature to now, and the verdict
CLOCK = [
    (0, True),
    (300, True),
    (301, False),
    (-10, True),
    (-11, False),
    (-60, False),
    (-61, False),
    (86_400, False),
]


@pytest.mark.parametrize(("seconds", "accepted"), CLOCK)
def test_the_clock(seconds: int, accepted: bool) -> None:
    message, now = signed(rules()), NOW + timedelta(seconds=seconds)
    if accepted:
        assert verify_http(rules(), message, THEIRS, now=now).signed_at == NOW
        return
    with pytest.raises(ClockRefused) as refused:
        verify_http(rules(), message, THEIRS, now=now)
    assert (refused.value.retry_after_s is not None) is (-60 <= seconds < -10)


def test_a_signature_that_expires_by_its_own_word() -> None:
    message = handmade(f"{FULL}{PARAMS};expires={int(NOW.timestamp()) + 5}")
    assert verify_http(rules(), message, THEIRS, now=NOW + timedelta(seconds=4)).body == BODY
    with pytest.raises(ClockRefused):
        verify_http(rules(), message, THEIRS, now=NOW + timedelta(seconds=5))


def test_keys_that_may_not_be_believed() -> None:
    public = KEYS[ED].public()
    rings = [
        KeyRing("empty", ()),
        KeyRing("revoked", [RingEntry(public, KeyState.REVOKED)]),
        KeyRing("over", [RingEntry(public, not_after=NOW)]),
        KeyRing("not yet", [RingEntry(public, not_before=NOW + timedelta(seconds=1))]),
        KeyRing.of("another id", Key("ed-2", public.expect(ed25519.Ed25519PublicKey))),
        KeyRing.of(
            "another kind",
            Key("ed-1", KEYS[SignatureAlgorithm.RSA_PKCS1_SHA256].public().expect(rsa.RSAPublicKey)),
        ),
    ]
    for ring in rings:
        with pytest.raises(KeyUnavailable):
            verify_http(rules(), signed(rules()), ring, now=NOW)
    with pytest.raises(SignatureRefused):
        verify_http(
            rules(),
            signed(rules()),
            KeyRing.of(
                "another key", Key("ed-1", new_ed25519("x").public().expect(ed25519.Ed25519PublicKey))
            ),
            now=NOW,
        )


def test_what_the_caller_may_not_do() -> None:
    with pytest.raises(ProfileInvalid):
        sign_http(rules(), signed(rules()), OURS, now=NOW, nonce="n")
    with pytest.raises(ProfileInvalid):
        sign_http(rules(), REQUEST, OURS, now=NOW)
    with pytest.raises(ProfileInvalid):
        sign_http(rules(), REQUEST, OURS, now=NOW, nonce="中")
    with pytest.raises(KeyUnavailable):
        sign_http(rules(), REQUEST, KeyRing("empty", ()), now=NOW, nonce="n")


def test_an_answer_belongs_to_its_request() -> None:
    how = rules(message="response", nonce=False)
    request = signed(rules())
    answer = HttpMessage("", "", "", {"Content-Type": "application/json"}, b'{"ok":true}', status=200)
    headers = sign_http(how, answer, OURS, now=NOW, request=request)
    answer = replace(answer, headers={**answer.headers, **headers})
    verified = verify_http(how, answer, THEIRS, now=NOW, request=request)
    assert verified.covered['"@method";req'] == "POST"
    assert verified.covered['"content-digest";req'] == request.headers["content-digest"]
    other = signed(rules(), replace(REQUEST, body=b"{}"))
    for changed, asked in ((answer, other), (replace(answer, status=500), request)):
        with pytest.raises(SignatureRefused):
            verify_http(how, changed, THEIRS, now=NOW, request=asked)
    for changed, asked_or_none in ((answer, None), (replace(answer, status=None), request)):
        with pytest.raises(MalformedMessage):
            verify_http(how, changed, THEIRS, now=NOW, request=asked_or_none)
