"""The fast SM2 engine: OpenSSL 3 libcrypto. A handle keeps its EVP_PKEY: signing again costs no set-up.

Signing goes through EVP_PKEY_sign on the digest e: Za and the message are hashed in front of the port,
once, and the result is byte for byte what EVP_DigestSign with EVP_PKEY_CTX_set1_id would sign. Nonces come
from OpenSSL's own generator, which reseeds itself in a forked child.
"""

from __future__ import annotations

import ctypes
import hmac
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_char_p, c_size_t, c_void_p
from functools import cache
from typing import Any, Final, NoReturn

from signing import der
from signing.der import Sm2Cipher
from signing.errors import KeyUnavailable, OpenFailed, ProfileInvalid, SignatureRefused, SigningError
from signing.sm2 import curve, libcrypto
from signing.sm2.libcrypto import CallFailed, Libcrypto, Parameter
from signing.sm2.port import EngineAbsent

_UNCOMPRESSED_FORM: Final = 4  # POINT_CONVERSION_UNCOMPRESSED
_LONGEST_SIGNATURE: Final = 72

# GM/T 0003.5-2012 annex A: key, digest e and signature of the worked example, to be checked against.
_EXAMPLE_POINT: Final = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_EXAMPLE_DIGEST: Final = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
_EXAMPLE_R: Final = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
_EXAMPLE_S: Final = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA


class FastEngine:
    """SM2 in libcrypto. Making one raises `EngineAbsent` when no fitting library works on this machine."""

    name = "fast"

    def __init__(self, path: str | None = None) -> None:
        self._lib = libcrypto.load(path)
        _self_test(self._lib)

    def public(self, point: bytes) -> FastPublic:
        """See `port.Engine.public`."""
        return FastPublic(self._lib, point)

    def private(self, scalar: bytes | bytearray) -> FastPrivate:
        """See `port.Engine.private`."""
        return FastPrivate(self._lib, scalar)


@cache
def _self_test(lib: Libcrypto) -> None:
    # A build may leave SM2 out, or carry it under a policy that forbids it.
    try:
        FastPublic(lib, _EXAMPLE_POINT).verify(_EXAMPLE_DIGEST, _EXAMPLE_R, _EXAMPLE_S)
    except SigningError:
        raise EngineAbsent("this libcrypto does not do SM2: use the portable engine") from None


class _Handle:
    """An EVP_PKEY with its life tied to this object's."""

    __slots__ = ("__weakref__", "_key", "_lib", "point")

    def __init__(self, lib: Libcrypto, key: int, point: bytes) -> None:
        self._lib = lib
        self._key = key
        self.point = point
        weakref.finalize(self, lib.call.EVP_PKEY_free, key)

    @contextmanager
    def _operation(self, start: str) -> Iterator[int]:
        # A context per call costs 1% of a signature and leaves nothing to lock or to repair after a fork.
        call = self._lib.call
        made = call.EVP_PKEY_CTX_new_from_pkey(None, self._key, None)
        with self._lib.held(made, call.EVP_PKEY_CTX_free) as context:
            self._lib.demand(getattr(call, start)(context))
            yield context

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key handle is neither pickled nor copied")


class FastPublic(_Handle):
    """A public key in libcrypto."""

    __slots__ = ()

    def __init__(self, lib: Libcrypto, point: bytes) -> None:
        curve.read_point(point)
        super().__init__(lib, _load(lib, point, None), point)

    def verify(self, digest: bytes, r: int, s: int) -> None:
        """See `port.PublicHandle.verify`."""
        signature = der.write_signature(r, s)
        try:
            with self._operation("EVP_PKEY_verify_init") as context:
                verify = self._lib.call.EVP_PKEY_verify
                self._lib.demand(verify(context, signature, len(signature), digest, len(digest)))
        except CallFailed:
            raise SignatureRefused("the SM2 signature is not valid") from None

    def encrypt(self, plaintext: bytes) -> Sm2Cipher:
        """See `port.PublicHandle.encrypt`."""
        while True:
            try:
                parts = der.read_sm2_ciphertext(self._encrypt(plaintext), curve.P)
            except CallFailed:
                raise ProfileInvalid("libcrypto could not encrypt this plaintext with SM2") from None
            # An equal cipher means an all-zero key stream; the standard draws again, not every OpenSSL does.
            if not hmac.compare_digest(parts.cipher, plaintext):
                return parts

    def _encrypt(self, plaintext: bytes) -> bytes:
        with self._operation("EVP_PKEY_encrypt_init") as context:
            encrypt = self._lib.call.EVP_PKEY_encrypt
            size = c_size_t()
            self._lib.demand(encrypt(context, None, byref(size), plaintext, len(plaintext)))
            buffer = ctypes.create_string_buffer(size.value)
            self._lib.demand(encrypt(context, buffer, byref(size), plaintext, len(plaintext)))
            return buffer.raw[: size.value]


class FastPrivate(_Handle):
    """A private key in libcrypto; Python keeps no copy of the scalar."""

    __slots__ = ()

    def __init__(self, lib: Libcrypto, scalar: bytes | bytearray) -> None:
        curve.read_scalar(scalar)
        with lib.secret(curve.SIZE) as buffer:
            for position, byte in enumerate(scalar):
                buffer[position] = byte
            try:
                point = _derive(lib, buffer)
            except CallFailed:
                raise KeyUnavailable("libcrypto could not derive the SM2 public key") from None
            super().__init__(lib, _load(lib, point, buffer), point)

    def sign(self, digest: bytes) -> tuple[int, int]:
        """See `port.PrivateHandle.sign`."""
        buffer = ctypes.create_string_buffer(_LONGEST_SIGNATURE)
        size = c_size_t(_LONGEST_SIGNATURE)
        try:
            with self._operation("EVP_PKEY_sign_init") as context:
                sign = self._lib.call.EVP_PKEY_sign
                self._lib.demand(sign(context, buffer, byref(size), digest, len(digest)))
        except CallFailed:
            raise KeyUnavailable("libcrypto could not sign with this SM2 key") from None
        return der.read_signature(buffer.raw[: size.value], curve.N)

    def decrypt(self, parts: Sm2Cipher) -> bytes:
        """See `port.PrivateHandle.decrypt`."""
        data = der.write_sm2_ciphertext(parts)
        size = c_size_t(len(parts.cipher))
        with self._lib.secret(len(parts.cipher)) as buffer:
            try:
                with self._operation("EVP_PKEY_decrypt_init") as context:
                    decrypt = self._lib.call.EVP_PKEY_decrypt
                    self._lib.demand(decrypt(context, buffer, byref(size), data, len(data)))
            except CallFailed:
                raise OpenFailed from None
            plaintext = bytes(buffer)
        # An equal cipher means an all-zero key stream, which OpenSSL lets pass.
        if size.value != len(plaintext) or hmac.compare_digest(plaintext, parts.cipher):
            raise OpenFailed
        return plaintext


def _load(lib: Libcrypto, point: bytes, scalar: Any) -> int:
    """Return a new EVP_PKEY, owned by the caller; `scalar` is big-endian and may be reversed in place."""
    fields: list[Parameter] = [
        Parameter(b"group", libcrypto.UTF8_STRING, _address(b"SM2"), 3, 0),
        Parameter(b"pub", libcrypto.OCTET_STRING, _address(point), len(point), 0),
    ]
    if scalar is not None:
        if sys.byteorder == "little":
            for low in range(curve.SIZE // 2):
                high = curve.SIZE - 1 - low
                scalar[low], scalar[high] = scalar[high], scalar[low]
        fields.append(Parameter(b"priv", libcrypto.UNSIGNED_INTEGER, ctypes.addressof(scalar), curve.SIZE, 0))
    parameters = (Parameter * (len(fields) + 1))(*fields, Parameter())
    selection = libcrypto.PUBLIC_KEY if scalar is None else libcrypto.KEY_PAIR
    key = c_void_p()
    call = lib.call
    try:
        with lib.held(call.EVP_PKEY_CTX_new_from_name(None, b"SM2", None), call.EVP_PKEY_CTX_free) as context:
            lib.demand(call.EVP_PKEY_fromdata_init(context))
            lib.demand(call.EVP_PKEY_fromdata(context, byref(key), selection, parameters))
    except CallFailed:
        raise KeyUnavailable("libcrypto refused the SM2 key") from None
    return lib.demand(key.value)


def _address(data: bytes) -> int | None:
    # The caller holds `data` for the length of the call.
    return ctypes.cast(c_char_p(data), c_void_p).value


def _derive(lib: Libcrypto, scalar: ctypes.Array[ctypes.c_ubyte]) -> bytes:
    """Return d times G as 04||x||y; libcrypto multiplies the base point in constant time."""
    call = lib.call
    out = ctypes.create_string_buffer(2 * curve.SIZE + 1)
    with (
        lib.held(call.EC_GROUP_new_by_curve_name(call.OBJ_sn2nid(b"SM2")), call.EC_GROUP_free) as group,
        lib.held(call.EC_POINT_new(group), call.EC_POINT_free) as point,
        lib.held(call.BN_bin2bn(scalar, curve.SIZE, None), call.BN_clear_free) as number,
    ):
        lib.demand(call.EC_POINT_mul(group, point, number, None, None, None))
        lib.demand(call.EC_POINT_point2oct(group, point, _UNCOMPRESSED_FORM, out, len(out), None))
    return out.raw
