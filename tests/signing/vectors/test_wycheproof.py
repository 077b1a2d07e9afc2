"""Every Wycheproof vector: valid accepted, everything else refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from signing.ciphers import GCM_NONCE_BYTES, ContentCipher, aead, decrypt, encrypt
from signing.errors import OpenFailed, SignatureRefused
from signing.keys import Key, KeyRing
from signing.signature import SignatureAlgorithm, sign, verify
from tests.shared import shared_json
from tests.tally import Tally

NOW = datetime(2026, 1, 5, tzinfo=UTC)
GCM = {128: ContentCipher.AES_128_GCM, 192: ContentCipher.AES_192_GCM, 256: ContentCipher.AES_256_GCM}
GCM_PARTS = ("key", "iv", "aad", "msg", "ct", "tag")

pytestmark = pytest.mark.vectors("wycheproof")


def cases_of(name: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The file, the group and the test of every case."""
    file = f"wycheproof/{name}_test.json"
    for group in shared_json(f"vectors/{file}")["testGroups"]:
        for test in group["tests"]:
            yield file, group, test


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
def test_signatures(name: str, algorithm: SignatureAlgorithm, tally: Tally) -> None:
    ran = 0
    for file, group, test in cases_of(name):
        key = Key.public_pem("k", (group.get("publicKeyPem") or group["keyPem"]).encode())
        ran += 1
        with tally(file, test["tcId"]):
            got = accepted(algorithm, bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]), key)
            # "acceptable" marks weaknesses a strict reader refuses, so only "valid" may pass.
            assert got is (test["result"] == "valid"), test["comment"]
    assert ran > 100


def test_hmac_sha256(tally: Tally) -> None:
    """Truncated tags are refused whatever they are of: one key, one length."""
    ran = 0
    for file, group, test in cases_of("hmac_sha256"):
        ran += 1
        key = Key.symmetric("k", bytes.fromhex(test["key"]))
        message, tag = bytes.fromhex(test["msg"]), bytes.fromhex(test["tag"])
        with tally(file, test["tcId"]):
            whole = group["tagSize"] == 256
            got = accepted(SignatureAlgorithm.HMAC_SHA256, message, tag, key)
            assert got is (whole and test["result"] == "valid")
            if test["result"] == "valid":
                made = sign(SignatureAlgorithm.HMAC_SHA256, message, KeyRing.of("r", key), NOW).value
                assert made[: len(tag)] == tag
    assert ran > 100


def test_aes_gcm(tally: Tally) -> None:
    """Nonces of 96 bits and tags of 128 only; the rest is refused."""
    counts = {"opened": 0, "refused": 0}
    for file, group, test in cases_of("aes_gcm"):
        fits = (group["ivSize"], group["tagSize"]) == (8 * GCM_NONCE_BYTES, 128)
        opens = fits and test["result"] == "valid"
        with tally(file, test["tcId"]):
            (_gcm_opens if opens else _gcm_refuses)(GCM[group["keySize"]], test)
        counts["opened" if opens else "refused"] += 1
    assert counts["opened"] > 50
    assert counts["refused"] > 50


def _gcm_opens(cipher: ContentCipher, test: dict[str, Any]) -> None:
    key, iv, aad, text, sealed, tag = (bytes.fromhex(test[name]) for name in GCM_PARTS)
    bound = aead(Key.symmetric("k", key))
    assert decrypt(cipher, key, iv, sealed + tag, aad) == text
    assert bound.decrypt(iv, sealed + tag, aad) == text
    assert encrypt(cipher, key, iv, text, aad) == sealed + tag
    assert bound.encrypt(iv, text, aad) == sealed + tag


def _gcm_refuses(cipher: ContentCipher, test: dict[str, Any]) -> None:
    key, iv, aad, _, sealed, tag = (bytes.fromhex(test[name]) for name in GCM_PARTS)
    with pytest.raises(OpenFailed):
        decrypt(cipher, key, iv, sealed + tag, aad)
    with pytest.raises(OpenFailed):
        aead(Key.symmetric("k", key)).decrypt(iv, sealed + tag, aad)
