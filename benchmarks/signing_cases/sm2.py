"""SM2 against the openssl command, and against a loop around libcrypto that does nothing else."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from ctypes import byref, c_size_t
from functools import cache, partial

from benchmarks.measure import Action, Case
from signing.sm2 import CipherFormat, EngineChoice, SignatureFormat, Sm2PrivateKey, choose_engine, libcrypto
from signing.sm2.fast import FastPrivate, FastPublic

MESSAGE = bytes(2048)
SHORT = bytes(20)  # what `openssl speed sm2` signs
USER_ID = b"1234567812345678"
GOAL = 0.6


@cache
def openssl_speed(algorithm: str) -> tuple[float, float] | None:
    """Return (signatures, verifications) per second of the openssl command, or None where it cannot tell."""
    command = shutil.which("openssl")
    if command is None:
        return None
    run = [command, "speed", "-mr", "-seconds", "2", algorithm]
    printed = subprocess.run(run, capture_output=True, text=True, check=False).stdout
    for line in printed.splitlines():
        if line.startswith("+F") and line.count(":") >= 4:
            sign, verify = line.split(":")[-2:]
            return float(sign), float(verify)
    return None


def sm2_cases(stack: ExitStack) -> Iterator[Case]:
    """SM2 on the fast engine against the openssl command, and against a bare loop around libcrypto."""
    engine = choose_engine(EngineChoice.FAST, random=os.urandom)
    private = Sm2PrivateKey.from_scalar(b"\x11" * 32, engine)
    public = private.public_key()
    speed = openssl_speed("sm2") or (None, None)
    for label, message in (("20 B", SHORT), ("2 KiB", MESSAGE)):
        sign = partial(private.sign, message, user_id=USER_ID, form=SignatureFormat.DER)
        verify = partial(public.verify, sign(), message, user_id=USER_ID, form=SignatureFormat.DER)
        yield Case(f"SM2 sign {label}", sign, "openssl speed sm2", speed[0], GOAL)
        yield Case(f"SM2 verify {label}", verify, "openssl speed sm2", speed[1], GOAL)
    bare_sign, bare_verify = bare_sm2(stack)
    yield Case("SM2 sign 2 KiB (loop)", sign, "bare libcrypto loop", bare_sign)
    yield Case("SM2 verify 2 KiB (loop)", verify, "bare libcrypto loop", bare_verify)
    sealed = public.encrypt(bytes(16), CipherFormat.C1C3C2)
    yield Case("SM2 encrypt 16 B", partial(public.encrypt, bytes(16), CipherFormat.C1C3C2), "none", None)
    yield Case("SM2 decrypt 16 B", partial(private.decrypt, sealed, CipherFormat.C1C3C2), "none", None)


def bare_sm2(stack: ExitStack) -> tuple[Action, Action]:
    """EVP_PKEY_sign and EVP_PKEY_verify on one digest with one context that is never renewed."""
    lib, digest = libcrypto.load(), bytes(range(32))
    private = FastPrivate(lib, b"\x11" * 32)
    public = FastPublic(lib, private.point)
    # The floor wants the contexts our engine makes anew for each call.
    signing = stack.enter_context(private._operation("EVP_PKEY_sign_init"))
    verifying = stack.enter_context(public._operation("EVP_PKEY_verify_init"))
    buffer, size = ctypes.create_string_buffer(72), c_size_t(72)
    lib.demand(lib.call.EVP_PKEY_sign(signing, buffer, byref(size), digest, 32))
    signature = buffer.raw[: size.value]

    def sign() -> object:
        room = c_size_t(72)
        return lib.call.EVP_PKEY_sign(signing, buffer, byref(room), digest, 32)

    return sign, lambda: lib.call.EVP_PKEY_verify(verifying, signature, len(signature), digest, 32)
