"""A key as a handle: it signs, verifies, opens and seals, and does not show what it is made of."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NoReturn, TypeVar, cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from signing.errors import KeyUnavailable
from signing.keys.material import read_private, read_public, strong_enough
from signing.sm2 import Sm2PublicKey

T = TypeVar("T")


class KeyUse(StrEnum):
    """What a key is for. A ring has at most one primary per use; ANY serves every use without its own."""

    ANY = "any"
    SIGN = "sign"
    ENCRYPT = "encrypt"
    INDEX = "index"


class Secret:
    """Symmetric key bytes that do not show themselves."""

    __slots__ = ("value",)

    def __init__(self, value: bytes) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<Secret>"


class DeviceKey(ABC):
    """A private key that lives in a device (HSM, KMS) and never enters this process.

    Algorithms are named by the values of SignatureAlgorithm and KeyWrap. Both operations raise KeyUnavailable
    when the device cannot be reached or does not offer the algorithm.
    """

    @abstractmethod
    def sign(self, algorithm: str, data: bytes) -> bytes:
        """The signature over ``data``, in the encoding the algorithm names."""

    @abstractmethod
    def unwrap(self, wrap: str, wrapped: bytes) -> bytes:
        """The content key inside ``wrapped``. Raises OpenFailed."""

    @abstractmethod
    def public_key(self) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | Sm2PublicKey:
        """The public half."""


class Key:
    """One key, parsed once. It has an id and a use, and never shows, pickles or copies its material.

    ``attributes`` are agreed values that belong to the key: ``sm2_user_id``, ``iv``, ``certificate``.
    ``is_device`` says that the material stays in a device.
    """

    __slots__ = ("_cache", "_material", "attributes", "is_device", "key_id", "use")

    def __init__(
        self,
        key_id: str,
        material: object,
        *,
        use: KeyUse = KeyUse.ANY,
        attributes: Mapping[str, bytes] | None = None,
    ) -> None:
        if not key_id:
            raise KeyUnavailable("a key needs an id")
        self.key_id = key_id
        self.use = use
        self.attributes: Mapping[str, bytes] = dict(attributes or {})
        self._material = material
        # Asked on every signature, and the test of an abstract class costs as much as a small code.
        self.is_device = isinstance(material, DeviceKey)
        self._cache: dict[str, object] = {}

    @classmethod
    def private_pem(
        cls,
        key_id: str,
        pem: bytes,
        *,
        password: bytes | None = None,
        use: KeyUse = KeyUse.ANY,
        attributes: Mapping[str, bytes] | None = None,
    ) -> Key:
        """A private key from PEM (PKCS#1 or PKCS#8, encrypted or not). Raises KeyUnavailable."""
        material = read_private(key_id, pem, password)
        return cls(key_id, strong_enough(key_id, material), use=use, attributes=attributes)

    @classmethod
    def public_pem(
        cls,
        key_id: str,
        pem: bytes,
        *,
        use: KeyUse = KeyUse.ANY,
        attributes: Mapping[str, bytes] | None = None,
    ) -> Key:
        """A public key from PEM (SubjectPublicKeyInfo or an X.509 certificate). Raises KeyUnavailable."""
        material = read_public(key_id, pem)
        return cls(key_id, strong_enough(key_id, material), use=use, attributes=attributes)

    @classmethod
    def symmetric(
        cls,
        key_id: str,
        secret: bytes,
        *,
        use: KeyUse = KeyUse.ANY,
        attributes: Mapping[str, bytes] | None = None,
    ) -> Key:
        """A pre-shared secret of any length; a cipher demands its own length when the key is used."""
        if not secret:
            raise KeyUnavailable(f"key {key_id}: the secret is empty")
        return cls(key_id, Secret(bytes(secret)), use=use, attributes=attributes)

    def expect(self, kind: Callable[..., T]) -> T:
        """The material, when it is of ``kind``; otherwise KeyUnavailable. For this package's engines only."""
        if isinstance(self._material, cast("type[T]", kind)):
            return self._material
        raise KeyUnavailable(f"key {self.key_id} is not a {getattr(kind, '__name__', 'fit key')}")

    def is_kind(self, kind: Callable[..., object]) -> bool:
        """Whether the material is of ``kind``."""
        return isinstance(self._material, cast("type[object]", kind))

    def cached(self, name: str, make: Callable[[Key], T]) -> T:
        """What ``make`` builds from this key, built once for the life of the handle."""
        found = self._cache.get(name)
        if found is None:
            found = self._cache[name] = make(self)
        return found  # type: ignore[return-value]

    @property
    def is_secret(self) -> bool:
        """Whether this handle can sign, decrypt or make codes (private or symmetric)."""
        return isinstance(self._material, Secret) or hasattr(self._material, "public_key")

    def public(self) -> Key:
        """The public half under the same id. Raises KeyUnavailable for a symmetric key."""
        if isinstance(self._material, Secret):
            raise KeyUnavailable(f"key {self.key_id} has no public half")
        half = getattr(self._material, "public_key", None)
        material = self._material if half is None else half()
        return Key(self.key_id, material, use=self.use, attributes=self.attributes)

    def export_public(self) -> bytes:
        """The public half as PEM SubjectPublicKeyInfo."""
        public = cast(rsa.RSAPublicKey, self.public()._material)
        return public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of the public key's DER or of the secret: names it without showing it."""
        if isinstance(self._material, Secret):
            return hashlib.sha256(self._material.value).hexdigest()
        public = cast(rsa.RSAPublicKey, self.public()._material)
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    def __repr__(self) -> str:
        return f"<Key {self.key_id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key handle is neither pickled nor copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a key handle is neither pickled nor copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a key handle is neither pickled nor copied")
