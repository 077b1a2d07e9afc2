"""The digest of the standard's worked example, and the bounds of a user id."""

from __future__ import annotations

import pytest

from signing.errors import ProfileInvalid
from signing.sm2 import DEFAULT_USER_ID, LONGEST_USER_ID, za
from signing.sm2.digest import digest
from tests.shared import shared_json
from tests.signing.sm2.engines import POINT


def test_the_worked_example() -> None:
    """GM/T 0003.5-2012 annex A."""
    example = shared_json("vectors/gm/sm2_sign.json")
    assert za(DEFAULT_USER_ID, POINT).hex() == example["za"]
    assert digest(DEFAULT_USER_ID, POINT, b"message digest").hex() == example["e"]


def test_the_longest_user_id_fills_its_length_field() -> None:
    assert 8 * LONGEST_USER_ID < 2**16 <= 8 * (LONGEST_USER_ID + 1)
    assert len(za(b"u" * LONGEST_USER_ID, POINT)) == 32
    with pytest.raises(ProfileInvalid):
        za(b"u" * (LONGEST_USER_ID + 1), POINT)
