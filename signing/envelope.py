"""Seal a message for a partner and unseal theirs, as a leg of a profile declares. One leg, both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from signing import bodies, outer, webforms, xmldsig
from signing.clock import demand_recent, read_time, write_time
from signing.covered import body_bytes, covered_fields
from signing.detached import demand_digest, put_digest, put_signature, verified_key
from signing.draft import Draft, lower_names, read_authorization, write_authorization
from signing.errors import MalformedMessage, ProfileInvalid, SignatureRefused, SigningError
from signing.http_signature import HttpMessage
from signing.keys import KeyRing, PartnerKeys
from signing.payload import text_inside
from signing.profile import (
    HttpSignatureRules,
    JwsRules,
    Leg,
    NoEncryption,
    Signature,
    SlotAt,
    Unsigned,
    XmlSignature,
)
from signing.protection import close, open_payload

Random = Callable[[int], bytes]


@dataclass(frozen=True)
class Plain:
    """What we want said: the payload, the dialect's own fields, and an id unique to this message.

    ``authority``, ``status`` and ``request`` are those of ``Wire``.
    """

    payload: bytes
    message_id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    path: str = "/"
    authority: str = ""
    status: int = 200
    request: Wire | None = None


@dataclass(frozen=True)
class Wire:
    """What travels. ``path`` keeps its query; ``status`` matters on answers and acknowledgements only.

    HTTP message signatures also cover ``authority``, the host as configured and never as a header claims,
    and on an answer parts of the ``request`` it belongs to.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int = 200
    authority: str = ""
    request: Wire | None = None


@dataclass(frozen=True)
class Opened:
    """A verified and opened message; only ``unseal`` makes one. ``fields`` are those the signature covers."""

    payload: bytes
    fields: Mapping[str, str]
    key_id: str
    nonce: str | None
    signed_at: datetime | None


@dataclass(frozen=True)
class Unverified:
    """What an unsigned leg carried. It is a claim, not a fact."""

    payload: bytes
    fields: Mapping[str, str]


def seal(leg: Leg, plain: Plain, keys: PartnerKeys, *, now: datetime, random: Random) -> Wire:
    """Encrypt, sign and render ``plain``. ``random`` gives that many unpredictable bytes.

    Raises KeyUnavailable, ProfileInvalid, or MalformedMessage when the payload does not fit the dialect.
    """
    draft = Draft(plain.method, plain.path, {"content-type": bodies.content_type(leg.body)})
    draft.headers.update({name.lower(): value for name, value in leg.headers.items()})
    outside = {} if leg.outer is None else outer.fields_outside(leg.outer, plain.fields)
    for name, value in plain.fields.items():
        if name not in outside:
            draft.put(leg.slot(name), value)
    for name, value in leg.constants.items():
        draft.put(leg.slot(name), value)
    _put_freshness(leg, draft, plain, now, random)
    text = close(leg.encryption, plain.payload, draft, keys, now=now, random=random)
    bodies.place_payload(leg.body, draft, text, encrypted=not isinstance(leg.encryption, NoEncryption))
    _sign(leg, draft, keys, now, plain)
    if leg.authorization is not None:
        write_authorization(leg.authorization, draft)
    body = draft.body or bodies.render(leg.body, draft)
    if leg.outer is not None:
        body = outer.close_message(leg.outer, body, outside, draft, keys, now=now, random=random)
    return Wire(plain.method, plain.path, draft.headers, body, plain.status, plain.authority, plain.request)


def unseal(leg: Leg, wire: Wire, keys: PartnerKeys, *, now: datetime) -> Opened:
    """Verify ``wire`` over the very bytes received, check its time, then open it. All of it or raise.

    Raises MalformedMessage, SignatureRefused, ClockRefused, OpenFailed or KeyUnavailable. Anything unforeseen
    counts as a refused signature.
    """
    if isinstance(leg.signature, Unsigned):
        raise ProfileInvalid("this leg is unsigned: read it with read_unsigned and do not believe it")
    try:
        if leg.outer is None:
            return _unseal(leg, wire, wire.body, keys, now)
        with outer.open_message(leg.outer, wire.body, wire.headers, keys, now=now) as inner:
            return _unseal(leg, wire, inner, keys, now)
    except SigningError:
        raise
    except Exception:
        # The cause may quote personal data or key material, so it is cut off here.
        raise SignatureRefused("the message could not be verified") from None


def read_unsigned(
    leg: Leg, wire: Wire, keys: PartnerKeys | None = None, *, now: datetime | None = None
) -> Unverified:
    """What an unsigned leg says; an encrypted one needs ``keys`` and ``now``.

    Raises MalformedMessage, OpenFailed, KeyUnavailable, or ProfileInvalid for a signed leg.
    """
    if not isinstance(leg.signature, Unsigned):
        raise ProfileInvalid("this leg is signed: unseal it")
    draft = _parsed(leg, wire, wire.body)
    payload = bodies.take_payload(leg.body, draft)
    if not isinstance(leg.encryption, NoEncryption):
        if keys is None or now is None:
            raise ProfileInvalid("this leg is encrypted: give the keys and the time")
        payload = open_payload(leg.encryption, payload, draft, keys, now=now)
    return Unverified(payload, draft.fields)


def _unseal(leg: Leg, wire: Wire, body: bytes, keys: PartnerKeys, now: datetime) -> Opened:
    draft = _parsed(leg, wire, body)
    for name, value in leg.constants.items():
        if draft.find(leg.slot(name)) != value:
            raise MalformedMessage(f"field {name} must be {value!r}")
    for name, value in leg.optional_constants.items():
        if draft.find(leg.slot(name)) not in (None, value):
            raise MalformedMessage(f"field {name}, when present, must be {value!r}")
    if isinstance(leg.signature, XmlSignature):
        ring = _ring(leg, keys, keys.theirs)
        verified = xmldsig.verify_xml(leg.signature, draft.body, ring, now)
        return _finished(leg, draft, bytes(verified), {}, verified.key_id, now)
    ring = _ring(leg, keys, keys.theirs)
    if isinstance(leg.signature, JwsRules):
        text, signer = webforms.verified_jws(leg.signature, draft, ring, now)
        payload = open_payload(leg.encryption, text, draft, keys, now=now)
        return _finished(leg, draft, payload, {}, signer, now)
    if isinstance(leg.signature, HttpSignatureRules):
        return _unseal_http(leg, leg.signature, wire, draft, keys, now)
    if not isinstance(leg.signature, Signature):
        raise ProfileInvalid("this leg is unsigned")
    key_id = verified_key(leg, leg.signature, draft, ring, now)
    payload = open_payload(leg.encryption, bodies.take_payload(leg.body, draft), draft, keys, now=now)
    return _finished(leg, draft, payload, covered_fields(leg, leg.signature, draft), key_id, now)


def _unseal_http(
    leg: Leg, rules: HttpSignatureRules, wire: Wire, draft: Draft, keys: PartnerKeys, now: datetime
) -> Opened:
    ring = _ring(leg, keys, keys.theirs)
    message = _http(rules, wire.authority, wire.status, draft, draft.body)
    verified = webforms.verified_http(leg, rules, message, ring, now, request=_asked(wire.request))
    payload = open_payload(leg.encryption, bodies.take_payload(leg.body, draft), draft, keys, now=now)
    fields = webforms.vouched_fields(leg, draft, verified.covered)
    return Opened(payload, fields, verified.key_id, verified.nonce, verified.signed_at)


def _http(rules: HttpSignatureRules, authority: str, status: int, draft: Draft, body: bytes) -> HttpMessage:
    answered = status if rules.message == "response" else None
    return HttpMessage(draft.method, authority, draft.path, draft.headers, body, answered)


def _asked(request: Wire | None) -> HttpMessage | None:
    if request is None:
        return None
    return HttpMessage(request.method, request.authority, request.path, request.headers, request.body)


def _finished(
    leg: Leg, draft: Draft, payload: bytes, fields: Mapping[str, str], key_id: str, now: datetime
) -> Opened:
    replay = leg.replay
    signed_at = None
    if replay.timestamp is not None:
        signed_at = read_time(replay.timestamp, _read(leg, draft, replay.timestamp.slot, payload))
        demand_recent(replay, signed_at, now)
    nonce = None if replay.nonce is None else _read(leg, draft, replay.nonce.slot, payload)
    if nonce == "":
        raise MalformedMessage("the nonce is empty")
    return Opened(payload, fields, key_id, nonce, signed_at)


def _parsed(leg: Leg, wire: Wire, body: bytes) -> Draft:
    draft = Draft(wire.method, wire.path, lower_names(wire.headers), body=body)
    if leg.authorization is not None:
        read_authorization(leg.authorization, draft)
    bodies.parse(leg.body, draft)
    if leg.body_digest is not None:
        demand_digest(leg.body_digest, draft)
    return draft


def _sign(leg: Leg, draft: Draft, keys: PartnerKeys, now: datetime, plain: Plain) -> None:
    signature = leg.signature
    if isinstance(signature, Unsigned):
        return
    ring = _ring(leg, keys, keys.ours)
    if isinstance(signature, XmlSignature):
        draft.body = xmldsig.sign_xml(signature, draft.body, ring, now)
        return
    if isinstance(signature, JwsRules):
        webforms.put_jws(signature, draft, ring, now)
        return
    if isinstance(signature, HttpSignatureRules):
        message = _http(signature, plain.authority, plain.status, draft, body_bytes(leg, draft))
        nonce, request = plain.message_id, _asked(plain.request)
        webforms.put_http(signature, message, draft, ring, now, nonce=nonce, request=request)
        return
    if leg.body_digest is not None:
        put_digest(leg, leg.body_digest, draft)
    put_signature(leg, signature, draft, ring, now)


def _ring(leg: Leg, keys: PartnerKeys, asymmetric: KeyRing) -> KeyRing:
    return keys.pre_shared() if leg.keyed_by_shared else asymmetric


def _put_freshness(leg: Leg, draft: Draft, plain: Plain, now: datetime, random: Random) -> None:
    timestamp, nonce = leg.replay.timestamp, leg.replay.nonce
    # What stands inside the payload, or is put together from fields, is the connector's to write.
    if timestamp is not None and _is_written(timestamp.slot):
        draft.put(timestamp.slot, write_time(timestamp, now))
    if nonce is not None and _is_written(nonce.slot):
        draft.put(nonce.slot, plain.message_id if nonce.source == "message_id" else random(16).hex())


def _is_written(slot: SlotAt) -> bool:
    return slot.at != "payload" and "+" not in slot.name


def _read(leg: Leg, draft: Draft, slot: SlotAt, payload: bytes) -> str:
    if slot.at == "payload":
        return text_inside(leg.body, payload, slot.name)
    if "+" not in slot.name:
        return draft.get(slot)
    parts = [draft.get(SlotAt(at=slot.at, name=name)) for name in slot.name.split("+")]
    return "+".join(parts)
