"""What an SM2 engine must do: the seam where the portable engine, OpenSSL or an HSM plugs in.

The cut is at the digest e and at the parts of a ciphertext, as in the device interface GM/T 0018 (SDF): an
HSM never needs the message, the user id, or an encoding. Hashing, encodings and all checks of input stand
in front of the port and are the same for every engine.
"""

from __future__ import annotations

from typing import Protocol

from signing.der import Sm2Cipher
from signing.errors import SigningError


class EngineAbsent(SigningError):
    """This SM2 engine cannot run on this machine: choose another one or install what the message names."""

    code = "engine_absent"


class PublicHandle(Protocol):
    """One public key inside an engine. Safe to share between threads and to keep across a fork."""

    # The point as 04||x||y, 65 bytes.
    point: bytes

    def verify(self, digest: bytes, r: int, s: int) -> None:
        """Return if (r, s), both in 1..n-1, signs the 32-byte digest e; else raise `SignatureRefused`."""

    def encrypt(self, plaintext: bytes) -> Sm2Cipher:
        """Encrypt one or more bytes with a fresh nonce."""


class PrivateHandle(Protocol):
    """One private key in an engine or a device. Safe to share between threads and to keep across a fork."""

    # The point that belongs to it, as 04||x||y, 65 bytes.
    point: bytes

    def sign(self, digest: bytes) -> tuple[int, int]:
        """Return (r, s) over the 32-byte digest e of GB/T 32918.2 section 6.1, with a fresh nonce."""

    def decrypt(self, parts: Sm2Cipher) -> bytes:
        """Return the plaintext; the point is known to be on the curve and the cipher not to be empty.

        C3 is always checked, in constant time, and an all-zero key stream refused (GB/T 32918.4 section 7.1).
        Raises `OpenFailed` for every failure.
        """


class Engine(Protocol):
    """A source of handles."""

    # Short name for logs and benchmarks.
    name: str

    def public(self, point: bytes) -> PublicHandle:
        """Load a public key given as 04||x||y, already checked to be on the curve."""

    def private(self, scalar: bytes | bytearray) -> PrivateHandle:
        """Load a private key of 32 bytes, already checked to lie in 1..n-2, and derive its point.

        The engine keeps no reference to `scalar`, so a caller who passes a bytearray can wipe it.
        """
