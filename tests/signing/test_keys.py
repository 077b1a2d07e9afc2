"""Key handles and rings: what they hide, and which key serves when."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from signing.errors import KeyUnavailable
from signing.keys import Key, KeyRing, KeyState, KeyUse, PartnerKeys, RingEntry, Secret

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def key(name: str, use: KeyUse = KeyUse.ANY) -> Key:
    return Key.symmetric(name, name.encode() * 32, use=use)


@pytest.mark.parametrize("hidden", [key("visible"), KeyRing.of("ring", key("visible")), Secret(b"visible")])
def test_material_is_not_shown_pickled_or_copied(hidden: object) -> None:
    assert "visiblevisible" not in repr(hidden)
    if isinstance(hidden, Secret):
        return
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(hidden)


def test_partner_keys_show_only_names() -> None:
    ring = KeyRing.of("ring", key("k"))
    assert repr(PartnerKeys(ring, ring)) == "<PartnerKeys ring / ring>"
    with pytest.raises(KeyUnavailable):
        PartnerKeys(ring, ring).pre_shared()


def test_only_an_active_primary_in_its_dates_acts() -> None:
    for state in KeyState:
        ring = KeyRing("r", [RingEntry(key("k"), state, primary=True)])
        if state is KeyState.ACTIVE:
            assert ring.primary(NOW).key_id == "k"
        else:
            with pytest.raises(KeyUnavailable):
                ring.primary(NOW)


def test_every_state_but_revoked_is_believed() -> None:
    entries = [RingEntry(key(state.value), state) for state in KeyState]
    believed = {found.key_id for found in KeyRing("r", entries).accepted(NOW)}
    assert believed == {"pre-active", "active", "accept-only"}


@pytest.mark.parametrize(("moment", "holds"), [(-1, False), (0, True), (9, True), (10, False)])
def test_dates_are_half_open(moment: int, holds: bool) -> None:
    ring = KeyRing("r", [RingEntry(key("k"), not_before=NOW, not_after=NOW + 10 * DAY, primary=True)])
    at = NOW + moment * DAY
    if holds:
        assert ring.primary(at).key_id == ring.accepted(at)[0].key_id == "k"
        return
    with pytest.raises(KeyUnavailable):
        ring.primary(at)
    with pytest.raises(KeyUnavailable):
        ring.accepted(at)
    assert ring.stored("k").key_id == "k"  # data at rest outlives the dates


def test_a_message_may_narrow_the_choice_but_not_widen_it() -> None:
    ring = KeyRing("r", [RingEntry(key("a")), RingEntry(key("b"), KeyState.REVOKED)])
    assert [found.key_id for found in ring.accepted(NOW, "a")] == ["a"]
    for named in ("b", "c", ""):
        with pytest.raises(KeyUnavailable):
            ring.accepted(NOW, named)


def test_a_key_serves_its_own_use_before_a_general_one() -> None:
    ring = KeyRing.of("r", key("any"), key("mac", KeyUse.SIGN))
    assert ring.primary(NOW, KeyUse.SIGN).key_id == "mac"
    assert ring.primary(NOW, KeyUse.ENCRYPT).key_id == "any"
    assert [found.key_id for found in ring.accepted(NOW, use=KeyUse.ENCRYPT)] == ["any"]


def test_rotation_in_two_phases_never_leaves_a_gap() -> None:
    """Replicas go through each phase one after another; at every step each believes every other."""
    before = KeyRing.of("r", key("old"))
    distributed = before.with_entry(RingEntry(key("new"), KeyState.PRE_ACTIVE))
    promoted = distributed.promoted("new")
    for step in ((before, distributed), (distributed, promoted)):
        for signer in step:
            made_with = signer.primary(NOW).key_id
            for reader in step:
                assert reader.accepted(NOW, made_with)
    assert promoted.primary(NOW).key_id == "new"
    assert promoted.entry("old").state is KeyState.ACCEPT_ONLY
    ended = promoted.revoked("old")
    with pytest.raises(KeyUnavailable):
        ended.accepted(NOW, "old")
    with pytest.raises(KeyUnavailable):
        ended.stored("old")
    with pytest.raises(KeyUnavailable):
        ended.promoted("old")


def test_a_ring_refuses_two_of_a_kind() -> None:
    with pytest.raises(KeyUnavailable):
        KeyRing.of("r", key("a"), key("a"))
    with pytest.raises(KeyUnavailable):
        KeyRing("r", [RingEntry(key("a"), primary=True), RingEntry(key("b"), primary=True)])


def test_a_key_serves_only_its_own_kind() -> None:
    secret = key("k")
    assert secret.is_secret
    with pytest.raises(KeyUnavailable):
        secret.expect(rsa.RSAPrivateKey)
    with pytest.raises(KeyUnavailable):
        secret.public()
    with pytest.raises(KeyUnavailable):
        Key.symmetric("k", b"")
    with pytest.raises(KeyUnavailable):
        Key.symmetric("", b"x")


def test_pem_is_read_and_its_faults_say_nothing_of_it() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    locked = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass"))
    read = Key.private_pem("k", locked, password=b"pass")
    assert read.is_secret
    assert not read.public().is_secret
    assert Key.public_pem("k", read.export_public()).fingerprint() == read.fingerprint()
    for pem, password in ((locked, None), (locked, b"wrong"), (b"-----BEGIN leak", None)):
        with pytest.raises(KeyUnavailable) as refused:
            Key.private_pem("k", pem, password=password)
        assert "leak" not in str(refused.value)
    with pytest.raises(KeyUnavailable):
        Key.public_pem("k", b"nonsense")


def test_short_rsa_keys_are_refused() -> None:
    short = rsa.generate_private_key(65537, 1024)
    pem = short.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(KeyUnavailable, match="2048"):
        Key.private_pem("k", pem)


def test_what_is_derived_from_a_key_is_made_once() -> None:
    secret, made = key("k"), []
    for _ in range(3):
        secret.cached("thing", lambda _: made.append(1) or object())
    assert made == [1]
