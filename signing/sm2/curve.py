"""The SM2 curve sm2p256v1 (GB/T 32918.5) and the checks every point and every scalar passes before use."""

from __future__ import annotations

from typing import Final

from signing.errors import KeyUnavailable

P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A: Final = P - 3
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX: Final = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY: Final = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0

SIZE: Final = 32
UNCOMPRESSED: Final = b"\x04"


def on_curve(x: int, y: int) -> bool:
    """Whether (x, y) is an affine point of the curve with both coordinates reduced.

    The cofactor is 1, so every such point has order N and no further check is due.
    """
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def point_bytes(x: int, y: int) -> bytes:
    """Return 04||x||y, 65 bytes."""
    return UNCOMPRESSED + x.to_bytes(SIZE, "big") + y.to_bytes(SIZE, "big")


def read_point(data: bytes) -> tuple[int, int]:
    """Return (x, y) of a public point given as 04||x||y or bare x||y.

    Raises `KeyUnavailable` for another form, for coordinates out of range and for points off the curve.
    """
    body = data[1:] if len(data) == 2 * SIZE + 1 and data[:1] == UNCOMPRESSED else data
    if len(body) != 2 * SIZE:
        raise KeyUnavailable("an SM2 public key is 04||x||y (65 bytes) or x||y (64 bytes)")
    x, y = int.from_bytes(body[:SIZE], "big"), int.from_bytes(body[SIZE:], "big")
    if not on_curve(x, y):
        raise KeyUnavailable("the SM2 public key is not a point of the curve")
    return x, y


def read_scalar(data: bytes | bytearray) -> int:
    """Return a private scalar of 32 bytes in 1..N-2 (GB/T 32918.1, 6.1), or raise `KeyUnavailable`."""
    scalar = int.from_bytes(data, "big")
    if len(data) != SIZE or not 1 <= scalar <= N - 2:
        raise KeyUnavailable("an SM2 private key is 32 bytes and lies in 1..n-2")
    return scalar
