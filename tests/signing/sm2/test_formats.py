"""The five forms of a ciphertext are read only as themselves."""

from __future__ import annotations

import pytest

from signing.der import MalformedDer, Sm2Cipher
from signing.sm2 import curve
from signing.sm2.formats import CipherFormat, read_cipher, write_cipher

PARTS = Sm2Cipher(curve.GX, curve.GY, b"h" * 32, b"cipher")


@pytest.mark.parametrize("form", CipherFormat)
def test_a_form_comes_back(form: CipherFormat) -> None:
    assert read_cipher(write_cipher(PARTS, form), form) == PARTS


@pytest.mark.parametrize("form", CipherFormat)
def test_the_point_lies_on_the_curve(form: CipherFormat) -> None:
    for x, y in ((0, 0), (curve.GX, curve.GY + 1), (curve.GY, curve.GX), (curve.P - 1, 1)):
        with pytest.raises(MalformedDer):
            read_cipher(write_cipher(PARTS._replace(x=x, y=y), form), form)


@pytest.mark.parametrize("form", CipherFormat)
@pytest.mark.parametrize("other", CipherFormat)
def test_a_form_is_not_taken_for_another(form: CipherFormat, other: CipherFormat) -> None:
    swapped = {form, other} <= {CipherFormat.C1C3C2, CipherFormat.C1C2C3}
    bare = {form, other} <= {CipherFormat.BARE_C1C3C2, CipherFormat.BARE_C1C2C3}
    if form is other:
        return
    if swapped or bare:  # same shape: only the hash tells them apart, see test_keys
        assert read_cipher(write_cipher(PARTS, form), other) != PARTS
    else:
        with pytest.raises(MalformedDer):
            read_cipher(write_cipher(PARTS, form), other)


@pytest.mark.parametrize("form", [form for form in CipherFormat if form is not CipherFormat.ASN1])
def test_a_plain_join_holds_at_least_one_byte(form: CipherFormat) -> None:
    whole = write_cipher(PARTS, form)
    for size in (0, 1, 64, 65, 96, len(whole) - len(PARTS.cipher)):
        with pytest.raises(MalformedDer):
            read_cipher(whole[:size], form)
