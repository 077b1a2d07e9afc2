"""Rules of the web-standard forms that demand too little, or contradict themselves, are not rules."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from signing.profile.web import HttpSignatureRules, JweRules, JwsRules
from signing.signature import SignatureAlgorithm

ED = SignatureAlgorithm.ED25519
REQUEST = ("@method", "@authority", "@path", "content-digest")
TOO_LITTLE: list[dict[str, Any]] = [
    {"covered": REQUEST[1:]},
    {"covered": ("@method", "@path", "content-digest")},
    {"covered": ("@method", "@authority", "content-digest")},
    {"covered": REQUEST[:3]},
    {"covered": (*REQUEST, "@path")},
    {"nonce": False},
    {"algorithm": SignatureAlgorithm.RSA_PKCS1_SHA1},
    {"algorithm": SignatureAlgorithm.ECDSA_P256_DER},
    {"message": "response", "covered": ("@status", "content-digest")},
    {"message": "response", "covered": ("content-digest", "@method;req")},
    {"message": "response", "covered": ("@status", "@method;req")},
    {"label": "Sig1"},
    {"tag": ""},
    {"digest": "md5"},
    {"replay": {"nonce": {"slot": "header:x", "source": "random"}}},
]


@pytest.mark.parametrize("given", TOO_LITTLE, ids=str)
def test_http_rules_that_demand_too_little(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HttpSignatureRules(**{"kind": "http_signature", "algorithm": ED, **given})


def test_http_rules_that_demand_enough() -> None:
    assert set(REQUEST) < set(HttpSignatureRules(kind="http_signature", algorithm=ED).required)
    for target in ("@path", "@target-uri", "@request-target"):
        covered = ("@method", "@authority", target, "content-digest")
        assert HttpSignatureRules(kind="http_signature", algorithm=ED, covered=covered).required == covered
    answer = HttpSignatureRules(
        kind="http_signature",
        algorithm=ED,
        message="response",
        covered=("@status", "content-digest"),
        unbound="this partner's answers name the request in their body",
        nonce=False,
    )
    assert answer.required == ("@status", "content-digest")


@pytest.mark.parametrize("algorithm", ["none", "HS512", "RS1", "ES256K", "PS384", ""])
def test_jws_algorithms_outside_the_list(algorithm: str) -> None:
    with pytest.raises(ValidationError):
        JwsRules.model_validate({"kind": "jws", "algorithm": algorithm})


def test_a_jws_carries_its_freshness_inside() -> None:
    outside = {"timestamp": {"slot": "header:x-time", "format": "epoch-s"}}
    with pytest.raises(ValidationError):
        JwsRules.model_validate({"kind": "jws", "algorithm": "RS256", "replay": outside})


@pytest.mark.parametrize(
    "given", [{"wrap": "RSA-OAEP"}, {"wrap": "RSA1_5"}, {"wrap": "dir", "encryption": "A128CBC-HS256"}]
)
def test_jwe_algorithms_outside_the_list(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        JweRules.model_validate({"kind": "jwe", **given})
