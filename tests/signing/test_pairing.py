"""A fresh pair fits every profile: what one end seals on any leg, the other end reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from signing.errors import KeyUnavailable
from signing.keys import KeyUse
from signing.pairing import pair_for
from signing.profile import PreShared, built_in_profiles, load_profile
from signing.signature import KEYED_BY_SHARED

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", sorted(built_in_profiles()))
def test_each_end_has_the_keys_its_profile_asks_for(name: str, random: Callable[[int], bytes]) -> None:
    profile = load_profile(name)
    hub, partner = pair_for(profile, "p", now=NOW, random=random)
    leg = profile.request
    assert hub.ours.primary(NOW).fingerprint() == partner.theirs.primary(NOW).fingerprint()
    if leg.algorithm in KEYED_BY_SHARED:
        assert hub.pre_shared().primary(NOW, KeyUse.SIGN).is_secret
    if isinstance(leg.encryption, PreShared):
        assert partner.pre_shared().primary(NOW, KeyUse.ENCRYPT).is_secret


def test_one_user_id_serves_signature_and_iv(random: Callable[[int], bytes]) -> None:
    hub, partner = pair_for(load_profile("cmb-sm"), "p", now=NOW, random=random, user_id=b"N003261207000000")
    assert partner.theirs.primary(NOW).attributes["sm2_user_id"] == b"N003261207000000"
    assert hub.pre_shared().primary(NOW).attributes["iv"] == b"N003261207000000"


def test_keys_end_with_their_days(random: Callable[[int], bytes]) -> None:
    hub, _ = pair_for(load_profile("unionpay-acp"), "p", now=NOW, random=random, days=1)
    assert b"BEGIN CERTIFICATE" in hub.ours.primary(NOW).attributes["certificate"]
    with pytest.raises(KeyUnavailable):
        hub.ours.primary(NOW + timedelta(days=2))
