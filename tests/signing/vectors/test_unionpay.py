"""UnionPay's published notification: digest of the sorted form, certificate carried in the message."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from signing.canonical import sorted_form
from signing.envelope import Plain, Wire, seal, unseal
from signing.errors import KeyUnavailable, SignatureRefused
from signing.keys import Key, PartnerKeys
from signing.profile import load_profile
from tests.shared import shared_json
from tests.signing.support import both_ways, only_theirs

pytestmark = pytest.mark.vectors("dialects/unionpay_acp510_notify.json")

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
Vector = dict[str, Any]


@pytest.fixture(scope="module")
def vector() -> Vector:
    found: Vector = shared_json("vectors/dialects/unionpay_acp510_notify.json")
    return found


@pytest.fixture(scope="module")
def fields(vector: Vector) -> dict[str, str]:
    return dict(parse_qsl(vector["form_body"], keep_blank_values=True))


@pytest.fixture(scope="module")
def keys(fields: dict[str, str]) -> PartnerKeys:
    return only_theirs(Key.public_pem("acp-test", fields["signPubKeyCert"].encode()))


def test_the_published_notification(vector: Vector, fields: dict[str, str], keys: PartnerKeys) -> None:
    leg = load_profile("unionpay-acp").callback
    assert leg is not None
    text = sorted_form(fields, exclude=("signature",))
    assert text == vector["to_be_signed"]
    assert hashlib.sha256(text.encode()).hexdigest() == vector["sha256_hex"]
    opened = unseal(leg, Wire("POST", "/notify", {}, vector["form_body"].encode()), keys, now=NOW)
    assert opened.fields["txnAmt"] == "136"
    assert opened.nonce == "201807251814000000175473+20180726100232"
    assert opened.key_id == "acp-test"


@pytest.mark.parametrize(
    ("name", "value"), [("txnAmt", "999999"), ("respCode", "01"), ("signMethod", "02"), ("version", "5.0.0")]
)
def test_a_changed_field_is_refused(name: str, value: str, fields: dict[str, str], keys: PartnerKeys) -> None:
    leg = load_profile("unionpay-acp").callback
    assert leg is not None
    body = urlencode(fields | {name: value}).encode()
    with pytest.raises(Exception, match=r"no accepted key|must be"):
        unseal(leg, Wire("POST", "/notify", {}, body), keys, now=NOW)


def certified(key_id: str) -> Key:
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, key_id)])
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    return Key(key_id, private, attributes={"certificate": certificate.public_bytes(Encoding.PEM)})


def test_a_certificate_may_name_a_key_but_not_bring_one(random: Callable[[int], bytes]) -> None:
    leg = load_profile("unionpay-acp").request
    known, stranger = certified("known"), certified("stranger")
    plain = Plain(b"", "ORDER-1", {"merId": "700000000000001", "txnAmt": "100"})
    wire = seal(leg, plain, both_ways(known), now=NOW, random=random)
    opened = unseal(leg, wire, only_theirs(known.public()), now=NOW)
    assert (opened.key_id, opened.nonce, opened.signed_at) == ("known", "ORDER-1", NOW)
    forged = seal(leg, plain, both_ways(stranger), now=NOW, random=random)
    with pytest.raises(SignatureRefused):
        unseal(leg, forged, only_theirs(known.public()), now=NOW)


def test_a_key_without_its_certificate_cannot_sign(
    pair: tuple[PartnerKeys, PartnerKeys], random: Callable[[int], bytes]
) -> None:
    with pytest.raises(KeyUnavailable):
        seal(load_profile("unionpay-acp").request, Plain(b"", "O"), pair[0], now=NOW, random=random)
