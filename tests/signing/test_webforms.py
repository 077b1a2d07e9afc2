"""Legs of the web-standard forms: what their profiles may say, and what a message must bring along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from signing.envelope import Plain, Wire, seal, unseal
from signing.errors import ClockRefused, MalformedMessage, OpenFailed, ProfileInvalid, SignatureRefused
from signing.keys import KeyRing, KeyUse, PartnerKeys
from signing.newkeys import new_ec, new_ed25519, new_rsa, new_symmetric
from signing.profile import load_profile, parse_profile
from tests.signing.support import both_ways

Random = Callable[[int], bytes]
KEYS = both_ways(new_ed25519("k"))
HTTP = load_profile("http-message-signature")
BODY = b'{"amount_fen":100000}'

PROFILE = """
name: tried
summary: tried
source: this test
request:
  body: {body}
  signature: {signature}
  {more}
"""
JSON_BODY = "{kind: json, payload: data, payload_as: json}"
TEXT = "{kind: text, content_type: application/json}"
HTTP_RULES = "{kind: http_signature, algorithm: ed25519}"
JWS_BESIDE = '{kind: jws, algorithm: EdDSA, detached: true, place: "header:x-jws"}'
REPLAY = 'replay: {timestamp: {slot: "header:x-time", format: epoch-s}}'
DIGEST = 'body_digest: {place: "header:x-digest", algorithm: sha256}'
OUTER = "outer: {body: {kind: text}, encryption: {kind: jwe, wrap: RSA-OAEP-256}}"

# body, signature, what else the leg says
CONTRADICTIONS = [
    (JSON_BODY, HTTP_RULES, DIGEST),
    (JSON_BODY, HTTP_RULES, REPLAY),
    (TEXT, HTTP_RULES, OUTER),
    (TEXT, "{kind: http_signature, algorithm: ed25519, replay: {max_age_s: 60}}", ""),
    (TEXT, "{kind: http_signature, algorithm: ed25519, nonce: false}", ""),
    (JSON_BODY, JWS_BESIDE, ""),
    (TEXT, JWS_BESIDE, REPLAY),
    (TEXT, "{kind: jws, algorithm: EdDSA, detached: true}", ""),
    (TEXT, '{kind: jws, algorithm: EdDSA, place: "header:x"}', ""),
    (TEXT, '{kind: jws, algorithm: EdDSA, detached: true, place: "field:x"}', ""),
    (TEXT, "{kind: jws, algorithm: none}", ""),
]


@pytest.mark.parametrize(("body", "signature", "more"), CONTRADICTIONS)
def test_contradictions_are_no_profiles(body: str, signature: str, more: str) -> None:
    with pytest.raises(ProfileInvalid):
        parse_profile(PROFILE.format(body=body, signature=signature, more=more))


def sent(now: datetime, random: Random, body: bytes = BODY) -> Wire:
    plain = Plain(body, "m-1", path="/v1/loans", authority="bank.example")
    return seal(HTTP.request, plain, KEYS, now=now, random=random)


def test_a_request_and_the_answer_that_belongs_to_it(now: datetime, random: Random) -> None:
    asked = sent(now, random)
    assert HTTP.answer is not None
    said = Plain(b'{"ok":true}', "m-2", status=202, request=asked)
    answer = seal(HTTP.answer, said, KEYS, now=now, random=random)
    assert (answer.status, answer.request) == (202, asked)
    opened = unseal(HTTP.answer, answer, KEYS, now=now)
    assert (opened.payload, opened.nonce, opened.signed_at) == (b'{"ok":true}', "m-2", now)
    with pytest.raises(SignatureRefused):
        unseal(HTTP.answer, replace(answer, request=sent(now, random, b"{}")), KEYS, now=now)
    with pytest.raises(SignatureRefused):
        unseal(HTTP.answer, replace(answer, status=500), KEYS, now=now)
    with pytest.raises(MalformedMessage):
        unseal(HTTP.answer, replace(answer, request=None), KEYS, now=now)


def test_the_host_is_configured_and_never_taken_from_the_message(now: datetime, random: Random) -> None:
    wire = sent(now, random)
    claimed = {**wire.headers, "host": "bank.example"}
    with pytest.raises(MalformedMessage):
        unseal(HTTP.request, replace(wire, authority="", headers=claimed), KEYS, now=now)
    with pytest.raises(SignatureRefused):
        unseal(HTTP.request, replace(wire, authority="other.example", headers=claimed), KEYS, now=now)


def test_the_window_is_the_legs(now: datetime, random: Random) -> None:
    leg = HTTP.request.model_copy(update={"replay": HTTP.request.replay.model_copy(update={"max_age_s": 5})})
    wire = sent(now, random)
    assert unseal(leg, wire, KEYS, now=now + timedelta(seconds=5)).payload == BODY
    with pytest.raises(ClockRefused):
        unseal(leg, wire, KEYS, now=now + timedelta(seconds=6))
    assert unseal(HTTP.request, wire, KEYS, now=now + timedelta(seconds=6)).payload == BODY


WITH_FIELDS = PROFILE.format(
    body=JSON_BODY,
    signature='{kind: http_signature, algorithm: ed25519, covered: ["@method", "@authority", "@path", '
    "content-digest, content-type, x-app]}",
    more='places: {app: "header:x-app", trace: "header:x-trace"}\n  encryption: {kind: jwe, wrap: dir}',
).replace("payload_as: json", "payload_as: string")


def test_only_what_is_covered_comes_back(now: datetime, random: Random) -> None:
    leg = parse_profile(WITH_FIELDS).request
    keys = PartnerKeys(KEYS.ours, KEYS.theirs, KeyRing.of("shared", new_symmetric("s", random)))
    fields = {"app": "10001", "trace": "t", "serial": "7"}
    plain = Plain(BODY, "m-1", fields, authority="bank.example")
    wire = seal(leg, plain, keys, now=now, random=random)
    assert BODY not in wire.body
    opened = unseal(leg, wire, keys, now=now)
    assert opened.payload == BODY
    assert opened.fields == {"x-app": fields["app"], "serial": "7"}


def test_a_sealed_token_that_does_not_open(now: datetime, random: Random) -> None:
    profile = load_profile("jose-nested").request
    claims = f'{{"iat":{int(now.timestamp())},"jti":"m-1"}}'.encode()
    sign, receive = new_ec("s", use=KeyUse.SIGN), new_rsa("r", use=KeyUse.ENCRYPT)
    keys = PartnerKeys(KeyRing.of("o", sign, receive), KeyRing.of("t", sign.public(), receive.public()))
    wire = seal(profile, Plain(claims, "m-1"), keys, now=now, random=random)
    opened = unseal(profile, wire, keys, now=now)
    assert (opened.payload, opened.nonce, opened.signed_at) == (claims, "m-1", now)
    for body in (b"", b"a.b.c.d.e", b"\xff", wire.body + b"A", wire.body.replace(b".", b"..", 1)):
        with pytest.raises(OpenFailed):
            unseal(profile, replace(wire, body=body), keys, now=now)
    other = PartnerKeys(KeyRing.of("o", sign, new_rsa("r", use=KeyUse.ENCRYPT)), keys.theirs)
    with pytest.raises(OpenFailed):
        unseal(profile, wire, other, now=now)


def test_a_detached_token_that_is_taken_away_or_put_elsewhere(now: datetime, random: Random) -> None:
    leg = load_profile("jws-detached").request
    keys = both_ways(new_rsa("k"))
    claims = f'{{"iat":{int(now.timestamp())},"jti":"m-1"}}'.encode()
    wire = seal(leg, Plain(claims, "m-1"), keys, now=now, random=random)
    assert wire.body == claims
    assert unseal(leg, wire, keys, now=now).nonce == "m-1"
    with pytest.raises(MalformedMessage):
        unseal(leg, replace(wire, headers={}), keys, now=now)
    token = wire.headers["x-jws-signature"]
    with pytest.raises(SignatureRefused):
        unseal(leg, replace(wire, body=claims.replace(b"m-1", b"m-2")), keys, now=now)
    with pytest.raises(MalformedMessage):
        unseal(leg, replace(wire, headers={"x-jws-signature": token.replace("..", ".e30.")}), keys, now=now)
