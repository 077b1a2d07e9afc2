"""Every Wycheproof vector: valid accepted, everything else refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from signing.ciphers import GCM_NONCE_BYTES, ContentCipher, decrypt, encrypt
from signing.errors import KeyUnavailable, OpenFailed, SignatureRefused
from signing.keys import Key, KeyRing
from signing.signature import SignatureAlgorithm, sign, verify
from tests.shared import shared_json

NOW = datetime(2026, 1, 5, tzinfo=UTC)
GCM = {128: ContentCipher.AES_128_GCM, 256: ContentCipher.AES_256_GCM}


def cases_of(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in shared_json(f"vectors/wycheproof/{name}_test.json")["testGroups"]:
        for test in group["tests"]:
            yield group, test


def accepted(algorithm: SignatureAlgorithm, message: bytes, value: bytes, key: Key) -> bool:
    try:
        return verify(algorithm, message, value, KeyRing.of("r", key), NOW) == message
    except SignatureRefused:
        return False


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("ecdsa_secp256r1_sha256", SignatureAlgorithm.ECDSA_P256_DER),
        ("ed25519", SignatureAlgorithm.ED25519),
        ("rsa_signature_2048_sha256", SignatureAlgorithm.RSA_PKCS1_SHA256),
    ],
)
def test_signatures(name: str, algorithm: SignatureAlgorithm) -> None:
    wrong = []
    ran = 0
    for group, test in cases_of(name):
        key = Key.public_pem("k", (group.get("publicKeyPem") or group["keyPem"]).encode())
        got = accepted(algorithm, bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]), key)
        ran += 1
        # "acceptable" marks weaknesses a strict reader refuses, so only "valid" may pass.
        if got is not (test["result"] == "valid"):
            wrong.append((test["tcId"], test["comment"], test["result"]))
    assert not wrong
    assert ran > 100


def test_hmac_sha256() -> None:
    """Truncated tags are refused whatever they are of: one key, one length."""
    ran = 0
    for group, test in cases_of("hmac_sha256"):
        ran += 1
        key = Key.symmetric("k", bytes.fromhex(test["key"]))
        message, tag = bytes.fromhex(test["msg"]), bytes.fromhex(test["tag"])
        whole = group["tagSize"] == 256
        got = accepted(SignatureAlgorithm.HMAC_SHA256, message, tag, key)
        assert got is (whole and test["result"] == "valid"), test["tcId"]
        if test["result"] == "valid":
            made = sign(SignatureAlgorithm.HMAC_SHA256, message, KeyRing.of("r", key), NOW).value
            assert made[: len(tag)] == tag
    assert ran > 100


def test_aes_gcm() -> None:
    """Nonces of 96 bits, tags of 128 and keys of 128 or 256 only; the rest is refused."""
    counts = {"opened": 0, "refused": 0}
    for group, test in cases_of("aes_gcm"):
        key, iv, aad, text, sealed, tag = (
            bytes.fromhex(test[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        fits = (group["ivSize"], group["tagSize"]) == (8 * GCM_NONCE_BYTES, 128) and group["keySize"] in GCM
        cipher = GCM.get(group["keySize"], ContentCipher.AES_256_GCM)
        if fits and test["result"] == "valid":
            assert decrypt(cipher, key, iv, sealed + tag, aad) == text
            assert encrypt(cipher, key, iv, text, aad) == sealed + tag
            counts["opened"] += 1
            continue
        with pytest.raises((OpenFailed, KeyUnavailable)):
            decrypt(cipher, key, iv, sealed + tag, aad)
        counts["refused"] += 1
    assert counts["opened"] > 50
    assert counts["refused"] > 50
