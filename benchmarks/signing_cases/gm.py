"""HMAC-SM3 and SM4 against the same primitives of `cryptography`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from benchmarks.measure import Case
from signing import gm

MESSAGE = bytes(2048)
GOAL = 0.85


def gm_cases(stack: ExitStack) -> Iterator[Case]:
    """HMAC-SM3 and SM4 on 2 KiB against the same primitives of `cryptography`."""
    key, iv, nonce = bytes(16), bytes(16), bytes(12)

    def bare_hmac() -> object:
        context = hmac.HMAC(key, hashes.SM3())
        context.update(MESSAGE)
        return context.finalize()

    def bare_cbc() -> object:
        padder = padding.PKCS7(128).padder()
        encryptor = Cipher(algorithms.SM4(key), modes.CBC(iv)).encryptor()
        return encryptor.update(padder.update(MESSAGE) + padder.finalize()) + encryptor.finalize()

    def bare_gcm() -> object:
        encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        return encryptor.update(MESSAGE) + encryptor.finalize() + encryptor.tag

    floor = "bare cryptography"
    yield Case("HMAC-SM3 2 KiB", partial(gm.hmac_sm3, key, MESSAGE), floor, bare_hmac, GOAL)
    yield Case("SM4-CBC 2 KiB", partial(gm.sm4_cbc_encrypt, key, iv, MESSAGE), floor, bare_cbc, GOAL)
    yield Case("SM4-GCM 2 KiB", partial(gm.sm4_gcm_encrypt, key, nonce, MESSAGE), floor, bare_gcm, GOAL)
