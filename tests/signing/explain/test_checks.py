"""Signatures spelled otherwise, and made with other algorithms, ids, secrets and keys, are told apart."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote_plus

import pytest

from signing import der
from signing.envelope import Wire
from signing.gm import sm3
from signing.keys import Key, KeyRing, KeyState, PartnerKeys, RingEntry, Secret
from signing.keystore import new_rsa
from signing.signature import SignatureAlgorithm
from signing.sm2 import DEFAULT_USER_ID, Sm2PrivateKey
from tests.signing.explain.broken import (
    ICBC,
    NOW,
    PATH,
    USER,
    XCA,
    Case,
    case,
    explained,
    form_of,
    good_text,
    travelling,
)


def raw_of(value: bytes) -> bytes:
    reader = der.Reader(value).sequence()
    return b"".join(reader.unsigned().to_bytes(32, "big") for _ in range(2))


SPELLINGS: list[tuple[str, Case, Callable[[Case, bytes], str]]] = [
    ("signature-encoding", case(ICBC), lambda one, value: value.hex()),
    ("signature-encoding", case(ICBC), lambda one, value: value.hex().upper()),
    ("signature-encoding", case(ICBC), lambda one, value: base64.urlsafe_b64encode(value).decode()),
    ("signature-encoding", case(ICBC), lambda one, value: base64.encodebytes(value).decode()),
    ("signature-encoding", case(ICBC), lambda one, value: base64.b64encode(value.hex().encode()).decode()),
    ("signature-encoding", case("aob-sm"), lambda one, value: value.hex()),
    ("signature-encoding", case("aob-sm"), lambda one, value: base64.b64encode(value).decode()),
    ("signature-prefix", case("standard-webhooks"), lambda one, value: base64.b64encode(value).decode()),
    (
        "signature-prefix",
        case("standard-webhooks"),
        lambda one, value: "v2," + base64.b64encode(value).decode(),
    ),
    ("signature-form", case("aob-sm"), lambda one, value: raw_of(value).hex().upper()),
    (
        "signature-form",
        case("cmb-sm", opened=True),
        lambda one, value: base64.b64encode(
            der.write_signature(int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
        ).decode(),
    ),
]


@pytest.mark.parametrize(("code", "one", "spell"), SPELLINGS, ids=[part[0] for part in SPELLINGS])
def test_mistakes_in_the_spelling_of_a_signature(
    code: str, one: Case, spell: Callable[[Case, bytes], str]
) -> None:
    wire = one.saying(spell(one, one.value(good_text(one))))
    found = one.explained(wire)
    assert [cause.cause.code for cause in found.causes] == [code], found.causes
    assert found.difference is None
    assert found.theirs == found.ours


def test_a_plus_that_became_a_blank_in_the_signature_itself() -> None:
    one = case(ICBC)
    # Whether a signature has a plus sign is chance, so a field is varied until it has.
    for number in range(50):
        form = one.form().replace("app_id=10001", f"app_id={number}")
        sent = one.spelled(one.value(f"{PATH}?{form}".encode()))
        if "+" in sent:
            break
    wire = one.posted(lambda fields: {**fields, "app_id": str(number), "sign": sent})
    assert one.explained(wire).holds
    bare = quote_plus(sent).replace("%2B", "+").encode()
    found = one.explained(replace(wire, body=wire.body.replace(quote_plus(sent).encode(), bare)))
    assert [cause.cause.code for cause in found.causes] == ["signature-encoding"]
    assert "a plus became a blank" in found.causes[0].detail


def sm2_under(user_id: bytes) -> tuple[Case, Wire]:
    one = case("cmb-sm", opened=True)
    key = Key("k", one.key.expect(Sm2PrivateKey), attributes={"sm2_user_id": user_id})
    return one, one.over(good_text(one), key=key)


@pytest.mark.parametrize(
    "user_id", [DEFAULT_USER_ID, b"", USER.rstrip(b"0"), USER.hex().encode(), b"20260105093000"]
)
def test_another_user_id(user_id: bytes) -> None:
    one, wire = sm2_under(user_id)
    found = one.explained(wire)
    assert [cause.cause.code for cause in found.causes] == ["user-id"]


def test_sm2_over_the_digest_of_the_text() -> None:
    one = case("cmb-sm", opened=True)
    found = one.explained(one.over(sm3(good_text(one))))
    assert [(cause.cause.code, cause.detail) for cause in found.causes] == [("hashed-first", "SM3")]


@pytest.mark.parametrize("algorithm", [SignatureAlgorithm.RSA_PKCS1_SHA1, SignatureAlgorithm.RSA_PSS_SHA256])
def test_another_algorithm(algorithm: SignatureAlgorithm) -> None:
    one = case(ICBC)
    found = one.explained(one.over(good_text(one), algorithm=algorithm))
    assert [cause.cause.code for cause in found.causes] == ["algorithm"]
    assert found.algorithm is not None
    assert algorithm.value.rpartition("-")[2] in found.algorithm.lower()


def test_a_digest_with_the_secret_behind_it_is_no_hmac() -> None:
    one = case(XCA)
    secret = one.key.expect(Secret).value
    value = hashlib.md5(good_text(one) + secret).digest()
    found = one.explained(one.saying(one.spelled(value)))
    assert [cause.cause.code for cause in found.causes] == ["algorithm"]


@pytest.mark.parametrize(
    "spell", [base64.b64encode, lambda secret: secret.hex().encode(), lambda s: s + b"\n"]
)
def test_another_spelling_of_the_secret(spell: Callable[[bytes], bytes]) -> None:
    one = case(XCA)
    key = Key.symmetric("k", spell(one.key.expect(Secret).value))
    found = one.explained(one.over(good_text(one), key=key))
    assert [cause.cause.code for cause in found.causes] == ["secret-spelling"]


def test_two_mistakes_at_once() -> None:
    one = case(ICBC)
    text = f"{PATH}?{one.form(keep_empty=True)}".encode()
    value = one.value(text, algorithm=SignatureAlgorithm.RSA_PKCS1_SHA1)
    found = one.explained(one.saying(one.spelled(value)))
    assert [cause.cause.code for cause in found.causes] == ["empty-kept", "algorithm"]
    found = one.explained(one.over(form_of(travelling(one)).encode()))
    assert {cause.cause.code for cause in found.causes} == {"order", "path"}


def with_ring(one: Case, ring: KeyRing) -> PartnerKeys:
    return PartnerKeys(one.ours.ours, ring, one.ours.shared)


def test_whose_key_it_was() -> None:
    one = case(ICBC)
    (entry,) = one.ours.theirs.entries
    other = new_rsa("other")
    text = good_text(one)
    ours = one.ours.ours.primary(NOW)
    elsewhere = KeyRing.of("b", other.public())
    cases = [
        (one.over(text, key=ours), one.ours, {}, "bank-hub-1 of bank.ours"),
        (
            one.over(text, key=other),
            one.ours,
            {"b/theirs": elsewhere},
            "other of b/theirs",
        ),
        (one.over(text, key=other), one.ours, {}, "none of the keys here"),
        (one.wire, with_ring(one, KeyRing("r", [replace(entry, state=KeyState.REVOKED)])), {}, "is revoked"),
        (one.wire, with_ring(one, KeyRing("r", [replace(entry, not_after=NOW)])), {}, "outside its dates"),
    ]
    for wire, keys, others, said in cases:
        found = one.explained(wire) if keys is one.ours and not others else explained(one, wire, keys, others)
        assert [cause.cause.code for cause in found.causes] == ["wrong-key"], said
        assert said in found.causes[0].detail


def test_the_key_the_message_names_is_not_the_one_that_signed() -> None:
    one = case("digital-envelope")
    second = RingEntry(new_rsa("second"))
    ring = one.ours.theirs.with_entry(RingEntry(second.key.public()))
    found = explained(one, one.over(good_text(one), key=second.key), with_ring(one, ring), {})
    assert "second, where the message names bank-partner-1" in found.causes[0].detail
