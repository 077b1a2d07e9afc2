"""Fresh keys of the kinds a profile asks for, at both ends of one relation: for sandboxes and tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from signing.certificates import certified
from signing.ciphers import CIPHERS
from signing.keys import Key, KeyRing, KeyUse, PartnerKeys
from signing.newkeys import Algorithm, dated, new_ec, new_ed25519, new_rsa, new_sm2
from signing.profile import Leg, PreShared, Profile, Signature
from signing.signature import KEYED_BY_SHARED

Random = Callable[[int], bytes]
IV_BYTES = 16
SECRET_BYTES = 32


def pair_for(
    profile: Profile,
    name: str,
    *,
    now: datetime,
    random: Random,
    days: int = 365,
    user_id: bytes | None = None,
) -> tuple[PartnerKeys, PartnerKeys]:
    """Return our rings and the partner's. ``user_id`` is the SM2 user id, and then also the agreed IV.

    A profile that sends certificates along gets keys that are certified by themselves.
    """
    legs = _legs(profile)
    carried = any(isinstance(leg.signature, Signature) and leg.signature.certificate for leg in legs)

    def private(side: str) -> Key:
        key = _private(f"{name}-{side}-1", private_kind(profile), random, user_id)
        return certified(key, now=now, days=days) if carried else key

    def ring(side: str, *keys: Key) -> KeyRing:
        return KeyRing(f"{name}.{side}", [dated(key, now, days) for key in keys])

    ours, theirs = private("hub"), private("partner")
    secrets = list(_secrets(name, legs, random, user_id))
    shared = ring("shared", *secrets) if secrets else None
    return (
        PartnerKeys(ring("ours", ours), ring("theirs", theirs.public()), shared),
        PartnerKeys(ring("ours", theirs), ring("theirs", ours.public()), shared),
    )


def _legs(profile: Profile) -> list[Leg]:
    return [leg for leg in (profile.request, profile.answer, profile.callback, profile.ack) if leg]


def private_kind(profile: Profile) -> Algorithm:
    """Return the kind of private key a profile signs with."""
    algorithms = {
        leg.algorithm.value
        for leg in _legs(profile)
        if leg.algorithm and leg.algorithm not in KEYED_BY_SHARED
    }
    if any(name.startswith("sm2") for name in algorithms):
        return "sm2"
    if any(name.startswith("ecdsa") for name in algorithms):
        return "ec-p256"
    return "ed25519" if algorithms == {"ed25519"} else "rsa-2048"


def _private(key_id: str, kind: Algorithm, random: Random, user_id: bytes | None) -> Key:
    if kind == "sm2":
        return new_sm2(key_id, random, user_id=user_id)
    if kind == "ec-p256":
        return new_ec(key_id)
    return new_ed25519(key_id) if kind == "ed25519" else new_rsa(key_id)


def _secrets(name: str, legs: list[Leg], random: Random, user_id: bytes | None) -> Iterator[Key]:
    signs = any(leg.algorithm in KEYED_BY_SHARED for leg in legs)
    seals = [
        how
        for leg in legs
        for how in (leg.encryption, leg.outer.encryption if leg.outer else None)
        if isinstance(how, PreShared)
    ]
    if signs:
        use = KeyUse.SIGN if seals else KeyUse.ANY
        yield Key.symmetric(f"{name}-mac-1", random(SECRET_BYTES), use=use)
    if seals:
        use = KeyUse.ENCRYPT if signs else KeyUse.ANY
        agreed = any(how.iv == "agreed" for how in seals)
        attributes = {"iv": user_id or random(IV_BYTES)} if agreed else {}
        secret = random(CIPHERS[seals[0].cipher].key_bytes)
        yield Key.symmetric(f"{name}-shared-1", secret, use=use, attributes=attributes)
