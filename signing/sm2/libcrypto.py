"""OpenSSL 3 libcrypto through ctypes: finding it, declaring what is used, freeing what it hands out.

`ctypes.CDLL` releases the interpreter lock during each call. libcrypto keeps its error queue per thread,
and other users of the same library (Python's `ssl`) read that queue, so every failed call empties it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint, c_void_p
from functools import cache
from typing import Any, Final

from signing.sm2.port import EngineAbsent

OLDEST_MAJOR: Final = 3

_NAMES: Final = {
    "linux": ("libcrypto.so.3",),
    "darwin": (
        "libcrypto.3.dylib",
        "/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib",
        "/usr/local/opt/openssl@3/lib/libcrypto.3.dylib",
    ),
    "win32": ("libcrypto-3-x64.dll", "libcrypto-3-arm64.dll", "libcrypto-3.dll"),
}


class Parameter(ctypes.Structure):
    """OSSL_PARAM of <openssl/core.h>."""

    _fields_ = (
        ("key", c_char_p),
        ("data_type", c_uint),
        ("data", c_void_p),
        ("data_size", c_size_t),
        ("return_size", c_size_t),
    )


UNSIGNED_INTEGER: Final = 2  # OSSL_PARAM_UNSIGNED_INTEGER: native byte order
UTF8_STRING: Final = 4
OCTET_STRING: Final = 5

PUBLIC_KEY: Final = 0x86  # EVP_PKEY_PUBLIC_KEY: domain parameters and the point
KEY_PAIR: Final = 0x87  # EVP_PKEY_KEYPAIR

_IN: Final = c_char_p
_OUT: Final = c_void_p
_SIZE: Final = POINTER(c_size_t)

_FUNCTIONS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "OPENSSL_version_major": (c_uint, ()),
    "OPENSSL_cleanse": (None, (_OUT, c_size_t)),
    "ERR_clear_error": (None, ()),
    "OBJ_sn2nid": (c_int, (c_char_p,)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_new_from_pkey": (c_void_p, (c_void_p, c_void_p, c_char_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_fromdata_init": (c_int, (c_void_p,)),
    "EVP_PKEY_fromdata": (c_int, (c_void_p, POINTER(c_void_p), c_int, POINTER(Parameter))),
    "EVP_PKEY_sign_init": (c_int, (c_void_p,)),
    "EVP_PKEY_sign": (c_int, (c_void_p, _OUT, _SIZE, _IN, c_size_t)),
    "EVP_PKEY_verify_init": (c_int, (c_void_p,)),
    "EVP_PKEY_verify": (c_int, (c_void_p, _IN, c_size_t, _IN, c_size_t)),
    "EVP_PKEY_encrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_encrypt": (c_int, (c_void_p, _OUT, _SIZE, _IN, c_size_t)),
    "EVP_PKEY_decrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_decrypt": (c_int, (c_void_p, _OUT, _SIZE, _IN, c_size_t)),
    "EC_GROUP_new_by_curve_name": (c_void_p, (c_int,)),
    "EC_GROUP_free": (None, (c_void_p,)),
    "EC_POINT_new": (c_void_p, (c_void_p,)),
    "EC_POINT_free": (None, (c_void_p,)),
    "EC_POINT_mul": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EC_POINT_point2oct": (c_size_t, (c_void_p, c_void_p, c_int, _OUT, c_size_t, c_void_p)),
    "BN_bin2bn": (c_void_p, (c_void_p, c_int, c_void_p)),
    "BN_clear_free": (None, (c_void_p,)),
}


class CallFailed(Exception):
    """A libcrypto function reported failure; the caller turns this into an error of the package."""


class Libcrypto:
    """One loaded libcrypto with its functions declared. Loading raises `EngineAbsent`."""

    def __init__(self, path: str | None = None) -> None:
        self.call: Any = _open(path)
        try:
            major = self.call.OPENSSL_version_major
        except AttributeError:
            raise EngineAbsent(
                "libcrypto is older than OpenSSL 3: install OpenSSL 3 or use the portable engine"
            ) from None
        if major() < OLDEST_MAJOR:
            raise EngineAbsent(
                "libcrypto is older than OpenSSL 3: install OpenSSL 3 or use the portable engine"
            )
        for name, (result, arguments) in _FUNCTIONS.items():
            try:
                function = getattr(self.call, name)
            except AttributeError:
                raise EngineAbsent(f"libcrypto lacks {name}: use the portable engine") from None
            function.restype, function.argtypes = result, arguments

    def demand(self, outcome: int | None) -> int:
        """Return a result that reports success (positive, not NULL); else clear the queue and raise."""
        if outcome is None or outcome <= 0:
            self.call.ERR_clear_error()
            raise CallFailed
        return outcome

    @contextmanager
    def held(self, pointer: int | None, free: Callable[[int], None]) -> Iterator[int]:
        """Hold one allocation for the length of a `with` block; raises `CallFailed` for NULL."""
        allocation = self.demand(pointer)
        try:
            yield allocation
        finally:
            free(allocation)

    @contextmanager
    def secret(self, size: int) -> Iterator[ctypes.Array[ctypes.c_ubyte]]:
        """Lend a buffer for secret bytes and overwrite it afterwards."""
        buffer = (ctypes.c_ubyte * size)()
        try:
            yield buffer
        finally:
            self.call.OPENSSL_cleanse(buffer, size)


@cache
def load(path: str | None = None) -> Libcrypto:
    """Return libcrypto from `path`, or from where this platform keeps it. Raises `EngineAbsent`."""
    return Libcrypto(path)


def _open(path: str | None) -> ctypes.CDLL:
    for name in (path,) if path is not None else _candidates():
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise EngineAbsent("no OpenSSL 3 libcrypto was found: install OpenSSL 3 or use the portable engine")


def _candidates() -> Iterator[str]:
    yield from _NAMES.get(sys.platform, _NAMES["linux"])
    found = ctypes.util.find_library("crypto")
    # macOS ends a process that loads the unversioned libcrypto of the system.
    if found and not (sys.platform == "darwin" and found.startswith("/usr/lib/")):
        yield found
