"""Rings in a folder, and the list of published keys."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from signing.certificates import certificate_request
from signing.envelope import Plain, seal, unseal
from signing.errors import KeyUnavailable, PublishedKeyRefused
from signing.keys import Key, KeyRing, KeyState, KeyUse, PartnerKeys, RingEntry
from signing.keystore import (
    RING_FILE,
    import_key,
    load_partner_keys,
    load_ring,
    new_ec,
    new_ed25519,
    new_field_ring,
    new_rsa,
    new_sm2,
    new_sm2_pem,
    new_symmetric,
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


def test_every_kind_of_key_is_written_and_read(tmp_path: Path, random: Random, now: datetime) -> None:
    keys = [new_rsa("rsa"), new_ec("ec"), new_ed25519("ed"), new_symmetric("s", random)]
    for password in (None, b"correct horse"):
        folder = tmp_path / str(password is None)
        write_ring(folder, KeyRing("r", [RingEntry(key) for key in keys]), password=password)
        read = load_ring(folder, password=password)
        assert [entry.key.fingerprint() for entry in read.entries] == [key.fingerprint() for key in keys]
    with pytest.raises(KeyUnavailable, match="SM2"):
        write_ring(tmp_path / "sm2", KeyRing.of("r", new_sm2("sm2", random)))


@pytest.mark.parametrize("password", [None, b"correct horse"])
def test_sm2_keys_are_imported_as_files(tmp_path: Path, random: Random, password: bytes | None) -> None:
    pem = new_sm2_pem(random, password=password)
    key = Key.private_pem("sm2", pem, password=password, attributes={"sm2_user_id": b"N1"})
    entry = RingEntry(key, primary=True)
    ring = import_key(tmp_path, entry, pem, "private", ring_name="r", password=password)
    assert ring.entries == (entry,)
    read = load_ring(tmp_path, password=password).entries[0]
    assert read.key.fingerprint() == key.fingerprint()
    assert read.key.attributes == {"sm2_user_id": b"N1"}
    assert read.primary
    theirs = key.export_public()
    entry = RingEntry(Key.public_pem("theirs", theirs))
    ring = import_key(tmp_path, entry, theirs, "public", ring_name="r", password=password)
    assert [one.key.key_id for one in ring.entries] == ["sm2", "theirs"]
    assert len(load_ring(tmp_path, password=password).entries) == 2


def test_an_import_is_compared_with_what_was_shown(tmp_path: Path, random: Random) -> None:
    pem = new_sm2_pem(random)
    with pytest.raises(KeyUnavailable, match="another key"):
        import_key(tmp_path, RingEntry(new_rsa("k")), pem, "private", ring_name="r")
    assert not list(tmp_path.iterdir())


def test_pkcs12_brings_its_certificate(tmp_path: Path, now: datetime) -> None:
    private = new_rsa("k").expect(rsa.RSAPrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "k")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    locked = BestAvailableEncryption(b"pw")
    data = pkcs12.serialize_key_and_certificates(b"k", private, builder.sign(private, SHA256()), None, locked)
    (tmp_path / "k.p12").write_bytes(data)
    ring = "name: r\nkeys: [{id: k, kind: private, file: k.p12, password_env: PW, primary: true}]"
    (tmp_path / RING_FILE).write_text(ring, encoding="utf-8")
    key = load_ring(tmp_path, environ={"PW": "pw"}).entries[0].key
    assert b"BEGIN CERTIFICATE" in key.attributes["certificate"]
    assert key.fingerprint() == Key("k", private).fingerprint()
    with pytest.raises(KeyUnavailable, match="environment has no PW"):
        load_ring(tmp_path)
    with pytest.raises(KeyUnavailable, match="PKCS#12"):
        load_ring(tmp_path, environ={"PW": "wrong"})


def test_keys_from_the_environment(tmp_path: Path) -> None:
    private = new_ed25519("k").expect(ed25519.Ed25519PrivateKey)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    first = "{id: k, kind: private, env: BANK_A_KEY, primary: true}"
    ring = f"name: r\nkeys: [{first}, {{id: s, kind: symmetric, env: BANK_A_AES}}]"
    (tmp_path / RING_FILE).write_text(ring, encoding="utf-8")
    environ = {"BANK_A_KEY": pem.decode(), "BANK_A_AES": "AAECAwQFBgcICQoLDA0ODw=="}
    loaded = load_ring(tmp_path, environ=environ)
    assert [entry.key.key_id for entry in loaded.entries] == ["k", "s"]
    with pytest.raises(KeyUnavailable, match="environment has no BANK_A_AES"):
        load_ring(tmp_path, environ={"BANK_A_KEY": pem.decode()})
    both = ring.replace("env: BANK_A_AES", "env: X, file: y")
    (tmp_path / RING_FILE).write_text(both, encoding="utf-8")
    with pytest.raises(KeyUnavailable, match="one of"):
        load_ring(tmp_path, environ=environ)


def test_promotion_and_revocation_are_stored_without_touching_key_files(
    tmp_path: Path, random: Random
) -> None:
    write_ring(tmp_path, KeyRing.of("r", new_symmetric("old", random)))
    old_file = (tmp_path / "old.key").read_bytes()
    distributed = load_ring(tmp_path).with_entry(RingEntry(new_symmetric("new", random), KeyState.PRE_ACTIVE))
    write_ring(tmp_path, distributed)
    write_ring(tmp_path, load_ring(tmp_path).promoted("new"))
    states = {entry.key.key_id: (entry.state, entry.primary) for entry in load_ring(tmp_path).entries}
    assert states == {"old": (KeyState.ACCEPT_ONLY, False), "new": (KeyState.ACTIVE, True)}
    write_ring(tmp_path, load_ring(tmp_path).revoked("old"))
    assert load_ring(tmp_path).entry("old").state is KeyState.REVOKED
    assert (tmp_path / "old.key").read_bytes() == old_file


def test_a_stray_key_file_is_not_overwritten(tmp_path: Path, random: Random) -> None:
    (tmp_path / "k.key").write_text("something", encoding="utf-8")
    with pytest.raises(KeyUnavailable, match="unknown content"):
        write_ring(tmp_path, KeyRing.of("r", new_symmetric("k", random)))


def test_days_left_and_the_warning(now: datetime, random: Random) -> None:
    ring = new_field_ring("f", now=now, random=random, days=40)
    assert ring.entry("f-kek-1").days_left(now) == 40
    assert ring.entry("f-index").days_left(now) is None
    assert ring.expiring(now) == ()
    assert [entry.key.key_id for entry in ring.expiring(now + timedelta(days=11))] == ["f-kek-1"]
    assert ring.expiring(now + timedelta(days=50))[0].days_left(now + timedelta(days=50)) == -10
    assert ring.revoked("f-kek-1").expiring(now + timedelta(days=11)) == ()


@pytest.mark.parametrize("make", [new_rsa, new_ec, new_ed25519])
def test_certificate_requests(make: Callable[[str], Key]) -> None:
    key = make("k")
    request = x509.load_pem_x509_csr(certificate_request(key, common_name="hub", organization="Platform"))
    assert request.is_signature_valid
    assert "hub" in request.subject.rfc4514_string()
    with pytest.raises(KeyUnavailable):
        certificate_request(key.public(), common_name="hub")


def test_every_key_pair_of_the_vectors_is_on_the_list() -> None:
    aob = shared_json("vectors/dialects/aob_sm_computed.json")
    envelope = shared_json("vectors/dialects/digital_envelope_computed.json")
    keys = [
        Key.private_pem("k", aob["private_key_pem"].encode()),
        Key.public_pem("k", aob["public_key_pem"].encode()),
        Key.symmetric("k", bytes.fromhex(aob["sm4_key_hex"])),
        Key.private_pem("k", envelope["sender_private_key_pem"].encode()),
        Key.private_pem("k", envelope["receiver_private_key_pem"].encode()),
    ]
    for key in keys:
        with pytest.raises(PublishedKeyRefused):
            refuse_published(KeyRing.of("r", key), sandbox=False)
