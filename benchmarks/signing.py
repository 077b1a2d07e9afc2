"""How fast the signing package is, against the bare library and `openssl speed`, in one run on one core.

Add an algorithm: write a function that yields its cases and name it in GROUPS. Rates count processor time, as
`openssl speed` does, so that a busy neighbour does not decide the result.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ctypes import byref, c_size_t
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from signing import gm
from signing.sm2 import CipherFormat, EngineChoice, SignatureFormat, Sm2PrivateKey, choose_engine, libcrypto
from signing.sm2.fast import FastPrivate, FastPublic

MESSAGE = bytes(2048)
SHORT = bytes(20)  # what `openssl speed sm2` signs
USER_ID = b"1234567812345678"
SM2_GOAL = 0.6
BARE_GOAL = 0.85

Action = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One operation of ours and the floor under it; `goal` is the least ratio, None if only reported."""

    name: str
    ours: Action
    floor_name: str
    floor: Action | float | None
    goal: float | None = None


@dataclass(frozen=True)
class Figure:
    """Operations per second of processor time; `met` is None where there is no goal or no floor."""

    name: str
    per_second: float
    floor_name: str
    floor_per_second: float | None
    ratio: float | None
    goal: float | None
    met: bool | None


def rate(action: Action, seconds: float) -> float:
    """Return calls per second of processor time."""
    done, batch = 0, 1
    start = time.process_time()
    while (spent := time.process_time() - start) < seconds:
        for _ in range(batch):
            action()
        done += batch
        batch = min(2 * batch, 64)
    return done / spent


def measure(case: Case, seconds: float, rounds: int) -> Figure:
    """Measure ours and its floor in turns, and compare the best round of each."""
    ours, floors = 0.0, 0.0
    for _ in range(rounds):
        ours = max(ours, rate(case.ours, seconds / rounds))
        if callable(case.floor):
            floors = max(floors, rate(case.floor, seconds / rounds))
    floor = floors if callable(case.floor) else case.floor
    ratio = None if floor is None else ours / floor
    met = None if ratio is None or case.goal is None else ratio >= case.goal
    rounded = None if floor is None else round(floor, 1)
    return Figure(
        case.name, round(ours, 1), case.floor_name, rounded, ratio and round(ratio, 3), case.goal, met
    )


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
        yield Case(f"SM2 sign {label}", sign, "openssl speed sm2", speed[0], SM2_GOAL)
        yield Case(f"SM2 verify {label}", verify, "openssl speed sm2", speed[1], SM2_GOAL)
    bare_sign, bare_verify = _bare_sm2(stack)
    yield Case("SM2 sign 2 KiB (loop)", sign, "bare libcrypto loop", bare_sign)
    yield Case("SM2 verify 2 KiB (loop)", verify, "bare libcrypto loop", bare_verify)
    sealed = public.encrypt(bytes(16), CipherFormat.C1C3C2)
    yield Case("SM2 encrypt 16 B", partial(public.encrypt, bytes(16), CipherFormat.C1C3C2), "none", None)
    yield Case("SM2 decrypt 16 B", partial(private.decrypt, sealed, CipherFormat.C1C3C2), "none", None)


def _bare_sm2(stack: ExitStack) -> tuple[Action, Action]:
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
    yield Case("HMAC-SM3 2 KiB", partial(gm.hmac_sm3, key, MESSAGE), floor, bare_hmac, BARE_GOAL)
    yield Case("SM4-CBC 2 KiB", partial(gm.sm4_cbc_encrypt, key, iv, MESSAGE), floor, bare_cbc, BARE_GOAL)
    yield Case("SM4-GCM 2 KiB", partial(gm.sm4_gcm_encrypt, key, nonce, MESSAGE), floor, bare_gcm, BARE_GOAL)


GROUPS: tuple[Callable[[ExitStack], Iterator[Case]], ...] = (sm2_cases, gm_cases)


def _line(figure: Figure) -> str:
    floor = f"{figure.floor_name} {figure.floor_per_second or 0:,.0f}/s"
    verdict = f"ratio {figure.ratio}, goal {figure.goal}, met {figure.met}"
    return f"{figure.name:24} {figure.per_second:10,.0f}/s   {floor:32} {verdict}"


def main() -> int:
    """Measure every case; with --json print one object. Ends with 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=1.0, help="processor time per case (default 1)")
    parser.add_argument("--rounds", type=int, default=5, help="turns between ours and the floor (default 5)")
    options = parser.parse_args()
    with ExitStack() as stack:
        cases = [case for group in GROUPS for case in group(stack)]
        figures = [measure(case, options.seconds, options.rounds) for case in cases]
    met = all(figure.met is not False for figure in figures)
    if options.json:
        about = {"benchmark": "signing", "python": platform.python_version(), "machine": platform.machine()}
        print(json.dumps({**about, "met": met, "figures": [asdict(figure) for figure in figures]}))
    else:
        for figure in figures:
            print(_line(figure))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
