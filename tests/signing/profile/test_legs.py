"""Profiles that contradict themselves are refused when they are read, not when money moves."""

from __future__ import annotations

import pytest

from signing.errors import ProfileInvalid
from signing.profile import Profile, parse_profile

GOOD = """
name: sample
summary: a sample
source: written for this test
request:
  body: {kind: form, payload: data}
  encryption: {kind: pre_shared, cipher: aes-256-gcm, iv: prefixed}
  signature:
    kind: signed
    algorithm: rsa-pkcs1-sha256
    place: "field:sign"
    text: {kind: sorted, exclude: [sign]}
  replay:
    timestamp: {slot: "field:time", format: epoch-s}
    nonce: {slot: "field:serial"}
"""


def test_a_sound_profile_is_read() -> None:
    profile = parse_profile(GOOD)
    assert isinstance(profile, Profile)
    assert profile.answer is None
    assert (profile.request.replay.max_age_s, profile.request.replay.max_ahead_s) == (300, 10)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("rsa-pkcs1-sha256", "rsa-pkcs1-sha1", "legacy"),
        ("rsa-pkcs1-sha256", "none", "algorithm"),
        ("rsa-pkcs1-sha256", "md5", "algorithm"),
        ("exclude: [sign]", "exclude: []", "own field must be excluded"),
        ("exclude: [sign]", "exclude: [sign, data]", "payload must be covered"),
        ("exclude: [sign]", "exclude: [sign, serial]", "timestamp and nonce must be covered"),
        ("exclude: [sign]", "exclude: [sign, time]", "timestamp and nonce must be covered"),
        ("exclude: [sign]", "exclude: [sign], or_with: {a: b}", "pinned by optional_constants"),
        ("kind: sorted, exclude: [sign]", "kind: slice", "needs a JSON body"),
        ("kind: sorted, exclude: [sign]", "kind: inner_xml", "needs an XML body"),
        ("kind: sorted, exclude: [sign]", 'kind: joined, parts: ["field:time"]', "payload must be covered"),
        ("kind: sorted, exclude: [sign]", "kind: joined, parts: [everything]", "unknown part"),
        ("kind: sorted, exclude: [sign]", "kind: joined, parts: []", "parts"),
        ("iv: prefixed", "iv: zero", "never repeat"),
        ("iv: prefixed", "iv: placed", "go together"),
        ("aes-256-gcm, iv: prefixed", 'aes-256-cbc, iv: zero, associated: "field:a"', "only GCM"),
        ("kind: pre_shared, ", 'kind: envelope, wrap: rsa-pkcs1, key: "field:k", ', "legacy"),
        ("field:sign", "cookie:sign", "place"),
        ("name: sample", "name: ../sample", "name"),
        ("summary: a sample", "summary: a sample\ncolour: red", "colour"),
        ("{kind: form, payload: data}", "{kind: text}", "needs a body with fields"),
        ("request:", "answer:", "request"),
        ("name: sample", "name: [", "profile"),
    ],
)
def test_contradictions(old: str, new: str, fault: str) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises(ProfileInvalid, match=fault):
        parse_profile(text)


def test_freshness_may_stay_unsigned_only_with_a_reason() -> None:
    text = GOOD.replace("exclude: [sign]", "exclude: [sign, serial]")
    with pytest.raises(ProfileInvalid):
        parse_profile(text.replace("replay:", "replay:\n    unsigned: no"))
    reasoned = text.replace("replay:", "replay:\n    unsigned: the partner's document leaves the number out")
    assert parse_profile(reasoned).request.replay.unsigned


def test_an_unsigned_leg_needs_a_reason() -> None:
    text = GOOD[: GOOD.index("  signature:")] + "  signature: {kind: unsigned, reason: why}\n"
    with pytest.raises(ProfileInvalid):
        parse_profile(text)
    assert parse_profile(text.replace("why", "the partner reads one word"))
