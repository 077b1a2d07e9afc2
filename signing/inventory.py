"""What a ring holds, told without its material: for lists, warnings and monitoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from signing.keys import DeviceKey, Key, KeyRing, KeyState, RingEntry, Secret
from signing.sm2 import Sm2PrivateKey, Sm2PublicKey

WARNING_DAYS = 30


@dataclass(frozen=True, slots=True)
class Item:
    """One key of a ring as it may be shown. Dates are aware; ``days_left`` is None when it has no end."""

    key_id: str
    kind: str
    use: str
    state: str
    primary: bool
    not_before: datetime | None
    not_after: datetime | None
    days_left: int | None
    fingerprint: str
    warning: str | None


def inventory(ring: KeyRing, now: datetime, *, within_days: int = WARNING_DAYS) -> tuple[Item, ...]:
    """The keys of a ring at ``now``, each with a warning when it ends within so many days or has ended."""
    expiring = {entry.key.key_id for entry in ring.expiring(now, within_days=within_days)}
    return tuple(_item(entry, now, entry.key.key_id in expiring) for entry in ring.entries)


def _item(entry: RingEntry, now: datetime, expiring: bool) -> Item:
    left = entry.days_left(now)
    return Item(
        key_id=entry.key.key_id,
        kind=kind_of(entry.key),
        use=entry.key.use.value,
        state=entry.state.value,
        primary=entry.primary,
        not_before=entry.not_before,
        not_after=entry.not_after,
        days_left=left,
        fingerprint=entry.key.fingerprint(),
        warning=_warning(entry, left, now) if expiring else None,
    )


def _warning(entry: RingEntry, left: int | None, now: datetime) -> str:
    if entry.not_after is not None and entry.not_after <= now:
        return "has ended: nothing is signed with it or believed from it"
    waiting = "promote it or make another" if entry.state is KeyState.PRE_ACTIVE else "make its successor"
    return f"ends in {left} days: {waiting}"


def kind_of(key: Key) -> str:
    """What kind of key it is, in words, such as ``RSA 2048 private``."""
    if key.is_device:
        return f"{_public_kind(key.expect(DeviceKey).public_key())} in a device"
    if key.is_kind(Secret):
        return f"secret of {len(key.expect(Secret).value)} bytes"
    half = "private" if key.is_secret else "public"
    material = key.public().expect(object)
    return f"{_public_kind(material)} {half}"


def _public_kind(material: object) -> str:
    if isinstance(material, rsa.RSAPublicKey):
        return f"RSA {material.key_size}"
    if isinstance(material, ec.EllipticCurvePublicKey):
        return f"EC {material.curve.name}"
    if isinstance(material, Sm2PublicKey | Sm2PrivateKey):
        return "SM2"
    return "Ed25519" if isinstance(material, ed25519.Ed25519PublicKey) else type(material).__name__
