"""Every built-in profile, every signed leg: both directions, and nothing touched is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random as Dice
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from signing.content_digest import content_digest
from signing.envelope import Opened, Plain, Wire, seal, unseal
from signing.errors import KeyUnavailable, MessageRefused, ProfileInvalid
from signing.keys import Key, KeyRing, KeyUse, PartnerKeys
from signing.keystore import new_ec, new_ed25519, new_rsa, new_sm2
from signing.profile import Leg, Unsigned, built_in_profiles, load_profile
from tests.signing.mutations import COUNT, mutants
from tests.signing.support import both_ways

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
USER = b"N003261207000000"
JSON = json.dumps(
    {"mesgId": "m-1", "mesgDate": "20260105", "mesgTime": "093000", "msg_id": "m-1", "amount": "1000.00"}
    | {"out_trade_no": "m-1", "head": {"reqid": "m-1", "rspid": "m-1"}},
    separators=(",", ":"),
).encode()
INNER = b"<head><reqTime>20260105093000</reqTime><reqMsgId>m-1</reqMsgId></head><body><a>1</a></body>"
CLAIMS = json.dumps({"iat": int(NOW.timestamp()), "jti": "m-1", "amount_fen": 100000}).encode()
# HTTP signatures know the host by configuration, and their answers belong to a request.
ASKED = Wire("POST", "/v1/loans", {"Content-Digest": content_digest(b"{}")}, b"{}", authority="bank.example")
DOCUMENT = b"<document><request>" + INNER + b"</request></document>"


class Scene(NamedTuple):
    """What one family of profiles wants to be tried with."""

    keys: PartnerKeys
    payload: bytes = JSON
    fields: dict[str, str] = {}  # noqa: RUF012


@cache
def rsa_key() -> Key:
    """An RSA key with a certificate of its own."""
    private = new_rsa("k").expect(rsa.RSAPrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "k")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
    day = timedelta(days=1)
    certificate = (
        builder.not_valid_before(NOW - day).not_valid_after(NOW + day).sign(private, hashes.SHA256())
    )
    return Key("k", private, attributes={"certificate": certificate.public_bytes(Encoding.PEM)})


def secret(size: int, use: KeyUse = KeyUse.ANY) -> Key:
    return Key.symmetric(f"s-{use.value}", bytes(range(7, 7 + size)), use=use, attributes={"iv": USER})


def signs_and_opens() -> PartnerKeys:
    """One key to sign with, another to be written to."""
    sign, receive = new_ec("k-sign", use=KeyUse.SIGN), new_rsa("k-receive", use=KeyUse.ENCRYPT)
    return PartnerKeys(
        KeyRing.of("ours", sign, receive), KeyRing.of("theirs", sign.public(), receive.public())
    )


@cache
def scene(profile: str, leg: str) -> Scene:
    dice = Dice(7)
    sm2 = new_sm2("k", dice.randbytes, user_id=USER)
    mac, aes = secret(21, KeyUse.SIGN), secret(32, KeyUse.ENCRYPT)
    nobody = KeyRing("nobody", ())
    scenes = {
        "alipay-rsa2": Scene(both_ways(rsa_key()), JSON, {"*": "x"} if leg == "answer" else {"app_id": "1"}),
        "ant-jiebei-xml": Scene(both_ways(rsa_key()), INNER),
        "aob-sm": Scene(both_ways(sm2, secret(16)), JSON, {"x-aob-appID": "app"}),
        "aob-sm-body": Scene(both_ways(sm2, secret(16)), JSON, {"x-aob-appID": "app"}),
        "cmb-sm": Scene(both_ways(sm2, secret(16)), JSON, {"UID": "N1"} if leg == "request" else {}),
        "http-message-signature": Scene(both_ways(new_ed25519("k"))),
        "jose-nested": Scene(signs_and_opens(), CLAIMS),
        "jws-detached": Scene(both_ways(rsa_key()), CLAIMS),
        "mybank-xmldsig": Scene(both_ways(rsa_key()), DOCUMENT),
        "standard-webhooks": Scene(both_ways(rsa_key(), secret(32))),
        "standard-webhooks-ed25519": Scene(both_ways(new_ed25519("k"))),
        "trust-sorted-form": Scene(both_ways(rsa_key()), b"", {"merId": "1", "fn": "300002", "empty": ""}),
        "unionpay-acp": Scene(both_ways(rsa_key()), b"", {"txnAmt": "100", "merId": "1"}),
        "wechat-pay-v3": Scene(both_ways(rsa_key(), secret(32))),
        "x-ca-hmac": Scene(PartnerKeys(nobody, nobody, KeyRing.of("shared", mac, aes))),
    }
    found = scenes.get(profile, Scene(both_ways(rsa_key(), secret(16)), JSON, {"app_id": "1"}))
    extra: dict[str, str] = {}
    if profile == "unionpay-acp" and leg == "callback":
        extra = {"orderId": "m-1", "txnTime": "20260105093000"}
    if profile == "wechat-pay-v3":
        extra = {"mchid": "19000"} if leg == "request" else {}
        extra |= {"resource.associated_data": "order"} if leg == "callback" else {}
    payload = b"" if (profile, leg) == ("alipay-rsa2", "callback") else found.payload
    return found._replace(fields=found.fields | extra, payload=payload)


def signed_legs() -> list[tuple[str, str]]:
    found = []
    for name in built_in_profiles():
        profile = load_profile(name)
        for leg_name in ("request", "answer", "callback", "ack"):
            leg = getattr(profile, leg_name)
            if isinstance(leg, Leg) and not isinstance(leg.signature, Unsigned):
                found.append((name, leg_name))
    return found


@cache
def sealed(profile: str, name: str) -> tuple[Leg, Wire, Opened]:
    leg = getattr(load_profile(profile), name)
    assert isinstance(leg, Leg)
    where = scene(profile, name)
    plain = Plain(
        where.payload, "m-1", where.fields, path="/v1/loans?x=1", authority="bank.example", request=ASKED
    )
    wire = seal(leg, plain, where.keys, now=NOW, random=Dice(11).randbytes)
    return leg, wire, unseal(leg, wire, where.keys, now=NOW)


@pytest.mark.parametrize(("profile", "name"), signed_legs())
def test_both_directions(profile: str, name: str) -> None:
    leg, _, opened = sealed(profile, name)
    payload = scene(profile, name).payload
    if profile == "cmb-sm":
        assert json.loads(opened.payload) == json.loads(payload)
    else:
        assert opened.payload == payload
    if leg.replay.timestamp is not None:
        assert opened.signed_at == NOW
    if leg.replay.nonce is not None and leg.replay.nonce.source == "message_id":
        assert (opened.nonce or "").startswith("m-1")


@pytest.mark.parametrize(("profile", "name"), signed_legs())
def test_no_mutant_is_believed(profile: str, name: str) -> None:
    """A touched body or header is refused, or was of no effect: what is opened is what was said."""
    leg, wire, honest = sealed(profile, name)
    keys = scene(profile, name).keys
    for body in mutants(wire.body, seed=1, count=COUNT // 4):
        assert harmless(leg, outcome(leg, replace(wire, body=body), keys), honest)
    for header, value in wire.headers.items():
        for touched in mutants(value.encode(), seed=2, count=COUNT // 20):
            headers = {**wire.headers, header: touched.decode("latin-1")}
            assert harmless(leg, outcome(leg, replace(wire, headers=headers), keys), honest)


def harmless(leg: Leg, got: Opened | None, honest: Opened) -> bool:
    """Refused, or of no effect; time and nonce may differ where the dialect itself leaves them unsigned."""
    if got is not None and leg.replay.unsigned is not None:
        got = replace(got, nonce=honest.nonce, signed_at=honest.signed_at)
    return got in (None, honest)


def outcome(leg: Leg, wire: Wire, keys: PartnerKeys) -> Opened | None:
    try:
        return unseal(leg, wire, keys, now=NOW)
    except (MessageRefused, KeyUnavailable):
        return None


@pytest.mark.parametrize(("profile", "name"), signed_legs())
def test_a_missing_part_is_refused_by_name(profile: str, name: str) -> None:
    leg, wire, _ = sealed(profile, name)
    keys = scene(profile, name).keys
    assert outcome(leg, replace(wire, body=b""), keys) is None
    for header in wire.headers:
        headers = {other: value for other, value in wire.headers.items() if other != header}
        got = outcome(leg, replace(wire, headers=headers), keys)
        assert got is None or header in ("content-type", "accept", "x-aob-appid", "merid", "x-ca-key")


@pytest.mark.parametrize(("profile", "name"), signed_legs())
def test_somebody_elses_keys_do_not_verify(profile: str, name: str) -> None:
    leg, wire, _ = sealed(profile, name)
    where = scene(profile, name)
    empty = KeyRing("empty", ())
    stranger = new_rsa("k") if where.keys.theirs.entries else None
    rings = [empty] if stranger is None else [empty, KeyRing.of("r", stranger.public())]
    for ring in rings:
        keys = replace(where.keys, theirs=ring, shared=empty)
        with pytest.raises((MessageRefused, KeyUnavailable)):
            unseal(leg, wire, keys, now=NOW)


def test_every_profile_names_its_source() -> None:
    assert len(built_in_profiles()) >= 14
    for name in built_in_profiles():
        profile = load_profile(name)
        assert profile.name == name
        assert len(profile.source) > 20


def test_an_unknown_profile_names_those_there_are() -> None:
    for name in ("no-such-profile", "../profiles/aob-sm"):
        with pytest.raises(ProfileInvalid, match="digital-envelope"):
            load_profile(name)


def test_wechat_parameters_are_read_strictly(random: Callable[[int], bytes]) -> None:
    leg, wire, honest = sealed("wechat-pay-v3", "request")
    keys = scene("wechat-pay-v3", "request").keys
    value = wire.headers["authorization"]
    scheme, _, rest = value.partition(" ")
    turned = ", ".join(reversed(rest.split(",")))
    assert (
        unseal(
            leg, replace(wire, headers={**wire.headers, "authorization": f"{scheme} {turned}"}), keys, now=NOW
        )
        == honest
    )
    for spoilt in (f"Bearer {rest}", value + ',mchid="2"', value.replace('"', ""), scheme, ""):
        with pytest.raises(MessageRefused):
            unseal(leg, replace(wire, headers={**wire.headers, "authorization": spoilt}), keys, now=NOW)
    for mchid in ('1"', "1\\"):
        with pytest.raises(ProfileInvalid):
            seal(leg, Plain(b"{}", "m", {"mchid": mchid}), keys, now=NOW, random=random)
    with pytest.raises(ProfileInvalid):
        seal(leg, Plain(b"{}", "m"), keys, now=NOW, random=random)
