"""SM2 keys as the rest of the hub uses them: sign and verify messages, seal and open small secrets."""

from __future__ import annotations

from typing import NoReturn

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signing.der import MalformedDer, Sm2Cipher
from signing.errors import OpenFailed, ProfileInvalid, SignatureRefused
from signing.gm import SM3_SIZE
from signing.sm2 import curve, formats, material
from signing.sm2.digest import digest
from signing.sm2.formats import CipherFormat, SignatureFormat
from signing.sm2.port import Engine, PrivateHandle, PublicHandle


class Sm2PublicKey:
    """A public key: verifies and seals. Safe to share between threads."""

    __slots__ = ("_handle",)

    def __init__(self, handle: PublicHandle) -> None:
        self._handle = handle

    @classmethod
    def from_point(cls, point: bytes, engine: Engine) -> Sm2PublicKey:
        """Load 04||x||y or x||y; raises `KeyUnavailable` unless it is a point of the curve."""
        return cls(engine.public(curve.point_bytes(*curve.read_point(point))))

    @classmethod
    def from_pem(cls, pem: bytes, engine: Engine) -> Sm2PublicKey:
        """Load a SubjectPublicKeyInfo or the key of a certificate; raises `KeyUnavailable`."""
        return cls(engine.public(material.public_from_pem(pem)))

    @classmethod
    def from_der(cls, data: bytes, engine: Engine) -> Sm2PublicKey:
        """Load a SubjectPublicKeyInfo in DER; raises `KeyUnavailable`."""
        return cls(engine.public(material.public_from_der(data)))

    @property
    def point(self) -> bytes:
        """The point as 04||x||y, 65 bytes."""
        return self._handle.point

    def verify(self, signature: bytes, message: bytes, *, user_id: bytes, form: SignatureFormat) -> bytes:
        """Return the message this key signed under `user_id` (GB/T 32918.2, 7), or raise `SignatureRefused`.

        Only the one agreed encoding is read. Raises `ProfileInvalid` for a user id longer than 8,191 bytes.
        """
        try:
            r, s = formats.read_signature(signature, form)
        except MalformedDer:
            raise SignatureRefused("the SM2 signature is not valid") from None
        self._handle.verify(digest(user_id, self.point, message), r, s)
        return message

    def encrypt(self, plaintext: bytes, form: CipherFormat) -> bytes:
        """Return plaintext encrypted to this key (GB/T 32918.4, 6); empty raises `ProfileInvalid`."""
        if not plaintext:
            raise ProfileInvalid("SM2 does not encrypt the empty message")
        return formats.write_cipher(self._handle.encrypt(plaintext), form)

    def public_bytes(self, encoding: Encoding, format: PublicFormat) -> bytes:
        """Return SubjectPublicKeyInfo or the X9.62 point; called like the method of `cryptography`'s keys."""
        if (encoding, format) == (Encoding.X962, PublicFormat.UncompressedPoint):
            return self.point
        data = material.public_to_der(self.point)
        if (encoding, format) == (Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
            return data
        if (encoding, format) == (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo):
            return material.to_pem("PUBLIC KEY", data)
        raise ProfileInvalid(
            "SM2 public keys are written as SubjectPublicKeyInfo or as an uncompressed point"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sm2PublicKey) and other.point == self.point

    def __hash__(self) -> int:
        return hash(self.point)

    def __repr__(self) -> str:
        return f"<Sm2PublicKey {self.point[1:5].hex()}>"


class Sm2PrivateKey:
    """A private key: signs and opens. Safe to share between threads; does not print, pickle or copy."""

    __slots__ = ("_handle", "_public")

    def __init__(self, handle: PrivateHandle, engine: Engine) -> None:
        self._handle = handle
        self._public = Sm2PublicKey(engine.public(handle.point))

    @classmethod
    def from_scalar(cls, scalar: bytes | bytearray, engine: Engine) -> Sm2PrivateKey:
        """Load 32 bytes, big-endian, in 1..n-2; raises `KeyUnavailable`. A bytearray may be wiped after."""
        curve.read_scalar(scalar)
        return cls(engine.private(scalar), engine)

    @classmethod
    def from_pem(cls, pem: bytes, engine: Engine, password: bytes | None = None) -> Sm2PrivateKey:
        """Load PKCS#8 (plain or encrypted) or SEC 1; raises `KeyUnavailable`."""
        return cls._wiping(material.private_from_pem(pem, password), engine)

    @classmethod
    def from_der(cls, data: bytes, engine: Engine) -> Sm2PrivateKey:
        """Load unencrypted PKCS#8 in DER; raises `KeyUnavailable`."""
        return cls._wiping(material.private_from_der(data), engine)

    @classmethod
    def _wiping(cls, scalar: bytearray, engine: Engine) -> Sm2PrivateKey:
        try:
            return cls.from_scalar(scalar, engine)
        finally:
            scalar[:] = bytes(len(scalar))

    def public_key(self) -> Sm2PublicKey:
        """The public half."""
        return self._public

    def sign(self, message: bytes, *, user_id: bytes, form: SignatureFormat) -> bytes:
        """Sign a message of any length under `user_id` (GB/T 32918.2 section 6).

        Raises `ProfileInvalid` for a user id longer than 8,191 bytes.
        """
        r, s = self._handle.sign(digest(user_id, self._handle.point, message))
        return formats.write_signature(r, s, form)

    def decrypt(self, ciphertext: bytes, form: CipherFormat) -> bytes:
        """Return the plaintext; every failure is the same `OpenFailed`, after the same work.

        Only the one agreed form is read, C1 must lie on the curve and C3 must match (GB/T 32918.4 section 7).
        """
        try:
            parts = formats.read_cipher(ciphertext, form)
        except MalformedDer:
            self._handle.decrypt(_decoy(len(ciphertext)))
            raise OpenFailed from None
        return self._handle.decrypt(parts)

    def __repr__(self) -> str:
        return "<Sm2PrivateKey>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is neither pickled nor copied")


def _decoy(size: int) -> Sm2Cipher:
    """A well-formed ciphertext of about that size whose hash cannot match: it costs what a real one costs."""
    return Sm2Cipher(curve.GX, curve.GY, bytes(SM3_SIZE), bytes(max(1, size - 2 * curve.SIZE - SM3_SIZE)))
