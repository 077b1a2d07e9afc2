"""Keys made elsewhere go into the ring they fit, as they are, and what does not fit changes nothing."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from signing.keystore import load_ring, new_rsa, published_fingerprints
from tests.hub.cli.conftest import Run

ENDS = datetime(2031, 5, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(private: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bank")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), 7)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(ENDS)
    return builder.sign(private, hashes.SHA256())


def pem(private: rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def test_the_first_key_acts_and_the_second_waits(run: Run, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"bank-{number}.pem").write_bytes(new_rsa("k").export_public())
        imported = run("keys", "import", "b/theirs", f"bank-{number}.pem")
        assert imported.exit_code == 0
        assert "compare the fingerprint" in imported.stdout
    assert "loanhub keys promote b/theirs bank-2" in imported.stdout
    first, second = load_ring(Path("keys/b/theirs")).entries
    assert (first.key.key_id, first.primary, second.key.key_id, second.primary) == (
        "bank-1",
        True,
        "bank-2",
        False,
    )
    # Both are believed meanwhile: that is what lets a partner change over when it likes.
    assert len(load_ring(Path("keys/b/theirs")).accepted(datetime.now(UTC))) == 2


def test_a_certificate_brings_its_own_end(run: Run, tmp_path: Path, certificate: x509.Certificate) -> None:
    (tmp_path / "bank.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    assert run("keys", "import", "b/theirs", "bank.crt").exit_code == 0
    assert load_ring(Path("keys/b/theirs")).entries[0].not_after == ENDS
    assert run("keys", "import", "b/theirs", "bank.crt", "--id", "short", "--days", "5").exit_code == 0
    assert load_ring(Path("keys/b/theirs")).entries[1].not_after < ENDS


def test_pkcs12_is_opened_by_the_variable_the_ring_names(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    private: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
) -> None:
    how = serialization.BestAvailableEncryption(b"horse")
    sealed = pkcs12.serialize_key_and_certificates(b"hub", private, certificate, None, how)
    (tmp_path / "hub.p12").write_bytes(sealed)
    monkeypatch.setenv("HUB_P12", "horse")
    words = ("keys", "import", "b/ours", "hub.p12", "--use", "sign", "--password-env", "HUB_P12")
    assert run(*words).exit_code == 0
    (entry,) = load_ring(Path("keys/b/ours"), environ={"HUB_P12": "horse"}).entries
    assert (entry.not_after, entry.key.use.value) == (ENDS, "sign")
    assert entry.key.attributes["certificate"].startswith(b"-----BEGIN CERTIFICATE-----")
    assert Path("keys/b/ours/hub.p12").read_bytes() == sealed


def test_an_encrypted_private_key_stays_encrypted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, private: rsa.RSAPrivateKey
) -> None:
    (tmp_path / "hub.pem").write_bytes(pem(private, b"horse"))
    monkeypatch.setenv("HUB_KEY", "horse")
    assert run("keys", "import", "b/ours", "hub.pem", "--password-env", "HUB_KEY").exit_code == 0
    assert b"ENCRYPTED" in Path("keys/b/ours/hub.pem").read_bytes()
    monkeypatch.setenv("HUB_KEY", "wrong")
    assert run("keys", "list").exit_code == 3


def test_a_secret_comes_in_base64(run: Run, tmp_path: Path) -> None:
    (tmp_path / "aes.txt").write_text(base64.b64encode(bytes(range(90, 106))).decode() + "\n")
    assert run("keys", "import", "b/shared", "aes.txt", "--use", "encrypt").exit_code == 0
    (entry,) = load_ring(Path("keys/b/shared")).entries
    assert (entry.key.key_id, entry.key.use.value) == ("aes", "encrypt")


@pytest.mark.parametrize(
    ("ring", "file", "code", "said"),
    [
        ("b/theirs", "private.pem", 2, "is for public keys"),
        ("b/ours", "public.pem", 2, "is for private keys"),
        ("fields", "public.pem", 2, "is for symmetric keys"),
        ("b/shared", "words.txt", 2, "neither PEM"),
        ("b/ours", "broken.pem", 1, "not a readable private key"),
        ("b/ours", "broken.p12", 1, "not a readable PKCS#12"),
        ("b/theirs", "broken.crt", 1, "not a readable public key"),
        ("b", "public.pem", 2, "a ring is named"),
        ("../theirs", "public.pem", 2, "a ring is named"),
        ("b/others", "public.pem", 2, "a ring is named"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    run: Run, tmp_path: Path, private: rsa.RSAPrivateKey, ring: str, file: str, code: int, said: str
) -> None:
    (tmp_path / "private.pem").write_bytes(pem(private))
    (tmp_path / "public.pem").write_bytes(new_rsa("k").export_public())
    (tmp_path / "words.txt").write_text("not a secret")
    (tmp_path / "broken.pem").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    (tmp_path / "broken.p12").write_text("AAAA")
    (tmp_path / "broken.crt").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    refused = run("keys", "import", ring, file)
    assert (refused.exit_code, said in refused.stderr) == (code, True), refused.stderr
    assert not Path("keys").exists()


def test_a_taken_id_is_refused_and_nothing_is_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(new_rsa("k").export_public())
    (tmp_path / "b.pem").write_bytes(new_rsa("k").export_public())
    assert run("keys", "import", "p/theirs", "a.pem", "--id", "one").exit_code == 0
    before = {path: path.read_bytes() for path in Path("keys/p/theirs").iterdir()}
    assert run("keys", "import", "p/theirs", "b.pem", "--id", "one").exit_code == 1
    assert run("keys", "import", "p/theirs", "b.pem", "--id", "one/two").exit_code == 2
    assert {path: path.read_bytes() for path in Path("keys/p/theirs").iterdir()} == before


def test_a_published_key_is_refused_outside_the_sandbox(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = new_rsa("k")
    (tmp_path / "k.pem").write_bytes(public.export_public())
    monkeypatch.setattr("signing.published.published_fingerprints", lambda: {public.fingerprint()})
    assert published_fingerprints()
    refused = run("keys", "import", "p/theirs", "k.pem")
    assert (refused.exit_code, "is published" in refused.stderr) == (1, True)
    assert not Path("keys").exists()
    monkeypatch.setenv("LOANHUB_SANDBOX", "1")
    assert run("keys", "import", "p/theirs", "k.pem").exit_code == 0
