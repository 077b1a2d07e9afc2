"""A partner's cryptography as validated data: what is signed and encrypted, how, and where it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, cached_property
from importlib import resources
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from signing.ciphers import CIPHERS, LEGACY_WRAPS, ContentCipher, KeyWrap
from signing.encodings import Encoding
from signing.errors import ProfileInvalid
from signing.signature import LEGACY, SignatureAlgorithm


class Declared(BaseModel):
    """Base of every declaration: immutable, strict, nothing unknown."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


def _slot_from_text(value: object) -> object:
    if isinstance(value, str):
        at, _, name = value.partition(":")
        return {"at": at, "name": name.lower() if at == "header" else name}
    return value


class SlotAt(Declared):
    """Where one value stands: a member of the body, a header, or (read only) inside the opened payload."""

    at: Literal["field", "header", "payload"]
    name: str = Field(min_length=1)


Slot = Annotated[SlotAt, BeforeValidator(_slot_from_text)]


# --- what the body looks like -------------------------------------------------------------------------


class FormBody(Declared):
    """``application/x-www-form-urlencoded``; the payload is one of its fields."""

    kind: Literal["form"]
    payload: str
    charset: Literal["utf-8", "gbk"] = "utf-8"


class JsonBody(Declared):
    """A JSON object; the payload is one member, embedded or as a string. ``order`` fixes the members."""

    kind: Literal["json"]
    payload: str
    payload_as: Literal["json", "string"] = "string"
    order: tuple[str, ...] = ()


class TextBody(Declared):
    """The body is the payload itself."""

    kind: Literal["text"]
    content_type: str = "text/plain; charset=utf-8"


Body = Annotated[FormBody | JsonBody | TextBody, Field(discriminator="kind")]


# --- the text that is signed --------------------------------------------------------------------------


class SortedText(Declared):
    """The sorted form of the fields, perhaps bound to the path, perhaps digested first."""

    kind: Literal["sorted"]
    keep_empty: bool = False
    exclude: tuple[str, ...] = ("sign",)
    path_prefix: bool = False
    digest: Literal["none", "sha256-hex"] = "none"


class SliceText(Declared):
    """A slice of the JSON text: a member's exact value, or all from the first name to the signature."""

    kind: Literal["slice"]
    span: Literal["value", "until_signature"] = "value"


class JoinedText(Declared):
    """Parts in a fixed order. A part is ``method``, ``path``, ``body``, ``literal:...`` or a slot."""

    kind: Literal["joined"]
    parts: tuple[str, ...] = Field(min_length=1)
    separator: str = "\n"
    end: str = ""

    @cached_property
    def compiled(self) -> tuple[tuple[str, str], ...]:
        """The parts split into what they are and their argument."""
        return tuple(_part(text) for text in self.parts)


def _part(text: str) -> tuple[str, str]:
    kind, _, argument = text.partition(":")
    if kind in ("method", "path", "body") and not argument:
        return kind, ""
    if kind in ("field", "header") and argument:
        return kind, argument.lower() if kind == "header" else argument
    if kind == "literal":
        return kind, argument
    raise ProfileInvalid(f"unknown part of a signed text: {text}")


SignedText = Annotated[SortedText | SliceText | JoinedText, Field(discriminator="kind")]


class Signature(Declared):
    """How a leg is signed. ``legacy`` must be said aloud before SHA-1 may be used."""

    kind: Literal["signed"]
    algorithm: SignatureAlgorithm
    encoding: Encoding = Encoding.BASE64
    place: Slot
    text: SignedText
    key_id: Slot | None = None
    legacy: bool = False


class Unsigned(Declared):
    """A leg nobody signs, with the reason; it can be read but never verified."""

    kind: Literal["unsigned"]
    reason: str = Field(min_length=8)


Signing = Annotated[Signature | Unsigned, Field(discriminator="kind")]


# --- encryption of the payload ------------------------------------------------------------------------


class NoEncryption(Declared):
    """The payload travels as it is, under TLS only."""

    kind: Literal["none"] = "none"


class PreShared(Declared):
    """The payload is encrypted under the pre-shared ring's primary.

    ``iv``: ``zero`` (sixteen zero bytes), ``agreed`` (the key's attribute ``iv``) or ``prefixed`` (fresh, in
    front of the ciphertext).
    """

    kind: Literal["pre_shared"]
    cipher: ContentCipher
    iv: Literal["zero", "agreed", "prefixed"]
    encoding: Encoding = Encoding.BASE64


class Enveloped(Declared):
    """Digital envelope: a fresh content key for each message, wrapped to the receiver's public key."""

    kind: Literal["envelope"]
    cipher: ContentCipher
    iv: Literal["zero", "prefixed"]
    wrap: KeyWrap
    key: Slot
    recipient: Slot | None = None
    encoding: Encoding = Encoding.BASE64
    legacy: bool = False


Encryption = Annotated[NoEncryption | PreShared | Enveloped, Field(discriminator="kind")]


# --- protection against replay ------------------------------------------------------------------------


class Timestamp(Declared):
    """When the sender says it signed. ``format`` is strptime's, or ``epoch-s`` / ``epoch-ms``."""

    slot: Slot
    format: str
    zone: str = "Asia/Shanghai"

    @cached_property
    def tz(self) -> ZoneInfo:
        """The zone the text is written in; meaningless for the epoch formats."""
        return ZoneInfo(self.zone)


class Nonce(Declared):
    """What makes a message unique: the caller's message id, or random hexadecimal of 32 characters."""

    slot: Slot
    source: Literal["message_id", "random"] = "message_id"


class Replay(Declared):
    """Freshness. Ages in seconds; the nonce is handed up, for whoever keeps the database to hold unique."""

    timestamp: Timestamp | None = None
    nonce: Nonce | None = None
    max_age_s: int = Field(default=300, gt=0)
    max_ahead_s: int = Field(default=10, ge=0)
    unsigned: str | None = Field(default=None, min_length=8)  # why the dialect leaves its freshness unsigned


class Leg(Declared):
    """One direction of one exchange. One declaration seals it here and unseals it there."""

    body: Body
    signature: Signing
    encryption: Encryption = NoEncryption()
    constants: Mapping[str, str] = {}
    optional_constants: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    replay: Replay = Replay()

    @model_validator(mode="after")
    def _consistent(self) -> Leg:
        _check_legacy(self)
        _check_encryption(self.encryption)
        if isinstance(self.signature, Signature):
            _check_text(self.body, self.signature)
            _check_freshness(self.signature, self.replay)
        return self


class Profile(Declared):
    """All legs between us and one family of partners. Legs a family does not have are absent."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    summary: str
    source: str
    request: Leg
    answer: Leg | None = None
    callback: Leg | None = None
    ack: Leg | None = None


def _check_legacy(leg: Leg) -> None:
    signature, encryption = leg.signature, leg.encryption
    if isinstance(signature, Signature) and signature.algorithm in LEGACY and not signature.legacy:
        raise ValueError(f"{signature.algorithm.value} is allowed only with 'legacy: true'")
    if isinstance(encryption, Enveloped) and encryption.wrap in LEGACY_WRAPS and not encryption.legacy:
        raise ValueError(f"{encryption.wrap.value} is allowed only with 'legacy: true'")


def _check_encryption(encryption: NoEncryption | PreShared | Enveloped) -> None:
    if isinstance(encryption, NoEncryption) or encryption.iv == "prefixed":
        return
    if CIPHERS[encryption.cipher].authenticated:
        raise ValueError("a GCM nonce must never repeat under one key: use 'iv: prefixed'")


def _check_text(body: FormBody | JsonBody | TextBody, signature: Signature) -> None:
    text = signature.text
    if isinstance(text, SliceText) and not isinstance(body, JsonBody):
        raise ValueError("a slice is taken from a JSON body")  # noqa: TRY004 - pydantic wants ValueError
    if isinstance(text, SortedText):
        if isinstance(body, TextBody):
            raise ValueError("the sorted form needs a body with fields")  # noqa: TRY004
        if body.payload in text.exclude:
            raise ValueError("the payload must be covered by the signature")
        if signature.place.at == "field" and signature.place.name not in text.exclude:
            raise ValueError("the signature's own field must be excluded from the signed text")
    if isinstance(text, JoinedText):
        kinds = text.compiled
        whole = ("body", "") in kinds and signature.place.at != "field"
        payload = not isinstance(body, TextBody) and ("field", body.payload) in kinds
        if not whole and not payload:
            raise ValueError("the payload must be covered by the signature")


def _check_freshness(signature: Signature, replay: Replay) -> None:
    slots = [part.slot for part in (replay.timestamp, replay.nonce) if part is not None]
    if not replay.unsigned and not all(covers(signature, slot) for slot in slots):
        raise ValueError(
            "timestamp and nonce must be covered by the signature, or 'unsigned' must say why not"
        )


def covers(signature: Signature, slot: SlotAt) -> bool:
    """Whether the signed text includes this slot, so that its value may be believed."""
    text = signature.text
    if slot.at == "payload":
        return True
    if isinstance(text, SortedText):
        return slot.at == "field" and slot.name not in text.exclude
    if isinstance(text, SliceText):
        return slot.at == "field" and text.span == "until_signature"
    if slot.at == "field" and ("body", "") in text.compiled:
        return True
    return (slot.at, slot.name) in text.compiled


def parse_profile(text: str) -> Profile:
    """A profile from YAML. Raises ProfileInvalid, naming the place and the fault."""
    try:
        # Through JSON, because strict mode takes enumerations and tuples from JSON, not from Python strings.
        return Profile.model_validate_json(json.dumps(yaml.safe_load(text)))
    except (yaml.YAMLError, ValidationError, TypeError, ProfileInvalid) as error:
        raise ProfileInvalid(f"profile: {error}") from error


@cache
def load_profile(name: str) -> Profile:
    """A built-in profile by name. Raises ProfileInvalid when there is none."""
    file = resources.files("signing") / "profiles" / f"{name}.yaml"
    if "/" in name or not file.is_file():
        raise ProfileInvalid(
            f"no built-in profile named {name!r}; there are: {', '.join(built_in_profiles())}"
        )
    return parse_profile(file.read_text(encoding="utf-8"))


def built_in_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with the package."""
    files = (resources.files("signing") / "profiles").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))
