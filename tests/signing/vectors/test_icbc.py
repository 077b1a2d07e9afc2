"""The ICBC-style vectors, byte for byte, both directions."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from signing.envelope import Plain, Wire, seal, unseal
from signing.keys import Key, KeyRing, PartnerKeys
from signing.profile import Leg, parse_profile
from signing.signature import SignatureAlgorithm, sign, verify
from tests.shared import shared_json, shared_path

pytestmark = pytest.mark.vectors("dialects/icbc_style_computed.json")

SIGNED_AT = datetime.fromisoformat("2025-10-01T09:30:00+08:00")
VECTORS = "vectors/dialects/icbc_style_computed.json"

# The published recipe in all its variants; the built-in profile offers only the encrypted RSA2 one.
VARIANT = """
name: icbc-variant
summary: a published variant
source: vectors
request:
  body: {{kind: form, payload: biz_content}}
  encryption: {encryption}
  signature:
    kind: signed
    algorithm: {algorithm}
    legacy: true
    place: "field:sign"
    text: {{kind: sorted, path_prefix: true, exclude: [sign]}}
  constants: {{charset: UTF-8, format: json, sign_type: {sign_type}{marker}}}
  replay:
    timestamp: {{slot: "field:timestamp", format: "%Y-%m-%d %H:%M:%S"}}
    nonce: {{slot: "field:msg_id"}}
answer:
  body: {{kind: json, payload: response_biz_content, payload_as: json}}
  signature:
    kind: signed
    algorithm: rsa-pkcs1-sha1
    legacy: true
    place: "field:sign"
    text: {{kind: slice, span: value}}
ack:
  body:
    kind: json
    payload: response_biz_content
    payload_as: json
    order: [response_biz_content, sign_type]
  signature:
    kind: signed
    algorithm: rsa-pkcs1-sha256
    place: "field:sign"
    text: {{kind: slice, span: until_signature}}
  constants: {{sign_type: RSA2}}
"""


def leg_for(params: dict[str, str], name: str = "request") -> Leg:
    encrypted = params.get("encrypt_type") == "AES"
    rsa2 = params["sign_type"] == "RSA2"
    text = VARIANT.format(
        encryption="{kind: pre_shared, cipher: aes-128-cbc, iv: zero}" if encrypted else "{kind: none}",
        algorithm="rsa-pkcs1-sha256" if rsa2 else "rsa-pkcs1-sha1",
        sign_type=params["sign_type"],
        marker=", encrypt_type: AES" if encrypted else "",
    )
    leg = getattr(parse_profile(text), name)
    assert isinstance(leg, Leg)
    return leg


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = shared_json(VECTORS)
    return found


@pytest.fixture(scope="module")
def keys(vectors: dict[str, Any]) -> PartnerKeys:
    private = Key.private_pem("k", vectors["private_key_pem"].encode())
    public = Key.public_pem("k", vectors["public_key_pem"].encode())
    secret = Key.symmetric("s", base64.b64decode(vectors["aes_key_b64"]))
    return PartnerKeys(KeyRing.of("o", private), KeyRing.of("t", public), KeyRing.of("s", secret))


def cases(*, with_params: bool) -> list[Any]:
    try:
        found = shared_json(VECTORS)["cases"]
    except pytest.skip.Exception:
        return []
    return [pytest.param(case, id=case["name"]) for case in found if ("params" in case) is with_params]


@pytest.mark.parametrize("case", cases(with_params=True))
def test_requests(case: dict[str, Any], keys: PartnerKeys, random: Callable[[int], bytes]) -> None:
    params = case["params"]
    leg = leg_for(params)
    payload = case.get("biz_plaintext", params["biz_content"]).encode()
    given = {"app_id": params["app_id"], "ca": params["ca"]}
    plain = Plain(payload, params["msg_id"], given, path=case["path"])
    wire = seal(leg, plain, keys, now=SIGNED_AT, random=random)
    sent = dict(pair.partition("=")[::2] for pair in wire.body.decode().split("&"))
    assert sent["sign"] == urlencode({"sign": case["sign"]}).removeprefix("sign=")

    body = urlencode(params | {"sign": case["sign"]}).encode()
    opened = unseal(leg, Wire("POST", case["path"], {}, body), keys, now=SIGNED_AT)
    assert opened.payload == payload
    assert opened.nonce == params["msg_id"]


@pytest.mark.parametrize("case", cases(with_params=False))
def test_answers_and_acknowledgements(
    case: dict[str, Any], keys: PartnerKeys, random: Callable[[int], bytes]
) -> None:
    name = "ack" if "body" in case else "answer"
    leg = leg_for({"sign_type": "RSA2"}, name)
    text = case["sign_text"]
    payload = text if name == "answer" else text.partition(":")[2].rpartition(',"sign_type"')[0]
    body = case.get("body", f'{{"response_biz_content":{text},"sign":"{case["sign"]}"}}').encode()
    wire = seal(leg, Plain(payload.encode(), "m"), keys, now=SIGNED_AT, random=random)
    assert wire.body == body
    assert unseal(leg, wire, keys, now=SIGNED_AT).payload == payload.encode()


@pytest.mark.parametrize("case", [*cases(with_params=True), *cases(with_params=False)])
def test_the_signed_texts(case: dict[str, Any], keys: PartnerKeys) -> None:
    sha1 = case.get("params", {}).get("sign_type") == "RSA" or "SHA1" in case["name"]
    algorithm = SignatureAlgorithm.RSA_PKCS1_SHA1 if sha1 else SignatureAlgorithm.RSA_PKCS1_SHA256
    text = case["sign_text"].encode()
    value = sign(algorithm, text, keys.ours, SIGNED_AT).value
    assert base64.b64encode(value).decode() == case["sign"]
    assert verify(algorithm, text, value, keys.theirs, SIGNED_AT) == text


def test_the_file_is_there() -> None:
    assert shared_path(VECTORS).is_file()
