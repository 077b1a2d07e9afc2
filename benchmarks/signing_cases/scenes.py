"""An application of 2 KiB for every built-in profile, and the keys it is sealed with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from signing.envelope import Plain
from signing.keys import Key, KeyRing, KeyUse, PartnerKeys
from signing.keystore import new_ec, new_ed25519, new_rsa, new_sm2

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
SIZE = 2048
NUMBER = b"N003261207000000"  # an SM2 user id and an IV at once, as one dialect wants it
ADDRESS = "浙江省杭州市西湖区文三路"


def _filled(head: Mapping[str, object]) -> bytes:
    """A JSON application of SIZE bytes: two hundred short members, some of them Chinese."""
    members: dict[str, object] = dict(head)
    at = 0
    while len(json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()) < SIZE - 64:
        members[f"item{at:03}"] = ADDRESS if at % 8 == 0 else f"value-{at:06}"
        at += 1
    members["end"] = ""
    missing = SIZE - len(json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode())
    members["end"] = "x" * missing
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


JSON = _filled(
    {"mesgId": "m-1", "mesgDate": "20260105", "mesgTime": "093000", "msg_id": "m-1", "out_trade_no": "m-1"}
    | {"head": {"reqid": "m-1"}, "iat": int(NOW.timestamp()), "jti": "m-1"}
)
_ROWS = "".join(f"<row{at:03}>value-{at:06}</row{at:03}>" for at in range(66))
INNER = f"<head><reqTime>20260105093000</reqTime><reqMsgId>m-1</reqMsgId></head><body>{_ROWS}</body>".encode()
DOCUMENT = b"<document><request>" + INNER + b"</request></document>"
FORM = {f"item{at:03}": f"value-{at:06}" for at in range(93)}


@dataclass(frozen=True)
class Scene:
    """What one profile is tried with."""

    keys: PartnerKeys
    payload: bytes = JSON
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> Plain:
        """The message to seal."""
        return Plain(self.payload, "m-1", self.fields, path="/v1/loans", authority="bank.example")


@cache
def rsa_key() -> Key:
    """An RSA key with a certificate of its own, made here and now."""
    private = new_rsa("k").expect(rsa.RSAPrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "k")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=1))
    certificate = builder.sign(private, hashes.SHA256())
    return Key("k", private, attributes={"certificate": certificate.public_bytes(Encoding.PEM)})


def _shared(size: int, use: KeyUse = KeyUse.ANY) -> Key:
    return Key.symmetric(f"s-{use.value}", bytes(range(size)), use=use, attributes={"iv": NUMBER})


def _both(private: Key, *shared: Key) -> PartnerKeys:
    """Keys of someone who talks to himself."""
    return PartnerKeys(
        KeyRing.of("ours", private), KeyRing.of("theirs", private.public()), KeyRing.of("shared", *shared)
    )


def _split() -> PartnerKeys:
    sign, receive = new_ec("k-s", use=KeyUse.SIGN), new_rsa("k-e", use=KeyUse.ENCRYPT)
    return PartnerKeys(
        KeyRing.of("ours", sign, receive), KeyRing.of("theirs", sign.public(), receive.public())
    )


def scene(profile: str) -> Scene:
    """The scene of a profile's request; one not named here is tried with RSA and a shared AES key."""
    sm2 = new_sm2("k", os.urandom, user_id=NUMBER)
    plain_rsa = _both(rsa_key(), _shared(16))
    scenes = {
        "ant-jiebei-xml": Scene(plain_rsa, INNER),
        "aob-sm": Scene(_both(sm2, _shared(16)), JSON, {"x-aob-appID": "app"}),
        "aob-sm-body": Scene(_both(sm2, _shared(16)), JSON, {"x-aob-appID": "app"}),
        "cmb-sm": Scene(_both(sm2, _shared(16)), JSON, {"UID": "N1"}),
        "http-message-signature": Scene(_both(new_ed25519("k"))),
        "jose-nested": Scene(_split()),
        "jws-detached": Scene(plain_rsa),
        "mybank-xmldsig": Scene(plain_rsa, DOCUMENT),
        "standard-webhooks": Scene(_both(rsa_key(), _shared(32))),
        "standard-webhooks-ed25519": Scene(_both(new_ed25519("k"))),
        "trust-sorted-form": Scene(plain_rsa, b"", {"merId": "1", **FORM}),
        "unionpay-acp": Scene(plain_rsa, b"", {"merId": "1", **FORM}),
        "wechat-pay-v3": Scene(_both(rsa_key(), _shared(32)), JSON, {"mchid": "19000"}),
        "x-ca-hmac": Scene(_both(rsa_key(), _shared(21, KeyUse.SIGN), _shared(32, KeyUse.ENCRYPT))),
    }
    return scenes.get(profile, Scene(plain_rsa, JSON, {"app_id": "1"}))
