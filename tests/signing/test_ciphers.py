"""Content ciphers and key wraps: round trips, published values, and one error for every failure."""

from __future__ import annotations

from random import Random

import pytest

from signing.ciphers import (
    CIPHERS,
    LEGACY_WRAPS,
    ContentCipher,
    KeyWrap,
    decrypt,
    decrypt_blind,
    encrypt,
    unwrap_blind,
    unwrap_key,
    wrap_key,
)
from signing.errors import KeyUnavailable, OpenFailed
from signing.keys import Key
from signing.keystore import new_rsa, new_sm2
from tests.shared import shared_json
from tests.signing.mutations import mutants

DICE = Random(9)
RSA, SM2 = new_rsa("rsa"), new_sm2("sm2", DICE.randbytes)
TEXT = "申请 1000.00".encode() * 5


def parts(cipher: ContentCipher) -> tuple[bytes, bytes]:
    spec = CIPHERS[cipher]
    return DICE.randbytes(spec.key_bytes), DICE.randbytes(spec.iv_bytes)


@pytest.mark.parametrize("cipher", ContentCipher)
@pytest.mark.parametrize("text", [b"", b"x", bytes(16), TEXT])
def test_round_trip(cipher: ContentCipher, text: bytes) -> None:
    key, iv = parts(cipher)
    sealed = encrypt(cipher, key, iv, text, b"associated")
    assert decrypt(cipher, key, iv, sealed, b"associated") == text
    opened = decrypt_blind(cipher, key, iv, sealed, b"associated")
    assert (opened.text, opened.failed) == (text, False)


@pytest.mark.parametrize("cipher", [cipher for cipher in ContentCipher if CIPHERS[cipher].authenticated])
def test_authenticated_mutants_are_refused(cipher: ContentCipher) -> None:
    key, iv = parts(cipher)
    sealed = encrypt(cipher, key, iv, TEXT, b"place")
    for mutant in mutants(sealed, seed=6):
        with pytest.raises(OpenFailed):
            decrypt(cipher, key, iv, mutant, b"place")
    with pytest.raises(OpenFailed):
        decrypt(cipher, key, iv, sealed, b"elsewhere")


@pytest.mark.parametrize("cipher", [cipher for cipher in ContentCipher if not CIPHERS[cipher].authenticated])
def test_bad_padding_yields_a_decoy_and_one_error(cipher: ContentCipher) -> None:
    key, iv = parts(cipher)
    sealed = encrypt(cipher, key, iv, TEXT)
    for spoilt in (sealed[:-16], sealed[:-1], b"", sealed[:-17] + b"\xff" + sealed[-16:]):
        opened = decrypt_blind(cipher, key, iv, spoilt)
        assert opened.failed
        with pytest.raises(OpenFailed):
            decrypt(cipher, key, iv, spoilt)


@pytest.mark.parametrize("cipher", ContentCipher)
def test_sizes_are_demanded(cipher: ContentCipher) -> None:
    key, iv = parts(cipher)
    for wrong in (key[:-1], key + b"x", b""):
        with pytest.raises(KeyUnavailable):
            encrypt(cipher, wrong, iv, TEXT)
        with pytest.raises(KeyUnavailable):
            decrypt(cipher, wrong, iv, TEXT)
    with pytest.raises(KeyUnavailable):
        encrypt(cipher, key, iv + b"x", TEXT)
    with pytest.raises(OpenFailed):
        decrypt(cipher, key, iv[:-1], encrypt(cipher, key, iv, TEXT))


def test_sm4_published_values() -> None:
    ran = 0
    for case in shared_json("vectors/gm/sm4.json")["cbc_pkcs7"]:
        key, iv, sealed = (bytes.fromhex(case[name]) for name in ("key", "iv", "ct"))
        ran += 1
        if case["result"] == "valid":
            assert decrypt(ContentCipher.SM4_CBC, key, iv, sealed) == bytes.fromhex(case["msg"])
            continue
        with pytest.raises(OpenFailed) as failed:
            decrypt(ContentCipher.SM4_CBC, key, iv, sealed)
        assert str(failed.value) == "the message could not be opened"
    assert ran > 3


def receiver(wrap: KeyWrap) -> Key:
    return SM2 if wrap.value.startswith("sm2") else RSA


@pytest.mark.parametrize("wrap", KeyWrap)
def test_wraps(wrap: KeyWrap) -> None:
    ours = receiver(wrap)
    content_key = DICE.randbytes(32)
    wrapped = wrap_key(wrap, content_key, ours.public())
    assert unwrap_key(wrap, wrapped, ours, 32) == content_key
    with pytest.raises(OpenFailed):
        unwrap_key(wrap, wrapped, ours, 16)
    with pytest.raises(KeyUnavailable):
        unwrap_key(wrap, wrapped, Key.symmetric("s", b"x"), 32)
    with pytest.raises(KeyUnavailable):
        wrap_key(wrap, content_key, Key.symmetric("s", b"x"))


@pytest.mark.parametrize("wrap", KeyWrap)
def test_wrapped_mutants_never_give_the_key(wrap: KeyWrap) -> None:
    ours = receiver(wrap)
    content_key = DICE.randbytes(32)
    wrapped = wrap_key(wrap, content_key, ours.public())
    for mutant in mutants(wrapped, seed=8):
        opened = unwrap_blind(wrap, mutant, ours, 32)
        # PKCS#1 v1.5 answers a forgery with a random key on purpose, so failing late is its way of failing.
        assert opened.failed or wrap is KeyWrap.RSA_PKCS1
        assert opened.text != content_key


def test_legacy_wraps() -> None:
    assert {wrap.value for wrap in LEGACY_WRAPS} == {"rsa-oaep-sha1", "rsa-pkcs1"}
