"""One encoding per value: what is written is read back, everything else is refused."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from signing import der
from signing.der import MalformedDer, Reader, Sm2Cipher
from tests.shared import shared_json
from tests.signing.mutations import mutants

ENCODING_FLAGS = {"BerEncodedSignature", "InvalidEncoding", "MissingZero", "InvalidTypesInSignature"}
PRIME = 2**256 - 2**224 - 2**96 + 2**64 - 1
numbers = st.integers(min_value=1, max_value=der.P256_ORDER - 1)
ciphers = st.builds(
    Sm2Cipher,
    st.integers(0, PRIME - 1),
    st.integers(0, PRIME - 1),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=1, max_size=400),
)


@given(numbers, numbers)
def test_signatures_come_back(r: int, s: int) -> None:
    assert der.read_signature(der.write_signature(r, s), der.P256_ORDER) == (r, s)
    raw = der.write_raw_signature(r, s, der.P256_ORDER)
    assert len(raw) == 64
    assert der.read_raw_signature(raw, der.P256_ORDER) == (r, s)


@given(ciphers)
def test_ciphertexts_come_back(parts: Sm2Cipher) -> None:
    assert der.read_sm2_ciphertext(der.write_sm2_ciphertext(parts), PRIME) == parts


@given(st.binary(max_size=90))
def test_what_is_read_is_the_only_encoding(data: bytes) -> None:
    try:
        numbers_read = der.read_signature(data, der.P256_ORDER)
    except MalformedDer:
        return
    assert der.write_signature(*numbers_read) == data


@pytest.mark.parametrize("seed", range(8))
def test_a_mutant_is_refused_or_means_something_else(seed: int) -> None:
    original = der.write_signature(der.P256_ORDER // (seed + 2), 2 ** (31 * seed + 7))
    for mutant in mutants(original, seed):
        try:
            read = der.read_signature(mutant, der.P256_ORDER)
        except MalformedDer:
            continue
        assert der.write_signature(*read) == mutant


BAD_SIGNATURES = {
    "empty": "",
    "only a tag": "30",
    "indefinite length": "3080020101020101" + "0000",
    "long form of a short length": "308106020101020101",
    "length with a leading zero": "30820006020101020101",
    "length of five octets": "30850000000006020101020101",
    "length past the end": "3007020101020101",
    "length short of the end": "3005020101020101",
    "trailing byte": "300602010102010100",
    "trailing byte inside": "300702010102010100",
    "third integer": "3009020101020101020101",
    "one integer": "3003020101",
    "set for sequence": "3106020101020101",
    "octet string for integer": "3006040101020101",
    "empty integer": "30050200020101",
    "padded integer": "300702020001020101",
    "negative integer": "30060201ff020101",
    "padded negative integer": "30070202ff80020101",
    "zero r": "3006020100020101",
    "zero s": "3006020101020100",
    "high tag number": "3f3006020101020101",
}


@pytest.mark.parametrize("encoded", BAD_SIGNATURES.values(), ids=BAD_SIGNATURES.keys())
def test_other_encodings_are_refused(encoded: str) -> None:
    with pytest.raises(MalformedDer):
        der.read_signature(bytes.fromhex(encoded), der.P256_ORDER)


@pytest.mark.parametrize("r", [0, der.P256_ORDER, der.P256_ORDER + 1, 2**256 - 1, 2**256, 2**300])
def test_numbers_out_of_range_are_refused(r: int) -> None:
    for pair in ((r, 1), (1, r)):
        with pytest.raises(MalformedDer):
            der.read_signature(der.write_signature(*pair), der.P256_ORDER)
    if r < 2**256:
        with pytest.raises(MalformedDer):
            der.read_raw_signature(der.write_raw_signature(r, 1, der.P256_ORDER), der.P256_ORDER)


@pytest.mark.parametrize("size", [0, 63, 65, 128])
def test_raw_signatures_have_one_size(size: int) -> None:
    with pytest.raises(MalformedDer):
        der.read_raw_signature(b"\x01" * size, der.P256_ORDER)


BAD_CIPHERS = {
    "x out of range": Sm2Cipher(PRIME, 1, bytes(32), b"c"),
    "y out of range": Sm2Cipher(1, PRIME, bytes(32), b"c"),
    "short hash": Sm2Cipher(1, 1, bytes(31), b"c"),
    "long hash": Sm2Cipher(1, 1, bytes(33), b"c"),
    "no cipher": Sm2Cipher(1, 1, bytes(32), b""),
}


@pytest.mark.parametrize("parts", BAD_CIPHERS.values(), ids=BAD_CIPHERS.keys())
def test_malformed_ciphertexts_are_refused(parts: Sm2Cipher) -> None:
    with pytest.raises(MalformedDer):
        der.read_sm2_ciphertext(der.write_sm2_ciphertext(parts), PRIME)


@given(st.integers(min_value=0, max_value=2**40))
def test_unsigned_integers_come_back(number: int) -> None:
    reader = Reader(der.encode_unsigned(number))
    assert reader.unsigned() == number
    reader.end()


def test_negative_integers_are_not_written() -> None:
    with pytest.raises(ValueError, match="positive"):
        der.encode_unsigned(-1)


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536])
def test_lengths_come_back(size: int) -> None:
    reader = Reader(der.encode(der.OCTET_STRING, bytes(size)))
    assert reader.octets() == bytes(size)
    reader.end()


@pytest.mark.parametrize(
    "dotted", ["1.2.840.10045.2.1", "1.2.156.10197.1.301", "2.16.840.1.101.3.4.1.42", "0.9"]
)
def test_object_identifiers_come_back(dotted: str) -> None:
    assert Reader(der.encode_oid(dotted)).oid() == dotted


@pytest.mark.parametrize("encoded", ["0600", "060181", "06022a80", "0603802a01"])
def test_malformed_object_identifiers_are_refused(encoded: str) -> None:
    with pytest.raises(MalformedDer):
        Reader(bytes.fromhex(encoded)).oid()


@pytest.mark.parametrize("encoded", ["0300", "03020780", "030101"])
def test_bit_strings_are_whole_bytes(encoded: str) -> None:
    with pytest.raises(MalformedDer):
        Reader(bytes.fromhex(encoded)).bits()


def test_null_is_empty() -> None:
    Reader(bytes.fromhex("0500")).null()
    with pytest.raises(MalformedDer):
        Reader(bytes.fromhex("050100")).null()


def test_wycheproof_ecdsa() -> None:
    """Every valid signature is read and verifies; every invalid one is refused, malformed ones here."""
    refused_here = ran = 0
    for group in shared_json("vectors/wycheproof/ecdsa_secp256r1_sha256_test.json")["testGroups"]:
        point = bytes.fromhex(group["publicKey"]["uncompressed"])
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        for case in group["tests"]:
            verdict = _wycheproof_verdict(public, case)
            assert (verdict == "valid") == (case["result"] == "valid"), case
            if set(case["flags"]) & {
                "BerEncodedSignature",
                "InvalidEncoding",
                "MissingZero",
                "InvalidTypesInSignature",
            }:
                assert verdict == "malformed", case
            refused_here += verdict == "malformed"
            ran += 1
    assert ran > 400
    assert refused_here > 150


def _wycheproof_verdict(public: ec.EllipticCurvePublicKey, case: dict[str, Any]) -> str:
    signature = bytes.fromhex(case["sig"])
    try:
        der.read_signature(signature, der.P256_ORDER)
    except MalformedDer:
        return "malformed"
    try:
        public.verify(signature, bytes.fromhex(case["msg"]), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "wrong"
    return "valid"
