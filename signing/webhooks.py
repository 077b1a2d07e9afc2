"""Standard Webhooks 1.0 as we send them to the platform: the built-in profile, through a rotation of keys."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import ed25519

from signing.envelope import Opened, Plain, Wire, seal, unseal
from signing.errors import KeyUnavailable, MalformedMessage, ProfileInvalid
from signing.keys import Key, KeyRing, KeyState, KeyUse, PartnerKeys
from signing.newkeys import webhook_key
from signing.profile import Leg, load_profile

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
Scheme = Literal["v1", "v1a"]  # HMAC-SHA256 under a shared secret; Ed25519
_PROFILES: dict[Scheme, str] = {"v1": "standard-webhooks", "v1a": "standard-webhooks-ed25519"}

# A dot would let a part of the id be read as the time, for the signed text joins the two with a dot.
_ID = re.compile(r"[!-\-/-~]{1,256}")


def read_webhook_key(key_id: str, text: str) -> Key:
    """A key in the standard's spelling: ``whsec_`` secret, ``whsk_`` and ``whpk_`` Ed25519 halves, in base64.

    Raises KeyUnavailable.
    """
    kind, _, encoded = text.partition("_")
    if kind not in ("whsk", "whpk"):
        return webhook_key(key_id, text)
    try:
        value = base64.b64decode(encoded, validate=True)
        if kind == "whpk":
            return Key(key_id, ed25519.Ed25519PublicKey.from_public_bytes(value))
        if len(value) in (32, 64):  # the seed, perhaps with the public half behind it
            return Key(key_id, ed25519.Ed25519PrivateKey.from_private_bytes(value[:32]))
    except (ValueError, binascii.Error):
        pass
    raise KeyUnavailable(f"key {key_id}: not a webhook key")


def sign_webhook(
    scheme: Scheme, body: bytes, ring: KeyRing, *, message_id: str, now: datetime
) -> dict[str, str]:
    """The headers to send ``body`` with. Raises KeyUnavailable, or ProfileInvalid for an unfit id.

    Signed with the primary key and with every pre-active one: during a rotation the receiver may go over to
    the new key at any moment between its distribution and its promotion.
    """
    if not _ID.fullmatch(message_id):
        raise ProfileInvalid("a webhook id is printable ASCII without dots and blanks")
    plain = Plain(body, message_id)
    sealed = [
        # Nothing in this profile is random, so what would be drawn can be nothing at all.
        seal(_leg(scheme), plain, _only(key), now=now, random=lambda _: b"").headers
        for key in _signers(ring, now)
    ]
    return {**sealed[0], SIGNATURE: " ".join(headers[SIGNATURE] for headers in sealed)}


def verify_webhook(
    scheme: Scheme, headers: Mapping[str, str], body: bytes, ring: KeyRing, *, now: datetime
) -> Opened:
    """The body, its id as ``nonce`` and its time, once one of its signatures is of an accepted key.

    Up to 300 s either way, as the standard has it. The id is the same on every delivery of one event: whoever
    keeps the database acts on it once. Raises MalformedMessage, SignatureRefused, ClockRefused or
    KeyUnavailable.
    """
    opened = unseal(_leg(scheme), Wire("POST", "/", headers, body), _all(ring), now=now)
    if opened.nonce is None or not _ID.fullmatch(opened.nonce):
        raise MalformedMessage("a webhook id is printable ASCII without dots and blanks")
    return opened


def _leg(scheme: Scheme) -> Leg:
    return load_profile(_PROFILES[scheme]).request


def _signers(ring: KeyRing, now: datetime) -> list[Key]:
    waiting = [
        entry.key
        for entry in ring.entries
        if entry.state is KeyState.PRE_ACTIVE and entry.serves(KeyUse.SIGN) and entry.holds_at(now)
    ]
    return [ring.primary(now, KeyUse.SIGN), *waiting]


def _only(key: Key) -> PartnerKeys:
    return _all(KeyRing.of("webhooks", key))


def _all(ring: KeyRing) -> PartnerKeys:
    return PartnerKeys(ours=ring, theirs=ring, shared=ring)
