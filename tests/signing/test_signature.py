"""Signature algorithms: each signs, verifies, and refuses what it should."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from signing import der
from signing.errors import KeyUnavailable, SignatureRefused
from signing.keys import DeviceKey, Key, KeyRing, sm2_engine
from signing.keystore import new_ec, new_ed25519, new_rsa, new_sm2
from signing.signature import LEGACY, SignatureAlgorithm, sign, verify
from signing.sm2 import Sm2PublicKey
from tests.shared import shared_json
from tests.signing.mutations import mutants

NOW = datetime(2026, 1, 5, tzinfo=UTC)
DATA = b'{"amount":"100000"}'


@cache
def key_for(algorithm: SignatureAlgorithm) -> Key:
    name = algorithm.value
    if name.startswith("rsa"):
        return new_rsa("k")
    if name.startswith("ecdsa"):
        return new_ec("k")
    if name.startswith("sm2"):
        return new_sm2("k", Random(3).randbytes)
    return new_ed25519("k") if name == "ed25519" else Key.symmetric("k", b"secret of any length")


def rings(algorithm: SignatureAlgorithm) -> tuple[KeyRing, KeyRing]:
    key = key_for(algorithm)
    shared = algorithm.value.startswith("hmac")
    return KeyRing.of("ours", key), KeyRing.of("theirs", key if shared else key.public())


@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
def test_sign_and_verify(algorithm: SignatureAlgorithm) -> None:
    ours, theirs = rings(algorithm)
    signed = sign(algorithm, DATA, ours, NOW)
    assert signed.key_id == "k"
    verified = verify(algorithm, DATA, signed.value, theirs, NOW)
    assert (bytes(verified), verified.key_id) == (DATA, "k")
    for data in (b"", DATA + b" ", DATA[:-1]):
        with pytest.raises(SignatureRefused):
            verify(algorithm, data, signed.value, theirs, NOW)


@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
def test_mutants_are_refused(algorithm: SignatureAlgorithm) -> None:
    ours, theirs = rings(algorithm)
    value = sign(algorithm, DATA, ours, NOW).value
    for mutant in mutants(value, seed=5):
        with pytest.raises(SignatureRefused):
            verify(algorithm, DATA, mutant, theirs, NOW)


@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
@pytest.mark.parametrize("other", SignatureAlgorithm)
def test_no_algorithm_accepts_another(algorithm: SignatureAlgorithm, other: SignatureAlgorithm) -> None:
    if algorithm is other:
        return
    value = sign(other, DATA, rings(other)[0], NOW).value
    with pytest.raises((SignatureRefused, KeyUnavailable)):
        verify(algorithm, DATA, value, rings(algorithm)[1], NOW)
    with pytest.raises((SignatureRefused, KeyUnavailable)):
        verify(algorithm, DATA, value, rings(other)[1], NOW)


def test_a_verifier_needs_the_public_half_and_a_signer_the_private_one() -> None:
    ours, theirs = rings(SignatureAlgorithm.RSA_PKCS1_SHA256)
    with pytest.raises(KeyUnavailable):
        sign(SignatureAlgorithm.RSA_PKCS1_SHA256, DATA, theirs, NOW)
    value = sign(SignatureAlgorithm.RSA_PKCS1_SHA256, DATA, ours, NOW).value
    with pytest.raises(KeyUnavailable):
        verify(SignatureAlgorithm.RSA_PKCS1_SHA256, DATA, value, ours, NOW)


def test_ecdsa_is_pinned_to_its_curve() -> None:
    other = Key("k", ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(KeyUnavailable):
        sign(SignatureAlgorithm.ECDSA_P256_DER, DATA, KeyRing.of("r", other), NOW)
    with pytest.raises(KeyUnavailable):
        verify(SignatureAlgorithm.ECDSA_P256_DER, DATA, b"0", KeyRing.of("r", other.public()), NOW)


def test_an_absent_signature_and_an_unknown_key_refuse() -> None:
    ours, theirs = rings(SignatureAlgorithm.ED25519)
    value = sign(SignatureAlgorithm.ED25519, DATA, ours, NOW).value
    with pytest.raises(SignatureRefused, match="absent"):
        verify(SignatureAlgorithm.ED25519, DATA, b"", theirs, NOW)
    with pytest.raises(KeyUnavailable):
        verify(SignatureAlgorithm.ED25519, DATA, value, theirs, NOW, key_id="other")
    with pytest.raises(KeyUnavailable):
        verify(SignatureAlgorithm.ED25519, DATA, value, KeyRing("empty", ()), NOW)


def test_several_accepted_keys_are_tried() -> None:
    old, new = new_ed25519("old"), new_ed25519("new")
    value = sign(SignatureAlgorithm.ED25519, DATA, KeyRing.of("r", new), NOW).value
    both = KeyRing.of("r", old.public(), new.public())
    assert verify(SignatureAlgorithm.ED25519, DATA, value, both, NOW).key_id == "new"


def test_hmac_sm3_published_values() -> None:
    for test in shared_json("vectors/gm/hmac_sm3.json")["tests"]:
        ring = KeyRing.of("r", Key.symmetric("k", bytes.fromhex(test["key"])))
        message, tag = bytes.fromhex(test["msg"]), bytes.fromhex(test["tag"])
        assert sign(SignatureAlgorithm.HMAC_SM3, message, ring, NOW).value == tag
        assert verify(SignatureAlgorithm.HMAC_SM3, message, tag, ring, NOW) == message


@pytest.mark.parametrize("at", range(28))
def test_sm2_published_values(at: int) -> None:
    test = shared_json("vectors/gm/sm2_sign.json")["tests"][at]
    algorithm = SignatureAlgorithm(f"sm2-sm3-{test['format']}")
    message, value = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
    accepted = False
    try:
        key = sm2_public(bytes.fromhex(test["publicX"] + test["publicY"]), bytes.fromhex(test["uid"]))
        accepted = verify(algorithm, message, value, KeyRing.of("r", key), NOW) == message
    except (SignatureRefused, KeyUnavailable):
        pass
    assert accepted is (test["result"] == "valid"), test["comment"]


def sm2_public(point: bytes, user_id: bytes) -> Key:
    return Key("k", Sm2PublicKey.from_point(point, sm2_engine()), attributes={"sm2_user_id": user_id})


class Module(DeviceKey):
    """A device that keeps its RSA key to itself."""

    def __init__(self) -> None:
        self._ring = KeyRing.of("inside", new_rsa("inside"))

    def sign(self, algorithm: str, data: bytes) -> bytes:
        return sign(SignatureAlgorithm(algorithm), data, self._ring, NOW).value

    def unwrap(self, wrap: str, wrapped: bytes) -> bytes:
        raise KeyUnavailable(f"this device does not offer {wrap} for {len(wrapped)} bytes")

    def public_key(self) -> rsa.RSAPublicKey:
        return self._ring.primary(NOW).public().expect(rsa.RSAPublicKey)


def test_a_key_in_a_device_signs_without_entering_the_process() -> None:
    key = Key("hsm-1", Module())
    assert key.is_device
    assert key.is_secret
    value = sign(SignatureAlgorithm.RSA_PSS_SHA256, DATA, KeyRing.of("r", key), NOW)
    assert verify(SignatureAlgorithm.RSA_PSS_SHA256, DATA, value.value, KeyRing.of("t", key.public()), NOW)
    with pytest.raises(KeyUnavailable):
        key.expect(rsa.RSAPrivateKey)


def test_only_sha1_is_legacy_among_signatures() -> None:
    assert {algorithm.value for algorithm in LEGACY} == {"rsa-pkcs1-sha1"}


def test_r_and_s_may_be_written_both_ways() -> None:
    ours, theirs = rings(SignatureAlgorithm.ECDSA_P256_RAW)
    raw = sign(SignatureAlgorithm.ECDSA_P256_RAW, DATA, ours, NOW).value
    r, s = der.read_raw_signature(raw, der.P256_ORDER)
    assert verify(SignatureAlgorithm.ECDSA_P256_DER, DATA, der.write_signature(r, s), theirs, NOW)
