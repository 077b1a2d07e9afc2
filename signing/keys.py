"""Opaque key handles, kept in rings: one primary to act with, several accepted from the other side."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import NoReturn, TypeVar, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing.errors import KeyUnavailable
from signing.sm2 import Engine, Sm2PrivateKey, Sm2PublicKey, choose_engine

MINIMUM_RSA_BITS = 2048
_RANDOM_BLOCK = 32
T = TypeVar("T")


class KeyUse(StrEnum):
    """What a key is for. A ring has at most one primary per use; ANY serves every use without its own."""

    ANY = "any"
    SIGN = "sign"
    ENCRYPT = "encrypt"
    INDEX = "index"


class KeyState(StrEnum):
    """Where a key stands in its life."""

    PRE_ACTIVE = "pre-active"  # distributed and already accepted from others, so promotion needs no downtime
    ACTIVE = "active"
    ACCEPT_ONLY = "accept-only"  # retired: what it made before is still believed, nothing new is made with it
    REVOKED = "revoked"


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

    ``attributes`` are agreed values that belong to the key: ``sm2_user_id``, ``iv``.
    """

    __slots__ = ("_cache", "_material", "attributes", "key_id", "use")

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
        material = _private_material(key_id, pem, password)
        return cls(key_id, _strong_enough(key_id, material), use=use, attributes=attributes)

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
        material = _public_material(key_id, pem)
        return cls(key_id, _strong_enough(key_id, material), use=use, attributes=attributes)

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

    def cached(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` builds from the material, built once for the life of the handle."""
        found = self._cache.get(name)
        if found is None:
            found = self._cache[name] = make()
        return cast(T, found)

    @property
    def is_device(self) -> bool:
        """Whether the material stays in a device."""
        return isinstance(self._material, DeviceKey)

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


def _private_material(key_id: str, pem: bytes, password: bytes | None) -> object:
    try:
        return serialization.load_pem_private_key(pem, password)
    except UnsupportedAlgorithm:
        return Sm2PrivateKey.from_pem(pem, sm2_engine(), password)
    except Exception:
        # The library's message may quote the input, and the input is a private key.
        raise KeyUnavailable(f"key {key_id}: not a readable private key in PEM") from None


def _public_material(key_id: str, pem: bytes) -> object:
    try:
        if b"BEGIN CERTIFICATE" in pem:
            return x509.load_pem_x509_certificate(pem).public_key()
        return serialization.load_pem_public_key(pem)
    except UnsupportedAlgorithm:
        return Sm2PublicKey.from_pem(pem, sm2_engine())
    except Exception:
        raise KeyUnavailable(f"key {key_id}: not a readable public key in PEM") from None


@cache
def sm2_engine() -> Engine:
    """The SM2 engine of this process: OpenSSL where it is present.

    Like OpenSSL's own signatures it draws its nonces itself, from the generator of the library, because keys
    are parsed long before anyone could hand randomness in.
    """
    return choose_engine(random=_library_random)


def _library_random(size: int) -> bytes:
    blocks = -(-size // _RANDOM_BLOCK)
    return b"".join(AESGCM.generate_key(8 * _RANDOM_BLOCK) for _ in range(blocks))[:size]


def _strong_enough(key_id: str, material: object) -> object:
    if isinstance(material, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        if material.key_size < MINIMUM_RSA_BITS:
            raise KeyUnavailable(f"key {key_id}: RSA keys below {MINIMUM_RSA_BITS} bits are refused")
        return material
    accepted = (
        ec.EllipticCurvePrivateKey,
        ec.EllipticCurvePublicKey,
        ed25519.Ed25519PrivateKey,
        ed25519.Ed25519PublicKey,
        Sm2PrivateKey,
        Sm2PublicKey,
        DeviceKey,
    )
    if isinstance(material, accepted):
        return material
    raise KeyUnavailable(f"key {key_id}: this kind of key is not supported")


@dataclass(frozen=True, slots=True)
class RingEntry:
    """A key's place in a ring. Dates are aware; ``not_after`` is the first instant it no longer holds."""

    key: Key
    state: KeyState = KeyState.ACTIVE
    not_before: datetime | None = None
    not_after: datetime | None = None
    primary: bool = False

    def holds_at(self, now: datetime) -> bool:
        """Whether ``now`` lies in the key's dates."""
        if self.not_before is not None and now < self.not_before:
            return False
        return self.not_after is None or now < self.not_after

    def serves(self, use: KeyUse) -> bool:
        """Whether the key may be used for ``use``."""
        return self.key.use in (use, KeyUse.ANY) or use is KeyUse.ANY


class KeyRing:
    """An immutable set of keys under one name; changing it makes another ring."""

    __slots__ = ("entries", "name")

    def __init__(self, name: str, entries: Iterable[RingEntry]) -> None:
        self.name = name
        self.entries = tuple(entries)
        ids = [entry.key.key_id for entry in self.entries]
        if len(set(ids)) != len(ids):
            raise KeyUnavailable(f"ring {name}: two keys share an id")
        for use in KeyUse:
            if sum(1 for entry in self.entries if entry.primary and entry.key.use is use) > 1:
                raise KeyUnavailable(f"ring {name}: more than one primary for use {use.value}")

    @classmethod
    def of(cls, name: str, *keys: Key) -> KeyRing:
        """A ring of active keys without dates; the first of each use is its primary."""
        seen: set[KeyUse] = set()
        entries = []
        for key in keys:
            entries.append(RingEntry(key, primary=key.use not in seen))
            seen.add(key.use)
        return cls(name, entries)

    def primary(self, now: datetime, use: KeyUse = KeyUse.ANY) -> Key:
        """The key to act with at ``now``. Raises KeyUnavailable."""
        candidates = [entry for entry in self.entries if entry.primary and entry.serves(use)]
        candidates.sort(key=lambda entry: entry.key.use is not use)
        for entry in candidates:
            if entry.state is KeyState.ACTIVE and entry.holds_at(now):
                return entry.key
        raise KeyUnavailable(f"ring {self.name}: no active primary key for use {use.value} at this time")

    def accepted(self, now: datetime, key_id: str | None = None, use: KeyUse = KeyUse.ANY) -> tuple[Key, ...]:
        """The keys believed at ``now``, only ``key_id`` when given. Never empty: raises KeyUnavailable."""
        keys = tuple(
            entry.key
            for entry in self.entries
            if entry.state is not KeyState.REVOKED
            and entry.holds_at(now)
            and entry.serves(use)
            and (key_id is None or entry.key.key_id == key_id)
        )
        if not keys:
            wanted = "any key" if key_id is None else "the key named by the message"
            raise KeyUnavailable(f"ring {self.name}: {wanted} is unknown, revoked or outside its dates")
        return keys

    def stored(self, key_id: str) -> Key:
        """The key for data at rest: dates do not matter, revocation does. Raises KeyUnavailable."""
        entry = self.entry(key_id)
        if entry.state is KeyState.REVOKED:
            raise KeyUnavailable(f"ring {self.name}: key {key_id} is revoked")
        return entry.key

    def entry(self, key_id: str) -> RingEntry:
        """The entry of one key. Raises KeyUnavailable."""
        for entry in self.entries:
            if entry.key.key_id == key_id:
                return entry
        raise KeyUnavailable(f"ring {self.name}: no key {key_id}")

    def with_entry(self, entry: RingEntry) -> KeyRing:
        """Phase one of a rotation: the same ring with one more key, usually pre-active."""
        return KeyRing(self.name, (*self.entries, entry))

    def promoted(self, key_id: str) -> KeyRing:
        """Phase two: ``key_id`` becomes the active primary, the former primary of its use accept-only."""
        chosen = self.entry(key_id)
        if chosen.state is KeyState.REVOKED:
            raise KeyUnavailable(f"ring {self.name}: key {key_id} is revoked")

        def step(entry: RingEntry) -> RingEntry:
            if entry is chosen:
                return replace(entry, state=KeyState.ACTIVE, primary=True)
            if entry.primary and entry.key.use is chosen.key.use:
                return replace(entry, state=KeyState.ACCEPT_ONLY, primary=False)
            return entry

        return KeyRing(self.name, map(step, self.entries))

    def revoked(self, key_id: str) -> KeyRing:
        """The ring with one key revoked at once, for signing, believing and opening alike."""
        chosen = self.entry(key_id)
        revoked = replace(chosen, state=KeyState.REVOKED, primary=False)
        return KeyRing(self.name, (revoked if entry is chosen else entry for entry in self.entries))

    def __repr__(self) -> str:
        return f"<KeyRing {self.name}: {len(self.entries)} keys>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key ring is neither pickled nor copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a key ring is neither pickled nor copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a key ring is neither pickled nor copied")


@dataclass(frozen=True, repr=False)
class PartnerKeys:
    """The keys between us and one partner: our private ring, their public ring, and what we share."""

    ours: KeyRing
    theirs: KeyRing
    shared: KeyRing | None = None

    def pre_shared(self) -> KeyRing:
        """The shared ring. Raises KeyUnavailable when none was agreed."""
        if self.shared is None:
            raise KeyUnavailable("no pre-shared key ring is configured for this partner")
        return self.shared

    def __repr__(self) -> str:
        return f"<PartnerKeys {self.ours.name} / {self.theirs.name}>"
