"""The payload's encryption: pre-shared key, or a fresh key in a digital envelope."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from signing.ciphers import CIPHERS, Blind, decrypt_blind, encrypt, secret_of, unwrap_blind, wrap_key
from signing.draft import Draft
from signing.encodings import decode, encode
from signing.errors import KeyUnavailable, MalformedMessage, OpenFailed, ProfileInvalid
from signing.jose import decrypt_jwe, encrypt_jwe
from signing.keys import Key, KeyRing, KeyUse, PartnerKeys
from signing.profile import Encryption, Enveloped, JweRules, NoEncryption, PreShared

Random = Callable[[int], bytes]


def close(
    how: Encryption,
    payload: bytes,
    draft: Draft,
    keys: PartnerKeys,
    *,
    now: datetime,
    random: Random,
) -> bytes:
    """The payload's travelling text; an envelope also leaves its wrapped key in the draft."""
    if isinstance(how, NoEncryption):
        return payload
    if isinstance(how, JweRules):
        return encrypt_jwe(how, payload, _jwe_ring(how, keys, keys.theirs), now=now, random=random).encode()
    if isinstance(how, PreShared):
        shared = keys.pre_shared().primary(now, KeyUse.ENCRYPT)
        secret, agreed = secret_of(shared), shared
    else:
        secret, agreed = random(CIPHERS[how.cipher].key_bytes), None
        receiver = keys.theirs.primary(now, KeyUse.ENCRYPT)
        draft.put(how.key, encode(how.encoding, wrap_key(how.wrap, secret, receiver)))
        if how.recipient is not None:
            draft.put(how.recipient, receiver.key_id)
    iv, in_front = _fresh_iv(how, agreed, draft, random)
    sealed = encrypt(how.cipher, secret, iv, payload, _associated(how, draft))
    return encode(how.encoding, in_front + sealed).encode("ascii")


def open_payload(how: Encryption, text: bytes, draft: Draft, keys: PartnerKeys, *, now: datetime) -> bytes:
    """The payload itself. Raises OpenFailed for whatever is wrong with it, KeyUnavailable without a key."""
    opened = open_blind(how, text, draft, keys, now=now)
    if opened.failed:
        raise OpenFailed
    return opened.text


def open_blind(how: Encryption, text: bytes, draft: Draft, keys: PartnerKeys, *, now: datetime) -> Blind:
    """The payload, or a decoy marked as failed. Raises only KeyUnavailable."""
    if isinstance(how, NoEncryption):
        return Blind(text, False)
    if isinstance(how, JweRules):
        return _open_jwe(how, text, _jwe_ring(how, keys, keys.ours), now)
    try:
        sealed = decode(how.encoding, text.decode("ascii"))
        associated = _associated(how, draft)
        secrets = _secrets(how, draft, keys, now)
        return _first_open(how, sealed, associated, draft, secrets)
    except (MalformedMessage, UnicodeDecodeError, ProfileInvalid):
        return Blind(text, True)


def _jwe_ring(how: JweRules, keys: PartnerKeys, asymmetric: KeyRing) -> KeyRing:
    return keys.pre_shared() if how.wrap == "dir" else asymmetric


def _open_jwe(how: JweRules, text: bytes, ring: KeyRing, now: datetime) -> Blind:
    try:
        return Blind(decrypt_jwe(how, text.decode("ascii"), ring, now=now).payload, False)
    except (OpenFailed, UnicodeDecodeError):
        return Blind(text, True)


def _secrets(
    how: PreShared | Enveloped, draft: Draft, keys: PartnerKeys, now: datetime
) -> Iterator[tuple[Key, Blind]]:
    if isinstance(how, PreShared):
        for shared in keys.pre_shared().accepted(now, None, KeyUse.ENCRYPT):
            yield shared, Blind(secret_of(shared), False)
        return
    wrapped = decode(how.encoding, draft.get(how.key))
    named = None if how.recipient is None else draft.get(how.recipient)
    for receiver in keys.ours.accepted(now, named, KeyUse.ENCRYPT):
        yield receiver, unwrap_blind(how.wrap, wrapped, receiver, CIPHERS[how.cipher].key_bytes)


def _first_open(
    how: PreShared | Enveloped,
    sealed: bytes,
    associated: bytes,
    draft: Draft,
    secrets: Iterable[tuple[Key, Blind]],
) -> Blind:
    opened = Blind(sealed, True)
    for key, secret in secrets:
        iv, body = _found_iv(how, key, sealed, draft)
        opened = decrypt_blind(how.cipher, secret.text, iv, body, associated)
        if not opened.failed and not secret.failed:
            return opened
    return Blind(opened.text, True)


def _fresh_iv(
    how: PreShared | Enveloped, shared: Key | None, draft: Draft, random: Random
) -> tuple[bytes, bytes]:
    size = CIPHERS[how.cipher].iv_bytes
    if how.iv == "prefixed":
        iv = random(size)
        return iv, iv
    if how.iv_place is not None:
        # Three random bytes give four printable ones, so the text itself is the IV.
        text = base64.urlsafe_b64encode(random(size * 3 // 4))
        draft.put(how.iv_place, text.decode("ascii"))
        return text, b""
    return _fixed_iv(how, shared), b""


def _found_iv(how: PreShared | Enveloped, key: Key, sealed: bytes, draft: Draft) -> tuple[bytes, bytes]:
    if how.iv == "prefixed":
        size = CIPHERS[how.cipher].iv_bytes
        return sealed[:size], sealed[size:]
    if how.iv_place is not None:
        return draft.get(how.iv_place).encode("utf-8"), sealed
    return _fixed_iv(how, key), sealed


def _fixed_iv(how: PreShared | Enveloped, key: Key | None) -> bytes:
    if how.iv == "zero":
        return bytes(CIPHERS[how.cipher].iv_bytes)
    if key is None or "iv" not in key.attributes:
        raise KeyUnavailable("the profile wants an agreed IV, and the key carries none")
    return key.attributes["iv"]


def _associated(how: PreShared | Enveloped, draft: Draft) -> bytes:
    return b"" if how.associated is None else draft.get(how.associated).encode("utf-8")
