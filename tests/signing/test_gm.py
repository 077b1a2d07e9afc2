"""SM3, HMAC-SM3 and SM4 give the published values, and what was altered is refused with one error."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers import modes as modern
from hypothesis import given
from hypothesis import strategies as st

from signing import gm
from signing.errors import KeyUnavailable, OpenFailed, ProfileInvalid, SignatureRefused
from tests.shared import shared_json
from tests.signing.mutations import mutants
from tests.tally import Tally

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
keys = st.binary(min_size=16, max_size=16)
ivs = st.binary(min_size=16, max_size=16)


def test_sm3_example() -> None:
    """GB/T 32905 annex A.1."""
    assert gm.sm3(b"a", b"bc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 64, 100])
def test_kdf_is_a_prefix_of_the_hash_chain(length: int) -> None:
    chain = b"".join(gm.sm3(b"shared", counter.to_bytes(4, "big")) for counter in range(1, 5))
    assert gm.sm3_kdf(b"shared", length) == chain[:length]


def test_hmac_sm3_vectors(tally: Tally) -> None:
    cases = shared_json("vectors/gm/hmac_sm3.json")["tests"]
    for at, case in enumerate(cases):
        key, message, tag = (bytes.fromhex(case[name]) for name in ("key", "msg", "tag"))
        with tally("gm/hmac_sm3.json", at):
            assert gm.hmac_sm3(key, message) == tag
            assert gm.verify_hmac_sm3(key, message, tag) == message
        for mutant in mutants(tag, 1, 50):
            with pytest.raises(SignatureRefused):
                gm.verify_hmac_sm3(key, message, mutant)
    assert len(cases) >= 4


def test_hmac_sm3_refuses_an_empty_key() -> None:
    with pytest.raises(KeyUnavailable):
        gm.hmac_sm3(b"", b"message")


def test_sm4_vectors(tally: Tally) -> None:
    """Every mode of the file; the package itself offers only CBC with padding and GCM."""
    cases = shared_json("vectors/gm/sm4.json")["tests"]
    for at, case in enumerate(cases):
        with tally("gm/sm4.json", at):
            assert _encrypt(case).hex() == case["ct"] + (case.get("tag") or ""), case["mode"]
    assert {case["mode"] for case in cases} >= {"ECB", "CBC", "GCM"}


def _encrypt(case: dict[str, Any]) -> bytes:
    key, iv, message = (bytes.fromhex(case[name] or "") for name in ("key", "iv", "msg"))
    if case["mode"] == "GCM":
        aad = bytes.fromhex(case["aad"] or "")
        sealed = gm.sm4_gcm_encrypt(key, iv, message, aad)
        assert gm.sm4_gcm_decrypt(key, iv, sealed, aad) == message
        return sealed
    if case["mode"] == "CBC":
        sealed = gm.sm4_cbc_encrypt(key, iv, message)
        assert gm.sm4_cbc_decrypt(key, iv, sealed) == message
        return sealed[: len(message)]
    if case["mode"].startswith("ECB x"):
        rounds = int(case["mode"].split()[2])
        encryptor = Cipher(algorithms.SM4(key), modern.ECB()).encryptor()
        for _ in range(rounds):
            message = encryptor.update(message)
        return message
    return _bare(case["mode"], key, iv, message)


def _bare(mode: str, key: bytes, iv: bytes, message: bytes) -> bytes:
    if mode in ("CFB", "OFB"):
        return _chained(mode, key, iv, message)
    chosen = modern.CTR(iv) if mode == "CTR" else modern.ECB()
    encryptor = Cipher(algorithms.SM4(key), chosen).encryptor()
    return encryptor.update(message) + encryptor.finalize()


def _chained(mode: str, key: bytes, iv: bytes, message: bytes) -> bytes:
    """CFB-128 and OFB written over the block cipher, because the library is about to drop them."""
    block, out = iv, b""
    for at in range(0, len(message), 16):
        stream = _bare("ECB", key, b"", block)
        part = bytes(a ^ b for a, b in zip(message[at : at + 16], stream, strict=False))
        block = part if mode == "CFB" else stream
        out += part
    return out


def test_sm4_cbc_padding_vectors(tally: Tally) -> None:
    cases = shared_json("vectors/gm/sm4.json")["cbc_pkcs7"]
    errors = set()
    for case in cases:
        arguments = tuple(bytes.fromhex(case[name]) for name in ("key", "iv", "ct"))
        with tally("gm/sm4.json", f"cbc_pkcs7 {case['ct'][:8]}"):
            if case["result"] == "valid":
                assert gm.sm4_cbc_decrypt(*arguments).hex() == case["msg"]
                continue
            with pytest.raises(OpenFailed) as caught:
                gm.sm4_cbc_decrypt(*arguments)
        errors.add((type(caught.value), str(caught.value), caught.value.__suppress_context__))
    assert len(cases) >= 13
    assert {error[:2] for error in errors} == {(OpenFailed, str(OpenFailed()))}


@given(keys, ivs, st.binary(max_size=200))
def test_sm4_cbc_comes_back(key: bytes, iv: bytes, message: bytes) -> None:
    sealed = gm.sm4_cbc_encrypt(key, iv, message)
    assert len(sealed) == len(message) // 16 * 16 + 16
    assert gm.sm4_cbc_decrypt(key, iv, sealed) == message


@given(keys, st.binary(min_size=12, max_size=12), st.binary(max_size=200), st.binary(max_size=40))
def test_sm4_gcm_comes_back(key: bytes, nonce: bytes, message: bytes, aad: bytes) -> None:
    sealed = gm.sm4_gcm_encrypt(key, nonce, message, aad)
    assert gm.sm4_gcm_decrypt(key, nonce, sealed, aad) == message
    with pytest.raises(OpenFailed):
        gm.sm4_gcm_decrypt(key, nonce, sealed, aad + b"x")


def test_sm4_gcm_mutants_are_refused() -> None:
    sealed = gm.sm4_gcm_encrypt(KEY, bytes(12), b"1,000.00", b"table/column/row")
    for mutant in mutants(sealed, 2):
        with pytest.raises(OpenFailed):
            gm.sm4_gcm_decrypt(KEY, bytes(12), mutant, b"table/column/row")


def test_hmac_sm3_mutants_are_refused() -> None:
    tag = gm.hmac_sm3(KEY, b"message")
    for mutant in mutants(tag, 3):
        with pytest.raises(SignatureRefused):
            gm.verify_hmac_sm3(KEY, b"message", mutant)


@pytest.mark.parametrize("size", [0, 8, 13, 16])
def test_sm4_gcm_takes_only_96_bit_nonces(size: int) -> None:
    with pytest.raises(ProfileInvalid):
        gm.sm4_gcm_encrypt(KEY, bytes(size), b"m")
    with pytest.raises(OpenFailed):
        gm.sm4_gcm_decrypt(KEY, bytes(size), bytes(17))


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_sm4_sizes(size: int) -> None:
    with pytest.raises(ProfileInvalid):
        gm.sm4_cbc_encrypt(KEY, bytes(size), b"m")
    with pytest.raises(OpenFailed):
        gm.sm4_cbc_decrypt(KEY, bytes(size), bytes(16))
    for operation in (gm.sm4_cbc_encrypt, gm.sm4_cbc_decrypt):
        with pytest.raises(KeyUnavailable):
            operation(bytes(size), bytes(16), bytes(16))
