"""What is wrong beside a signature is found, texts that were told are compared, and every cause is tried."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.content_digest import content_digest
from signing.envelope import Plain, Wire, seal, unseal
from signing.errors import MessageRefused, ProfileInvalid
from signing.explain import Explanation, causes, explain
from signing.keys import Key, KeyRing, PartnerKeys
from signing.pairing import pair_for
from signing.profile import XmlSignature, load_profile
from tests.signing.explain.broken import (
    CHANCE,
    DOCUMENT,
    ICBC,
    NOW,
    OPEN,
    PATH,
    PAYLOAD,
    WECHAT,
    XCA,
    Case,
    case,
    explained,
    md5_hex,
    x_ca,
)


def test_an_unknown_text_under_the_right_key_is_told_by_its_digest() -> None:
    one = case(ICBC)
    found = one.explained(one.over(b"something else"))
    assert [cause.cause.code for cause in found.causes] == ["text-unknown"]
    assert hashlib.sha256(b"something else").hexdigest() in found.causes[0].detail
    assert found.theirs is None


def test_what_is_wrong_beside_the_signature() -> None:
    one = case(ICBC)
    late = one.explained(one.wire, now=NOW + timedelta(seconds=301))
    assert [cause.cause.code for cause in late.causes] == ["clock"]
    zone = one.explained(one.wire, now=NOW - timedelta(hours=8))
    assert "zone" in zone.causes[0].detail
    changed = one.posted(lambda fields: {**fields, "format": "xml"})
    pinned = one.explained(resigned(one, changed))
    assert [(cause.cause.code, cause.detail) for cause in pinned.causes] == [
        ("constant", "format must be json")
    ]
    shapeless = one.explained(replace(one.wire, body=b"a=1&a=2"))
    assert [cause.cause.code for cause in shapeless.causes] == ["unreadable"]
    wrong = KeyRing.of("bank.shared", Key.symmetric("s", bytes(16)))
    closed = explained(one, one.wire, PartnerKeys(one.ours.ours, one.ours.theirs, wrong), {})
    assert [cause.cause.code for cause in closed.causes] == ["not-opened"]
    unsigned = replace(one.wire, body=one.wire.body.replace(b"sign=", b"sing="))
    assert "no field sign" in one.explained(unsigned).causes[0].detail


def named(found: Explanation) -> list[tuple[str, str]]:
    return [(one.cause.code, one.detail) for one in found.causes]


def resigned(one: Case, wire: Wire) -> Wire:
    form = dict(pair.split("=") for pair in wire.body.decode().split("&"))
    assert form["format"] == "xml"
    before = one.form().replace("format=json", "format=xml")
    spelled = one.spelled(one.value(f"{PATH}?{before}".encode()))
    return replace(wire, body=wire.body.replace(form["sign"].encode(), quote_plus(spelled).encode()))


def test_a_digest_in_another_spelling_is_found_though_the_signature_covers_it() -> None:
    one = case(XCA)
    heads = one.wire.headers
    wire = x_ca(lambda p: "\n".join([*p[:2], md5_hex(), *p[3:]]).encode())
    wire = replace(wire, headers={**wire.headers, "content-md5": md5_hex()})
    found = one.explained(wire)
    assert [(cause.cause.code, cause.detail) for cause in found.causes] == [
        ("body-digest", "md5 in hex-lower")
    ]
    altered = one.explained(replace(one.wire, headers=dict(heads), body=one.wire.body + b"\n"))
    assert [cause.cause.code for cause in altered.causes] == ["body-digest"]
    assert "without its last newline" in altered.causes[0].detail


def test_a_body_in_another_character_set_is_read_and_said() -> None:
    one = case(OPEN, "answer")
    text = PAYLOAD.decode()
    wire = one.over(text.encode("gbk"))
    wire = replace(wire, body=wire.body.decode().encode("gbk"))
    found = one.explained(wire)
    assert [cause.cause.code for cause in found.causes] == ["charset"]
    assert "the body is gbk" in found.notes[0]


def test_xml_canonicalised_otherwise_or_changed() -> None:
    one = case("mybank-xmldsig", opened=False)
    leg = one.leg
    assert isinstance(leg.signature, XmlSignature)
    exclusive = leg.model_copy(update={"signature": leg.signature.model_copy(update={"c14n": "exclusive"})})
    plain = Plain(DOCUMENT, "m")
    wire = seal(exclusive, plain, one.theirs, now=NOW, random=CHANCE)
    assert "canonicalisation" in [cause.cause.code for cause in one.explained(wire).causes]
    spaced = re.sub(rb"(<request>|</head>)", rb"\1\n  ", one.wire.body)
    found = one.explained(replace(one.wire, body=spaced))
    assert [cause.cause.code for cause in found.causes] == ["xml-changed"]


def test_the_rules_of_a_standard_form_speak_for_themselves() -> None:
    profile = load_profile("http-message-signature")
    ours, theirs = pair_for(profile, "bank", now=NOW, random=CHANCE)
    plain = Plain(b"{}", "m-1", path="/v1/loans", authority="bank.example")
    wire = seal(profile.request, plain, theirs, now=NOW, random=CHANCE)
    assert explain(profile.request, wire, ours, now=NOW).holds
    elsewhere = explain(profile.request, replace(wire, authority="other.example"), ours, now=NOW)
    assert [cause.cause.code for cause in elsewhere.causes] == ["refused"]
    other_body = replace(wire, body=b"[]")
    assert [c.cause.code for c in explain(profile.request, other_body, ours, now=NOW).causes] == ["refused"]
    swapped = explain(profile.request, wire, PartnerKeys(theirs.ours, ours.ours), now=NOW)
    assert [cause.cause.code for cause in swapped.causes] == ["wrong-key"]
    assert content_digest(b"{}") in wire.headers.values()


def test_what_we_sent_is_compared_with_what_the_other_side_told() -> None:
    one = case(ICBC)
    alone = explain(one.leg, one.wire, one.theirs, now=NOW, sent=True)
    assert (alone.holds, [cause.cause.code for cause in alone.causes]) == (True, ["other-side"])
    assert alone.key is not None
    told = f"{PATH}?{one.form(keep_empty=True)}".encode()
    compared = explain(one.leg, one.wire, one.theirs, now=NOW, sent=True, told=told)
    assert [cause.cause.code for cause in compared.causes] == ["empty-kept"]
    assert compared.difference is not None
    assert compared.difference.theirs_field == "remark"
    odd = explain(one.leg, one.wire, one.theirs, now=NOW, sent=True, told=b"quite another text")
    assert [cause.cause.code for cause in odd.causes] == ["unnamed"]
    # What is wrapped to the partner only the partner opens, and that is no cause.
    wrapped = case("digital-envelope")
    assert explain(wrapped.leg, wrapped.wire, wrapped.theirs, now=NOW, sent=True).holds


def test_a_told_text_need_not_be_a_known_mistake_to_be_believed() -> None:
    one = case(ICBC)
    wire = one.over(b"something else")
    found = explain(one.leg, wire, one.ours, now=NOW, told=b"something else")
    assert [cause.cause.code for cause in found.causes] == ["unnamed"]
    assert found.theirs == b"something else"
    assert found.key is not None


def test_a_leg_nobody_signs_has_nothing_to_explain() -> None:
    one = case("wechat-pay-v3")
    leg = load_profile("wechat-pay-v3").ack
    assert leg is not None
    with pytest.raises(ProfileInvalid, match="unsigned"):
        explain(leg, one.wire, one.ours, now=NOW)


def test_every_cause_is_tried_here_and_says_what_to_do() -> None:
    tests = Path(__file__).parent.glob("test_*.py")
    text = "".join(file.read_text(encoding="utf-8") for file in tests)
    for code, cause in causes().items():
        assert f'"{code}"' in text, f"no request is broken by {code}"
        assert cause.what
        assert cause.remedy


@given(at=st.integers(0, 2000), byte=st.integers(0, 255), cut=st.booleans())
@settings(max_examples=60)
def test_any_damage_is_explained_and_nothing_else_happens(at: int, byte: int, cut: bool) -> None:
    for one in (case(ICBC), case(WECHAT), case("aob-sm"), case("ant-jiebei-xml"), case(XCA)):
        body = one.wire.body
        place = at % len(body)
        changed = body[:place] if cut else body[:place] + bytes([byte]) + body[place + 1 :]
        found = explain(one.leg, replace(one.wire, body=changed), one.ours, now=NOW, budget=60)
        assert found.holds is accepted(one, replace(one.wire, body=changed))
        assert found.holds is (found.refusal is None)


def accepted(one: Case, wire: Wire) -> bool:
    try:
        unseal(one.leg, wire, one.ours, now=NOW)
    except MessageRefused:
        return False
    return True
