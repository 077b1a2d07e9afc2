"""JWS (RFC 7515) and JWE (RFC 7516) in compact form; the profile, not the header, names algorithm and key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from signing.ciphers import (
    CIPHERS,
    Blind,
    ContentCipher,
    KeyWrap,
    decrypt_blind,
    encrypt,
    secret_of,
    unwrap_blind,
    wrap_key,
)
from signing.clock import demand_recent, read_time
from signing.closed import opens, refuses
from signing.encodings import Encoding, decode, encode
from signing.errors import KeyUnavailable, MalformedMessage, OpenFailed, ProfileInvalid, SignatureRefused
from signing.jsontext import decode_utf8, parse_object
from signing.keys import Key, KeyRing, KeyUse
from signing.payload import text_inside
from signing.profile import JweRules, JwsRules, TextBody
from signing.profile.web import JWS_ALGORITHMS
from signing.signature import sign, verify

MAXIMUM_HEADER_CHARACTERS = 4096
HS256_KEY_BYTES = 32  # RFC 7518 section 3.2
GCM_TAG_BYTES = 16

# Whatever else a header can say (jku, jwk, x5u, x5c, x5t, crit, b64, zip, epk ...) would choose a key,
# another signed text or a decompressor, so its presence alone refuses the message.
_JWS_NAMES = frozenset({"alg", "kid", "typ", "cty"})
_JWE_NAMES = _JWS_NAMES | {"enc"}
_JSON = TextBody(kind="text", content_type="application/json")
_CIPHERS = {"A128GCM": ContentCipher.AES_128_GCM, "A256GCM": ContentCipher.AES_256_GCM}


@dataclass(frozen=True)
class VerifiedJws:
    """A payload a signature vouches for; only ``verify_jws`` makes one.

    ``signed_at`` and ``nonce`` are those of the payload, where the rules say it holds them.
    """

    payload: bytes
    key_id: str
    signed_at: datetime | None
    nonce: str | None


@dataclass(frozen=True)
class OpenedJwe:
    """A decrypted payload. That it could be opened says nothing of who wrote it."""

    payload: bytes
    key_id: str


def sign_jws(rules: JwsRules, payload: bytes, ring: KeyRing, *, now: datetime) -> str:
    """The compact JWS of ``payload``; detached, its middle is empty. Raises KeyUnavailable."""
    key = ring.primary(now, KeyUse.SIGN)
    _demand_strong(rules, key)
    header = _header(rules, {"alg": rules.algorithm}, key)
    middle = _b64(payload)
    value = sign(JWS_ALGORITHMS[rules.algorithm], f"{header}.{middle}".encode("ascii"), ring, now).value
    return f"{header}.{'' if rules.detached else middle}.{_b64(value)}"


@refuses
def verify_jws(
    rules: JwsRules, token: str, ring: KeyRing, *, now: datetime, payload: bytes | None = None
) -> VerifiedJws:
    """The payload, once an accepted key of ``ring`` is found to have signed it.

    ``payload`` is given when the rules say detached, and only then (else ProfileInvalid). Raises
    MalformedMessage, SignatureRefused, ClockRefused or KeyUnavailable.
    """
    if rules.detached is (payload is None):
        raise ProfileInvalid("a detached JWS is verified with its payload, an attached one without")
    header_text, middle, value_text = _parts(token, 3)
    header = _read_header(header_text, _JWS_NAMES)
    _demand_said(rules, header, {"alg": rules.algorithm})
    if rules.detached and middle:
        raise MalformedMessage("a detached JWS holds a payload")
    body = _unb64(middle) if payload is None else payload
    text = f"{header_text}.{_b64(body)}".encode("ascii")
    key_id = _key_id(rules, header)
    for key in ring.accepted(now, key_id, KeyUse.SIGN):
        _demand_strong(rules, key)
    verified = verify(JWS_ALGORITHMS[rules.algorithm], text, _unb64(value_text), ring, now, key_id)
    signed_at, nonce = _freshness(rules, body, now)
    return VerifiedJws(body, verified.key_id, signed_at, nonce)


def encrypt_jwe(
    rules: JweRules, payload: bytes, ring: KeyRing, *, now: datetime, random: Callable[[int], bytes]
) -> str:
    """The compact JWE of ``payload`` for the ring's primary ENCRYPT key.

    ``random`` gives that many unpredictable bytes. Raises KeyUnavailable.
    """
    receiver = ring.primary(now, KeyUse.ENCRYPT)
    cipher = _CIPHERS[rules.encryption]
    if rules.wrap == "dir":
        secret, wrapped = secret_of(receiver), b""
    else:
        secret = random(CIPHERS[cipher].key_bytes)
        wrapped = wrap_key(KeyWrap.RSA_OAEP_SHA256, secret, receiver)
    header = _header(rules, {"alg": rules.wrap, "enc": rules.encryption}, receiver)
    iv = random(CIPHERS[cipher].iv_bytes)
    sealed = encrypt(cipher, secret, iv, payload, header.encode("ascii"))
    return ".".join(
        [header, _b64(wrapped), _b64(iv), _b64(sealed[:-GCM_TAG_BYTES]), _b64(sealed[-GCM_TAG_BYTES:])]
    )


@opens
def decrypt_jwe(rules: JweRules, token: str, ring: KeyRing, *, now: datetime) -> OpenedJwe:
    """The payload, opened with an accepted ENCRYPT key of ``ring``.

    Raises OpenFailed for whatever is wrong with the message, KeyUnavailable without a key.
    """
    try:
        header_text, wrapped_text, iv_text, body_text, tag_text = _parts(token, 5)
        header = _read_header(header_text, _JWE_NAMES)
        _demand_said(rules, header, {"alg": rules.wrap, "enc": rules.encryption})
        key_id = _key_id(rules, header)
        wrapped, iv, tag = _unb64(wrapped_text), _unb64(iv_text), _unb64(tag_text)
        sealed = _unb64(body_text) + tag
    except (MalformedMessage, SignatureRefused):
        raise OpenFailed from None
    if len(tag) != GCM_TAG_BYTES or (rules.wrap == "dir") is bool(wrapped):
        raise OpenFailed
    for key in ring.accepted(now, key_id, KeyUse.ENCRYPT):
        secret = _content_key(rules, key, wrapped)
        opened = decrypt_blind(
            _CIPHERS[rules.encryption], secret.text, iv, sealed, header_text.encode("ascii")
        )
        # A key that could not be unwrapped takes as long a way to the same answer (RFC 7516 section 11.5).
        if not secret.failed and not opened.failed:
            return OpenedJwe(opened.text, key.key_id)
    raise OpenFailed


def _content_key(rules: JweRules, key: Key, wrapped: bytes) -> Blind:
    if rules.wrap == "dir":
        return Blind(secret_of(key), False)
    size = CIPHERS[_CIPHERS[rules.encryption]].key_bytes
    return unwrap_blind(KeyWrap.RSA_OAEP_SHA256, wrapped, key, size)


def _b64(value: bytes) -> str:
    return encode(Encoding.BASE64URL, value)


def _unb64(text: str) -> bytes:
    return decode(Encoding.BASE64URL, text)


def _parts(token: str, count: int) -> list[str]:
    parts = token.split(".", count)
    if len(parts) != count or not token.isascii():
        raise MalformedMessage(f"a compact form has {count} parts between dots")
    return parts


def _header(rules: JwsRules | JweRules, named: Mapping[str, str], key: Key) -> str:
    said = [*named.items(), ("typ", rules.typ), ("cty", rules.cty)]
    if rules.kid:
        said.insert(1, ("kid", key.key_id))
    return _written(tuple(said))


@lru_cache(maxsize=256)
def _written(said: tuple[tuple[str, str | None], ...]) -> str:
    """A header, which is the same for every message under one key."""
    header = {name: value for name, value in said if value}
    return _b64(json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8"))


def _read_header(text: str, allowed: frozenset[str]) -> dict[str, object]:
    if len(text) > MAXIMUM_HEADER_CHARACTERS:
        raise MalformedMessage("the header is too long")
    members = parse_object(decode_utf8(_unb64(text))).members
    if not members.keys() <= allowed:
        raise SignatureRefused("the header says more than algorithm, key and type")
    return {name: member.value for name, member in members.items()}


def _demand_said(rules: JwsRules | JweRules, header: Mapping[str, object], pinned: Mapping[str, str]) -> None:
    for name, value in pinned.items():
        if header.get(name) != value:
            raise SignatureRefused(f"the header's {name} is not the profile's")
    for name, wanted in (("typ", rules.typ), ("cty", rules.cty)):
        if wanted is not None and header.get(name) != wanted:
            raise SignatureRefused(f"the header's {name} is not the profile's")


def _key_id(rules: JwsRules | JweRules, header: Mapping[str, object]) -> str | None:
    if not rules.kid:
        return None
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise SignatureRefused("the header names no key")
    return key_id


def _demand_strong(rules: JwsRules, key: Key) -> None:
    if rules.algorithm == "HS256" and len(secret_of(key)) < HS256_KEY_BYTES:
        raise KeyUnavailable(f"key {key.key_id}: HS256 wants a secret of at least {HS256_KEY_BYTES} bytes")


def _freshness(rules: JwsRules, body: bytes, now: datetime) -> tuple[datetime | None, str | None]:
    replay, signed_at, nonce = rules.replay, None, None
    if replay.timestamp is not None:
        signed_at = read_time(replay.timestamp, text_inside(_JSON, body, replay.timestamp.slot.name))
        demand_recent(replay, signed_at, now)
    if replay.nonce is not None:
        nonce = text_inside(_JSON, body, replay.nonce.slot.name)
    return signed_at, nonce
