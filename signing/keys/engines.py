"""The SM2 engine of this process."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing.sm2 import Engine, choose_engine

_RANDOM_BLOCK = 32


@cache
def sm2_engine() -> Engine:
    """The SM2 engine of this process: OpenSSL where it is present.

    Like OpenSSL's own signatures it draws its nonces itself, from the generator of the library, because keys
    are parsed long before anyone could hand randomness in.
    """
    return choose_engine(random=_library_random)


def _library_random(size: int) -> bytes:
    blocks = -(-size // _RANDOM_BLOCK)
    return b"".join(AESGCM.generate_key(8 * _RANDOM_BLOCK) for _ in range(blocks))[:size]
