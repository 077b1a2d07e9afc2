"""Another implementation, http-message-signatures, believes us and is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import http_message_signatures as oracle
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from signing.http_signature import HttpMessage, VerifiedHttp, signature_base, verify_http
from signing.keys import KeyRing, Secret
from signing.profile.web import HTTP_NAMES
from signing.signature import SignatureAlgorithm
from signing.structured import parse_inner_list
from tests.signing.http_signature.messages import BODY, KEYS, NOW, REQUEST, SECRET_KEY, rules, signed

ORACLES = {
    SignatureAlgorithm.RSA_PKCS1_SHA256: (oracle.algorithms.RSA_V1_5_SHA256, rsa.RSAPrivateKey),
    SignatureAlgorithm.RSA_PSS_SHA512: (oracle.algorithms.RSA_PSS_SHA512, rsa.RSAPrivateKey),
    SignatureAlgorithm.ECDSA_P256_RAW: (oracle.algorithms.ECDSA_P256_SHA256, ec.EllipticCurvePrivateKey),
    SignatureAlgorithm.ED25519: (oracle.algorithms.ED25519, ed25519.Ed25519PrivateKey),
    SignatureAlgorithm.HMAC_SHA256: (oracle.algorithms.HMAC_SHA256, Secret),
}


def their_keys(algorithm: SignatureAlgorithm) -> Any:
    key = KEYS[algorithm]
    private: Any = key.expect(ORACLES[algorithm][1])
    if isinstance(private, Secret):
        return oracle.MappingKeyResolver(
            public_keys={key.key_id: private.value}, private_keys={key.key_id: private.value}
        )
    return oracle.MappingKeyResolver(
        public_keys={key.key_id: private.public_key()}, private_keys={key.key_id: private}
    )


def their_message(message: HttpMessage) -> Any:
    url = f"https://{message.authority}{message.path}"
    return SimpleNamespace(method=message.method, url=url, headers=dict(message.headers))


@pytest.mark.parametrize("algorithm", ORACLES, ids=lambda algorithm: algorithm.value)
def test_another_implementation_believes_us(algorithm: SignatureAlgorithm) -> None:
    message = signed(rules(algorithm), ring=KeyRing.of("ours", KEYS[algorithm]))
    verifier = oracle.HTTPMessageVerifier(
        signature_algorithm=ORACLES[algorithm][0], key_resolver=their_keys(algorithm)
    )
    verifier.validate_created_and_expires = lambda *_, **__: None  # it would read the machine's clock
    found = verifier.verify(
        their_message(message), body=BODY, max_age=None, require_components=rules(algorithm).required
    )
    assert [result.nonce for result in found] == ["n-1"]


@pytest.mark.parametrize("algorithm", ORACLES, ids=lambda algorithm: algorithm.value)
def test_we_believe_another_implementation(algorithm: SignatureAlgorithm) -> None:
    how, key = rules(algorithm, label=None), KEYS[algorithm]
    signer = oracle.HTTPMessageSigner(
        signature_algorithm=ORACLES[algorithm][0], key_resolver=their_keys(algorithm)
    )
    theirs = their_message(REQUEST)
    signer.sign(
        theirs,
        key_id=key.key_id,
        created=NOW,
        nonce="n-2",
        covered_component_ids=how.required[:-1],
        body=BODY,
    )
    ring = KeyRing.of("theirs", key if key is SECRET_KEY else key.public())
    verified: VerifiedHttp = verify_http(how, replace(REQUEST, headers=theirs.headers), ring, now=NOW)
    assert (verified.body, verified.nonce) == (BODY, "n-2")
    assert theirs.headers["Signature-Input"].count(HTTP_NAMES[algorithm]) == 1


@given(
    st.sampled_from(
        ["@method", "@authority", "@path", "@query", "@target-uri", "@scheme", "@request-target"]
    ),
    st.text(alphabet="abcXYZ0129-._~/", max_size=20),
    st.text(alphabet="abc=&-._~/?", max_size=20),
    st.sampled_from(["hub.example", "HUB.example:443", "hub.example:8443", "[::1]:443"]),
)
def test_components_are_those_of_another_implementation(
    name: str, path: str, query: str, authority: str
) -> None:
    message = replace(REQUEST, path=f"/{path}?{query}", authority=authority)
    listed = f'("{name}");created=1;keyid="k"'
    signer = oracle.HTTPMessageSigner(signature_algorithm=oracle.algorithms.ED25519)
    prepared = signer.prepare(
        their_message(message),
        key_id="k",
        created=datetime.fromtimestamp(1, UTC),
        include_alg=False,
        covered_component_ids=(name,),
    )
    assert signature_base(parse_inner_list(listed), message) == prepared.signature_base
