"""Declarations of a signature, of a leg, and of a profile; what contradicts itself is refused here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from signing.encodings import Encoding
from signing.profile.base import Declared, Slot, SlotAt
from signing.profile.bodies import Authorization, Body, FormBody, JsonBody, TextBody, XmlBody, XmlDocument
from signing.profile.freshness import Replay
from signing.profile.secrecy import Encryption, NoEncryption, Outer
from signing.profile.texts import (
    CanonicalJsonText,
    InnerXmlText,
    JoinedText,
    OrderedJsonText,
    SignedText,
    SliceText,
    SortedText,
)
from signing.profile.web import JWS_ALGORITHMS, HttpSignatureRules, JwsRules
from signing.signature import KEYED_BY_SHARED, LEGACY, SignatureAlgorithm


class Signature(Declared):
    """A signature beside what it signs. ``legacy`` must be said aloud before SHA-1 may be used.

    ``prefix`` stands before the encoded value; with ``several`` the place holds a list of such values
    between blanks, of which one must hold. ``certificate`` is where the sender's certificate travels: it may
    only name a key that is already in the ring.
    """

    kind: Literal["signed"]
    algorithm: SignatureAlgorithm
    encoding: Encoding = Encoding.BASE64
    place: Slot
    text: SignedText
    key_id: Slot | None = None
    certificate: Slot | None = None
    prefix: str = ""
    several: bool = False
    legacy: bool = False

    @model_validator(mode="after")
    def _legacy_said(self) -> Signature:
        _demand_said(self.algorithm, self.legacy)
        return self


class XmlSignature(Declared):
    """An enveloped XML-DSig signature over the whole document (W3C XML Signature 1.1)."""

    kind: Literal["xmldsig"]
    algorithm: SignatureAlgorithm
    digest: Literal["sha1", "sha256"] = "sha256"
    c14n: Literal["inclusive", "exclusive"] = "exclusive"
    legacy: bool = False

    @model_validator(mode="after")
    def _legacy_said(self) -> XmlSignature:
        _demand_said(self.algorithm, self.legacy)
        if self.digest == "sha1" and not self.legacy:
            raise ValueError("digest sha1 is allowed only with 'legacy: true'")
        return self


class Unsigned(Declared):
    """A leg nobody signs, with the reason; it can be read but never verified."""

    kind: Literal["unsigned"]
    reason: str = Field(min_length=8)


Signing = Annotated[
    Signature | XmlSignature | HttpSignatureRules | JwsRules | Unsigned, Field(discriminator="kind")
]


class BodyDigest(Declared):
    """A digest of the body in a header, which the signed text then covers in the body's stead."""

    place: Slot
    algorithm: Literal["md5", "sha256", "sm3"]
    encoding: Encoding = Encoding.BASE64


class Leg(Declared):
    """One direction of one exchange. One declaration seals it here and unseals it there.

    ``constants`` are written on sealing and demanded on unsealing; ``optional_constants`` are only refused
    when they differ. ``headers`` are sent and not demanded. ``places`` says which of the caller's fields
    stand elsewhere than in the body.
    """

    body: Body
    signature: Signing
    encryption: Encryption = NoEncryption()
    outer: Outer | None = None
    constants: Mapping[str, str] = {}
    optional_constants: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    places: Mapping[str, Slot] = {}
    authorization: Authorization | None = None
    body_digest: BodyDigest | None = None
    replay: Replay = Replay()

    @model_validator(mode="after")
    def _consistent(self) -> Leg:
        if isinstance(self.body, XmlDocument) is not isinstance(self.signature, XmlSignature):
            raise ValueError("an XML document and an XML signature go together")
        if isinstance(self.signature, XmlSignature) and not isinstance(self.encryption, NoEncryption):
            raise ValueError("an XML document is signed as it stands: encrypt it with 'outer'")  # noqa: TRY004
        if isinstance(self.signature, Signature):
            _check_text(self, self.signature)
            _check_freshness(self.signature, self.replay, self)
        if isinstance(self.signature, HttpSignatureRules | JwsRules):
            _check_web(self, self.signature)
        return self

    @property
    def algorithm(self) -> SignatureAlgorithm | None:
        """The signature's algorithm; none where nobody signs."""
        if isinstance(self.signature, Unsigned):
            return None
        if isinstance(self.signature, JwsRules):
            return JWS_ALGORITHMS[self.signature.algorithm]
        return self.signature.algorithm

    @cached_property
    def keyed_by_shared(self) -> bool:
        """Whether a secret both sides hold signs, and not a key pair."""
        return self.algorithm in KEYED_BY_SHARED

    def slot(self, name: str) -> SlotAt:
        """Where the field ``name`` stands."""
        return self.places.get(name) or _in_the_body(name)


@lru_cache(maxsize=1024)
def _in_the_body(name: str) -> SlotAt:
    return SlotAt(at="field", name=name)


class Profile(Declared):
    """All legs between us and one family of partners. Legs a family does not have are absent."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    summary: str
    source: str
    request: Leg
    answer: Leg | None = None
    callback: Leg | None = None
    ack: Leg | None = None


def _demand_said(algorithm: SignatureAlgorithm, legacy: bool) -> None:
    if algorithm in LEGACY and not legacy:
        raise ValueError(f"{algorithm.value} is allowed only with 'legacy: true'")


def _check_web(leg: Leg, rules: HttpSignatureRules | JwsRules) -> None:
    if leg.body_digest is not None or leg.authorization is not None:
        raise ValueError("this form of signature has its own digest and headers")
    if rules.replay != Replay():
        raise ValueError("in a leg the window is the leg's own 'replay'")
    slots = [part.slot.at for part in (leg.replay.timestamp, leg.replay.nonce) if part is not None]
    if isinstance(rules, HttpSignatureRules):
        if slots or leg.outer is not None:
            raise ValueError("an HTTP signature covers what travels, and has its own time and nonce")
        return
    if not isinstance(leg.body, TextBody):
        raise ValueError("a JWS is, or stands beside, a whole body: use 'kind: text'")  # noqa: TRY004
    if rules.detached is not (rules.place is not None and rules.place.at == "header"):
        raise ValueError("'detached' and a header as 'place' go together")
    if set(slots) - {"payload"}:
        raise ValueError("a JWS carries its time and nonce inside the payload")


def _check_text(leg: Leg, signature: Signature) -> None:
    text, body = signature.text, leg.body
    if isinstance(text, SliceText | CanonicalJsonText) and not isinstance(body, JsonBody):
        raise ValueError("this signed text needs a JSON body")  # noqa: TRY004
    if isinstance(text, CanonicalJsonText) and not (isinstance(body, JsonBody) and body.sorted):
        raise ValueError("canonical JSON is signed over a body that is written sorted")
    if isinstance(text, InnerXmlText) and not isinstance(body, XmlBody):
        raise ValueError("inner XML needs an XML body")  # noqa: TRY004
    if isinstance(text, SortedText):
        if not isinstance(body, FormBody | JsonBody):
            raise ValueError("the sorted form needs a body with fields")  # noqa: TRY004
        if signature.place.at == "field" and signature.place.name not in text.exclude:
            raise ValueError("the signature's own field must be excluded from the signed text")
        if not text.or_with.items() <= leg.optional_constants.items():
            raise ValueError("what may or may not be signed must be pinned by optional_constants")
    if not _covers_payload(leg, signature):
        raise ValueError("the payload must be covered by the signature")


def _covers_payload(leg: Leg, signature: Signature) -> bool:
    text, payload = signature.text, leg.body.payload
    if isinstance(text, SortedText):
        return payload not in text.exclude
    if isinstance(text, OrderedJsonText):
        return payload in text.fields
    if isinstance(text, JoinedText):
        whole = ("body", "") in text.compiled and signature.place.at != "field"
        digest = leg.body_digest
        digested = digest is not None and (digest.place.at, digest.place.name) in text.compiled
        return whole or digested or (payload is not None and ("field", payload) in text.compiled)
    return True


def _check_freshness(signature: Signature, replay: Replay, leg: Leg) -> None:
    slots = [part.slot for part in (replay.timestamp, replay.nonce) if part is not None]
    if not replay.unsigned and not all(covers(signature, slot, leg.body_digest) for slot in slots):
        raise ValueError(
            "timestamp and nonce must be covered by the signature, or 'unsigned' must say why not"
        )


def covers(signature: Signature, slot: SlotAt, digest: BodyDigest | None = None) -> bool:
    """Whether the signed text includes this slot, so that its value may be believed."""
    text = signature.text
    if slot.at == "payload":
        return True
    if isinstance(text, SortedText):
        return slot.at == "field" and not set(slot.name.split("+")) & set(text.exclude)
    if isinstance(text, SliceText):
        return slot.at == "field" and text.span == "until_signature"
    if isinstance(text, CanonicalJsonText):
        return slot.at == "field"
    if isinstance(text, OrderedJsonText):
        headers = {name.lower() for name in text.headers}
        return slot.name in (headers if slot.at == "header" else text.fields)
    if isinstance(text, InnerXmlText):
        return False
    whole = ("body", "") in text.compiled
    digested = digest is not None and (digest.place.at, digest.place.name) in text.compiled
    if slot.at == "field" and (whole or digested):
        return True
    return (slot.at, slot.name) in text.compiled
