"""The portable SM2 engine: the equations of GB/T 32918 on the curve of `gmalg`; slow, runs anywhere.

Python integers do not run in constant time. Where an attacker can time private-key operations closely, use
the fast engine or a device.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Final, NoReturn

from gmalg import ellipticcurve  # type: ignore[import-untyped]

from signing.der import Sm2Cipher
from signing.errors import OpenFailed, SignatureRefused
from signing.gm import sm3, sm3_kdf
from signing.sm2 import curve

Random = Callable[[int], bytes]

_GROUP: Final = ellipticcurve.ECDLP(curve.P, curve.A, curve.B, (curve.GX, curve.GY), curve.N)


class PortableEngine:
    """SM2 in Python. `random` returns that many unpredictable bytes and supplies every nonce."""

    name = "portable"

    def __init__(self, random: Random) -> None:
        self._random = random

    def public(self, point: bytes) -> PortablePublic:
        """See `port.Engine.public`."""
        return PortablePublic(curve.read_point(point), self._random)

    def private(self, scalar: bytes | bytearray) -> PortablePrivate:
        """See `port.Engine.private`."""
        return PortablePrivate(curve.read_scalar(scalar), self._random)


class PortablePublic:
    """A public key of the portable engine."""

    __slots__ = ("_random", "_xy", "point")

    def __init__(self, xy: tuple[int, int], random: Random) -> None:
        self._xy = xy
        self._random = random
        self.point = curve.point_bytes(*xy)

    def verify(self, digest: bytes, r: int, s: int) -> None:
        """GB/T 32918.2 section 7.1; see `port.PublicHandle.verify`."""
        t = (r + s) % curve.N
        # gmalg multiplies by zero as if by one.
        if not (0 < r < curve.N and 0 < s < curve.N and t):
            raise SignatureRefused("the SM2 signature is not valid")
        x = _x_of_sum(_multiply(s, (curve.GX, curve.GY)), _multiply(t, self._xy))
        if x is None or (int.from_bytes(digest, "big") + x) % curve.N != r:
            raise SignatureRefused("the SM2 signature is not valid")

    def encrypt(self, plaintext: bytes) -> Sm2Cipher:
        """GB/T 32918.4 section 6.1; see `port.PublicHandle.encrypt`."""
        while True:
            k = draw_scalar(self._random, curve.N - 1)
            x1, y1 = _multiply(k, (curve.GX, curve.GY))
            x2, y2 = (number.to_bytes(curve.SIZE, "big") for number in _multiply(k, self._xy))
            stream = sm3_kdf(x2 + y2, len(plaintext))
            if any(stream):
                return Sm2Cipher(x1, y1, sm3(x2, plaintext, y2), _xor(plaintext, stream))


class PortablePrivate:
    """A private key of the portable engine; it does not print, pickle or copy."""

    __slots__ = ("_d", "_random", "point")

    def __init__(self, d: int, random: Random) -> None:
        self._d = d
        self._random = random
        self.point = curve.point_bytes(*_multiply(d, (curve.GX, curve.GY)))

    def sign(self, digest: bytes) -> tuple[int, int]:
        """GB/T 32918.2 section 6.1; see `port.PrivateHandle.sign`."""
        e = int.from_bytes(digest, "big")
        while True:
            k = draw_scalar(self._random, curve.N - 1)
            r = (e + _multiply(k, (curve.GX, curve.GY))[0]) % curve.N
            s = pow(1 + self._d, -1, curve.N) * (k - r * self._d) % curve.N
            if r and s and r + k != curve.N:
                return r, s

    def decrypt(self, parts: Sm2Cipher) -> bytes:
        """GB/T 32918.4 section 7.1; see `port.PrivateHandle.decrypt`."""
        shared = _multiply(self._d, (parts.x, parts.y))
        x2, y2 = (number.to_bytes(curve.SIZE, "big") for number in shared)
        stream = sm3_kdf(x2 + y2, len(parts.cipher))
        plaintext = _xor(parts.cipher, stream)
        intact = hmac.compare_digest(sm3(x2, plaintext, y2), parts.hash)
        if not intact or not any(stream):
            raise OpenFailed
        return plaintext

    def __repr__(self) -> str:
        return "<PortablePrivate>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key handle is neither pickled nor copied")


def draw_scalar(random: Random, largest: int) -> int:
    """Return a number in 1..largest (about 2^256), uniform if `random` is."""
    while True:
        number = int.from_bytes(random(curve.SIZE), "big")
        if 1 <= number <= largest:
            return number


def _multiply(scalar: int, point: tuple[int, int]) -> tuple[int, int]:
    x, y = _GROUP.ec.mul(scalar, point)
    return int(x), int(y)


def _x_of_sum(left: tuple[int, int], right: tuple[int, int]) -> int | None:
    total = _GROUP.ec.add(left, right)
    return None if total == ellipticcurve.EllipticCurve.INF else int(total[0])


def _xor(left: bytes, right: bytes) -> bytes:
    number = int.from_bytes(left, "big") ^ int.from_bytes(right, "big")
    return number.to_bytes(len(left), "big")
