"""Keys in a device, a SoftHSM token: they sign and unwrap, never come out, and their absence refuses."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from signing.ciphers import KeyWrap, unwrap_key, wrap_key
from signing.envelope import Plain, seal, unseal
from signing.errors import KeyUnavailable, OpenFailed
from signing.http_signature import HttpMessage, sign_http, verify_http
from signing.jose import sign_jws, verify_jws
from signing.keys import DeviceKey, Key, KeyRing, PartnerKeys
from signing.keystore import load_ring, write_ring
from signing.newkeys import new_rsa
from signing.profile import load_profile
from signing.profile.web import HttpSignatureRules, JwsRules
from signing.signature import SignatureAlgorithm as Algorithm
from signing.signature import sign, verify
from tests.signing import softhsm
from tests.signing.mutations import mutants
from tests.signing.softhsm import PIN, TOKEN, WRONG_PIN, SoftHsm

if TYPE_CHECKING:
    from signing.pkcs11 import Pkcs11Token

NOW = datetime(2026, 1, 5, tzinfo=UTC)
DATA = "放款通知".encode() * 100


@pytest.fixture(scope="session")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHsm]:
    with softhsm.fresh_token(tmp_path_factory.mktemp("softhsm")) as made:
        yield made


@pytest.fixture(scope="session")
def token(hsm: SoftHsm) -> Iterator[Pkcs11Token]:
    from signing.pkcs11 import Pkcs11Token

    token = Pkcs11Token(hsm.module, TOKEN, PIN)
    token.new_rsa("rsa")
    token.new_p256("ec")
    yield token
    token.close()


@pytest.fixture(scope="session")
def rsa_key(token: Pkcs11Token) -> Key:
    return token.key("rsa", "hsm-rsa-1")


@pytest.fixture(scope="session")
def ec_key(token: Pkcs11Token) -> Key:
    return token.key("ec", "hsm-ec-1")


RSA = (
    Algorithm.RSA_PKCS1_SHA256,
    Algorithm.RSA_PKCS1_SHA1,
    Algorithm.RSA_PSS_SHA256,
    Algorithm.RSA_PSS_SHA512,
)
EC = (Algorithm.ECDSA_P256_DER, Algorithm.ECDSA_P256_RAW)


@pytest.mark.parametrize("algorithm", [*RSA, *EC], ids=lambda algorithm: algorithm.value)
def test_it_signs_and_software_verifies(algorithm: Algorithm, rsa_key: Key, ec_key: Key) -> None:
    key = rsa_key if algorithm in RSA else ec_key
    signed = sign(algorithm, DATA, KeyRing.of("ours", key), NOW)
    theirs = KeyRing.of("theirs", key.public())
    assert signed.key_id == key.key_id
    assert verify(algorithm, DATA, signed.value, theirs, NOW) == DATA


def test_the_key_never_enters_the_process(token: Pkcs11Token, rsa_key: Key, ec_key: Key) -> None:
    import pkcs11
    from pkcs11 import Attribute, ObjectClass

    for key, label, secret in (
        (rsa_key, "rsa", Attribute.PRIVATE_EXPONENT),
        (ec_key, "ec", Attribute.VALUE),
    ):
        assert key.is_device
        for kind in (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey):
            with pytest.raises(KeyUnavailable):
                key.expect(kind)

        def read(session: pkcs11.Session, label: str = label, secret: Attribute = secret) -> object:
            return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)[secret]

        with pytest.raises(KeyUnavailable, match="AttributeSensitive"):
            token.run(read)
        for copied in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                copied(key)
    assert PIN not in repr(token) + repr(vars(rsa_key.expect(DeviceKey))) + repr(rsa_key)


def test_the_public_half_is_an_ordinary_key(rsa_key: Key) -> None:
    exported = Key.public_pem("again", rsa_key.export_public())
    assert exported.fingerprint() == rsa_key.fingerprint()


@pytest.mark.parametrize("wrap", [KeyWrap.RSA_OAEP_SHA1, KeyWrap.RSA_PKCS1])
def test_it_unwraps_and_every_fault_is_the_same(wrap: KeyWrap, rsa_key: Key) -> None:
    wrapped = wrap_key(wrap, b"k" * 16, rsa_key.public())
    assert unwrap_key(wrap, wrapped, rsa_key, 16) == b"k" * 16
    for mutant in mutants(wrapped, seed=11, count=40):
        with pytest.raises(OpenFailed):
            unwrap_key(wrap, mutant, rsa_key, 16)


def test_what_the_device_does_not_do(rsa_key: Key, ec_key: Key) -> None:
    """SoftHSM has OAEP with SHA-1 only; other devices have both."""
    wrapped = wrap_key(KeyWrap.RSA_OAEP_SHA256, b"k" * 16, rsa_key.public())
    with pytest.raises(KeyUnavailable):
        rsa_key.expect(DeviceKey).unwrap(KeyWrap.RSA_OAEP_SHA256.value, wrapped)
    for key, algorithm in (
        (rsa_key, Algorithm.ED25519),
        (rsa_key, Algorithm.ECDSA_P256_RAW),
        (ec_key, Algorithm.RSA_PKCS1_SHA256),
        (ec_key, Algorithm.SM2_SM3_DER),
    ):
        with pytest.raises(KeyUnavailable):
            sign(algorithm, DATA, KeyRing.of("ours", key), NOW)
    with pytest.raises(KeyUnavailable):
        ec_key.expect(DeviceKey).unwrap(KeyWrap.RSA_PKCS1.value, b"x")


def test_a_whole_profile(rsa_key: Key, random: Callable[[int], bytes]) -> None:
    partner = new_rsa("partner-1")
    ours = PartnerKeys(KeyRing.of("ours", rsa_key), KeyRing.of("theirs", partner.public()))
    theirs = PartnerKeys(KeyRing.of("ours", partner), KeyRing.of("theirs", rsa_key.public()))
    leg = load_profile("digital-envelope").request
    wire = seal(leg, Plain(b'{"a":1}', "m-1"), ours, now=NOW, random=random)
    assert unseal(leg, wire, theirs, now=NOW).payload == b'{"a":1}'


def test_the_web_standards(ec_key: Key) -> None:
    ours, theirs = KeyRing.of("ours", ec_key), KeyRing.of("theirs", ec_key.public())
    jws = JwsRules(kind="jws", algorithm="ES256")
    assert verify_jws(jws, sign_jws(jws, DATA, ours, now=NOW), theirs, now=NOW).payload == DATA
    http = HttpSignatureRules(kind="http_signature", algorithm=Algorithm.ECDSA_P256_RAW)
    request = HttpMessage("POST", "hub.example", "/x", {}, DATA)
    headers = sign_http(http, request, ours, now=NOW, nonce="n")
    shown = HttpMessage("POST", "hub.example", "/x", headers, DATA)
    assert verify_http(http, shown, theirs, now=NOW).body == DATA


def test_many_threads_take_turns(rsa_key: Key) -> None:
    made: list[bytes] = []

    def work() -> None:
        for _ in range(5):
            made.append(sign(Algorithm.RSA_PKCS1_SHA256, DATA, KeyRing.of("ours", rsa_key), NOW).value)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 20
    assert len(set(made)) == 1  # PKCS#1 v1.5 is deterministic: one wrong signature would be another


def test_a_lost_session_is_opened_anew(token: Pkcs11Token, rsa_key: Key) -> None:
    token.run(lambda session: session.close())
    assert sign(Algorithm.RSA_PKCS1_SHA256, DATA, KeyRing.of("ours", rsa_key), NOW).value
    token.close()
    assert sign(Algorithm.RSA_PKCS1_SHA256, DATA, KeyRing.of("ours", rsa_key), NOW).value


def test_a_second_handle_shares_the_login(hsm: SoftHsm, token: Pkcs11Token, rsa_key: Key) -> None:
    from signing.pkcs11 import Pkcs11Token

    assert sign(Algorithm.RSA_PKCS1_SHA256, DATA, KeyRing.of("ours", rsa_key), NOW).value
    second = Pkcs11Token(hsm.module, TOKEN, PIN)
    assert second.key("rsa", "again").fingerprint() == rsa_key.fingerprint()
    second.close()
    assert token.key("rsa", "first").fingerprint() == rsa_key.fingerprint()


def test_a_device_that_cannot_be_reached_refuses(hsm: SoftHsm, token: Pkcs11Token) -> None:
    from signing.pkcs11 import Pkcs11Token

    token.close()  # a login is the process's, and would hide a wrong PIN
    for module, label, pin in (
        (hsm.module, TOKEN, WRONG_PIN),
        (hsm.module, "no such token", PIN),
        (hsm.module + ".absent", TOKEN, PIN),
    ):
        with pytest.raises(KeyUnavailable) as refused:
            Pkcs11Token(module, label, pin).key("rsa", "k")
        assert pin not in str(refused.value)
    for label in ("absent", "public only"):
        with pytest.raises(KeyUnavailable):
            token.key(label, "k")


def test_a_key_that_could_come_out_is_not_used(token: Pkcs11Token) -> None:
    import pkcs11
    from pkcs11 import Attribute, KeyType

    def make(session: pkcs11.Session) -> object:
        return session.generate_keypair(
            KeyType.RSA,
            2048,
            label="leaky",
            store=True,
            private_template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
        )

    token.run(make)
    with pytest.raises(KeyUnavailable, match="out"):
        token.key("leaky", "k")


def test_a_weak_key_is_not_used(token: Pkcs11Token) -> None:
    token.new_rsa("weak", bits=1024)
    with pytest.raises(KeyUnavailable, match="2048"):
        token.key("weak", "k")


RING = """\
name: bank-a.ours
keys:
  - id: hsm-1
    kind: private
    primary: true
    device: {{module: "{module}", token: hub, label: rsa, pin_env: HSM_PIN}}
"""


def test_a_ring_file_names_a_device(hsm: SoftHsm, rsa_key: Key, tmp_path: Path) -> None:
    (tmp_path / "ring.yaml").write_text(RING.format(module=hsm.module))
    ring = load_ring(tmp_path, environ={"HSM_PIN": PIN})
    assert ring.primary(NOW).fingerprint() == rsa_key.fingerprint()
    assert sign(Algorithm.RSA_PKCS1_SHA256, DATA, ring, NOW).value
    write_ring(tmp_path, ring.revoked("hsm-1"))  # its state is written, the key stays where it is
    text = (tmp_path / "ring.yaml").read_text()
    assert "revoked" in text
    assert PIN not in text
    with pytest.raises(KeyUnavailable):
        load_ring(tmp_path)


def test_a_ring_file_with_a_device_and_a_file(tmp_path: Path) -> None:
    both = RING.format(module="m").replace("primary: true", "file: k.pem")
    for text in (both, RING.format(module="m").replace("kind: private", "kind: public")):
        (tmp_path / "ring.yaml").write_text(text)
        with pytest.raises(KeyUnavailable):
            load_ring(tmp_path)
