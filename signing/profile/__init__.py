"""A partner's cryptography as validated data: what is signed and encrypted, how, and where it stands."""

from signing.profile.base import Declared, Slot, SlotAt
from signing.profile.bodies import Authorization, Body, FormBody, JsonBody, TextBody, XmlBody, XmlDocument
from signing.profile.freshness import Nonce, Replay, Timestamp
from signing.profile.legs import BodyDigest, Leg, Profile, Signature, Unsigned, XmlSignature, covers
from signing.profile.load import built_in_profiles, load_profile, parse_profile
from signing.profile.secrecy import Encryption, Enveloped, NoEncryption, Outer, PreShared
from signing.profile.texts import (
    CanonicalJsonText,
    InnerXmlText,
    JoinedText,
    OrderedJsonText,
    SignedText,
    SliceText,
    SortedText,
)
from signing.profile.web import HttpSignatureRules, JweRules, JwsRules

__all__ = [
    "Authorization",
    "Body",
    "BodyDigest",
    "CanonicalJsonText",
    "Declared",
    "Encryption",
    "Enveloped",
    "FormBody",
    "HttpSignatureRules",
    "InnerXmlText",
    "JoinedText",
    "JsonBody",
    "JweRules",
    "JwsRules",
    "Leg",
    "NoEncryption",
    "Nonce",
    "OrderedJsonText",
    "Outer",
    "PreShared",
    "Profile",
    "Replay",
    "Signature",
    "SignedText",
    "SliceText",
    "Slot",
    "SlotAt",
    "SortedText",
    "TextBody",
    "Timestamp",
    "Unsigned",
    "XmlBody",
    "XmlDocument",
    "XmlSignature",
    "built_in_profiles",
    "covers",
    "load_profile",
    "parse_profile",
]
