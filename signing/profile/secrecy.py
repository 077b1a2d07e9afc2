"""Declarations of encryption: of the payload, or of the whole signed message inside an outer one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from signing.ciphers import CIPHERS, LEGACY_WRAPS, ContentCipher, KeyWrap
from signing.encodings import Encoding
from signing.profile.base import Declared, Slot
from signing.profile.bodies import FormBody, TextBody
from signing.profile.web import JweRules


class NoEncryption(Declared):
    """The payload travels as it is, under TLS only."""

    kind: Literal["none"] = "none"


class _Enciphered(Declared):
    """What both ways of encrypting share.

    ``iv``: ``zero``; ``agreed``, the key's attribute ``iv``; ``prefixed``, fresh in front of the ciphertext;
    or ``placed``, fresh as printable ASCII in ``iv_place``. ``associated`` is a slot whose text GCM also
    authenticates.
    """

    cipher: ContentCipher
    iv: Literal["zero", "agreed", "prefixed", "placed"]
    iv_place: Slot | None = None
    associated: Slot | None = None
    encoding: Encoding = Encoding.BASE64

    @model_validator(mode="after")
    def _iv_fits(self) -> _Enciphered:
        authenticated = CIPHERS[self.cipher].authenticated
        if authenticated and self.iv in ("zero", "agreed"):
            raise ValueError("a GCM nonce must never repeat under one key: use 'iv: prefixed' or 'placed'")
        if (self.iv == "placed") is not (self.iv_place is not None):
            raise ValueError("'iv: placed' and 'iv_place' go together")
        if self.associated is not None and not authenticated:
            raise ValueError("only GCM authenticates associated data")
        return self


class PreShared(_Enciphered):
    """Encrypted under the pre-shared ring's primary ENCRYPT key."""

    kind: Literal["pre_shared"]


class Enveloped(_Enciphered):
    """Digital envelope: a fresh content key for each message, wrapped to the receiver's public key."""

    kind: Literal["envelope"]
    wrap: KeyWrap
    key: Slot
    recipient: Slot | None = None
    legacy: bool = False

    @model_validator(mode="after")
    def _wrap_fits(self) -> Enveloped:
        if self.wrap in LEGACY_WRAPS and not self.legacy:
            raise ValueError(f"{self.wrap.value} is allowed only with 'legacy: true'")
        if self.iv == "agreed":
            raise ValueError("an agreed IV belongs to a pre-shared key")
        return self


Encryption = Annotated[NoEncryption | PreShared | Enveloped | JweRules, Field(discriminator="kind")]


class Outer(Declared):
    """Sign, then encrypt: the signed message as a whole is the payload of an outer, unsigned one.

    ``fields`` are those of the caller's that stand outside; nothing outside is believed.
    """

    body: FormBody | TextBody = Field(discriminator="kind")
    encryption: PreShared | Enveloped | JweRules = Field(discriminator="kind")
    constants: Mapping[str, str] = {}
    fields: tuple[str, ...] = ()
