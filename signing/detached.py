"""A signature beside what it signs: put into its place, and found and verified there."""

from __future__ import annotations

import hashlib
from datetime import datetime
from hmac import compare_digest
from itertools import product

from signing.covered import accepted_texts, body_bytes, signed_text
from signing.draft import Draft
from signing.encodings import decode, encode
from signing.errors import KeyUnavailable, MalformedMessage, SignatureRefused
from signing.gm import sm3
from signing.keys import Key, KeyRing, KeyUse
from signing.profile import BodyDigest, Leg, Signature
from signing.signature import sign, verify

CERTIFICATE = "certificate"
# A list of signatures serves a rotation; more than a few serve only to make us work.
MOST_SIGNATURES = 8


def put_signature(leg: Leg, signature: Signature, draft: Draft, ring: KeyRing, now: datetime) -> None:
    """Sign the draft. Raises KeyUnavailable, or ProfileInvalid when a slot is taken."""
    if signature.key_id is not None:
        draft.put(signature.key_id, ring.primary(now, KeyUse.SIGN).key_id)
    if signature.certificate is not None:
        draft.put(signature.certificate, _certificate_of(ring.primary(now, KeyUse.SIGN)))
    signed = sign(signature.algorithm, signed_text(leg, signature, draft), ring, now)
    draft.put(signature.place, signature.prefix + encode(signature.encoding, signed.value))
    if signature.place.at == "field":
        draft.body = b""  # rendered anew, now with its signature


def verified_key(leg: Leg, signature: Signature, draft: Draft, ring: KeyRing, now: datetime) -> str:
    """The id of the key that signed the draft.

    Raises MalformedMessage, SignatureRefused or KeyUnavailable.
    """
    values = _values(signature, draft.get(signature.place))
    key_id = None if signature.key_id is None else draft.get(signature.key_id)
    if signature.certificate is not None:
        key_id = _named_by_certificate(draft.get(signature.certificate), ring, now)
    attempts = list(product(accepted_texts(leg, signature, draft), values))
    for text, value in attempts[:-1]:
        try:
            return verify(signature.algorithm, text, value, ring, now, key_id).key_id
        except SignatureRefused:
            continue
    text, value = attempts[-1]
    return verify(signature.algorithm, text, value, ring, now, key_id).key_id


def _values(signature: Signature, text: str) -> list[bytes]:
    candidates = text.split(" ") if signature.several else [text]
    if len(candidates) > MOST_SIGNATURES:
        raise MalformedMessage("too many signatures")
    # Signatures of other versions may stand in the list; they are passed over, not obeyed.
    mine = [one.removeprefix(signature.prefix) for one in candidates if one.startswith(signature.prefix)]
    if not mine:
        raise SignatureRefused("there is no signature of this profile's kind")
    return [decode(signature.encoding, one) for one in mine]


def _certificate_of(key: Key) -> str:
    if CERTIFICATE not in key.attributes:
        raise KeyUnavailable(f"key {key.key_id} has no certificate to send along")
    return key.attributes[CERTIFICATE].decode("ascii")


def _named_by_certificate(pem: str, ring: KeyRing, now: datetime) -> str:
    """The accepted key this certificate is of. A certificate nobody installed proves nothing."""
    try:
        carried = Key.public_pem("carried", pem.encode("utf-8")).fingerprint()
    except KeyUnavailable:
        raise MalformedMessage("the certificate in the message is not readable") from None
    for key in ring.accepted(now, None, KeyUse.SIGN):
        if compare_digest(key.fingerprint(), carried):
            return key.key_id
    raise SignatureRefused("the certificate in the message is not one of the partner's")


def put_digest(leg: Leg, how: BodyDigest, draft: Draft) -> None:
    """Write the digest of the body into its place."""
    draft.put(how.place, encode(how.encoding, _digest(how, body_bytes(leg, draft))))


def demand_digest(how: BodyDigest, draft: Draft) -> None:
    """Return when the digest in its place is that of the body received. Raises SignatureRefused."""
    if not compare_digest(decode(how.encoding, draft.get(how.place)), _digest(how, draft.body)):
        raise SignatureRefused("the body is not the one its digest was made of")


def _digest(how: BodyDigest, body: bytes) -> bytes:
    return sm3(body) if how.algorithm == "sm3" else hashlib.new(how.algorithm, body).digest()
