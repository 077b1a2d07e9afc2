"""Opaque key handles, kept in rings: one primary to act with, several accepted from the other side."""

from signing.keys.engines import sm2_engine
from signing.keys.handle import DeviceKey, Key, KeyUse, Secret
from signing.keys.material import MINIMUM_RSA_BITS
from signing.keys.ring import KeyRing, KeyState, PartnerKeys, RingEntry

__all__ = [
    "MINIMUM_RSA_BITS",
    "DeviceKey",
    "Key",
    "KeyRing",
    "KeyState",
    "KeyUse",
    "PartnerKeys",
    "RingEntry",
    "Secret",
    "sm2_engine",
]
