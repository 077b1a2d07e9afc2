"""Sealing and unsealing: round trips both ways, and refusal of everything that was touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from signing.envelope import Opened, Plain, Wire, read_unsigned, seal, unseal
from signing.errors import (
    ClockRefused,
    KeyUnavailable,
    MalformedMessage,
    MessageRefused,
    OpenFailed,
    ProfileInvalid,
    SignatureRefused,
)
from signing.keys import KeyRing, PartnerKeys
from signing.profile import Leg, Profile, load_profile

Pair = tuple[PartnerKeys, PartnerKeys]
Random = Callable[[int], bytes]
PROFILES = ("icbc-sorted-form", "digital-envelope")
LEGS = ("request", "answer", "callback", "ack")
PAYLOAD = '{"msg_id":"m-1","amount":"100000","note":"a\\/b 中文 a&b=c"}'.encode()


def leg_of(profile: str, leg: str) -> Leg:
    found = getattr(load_profile(profile), leg)
    assert isinstance(found, Leg)
    return found


def plain(payload: bytes = PAYLOAD, **fields: str) -> Plain:
    return Plain(payload, "m-1", fields, path="/api/loan/apply/V1")


@pytest.mark.parametrize("name", LEGS)
@pytest.mark.parametrize("profile", PROFILES)
def test_what_one_side_seals_the_other_opens(
    profile: str, name: str, pair: Pair, now: datetime, random: Random
) -> None:
    ours, theirs = pair
    leg = leg_of(profile, name)
    for sender, receiver in ((ours, theirs), (theirs, ours)):
        wire = seal(leg, plain(app_id="10001"), sender, now=now, random=random)
        opened = unseal(leg, wire, receiver, now=now)
        assert opened.payload == PAYLOAD
        assert opened.key_id == sender.ours.primary(now).key_id
        if leg.replay.nonce is not None:
            assert opened.nonce == "m-1"
            assert opened.signed_at == now


def test_the_fields_a_signature_covers_come_back_and_no_others(
    pair: Pair, now: datetime, random: Random
) -> None:
    leg = leg_of("icbc-sorted-form", "request")
    wire = seal(leg, plain(app_id="10001", ca=""), pair[0], now=now, random=random)
    fields = unseal(leg, wire, pair[1], now=now).fields
    assert fields["app_id"] == "10001"
    assert "ca" not in fields  # an empty field is outside the sorted form, so nothing vouches for it
    assert "sign" not in fields
    added = replace(wire, body=wire.body + b"&limit=")
    assert "limit" not in unseal(leg, added, pair[1], now=now).fields


def test_a_message_to_one_path_is_refused_at_another(pair: Pair, now: datetime, random: Random) -> None:
    leg = leg_of("icbc-sorted-form", "request")
    wire = seal(leg, plain(), pair[0], now=now, random=random)
    with pytest.raises(SignatureRefused):
        unseal(leg, replace(wire, path="/api/loan/cancel/V1"), pair[1], now=now)


def test_our_own_message_sent_back_to_us_is_refused(pair: Pair, now: datetime, random: Random) -> None:
    leg = leg_of("icbc-sorted-form", "request")
    wire = seal(leg, plain(), pair[0], now=now, random=random)
    with pytest.raises(SignatureRefused):
        unseal(leg, wire, pair[0], now=now)


@pytest.mark.parametrize(
    ("seconds", "accepted"), [(300, True), (301, False), (-10, True), (-11, False), (-61, False)]
)
@pytest.mark.parametrize("profile", PROFILES)
def test_the_clock_rule(
    profile: str, seconds: int, accepted: bool, pair: Pair, now: datetime, random: Random
) -> None:
    leg = leg_of(profile, "request")
    wire = seal(leg, plain(), pair[0], now=now, random=random)
    later = now + timedelta(seconds=seconds)
    keys = undated(pair[1])
    if accepted:
        assert unseal(leg, wire, keys, now=later).signed_at == now
        return
    with pytest.raises(ClockRefused) as refused:
        unseal(leg, wire, keys, now=later)
    assert refused.value.skew_s == seconds
    assert (refused.value.retry_after_s is not None) is (-60 <= seconds < 0)


def undated(keys: PartnerKeys) -> PartnerKeys:
    def free(ring: KeyRing) -> KeyRing:
        return KeyRing.of(ring.name, *(entry.key for entry in ring.entries))

    return PartnerKeys(free(keys.ours), free(keys.theirs), None if keys.shared is None else free(keys.shared))


def test_the_profile_pins_the_algorithm_and_the_message_cannot(
    pair: Pair, now: datetime, random: Random
) -> None:
    leg = leg_of("icbc-sorted-form", "request")
    wire = seal(leg, plain(), pair[0], now=now, random=random)
    fields = dict(parse_qsl(wire.body.decode())) | {"sign_type": "NONE"}
    with pytest.raises(MessageRefused):
        unseal(leg, replace(wire, body=urlencode(fields).encode()), pair[1], now=now)


def test_an_unknown_key_id_is_refused(pair: Pair, now: datetime, random: Random) -> None:
    leg = leg_of("digital-envelope", "request")
    wire = seal(leg, plain(), pair[0], now=now, random=random)
    message = json.loads(wire.body) | {"keyId": "another"}
    with pytest.raises(KeyUnavailable):
        unseal(leg, replace(wire, body=json.dumps(message).encode()), pair[1], now=now)


def test_every_way_an_opening_can_fail_gives_the_same_error(
    pair: Pair, now: datetime, random: Random
) -> None:
    leg = leg_of("digital-envelope", "request")
    stranger_of = replace(pair[0], theirs=pair[0].ours)
    for field in ("key", "requestData"):
        for spoilt in ("", "AAAA", "no base64!", "A" * 344):
            forged = _signed_again(leg, pair[0], now, random, field, spoilt)
            with pytest.raises(OpenFailed) as failed:
                unseal(leg, forged, pair[1], now=now)
            assert str(failed.value) == "the message could not be opened"
    with pytest.raises(KeyUnavailable):
        seal(leg, plain(), stranger_of, now=now, random=random)


def _signed_again(
    leg: Leg, sender: PartnerKeys, now: datetime, random: Random, field: str, value: str
) -> Wire:
    """A message whose inner part is spoilt and whose signature is right, as a careless partner would send."""
    wire = seal(leg, plain(), sender, now=now, random=random)
    fields = json.loads(wire.body)
    fields[field] = value
    unencrypted = leg.model_copy(
        update={"encryption": type(load_profile("icbc-sorted-form").ack.encryption)(), "constants": {}}
    )
    unencrypted = unencrypted.model_copy(update={"replay": type(leg.replay)()})
    signing = leg.signature.model_copy(update={"key_id": None})
    unencrypted = unencrypted.model_copy(update={"signature": signing})
    rest = {name: text for name, text in fields.items() if name not in ("sign", "requestData")}
    return seal(
        unencrypted, Plain(fields["requestData"].encode(), "m-1", rest), sender, now=now, random=random
    )


def test_an_unforeseen_failure_refuses_and_says_nothing(pair: Pair, now: datetime, random: Random) -> None:
    leg = leg_of("icbc-sorted-form", "request")
    wire = seal(leg, plain(), pair[0], now=now, random=random)

    class Exploding(KeyRing):
        def accepted(self, *_: object, **__: object) -> tuple[()]:
            raise RuntimeError("secret detail")

    keys = replace(pair[1], theirs=Exploding("broken", ()))
    with pytest.raises(SignatureRefused) as refused:
        unseal(leg, wire, keys, now=now)
    assert "secret detail" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_no_key_configured_refuses(pair: Pair, now: datetime, random: Random) -> None:
    leg = leg_of("icbc-sorted-form", "request")
    wire = seal(leg, plain(), pair[0], now=now, random=random)
    with pytest.raises(KeyUnavailable):
        unseal(leg, wire, replace(pair[1], theirs=KeyRing("empty", ())), now=now)
    with pytest.raises(KeyUnavailable):
        unseal(leg, wire, replace(pair[1], shared=None), now=now)


def test_a_caller_may_not_set_what_the_profile_sets(pair: Pair, now: datetime, random: Random) -> None:
    leg = leg_of("icbc-sorted-form", "request")
    with pytest.raises(ProfileInvalid):
        seal(leg, plain(sign_type="NONE"), pair[0], now=now, random=random)


def test_an_unsigned_leg_is_read_but_never_unsealed(pair: Pair, now: datetime, random: Random) -> None:
    leg = Leg.model_validate_json(
        '{"body":{"kind":"text"},"signature":{"kind":"unsigned","reason":"the partner reads only a word"}}'
    )
    wire = seal(leg, plain(b"success"), pair[0], now=now, random=random)
    assert wire.body == b"success"
    assert read_unsigned(leg, wire).payload == b"success"
    with pytest.raises(ProfileInvalid):
        unseal(leg, wire, pair[1], now=now)
    with pytest.raises(ProfileInvalid):
        read_unsigned(leg_of("icbc-sorted-form", "request"), wire)


def test_a_repeated_member_is_refused(pair: Pair, now: datetime, random: Random) -> None:
    leg = leg_of("icbc-sorted-form", "ack")
    wire = seal(leg, plain(), pair[0], now=now, random=random)
    twice = wire.body.replace(b'{"response', b'{"response_biz_content":{},"response', 1)
    with pytest.raises(MalformedMessage):
        unseal(leg, replace(wire, body=twice), pair[1], now=now)


def test_reserialised_json_is_refused(pair: Pair, now: datetime, random: Random) -> None:
    leg = leg_of("icbc-sorted-form", "ack")
    wire = seal(leg, plain(b'{"return_code": 0}'), pair[0], now=now, random=random)
    assert unseal(leg, wire, pair[1], now=now).payload == b'{"return_code": 0}'
    compact = json.dumps(json.loads(wire.body), separators=(",", ":")).encode()
    with pytest.raises(SignatureRefused):
        unseal(leg, replace(wire, body=compact), pair[1], now=now)


@pytest.mark.parametrize("name", LEGS)
@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_touched_message_is_believed(
    profile: str, name: str, data: st.DataObject, pair: Pair, now: datetime, random: Random
) -> None:
    """A changed byte, a lost byte, an added byte: refused, or without effect (as ``%2f`` for ``%2F``)."""
    leg = leg_of(profile, name)
    wire = seal(leg, plain(app_id="10001"), pair[0], now=now, random=random)
    honest = unseal(leg, wire, pair[1], now=now)
    at = data.draw(st.integers(0, len(wire.body) - 1))
    byte = data.draw(st.binary(max_size=2))
    body = wire.body[:at] + byte + wire.body[at + 1 :]
    assume(body != wire.body)
    try:
        opened: Opened | None = unseal(leg, replace(wire, body=body), pair[1], now=now)
    except (MessageRefused, KeyUnavailable):
        opened = None
    assert opened in (None, honest)


def test_every_built_in_leg_of_phase_one_is_signed() -> None:
    for name in PROFILES:
        profile: Profile = load_profile(name)
        assert profile.name == name
