"""Messages, keys and rules for the tests of HTTP message signatures."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from signing.http_signature import HttpMessage, sign_http, signature_base
from signing.keys import KeyRing
from signing.newkeys import new_ec, new_ed25519, new_rsa, new_symmetric
from signing.profile.web import HttpSignatureRules
from signing.signature import SignatureAlgorithm
from signing.structured import parse_inner_list

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
AUTHORITY = "hub.example"
BODY = b'{"loan":"loan_1","amount_fen":100000}'
REQUEST = HttpMessage(
    "POST", AUTHORITY, "/v1/callbacks?partner=a%20b", {"Content-Type": "application/json"}, BODY
)
SECRET_KEY = new_symmetric("shared-1", Random(1).randbytes)
KEYS = {
    SignatureAlgorithm.RSA_PKCS1_SHA256: new_rsa("rsa-1"),
    SignatureAlgorithm.RSA_PSS_SHA512: new_rsa("pss-1"),
    SignatureAlgorithm.ECDSA_P256_RAW: new_ec("ec-1"),
    SignatureAlgorithm.ED25519: new_ed25519("ed-1"),
    SignatureAlgorithm.HMAC_SHA256: SECRET_KEY,
}
ED = SignatureAlgorithm.ED25519
OURS = KeyRing.of("ours", KEYS[ED])
THEIRS = KeyRing.of("theirs", KEYS[ED].public())


def rules(algorithm: SignatureAlgorithm = ED, **more: Any) -> HttpSignatureRules:
    return HttpSignatureRules(kind="http_signature", algorithm=algorithm, **more)


def signed(
    how: HttpSignatureRules,
    message: HttpMessage = REQUEST,
    *,
    ring: KeyRing = OURS,
    nonce: str | None = "n-1",
) -> HttpMessage:
    added = sign_http(how, message, ring, now=NOW, nonce=nonce)
    return replace(message, headers={**message.headers, **added})


def with_header(message: HttpMessage, name: str, value: str) -> HttpMessage:
    return replace(message, headers={**message.headers, name: value})


def handmade(listed: str, request: HttpMessage = REQUEST, label: str = "sig1") -> HttpMessage:
    """Sign under any list and parameters, as a careless or hostile holder of the key could."""
    digest = sign_http(rules(), request, OURS, now=NOW, nonce="x")["content-digest"]
    message = with_header(request, "content-digest", digest)
    base = signature_base(parse_inner_list(listed), message)
    value = OURS.primary(NOW).expect(ed25519.Ed25519PrivateKey).sign(base)
    encoded = base64.b64encode(value).decode()
    message = with_header(message, "signature-input", f"{label}={listed}")
    return with_header(message, "signature", f"{label}=:{encoded}:")


FULL = '("@method" "@authority" "@path" "@query" "content-digest")'
TIME = f"created={int(NOW.timestamp())}"
PARAMS = f';{TIME};keyid="ed-1";nonce="n-1"'


def added() -> dict[str, str]:
    return sign_http(rules(), REQUEST, OURS, now=NOW, nonce="n")
