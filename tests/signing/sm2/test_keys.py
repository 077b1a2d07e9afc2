"""Every published SM2 case on every engine; what one engine makes the other takes; damage is refused."""

from __future__ import annotations

import base64
import copy
import pickle
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.errors import KeyUnavailable, OpenFailed, ProfileInvalid
from signing.errors import SignatureRefused as Refused
from signing.sm2 import DEFAULT_USER_ID, CipherFormat, SignatureFormat, Sm2PrivateKey, Sm2PublicKey
from tests.shared import shared_json
from tests.signing.mutations import mutants
from tests.signing.sm2.engines import BOTH, POINT, SCALAR, engine
from tests.tally import Tally

DER = SignatureFormat.DER
scalars = st.integers(1, 2**256 - 2**224 - 2**129).map(lambda number: number.to_bytes(32, "big"))


def private(name: str, scalar: bytes = SCALAR) -> Sm2PrivateKey:
    return Sm2PrivateKey.from_scalar(scalar, engine(name))


def public(name: str, point: bytes = POINT) -> Sm2PublicKey:
    return Sm2PublicKey.from_point(point, engine(name))


@BOTH
def test_signature_vectors(name: str, tally: Tally) -> None:
    cases = shared_json("vectors/gm/sm2_sign.json")["tests"]
    for case in cases:
        with tally(f"gm/sm2_sign.json ({name} engine)", case["tcId"]):
            if case["result"] == "valid":
                assert _verify(name, case) == bytes.fromhex(case["msg"]), case
            else:
                with pytest.raises((Refused, KeyUnavailable)):
                    _verify(name, case)
    assert len(cases) >= 28


def _verify(name: str, case: dict[str, Any]) -> bytes:
    key = public(name, bytes.fromhex(case["publicX"].zfill(64) + case["publicY"].zfill(64)))
    signature, message, user_id = (bytes.fromhex(case[field]) for field in ("sig", "msg", "uid"))
    return key.verify(signature, message, user_id=user_id, form=SignatureFormat(case["format"]))


@BOTH
def test_encryption_vectors(name: str, tally: Tally) -> None:
    cases = shared_json("vectors/gm/sm2_encrypt.json")["tests"]
    errors = set()
    for case in cases:
        key = private(name, bytes.fromhex(case["privateKey"]))
        ciphertext, form = bytes.fromhex(case["ct"]), CipherFormat(case["format"])
        with tally(f"gm/sm2_encrypt.json ({name} engine)", case["tcId"]):
            if case["result"] == "valid":
                assert key.decrypt(ciphertext, form).hex() == case["msg"], case
                continue
            with pytest.raises(OpenFailed) as caught:
                key.decrypt(ciphertext, form)
        errors.add(str(caught.value))
    assert len(cases) >= 19
    assert len(errors) == 1


@BOTH
def test_a_bank_published_its_signature(name: str) -> None:
    """The user id is not the default one, the signature is raw, the key a bare scalar and a bare point."""
    case = shared_json("vectors/dialects/cmb_cdc_sm2_sm4.json")
    key = private(name, base64.b64decode(case["sm2_private_key_b64_raw32"]))
    assert key.public_key() == public(name, bytes.fromhex(case["sm2_public_key_hex_xy"]))
    message = case["to_be_signed_utf8"].encode()
    signature = base64.b64decode(case["signature_b64_r_s"])
    user_id = case["sm2_user_id"].encode()
    form = SignatureFormat.RAW
    assert key.public_key().verify(signature, message, user_id=user_id, form=form) == message
    for wrong_id, wrong_form in ((DEFAULT_USER_ID, form), (user_id, DER)):
        with pytest.raises(Refused):
            key.public_key().verify(signature, message, user_id=wrong_id, form=wrong_form)


@BOTH
@settings(max_examples=8)
@given(scalar=scalars, message=st.binary(max_size=300), user_id=st.binary(max_size=40))
def test_engines_take_each_others_signatures(
    name: str, scalar: bytes, message: bytes, user_id: bytes
) -> None:
    other = "fast" if name == "portable" else "portable"
    for form in SignatureFormat:
        signature = private(name, scalar).sign(message, user_id=user_id, form=form)
        key = private(other, scalar).public_key()
        assert key.verify(signature, message, user_id=user_id, form=form) == message
        with pytest.raises(Refused):
            key.verify(signature, message + b"x", user_id=user_id, form=form)
        with pytest.raises(Refused):
            key.verify(signature, message, user_id=user_id + b"x", form=form)


@BOTH
@settings(max_examples=6)
@given(scalar=scalars, message=st.binary(min_size=1, max_size=300), form=st.sampled_from(CipherFormat))
def test_engines_open_each_others_ciphertexts(
    name: str, scalar: bytes, message: bytes, form: CipherFormat
) -> None:
    other = "fast" if name == "portable" else "portable"
    sealed = private(name, scalar).public_key().encrypt(message, form)
    assert private(other, scalar).decrypt(sealed, form) == message


@BOTH
def test_one_byte_messages_never_travel_in_clear(name: str) -> None:
    """One in 256 key streams of one byte is zero; the standard draws another nonce."""
    for _ in range(600 if name == "fast" else 20):
        sealed = public(name).encrypt(b"x", CipherFormat.C1C3C2)
        assert sealed[-1:] != b"x"


@BOTH
def test_the_empty_message(name: str) -> None:
    signature = private(name).sign(b"", user_id=b"", form=DER)
    assert public(name).verify(signature, b"", user_id=b"", form=DER) == b""
    with pytest.raises(ProfileInvalid):
        public(name).encrypt(b"", CipherFormat.ASN1)


@BOTH
@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 8190, 8191])
def test_user_ids_of_every_size(name: str, size: int) -> None:
    signature = private(name).sign(b"m", user_id=b"u" * size, form=DER)
    assert public(name).verify(signature, b"m", user_id=b"u" * size, form=DER) == b"m"


@BOTH
def test_user_ids_have_a_longest(name: str) -> None:
    with pytest.raises(ProfileInvalid):
        private(name).sign(b"m", user_id=b"u" * 8192, form=DER)


@pytest.mark.parametrize("form", SignatureFormat)
def test_mutants_of_signatures_are_refused(form: SignatureFormat) -> None:
    signature = private("fast").sign(b"message", user_id=DEFAULT_USER_ID, form=form)
    key = public("fast")
    for mutant in mutants(signature, seed=11):
        with pytest.raises(Refused):
            key.verify(mutant, b"message", user_id=DEFAULT_USER_ID, form=form)


@pytest.mark.parametrize("form", CipherFormat)
def test_mutants_of_ciphertexts_are_refused(form: CipherFormat) -> None:
    key = private("fast")
    sealed = key.public_key().encrypt(b"0123456789abcdef", form)
    for mutant in mutants(sealed, seed=12):
        with pytest.raises(OpenFailed):
            key.decrypt(mutant, form)


def test_mutants_are_refused_by_the_portable_engine_too() -> None:
    key = private("portable")
    signature = key.sign(b"message", user_id=b"", form=DER)
    sealed = key.public_key().encrypt(b"0123456789abcdef", CipherFormat.ASN1)
    for mutant in mutants(signature, seed=13, count=40):
        with pytest.raises(Refused):
            key.public_key().verify(mutant, b"message", user_id=b"", form=DER)
    for mutant in mutants(sealed, seed=14, count=40):
        with pytest.raises(OpenFailed):
            key.decrypt(mutant, CipherFormat.ASN1)


@BOTH
@pytest.mark.parametrize(
    "scalar",
    [
        b"",
        bytes(31) + b"",
        bytes(32),
        b"\x01" * 33,
        bytes.fromhex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122"),  # n - 1
        bytes.fromhex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"),
        b"\xff" * 32,
    ],
)
def test_private_scalars_lie_between_1_and_n_minus_2(name: str, scalar: bytes) -> None:
    with pytest.raises(KeyUnavailable):
        private(name, scalar)
    with pytest.raises(KeyUnavailable):
        engine(name).private(scalar)


@BOTH
@pytest.mark.parametrize(
    "scalar",
    [
        (1).to_bytes(32, "big"),
        bytes.fromhex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121"),  # n - 2
    ],
)
def test_the_outermost_private_scalars_work(name: str, scalar: bytes) -> None:
    key = private(name, scalar)
    signature = key.sign(b"m", user_id=b"", form=DER)
    assert private("portable", scalar).public_key().verify(signature, b"m", user_id=b"", form=DER) == b"m"
    assert key.decrypt(key.public_key().encrypt(b"m", CipherFormat.ASN1), CipherFormat.ASN1) == b"m"


@BOTH
@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\x04",
        bytes(64),
        b"\x04" + bytes(64),
        b"\x02" + POINT[1:33],
        b"\x06" + POINT[1:],
        POINT + b"\x00",
        POINT[:-1],
        POINT[:-1] + b"\x12",
        # x + p, which fits 32 bytes for a small x only: here simply out of range
        b"\x04" + b"\xff" * 32 + POINT[33:],
    ],
)
def test_only_points_of_the_curve_are_keys(name: str, point: bytes) -> None:
    with pytest.raises(KeyUnavailable):
        public(name, point)


@BOTH
def test_private_keys_do_not_show_themselves(name: str) -> None:
    for secret in (private(name), engine(name).private(SCALAR)):
        assert SCALAR.hex() not in repr(secret)
        assert str(int.from_bytes(SCALAR, "big")) not in repr(secret)
        for leak in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                leak(secret)


@BOTH
def test_the_scalar_may_be_wiped_after_loading(name: str) -> None:
    scalar = bytearray(SCALAR)
    key = Sm2PrivateKey.from_scalar(scalar, engine(name))
    scalar[:] = bytes(32)
    assert key.public_key().point == POINT
    signature = key.sign(b"m", user_id=b"", form=DER)
    assert public(name).verify(signature, b"m", user_id=b"", form=DER) == b"m"


def test_public_keys_are_written_like_those_of_the_library() -> None:
    key = public("portable")
    info = PublicFormat.SubjectPublicKeyInfo
    for written in (key.public_bytes(Encoding.PEM, info), key.public_bytes(Encoding.DER, info)):
        load = Sm2PublicKey.from_pem if written.startswith(b"-----") else Sm2PublicKey.from_der
        assert load(written, engine("portable")) == key
    assert key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) == POINT
    with pytest.raises(ProfileInvalid):
        key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert hash(key) == hash(public("portable"))
    assert key != POINT
