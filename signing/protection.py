"""The payload's encryption: pre-shared key, or a fresh key in a digital envelope."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from signing.ciphers import CIPHERS, decrypt, encrypt, secret_of, unwrap_key, wrap_key
from signing.draft import Draft
from signing.encodings import decode, encode
from signing.errors import KeyUnavailable, MalformedMessage, OpenFailed
from signing.keys import Key, KeyUse, PartnerKeys
from signing.profile import Enveloped, NoEncryption, PreShared


def close(
    how: NoEncryption | PreShared | Enveloped,
    payload: bytes,
    draft: Draft,
    keys: PartnerKeys,
    *,
    now: datetime,
    random: Callable[[int], bytes],
) -> bytes:
    """The payload's travelling text; an envelope also leaves its wrapped key in the draft."""
    if isinstance(how, NoEncryption):
        return payload
    if isinstance(how, PreShared):
        shared = keys.pre_shared().primary(now, KeyUse.ENCRYPT)
        secret, fixed = secret_of(shared), _fixed_iv(how, shared)
    else:
        secret, fixed = random(CIPHERS[how.cipher].key_bytes), _fixed_iv(how, None)
        receiver = keys.theirs.primary(now, KeyUse.ENCRYPT)
        draft.put(how.key, encode(how.encoding, wrap_key(how.wrap, secret, receiver)))
        if how.recipient is not None:
            draft.put(how.recipient, receiver.key_id)
    iv = random(CIPHERS[how.cipher].iv_bytes) if fixed is None else fixed
    sealed = encrypt(how.cipher, secret, iv, payload)
    return encode(how.encoding, iv + sealed if fixed is None else sealed).encode("ascii")


def open_payload(
    how: NoEncryption | PreShared | Enveloped, text: bytes, draft: Draft, keys: PartnerKeys, *, now: datetime
) -> bytes:
    """The payload itself. Raises OpenFailed for whatever is wrong with it, KeyUnavailable without a key."""
    if isinstance(how, NoEncryption):
        return text
    try:
        sealed = decode(how.encoding, text.decode("ascii"))
        if isinstance(how, PreShared):
            candidates = keys.pre_shared().accepted(now, None, KeyUse.ENCRYPT)
            return _first_open(how, sealed, ((key, secret_of(key)) for key in candidates))
        wrapped = decode(how.encoding, draft.get(how.key))
        recipient = None if how.recipient is None else draft.get(how.recipient)
        receivers = keys.ours.accepted(now, recipient, KeyUse.ENCRYPT)
        return _first_open(how, sealed, _unwrapped(how, wrapped, receivers))
    except (MalformedMessage, UnicodeDecodeError):
        raise OpenFailed from None


def _unwrapped(how: Enveloped, wrapped: bytes, receivers: Iterable[Key]) -> Iterable[tuple[Key, bytes]]:
    size = CIPHERS[how.cipher].key_bytes
    for receiver in receivers:
        try:
            secret = unwrap_key(how.wrap, wrapped, receiver, size)
        except OpenFailed:
            continue
        yield receiver, secret


def _first_open(how: PreShared | Enveloped, sealed: bytes, candidates: Iterable[tuple[Key, bytes]]) -> bytes:
    for key, secret in candidates:
        iv, body = _fixed_iv(how, key), sealed
        if iv is None:
            size = CIPHERS[how.cipher].iv_bytes
            iv, body = sealed[:size], sealed[size:]
        try:
            return decrypt(how.cipher, secret, iv, body)
        except OpenFailed:
            continue
    raise OpenFailed


def _fixed_iv(how: PreShared | Enveloped, key: Key | None) -> bytes | None:
    if how.iv == "zero":
        return bytes(CIPHERS[how.cipher].iv_bytes)
    if how.iv == "agreed":
        if key is None or "iv" not in key.attributes:
            raise KeyUnavailable("the profile wants an agreed IV, and the key carries none")
        return key.attributes["iv"]
    return None
