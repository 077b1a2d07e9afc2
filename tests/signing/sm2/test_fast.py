"""The fast engine frees what it takes, leaves no error behind, and may be shared by threads and forks."""

from __future__ import annotations

import ctypes.util
import ssl
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_ulong
from pathlib import Path

import pytest

from signing.der import Sm2Cipher
from signing.errors import KeyUnavailable, OpenFailed, SignatureRefused
from signing.sm2 import EngineAbsent, curve, libcrypto
from signing.sm2.fast import FastEngine
from tests.shared import ROOT
from tests.signing.sm2.engines import POINT, SCALAR, engine

DIGEST = bytes(range(32))
NOT_LIBCRYPTO = ctypes.util.find_library("m")


@pytest.fixture(autouse=True)
def _needs_openssl() -> None:
    engine("fast")


def pending_error() -> int:
    """Return the oldest entry of this thread's error queue, 0 when it is empty."""
    peek = libcrypto.load().call["ERR_peek_error"]
    peek.restype = c_ulong
    return int(peek())


def test_a_failure_leaves_the_error_queue_empty() -> None:
    private, public = FastEngine().private(SCALAR), FastEngine().public(POINT)
    with pytest.raises(SignatureRefused):
        public.verify(DIGEST, 1, 1)
    assert pending_error() == 0
    with pytest.raises(OpenFailed):
        private.decrypt(Sm2Cipher(curve.GX, curve.GY, bytes(32), b"c"))
    assert pending_error() == 0
    with pytest.raises(KeyUnavailable):
        private.sign(b"not 32 bytes")
    assert pending_error() == 0
    ssl.create_default_context()


def test_an_all_zero_key_stream_is_refused() -> None:
    """OpenSSL lets it pass: the cipher is then the message itself."""
    scalar = bytes.fromhex("8c84f7f069cd09d59543ed980cfeb77e68c7d39b9b73d359ea67c0cdb2a86b6f")
    parts = Sm2Cipher(
        int("843a3c0e3d87f7a7d8527429a72bff56ed2baf73e39de3e8f570412c515f8a34", 16),
        int("89311d0e86a3383e2f4e9f773406850bfd374a516ec361ba203b3638a2218762", 16),
        bytes.fromhex("0f1eca21b2395e6e2cf8f365e2e3b4d87c60cd015228bee3898f159889c66267"),
        bytes.fromhex("004b"),
    )
    with pytest.raises(OpenFailed):
        FastEngine().private(scalar).decrypt(parts)


def test_one_handle_serves_many_threads() -> None:
    private, public = FastEngine().private(SCALAR), FastEngine().public(POINT)

    def work(number: int) -> bytes:
        digest = number.to_bytes(32, "big")
        public.verify(digest, *private.sign(digest))
        with pytest.raises(SignatureRefused):
            public.verify(digest, 1, 1)
        return private.decrypt(public.encrypt(digest))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(200))) == [number.to_bytes(32, "big") for number in range(200)]


def test_a_handle_ends_with_its_last_reference() -> None:
    freed: list[int] = []
    handle = FastEngine().private(SCALAR)
    watch = weakref.finalize(handle, freed.append, 1)
    del handle
    assert not watch.alive
    assert freed == [1]


def run(program: str) -> str:
    """Run a program in a fresh interpreter and return what it printed."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory in use is read from /proc")
def test_nothing_leaks() -> None:
    grown = run("""
from pathlib import Path
from signing.errors import SigningError
from signing.sm2.fast import FastEngine
from signing.sm2.curve import GX, GY
from signing.der import Sm2Cipher
engine = FastEngine()

def round():
    private = engine.private(b"\\x11" * 32)
    public = engine.public(private.point)
    public.verify(bytes(32), *private.sign(bytes(32)))
    private.decrypt(public.encrypt(b"m" * 4096))
    for attempt in (lambda: public.verify(bytes(32), 1, 1),
                    lambda: private.decrypt(Sm2Cipher(GX, GY, bytes(32), b"c" * 4096))):
        try:
            attempt()
        except SigningError:
            pass

def used():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4

for _ in range(100):
    round()
before = used()
for _ in range(1000):
    round()
print(used() - before)
""")
    # Losing one EVP_PKEY or one buffer a round would show as several thousand KiB.
    assert int(grown) < 1024


def test_parent_and_child_of_a_fork_draw_different_nonces() -> None:
    printed = run("""
import os, sys
from signing.sm2.fast import FastEngine
engine = FastEngine()
private = engine.private(b"\\x11" * 32)
public = engine.public(private.point)
private.sign(bytes(32))
read, write = os.pipe()
child = os.fork()
signature = private.sign(bytes(32))
public.verify(bytes(32), *signature)
if child == 0:
    os.write(write, b"%d %d" % signature)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
other = tuple(int(part) for part in os.read(read, 4096).split())
public.verify(bytes(32), *other)
print(signature[0] != other[0])
""")
    assert printed.strip() == "True"


@pytest.mark.skipif(NOT_LIBCRYPTO is None, reason="no other library to mistake for libcrypto")
def test_another_library_is_not_taken_for_openssl_3() -> None:
    with pytest.raises(EngineAbsent, match="older than OpenSSL 3"):
        FastEngine(NOT_LIBCRYPTO)
