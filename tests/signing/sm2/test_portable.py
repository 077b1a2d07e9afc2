"""The portable engine gives the published values when it is given the published nonces."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from signing.errors import SignatureRefused
from signing.sm2 import curve
from signing.sm2.digest import DEFAULT_USER_ID, digest
from signing.sm2.formats import CipherFormat, SignatureFormat, write_cipher, write_signature
from signing.sm2.portable import PortableEngine
from tests.shared import shared_json
from tests.signing.sm2.engines import POINT, SCALAR

# GM/T 0003.5-2012: both annexes A and C use this nonce.
NONCE = bytes.fromhex("59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21")


def dealt(*draws: bytes) -> Callable[[int], bytes]:
    """Return a source that deals these draws in order and then runs dry."""
    left = iter(draws)

    def random(size: int) -> bytes:
        drawn = next(left)
        assert len(drawn) == size
        return drawn

    return random


def test_annex_a_signature() -> None:
    example = shared_json("vectors/gm/sm2_sign.json")
    engine = PortableEngine(dealt(bytes.fromhex(example["nonceOfFirstCase"])))
    signature = engine.private(SCALAR).sign(digest(DEFAULT_USER_ID, POINT, b"message digest"))
    assert write_signature(*signature, SignatureFormat.DER).hex() == example["tests"][0]["sig"]


def test_annex_c_ciphertext() -> None:
    example = shared_json("vectors/gm/sm2_encrypt.json")["tests"][0]
    engine = PortableEngine(dealt(NONCE))
    parts = engine.public(POINT).encrypt(b"encryption standard")
    assert write_cipher(parts, CipherFormat.ASN1).hex() == example["ct"]


def test_nonces_out_of_range_are_drawn_again() -> None:
    engine = PortableEngine(dealt(bytes(32), curve.N.to_bytes(32, "big"), b"\xff" * 32, NONCE))
    parts = engine.public(POINT).encrypt(b"m")
    assert parts == PortableEngine(dealt(NONCE)).public(POINT).encrypt(b"m")


def test_a_nonce_that_would_give_the_key_away_is_drawn_again() -> None:
    """r + k = n makes s independent of the private key; the standard asks for another nonce."""
    k = int.from_bytes(NONCE, "big")
    x = int.from_bytes(PortableEngine(dealt()).private(NONCE).point[1:33], "big")
    e = (curve.N - k - x) % curve.N
    second = (k + 1).to_bytes(32, "big")
    engine = PortableEngine(dealt(NONCE, second))
    signature = engine.private(SCALAR).sign(e.to_bytes(32, "big"))
    assert signature == PortableEngine(dealt(second)).private(SCALAR).sign(e.to_bytes(32, "big"))


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (curve.N, 1), (1, curve.N), (1, curve.N - 1)])
def test_numbers_that_prove_nothing_are_refused(r: int, s: int) -> None:
    with pytest.raises(SignatureRefused):
        PortableEngine(dealt()).public(POINT).verify(bytes(32), r, s)


def test_a_sum_at_infinity_is_refused() -> None:
    """For d = 1 the sum s G + (r + s) P vanishes when r + 2 s = n; there is no x to compare."""
    public = PortableEngine(dealt()).private((1).to_bytes(32, "big")).point
    with pytest.raises(SignatureRefused):
        PortableEngine(dealt()).public(public).verify(bytes(32), curve.N - 4, 2)
