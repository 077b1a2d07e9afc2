"""The digest SM2 signs: SM3(Za || message); Za binds user id and public key (GB/T 32918.2, 5.5)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from signing.errors import ProfileInvalid
from signing.gm import sm3
from signing.sm2 import curve

# The id GM/T 0009 section 10 gives to parties that agreed on none. Callers name it; nothing assumes it.
DEFAULT_USER_ID: Final = b"1234567812345678"

# Its length in bits must fit the two bytes of ENTL.
LONGEST_USER_ID: Final = 8191

_DOMAIN: Final = b"".join(
    number.to_bytes(curve.SIZE, "big") for number in (curve.A, curve.B, curve.GX, curve.GY)
)


@lru_cache(maxsize=1024)
def za(user_id: bytes, point: bytes) -> bytes:
    """Return the 32-byte Za of a user id (0 to 8,191 bytes) and a public point 04||x||y.

    Raises `ProfileInvalid` for a longer id.
    """
    if len(user_id) > LONGEST_USER_ID:
        raise ProfileInvalid(f"an SM2 user id has at most {LONGEST_USER_ID} bytes")
    entl = (8 * len(user_id)).to_bytes(2, "big")
    return sm3(entl, user_id, _DOMAIN, point[1:])


def digest(user_id: bytes, point: bytes, message: bytes) -> bytes:
    """Return e = SM3(Za || message), 32 bytes."""
    return sm3(za(user_id, point), message)
