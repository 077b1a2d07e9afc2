"""Rings in a folder, and the list of published keys."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from signing.envelope import Plain, seal, unseal
from signing.errors import KeyUnavailable, PublishedKeyRefused
from signing.keys import Key, KeyRing, KeyState, KeyUse, PartnerKeys, RingEntry
from signing.keystore import (
    RING_FILE,
    load_partner_keys,
    load_ring,
    new_field_ring,
    published_fingerprints,
    refuse_published,
    write_partner_keys,
    write_ring,
)
from signing.profile import load_profile
from tests.shared import shared_json

Random = Callable[[int], bytes]


def test_rings_survive_the_folder(
    tmp_path: Path, pair: tuple[PartnerKeys, PartnerKeys], now: datetime, random: Random
) -> None:
    write_partner_keys(tmp_path / "hub", pair[0])
    write_partner_keys(tmp_path / "bank", pair[1])
    ours, theirs = load_partner_keys(tmp_path / "hub"), load_partner_keys(tmp_path / "bank")
    leg = load_profile("icbc-sorted-form").request
    wire = seal(leg, Plain(b"{}", "m-1"), ours, now=now, random=random)
    assert unseal(leg, wire, theirs, now=now).payload == b"{}"
    for before, after in ((pair[0].ours, ours.ours), (pair[0].theirs, ours.theirs)):
        assert [entry.key.fingerprint() for entry in before.entries] == [
            entry.key.fingerprint() for entry in after.entries
        ]
        assert before.entries[0].not_after == after.entries[0].not_after


def test_only_the_owner_can_read_the_files(tmp_path: Path, now: datetime, random: Random) -> None:
    write_ring(tmp_path / "fields", new_field_ring("fields", now=now, random=random))
    for file in (tmp_path / "fields").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_encrypted_private_keys_need_their_password(
    tmp_path: Path, pair: tuple[PartnerKeys, PartnerKeys]
) -> None:
    write_ring(tmp_path, pair[0].ours, password=b"correct horse")
    assert b"ENCRYPTED" in next(tmp_path.glob("*.pem")).read_bytes()
    assert load_ring(tmp_path, password=b"correct horse").entries[0].key.is_secret
    with pytest.raises(KeyUnavailable):
        load_ring(tmp_path)


def test_states_uses_and_attributes_survive(tmp_path: Path, now: datetime) -> None:
    key = Key.symmetric("k", b"k" * 16, use=KeyUse.ENCRYPT, attributes={"iv": b"0123456789abcdef"})
    write_ring(tmp_path, KeyRing("r", [RingEntry(key, KeyState.PRE_ACTIVE, not_before=now)]))
    entry = load_ring(tmp_path).entries[0]
    assert (entry.state, entry.key.use, entry.not_before) == (KeyState.PRE_ACTIVE, KeyUse.ENCRYPT, now)
    assert entry.key.attributes == {"iv": b"0123456789abcdef"}


@pytest.mark.parametrize(
    "ring",
    [
        "",
        "name: r",
        "name: r\nkeys: [{id: k, file: absent.pem, kind: private}]",
        "name: r\nkeys: [{id: k, file: ../up.pem, kind: private}]",
        "name: r\nkeys: [{id: k, file: k.key, kind: symmetric, colour: red}]",
        "name: r\nkeys: [{id: k, file: k.key, kind: symmetric, not_after: 2026-01-01T00:00:00}]",
        "name: r\nkeys: [{id: k, file: bad.key, kind: symmetric}]",
        "name: [",
    ],
)
def test_a_faulty_ring_is_refused(tmp_path: Path, ring: str) -> None:
    (tmp_path / RING_FILE).write_text(ring, encoding="utf-8")
    (tmp_path / "k.key").write_text("AAAA", encoding="utf-8")
    (tmp_path / "bad.key").write_text("!", encoding="utf-8")
    with pytest.raises(KeyUnavailable):
        load_ring(tmp_path)


def test_published_keys_are_refused_outside_the_sandbox() -> None:
    published = shared_json("vectors/dialects/icbc_style_computed.json")
    for key in (
        Key.private_pem("k", published["private_key_pem"].encode()),
        Key.public_pem("k", published["public_key_pem"].encode()),
    ):
        ring = KeyRing.of("r", key)
        refuse_published(ring, sandbox=True)
        with pytest.raises(PublishedKeyRefused):
            refuse_published(ring, sandbox=False)


def test_a_key_of_our_own_is_not_refused(pair: tuple[PartnerKeys, PartnerKeys]) -> None:
    refuse_published(pair[0].ours, sandbox=False)
    assert len(published_fingerprints()) > 10
