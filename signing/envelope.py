"""Seal a message for a partner and unseal theirs, as a leg of a profile declares. One leg, both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from signing import draft as drafts
from signing.clock import demand_recent, read_time, write_time
from signing.covered import covered_fields, signed_text
from signing.draft import Draft
from signing.encodings import decode, encode
from signing.errors import MalformedMessage, ProfileInvalid, SignatureRefused, SigningError
from signing.jsontext import decode_utf8, parse_value
from signing.keys import KeyRing, KeyUse, PartnerKeys
from signing.profile import Leg, NoEncryption, Signature, SlotAt, Unsigned
from signing.protection import close, open_payload
from signing.signature import KEYED_BY_SHARED, SignatureAlgorithm, VerifiedBytes, sign, verify


@dataclass(frozen=True)
class Plain:
    """What we want said: the payload, the dialect's own fields, and an id unique to this message."""

    payload: bytes
    message_id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    path: str = "/"


@dataclass(frozen=True)
class Wire:
    """What travels. ``path`` keeps its query; ``status`` matters on answers and acknowledgements only."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int = 200


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


def seal(leg: Leg, plain: Plain, keys: PartnerKeys, *, now: datetime, random: Callable[[int], bytes]) -> Wire:
    """Encrypt, sign and render ``plain``. ``random`` gives that many unpredictable bytes.

    Raises KeyUnavailable, ProfileInvalid, or MalformedMessage when the payload does not fit the dialect.
    """
    draft = Draft(plain.method, plain.path, {"content-type": drafts.content_type(leg.body)})
    draft.headers.update({name.lower(): value for name, value in leg.headers.items()})
    draft.fields.update(plain.fields)
    for name, value in leg.constants.items():
        draft.put(SlotAt(at="field", name=name), value)
    _put_freshness(leg, draft, plain, now, random)
    text = close(leg.encryption, plain.payload, draft, keys, now=now, random=random)
    drafts.place_payload(leg.body, draft, text, encrypted=not isinstance(leg.encryption, NoEncryption))
    if isinstance(leg.signature, Signature):
        _put_signature(leg, leg.signature, draft, keys, now)
    return Wire(plain.method, plain.path, draft.headers, drafts.render(leg.body, draft))


def unseal(leg: Leg, wire: Wire, keys: PartnerKeys, *, now: datetime) -> Opened:
    """Verify ``wire`` over the very bytes received, check its time, then open it. All of it or raise.

    Raises MalformedMessage, SignatureRefused, ClockRefused, OpenFailed or KeyUnavailable. Anything unforeseen
    counts as a refused signature.
    """
    if isinstance(leg.signature, Unsigned):
        raise ProfileInvalid("this leg is unsigned: read it with read_unsigned and do not believe it")
    try:
        return _unseal(leg, leg.signature, wire, keys, now)
    except SigningError:
        raise
    except Exception:
        # The cause may quote personal data or key material, so it is cut off here.
        raise SignatureRefused("the message could not be verified") from None


def read_unsigned(leg: Leg, wire: Wire) -> Unverified:
    """What an unsigned, unencrypted leg says. Raises MalformedMessage, or ProfileInvalid for a signed leg."""
    if not isinstance(leg.signature, Unsigned) or not isinstance(leg.encryption, NoEncryption):
        raise ProfileInvalid("this leg is protected: unseal it")
    draft = _parsed(leg, wire)
    return Unverified(drafts.take_payload(leg.body, draft), draft.fields)


def _unseal(leg: Leg, signature: Signature, wire: Wire, keys: PartnerKeys, now: datetime) -> Opened:
    draft = _parsed(leg, wire)
    _demand_constants(leg, draft)
    verified = _verified(leg, signature, draft, keys, now)
    payload = open_payload(leg.encryption, drafts.take_payload(leg.body, draft), draft, keys, now=now)
    replay = leg.replay
    signed_at = None
    if replay.timestamp is not None:
        signed_at = read_time(replay.timestamp, _read(draft, replay.timestamp.slot, payload))
        demand_recent(replay, signed_at, now)
    nonce = None if replay.nonce is None else _read(draft, replay.nonce.slot, payload)
    if nonce == "":
        raise MalformedMessage("the nonce is empty")
    return Opened(payload, covered_fields(leg, signature, draft), verified.key_id, nonce, signed_at)


def _parsed(leg: Leg, wire: Wire) -> Draft:
    headers = {name.lower(): value for name, value in wire.headers.items()}
    if len(headers) != len(wire.headers):
        raise MalformedMessage("a header occurs twice")
    draft = Draft(wire.method, wire.path, headers, body=wire.body)
    drafts.parse(leg.body, draft)
    return draft


def _demand_constants(leg: Leg, draft: Draft) -> None:
    for name, value in leg.constants.items():
        if draft.fields.get(name) != value:
            raise MalformedMessage(f"field {name} must be {value!r}")
    for name, value in leg.optional_constants.items():
        if draft.fields.get(name, value) != value:
            raise MalformedMessage(f"field {name}, when present, must be {value!r}")


def _verified(
    leg: Leg, signature: Signature, draft: Draft, keys: PartnerKeys, now: datetime
) -> VerifiedBytes:
    text = signed_text(leg, signature, draft)
    value = decode(signature.encoding, draft.get(signature.place))
    key_id = None if signature.key_id is None else draft.get(signature.key_id)
    ring = _ring(signature.algorithm, keys, keys.theirs)
    return verify(signature.algorithm, text, value, ring, now, key_id)


def _put_signature(leg: Leg, signature: Signature, draft: Draft, keys: PartnerKeys, now: datetime) -> None:
    ring = _ring(signature.algorithm, keys, keys.ours)
    if signature.key_id is not None:
        draft.put(signature.key_id, ring.primary(now, KeyUse.SIGN).key_id)
    signed = sign(signature.algorithm, signed_text(leg, signature, draft), ring, now)
    draft.put(signature.place, encode(signature.encoding, signed.value))


def _ring(algorithm: SignatureAlgorithm, keys: PartnerKeys, asymmetric: KeyRing) -> KeyRing:
    return keys.pre_shared() if algorithm in KEYED_BY_SHARED else asymmetric


def _put_freshness(
    leg: Leg, draft: Draft, plain: Plain, now: datetime, random: Callable[[int], bytes]
) -> None:
    timestamp, nonce = leg.replay.timestamp, leg.replay.nonce
    # What stands inside the payload is the connector's to write; here it is only read.
    if timestamp is not None and timestamp.slot.at != "payload":
        draft.put(timestamp.slot, write_time(timestamp, now))
    if nonce is not None and nonce.slot.at != "payload":
        draft.put(nonce.slot, plain.message_id if nonce.source == "message_id" else random(16).hex())


def _read(draft: Draft, slot: SlotAt, payload: bytes) -> str:
    return _inside(payload, slot.name) if slot.at == "payload" else draft.get(slot)


def _inside(payload: bytes, path: str) -> str:
    value = parse_value(decode_utf8(payload))
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise MalformedMessage(f"no {path} in the payload")
    return str(value)
