"""JWS and JWE: the profile pins, the header may not choose, and another implementation agrees."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe as their_jwe
from joserfc import jwk
from joserfc import jws as their_jws

from signing.ciphers import ContentCipher, encrypt, secret_of
from signing.errors import (
    ClockRefused,
    KeyUnavailable,
    MalformedMessage,
    OpenFailed,
    ProfileInvalid,
    SignatureRefused,
    SigningError,
)
from signing.jose import decrypt_jwe, encrypt_jwe, sign_jws, verify_jws
from signing.keys import Key, KeyRing, KeyState, RingEntry, Secret
from signing.newkeys import new_ec, new_ed25519, new_rsa, new_symmetric
from signing.profile.web import JWS_ALGORITHMS, JweRules, JwsRules
from tests.signing.mutations import mutants

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
RANDOM = Random(7).randbytes
PAYLOAD = '{"loan":"loan_1","amount_fen":100000,"name":"张三"}'.encode()
RSA, EC, ED = new_rsa("rsa-1"), new_ec("ec-1"), new_ed25519("ed-1")
SHARED = new_symmetric("shared-1", RANDOM)
KEYS = {"RS256": RSA, "PS256": RSA, "ES256": EC, "EdDSA": ED, "HS256": SHARED}
SHORT = {"A256GCM": SHARED, "A128GCM": new_symmetric("shared-16", RANDOM, size=16)}


def jws(algorithm: str = "EdDSA", **more: Any) -> JwsRules:
    return JwsRules.model_validate({"kind": "jws", "algorithm": algorithm, **more})


def jwe(wrap: str = "RSA-OAEP-256", **more: Any) -> JweRules:
    return JweRules.model_validate({"kind": "jwe", "wrap": wrap, **more})


def ours(key: Key) -> KeyRing:
    return KeyRing.of("ours", key)


def theirs(key: Key) -> KeyRing:
    return KeyRing.of("theirs", key if key.is_kind(Secret) else key.public())


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def handmade(header: bytes, payload: bytes = PAYLOAD) -> str:
    """A token truly signed by the Ed25519 key under any header."""
    text = f"{b64(header)}.{b64(payload)}"
    return f"{text}.{b64(ED.expect(ed25519.Ed25519PrivateKey).sign(text.encode()))}"


@pytest.mark.parametrize("algorithm", JWS_ALGORITHMS)
@given(payload=st.binary(max_size=200))
def test_signed_round_trips(algorithm: str, payload: bytes) -> None:
    key = KEYS[algorithm]
    token = sign_jws(jws(algorithm), payload, ours(key), now=NOW)
    verified = verify_jws(jws(algorithm), token, theirs(key), now=NOW)
    assert (verified.payload, verified.key_id, verified.nonce) == (payload, key.key_id, None)
    detached = sign_jws(jws(algorithm, detached=True), payload, ours(key), now=NOW)
    assert detached.split(".")[1] == ""
    assert verify_jws(jws(algorithm, detached=True), detached, theirs(key), now=NOW, payload=payload)


HEADER = {"alg": "EdDSA", "kid": "ed-1"}
# members a header may not carry, each with the value an attacker would give it
CHOOSERS = {
    "jku": "https://evil.example/keys",
    "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    "x5u": "https://evil.example/cert",
    "x5c": ["MIIB"],
    "x5t": "abc",
    "x5t#S256": "abc",
    "crit": ["exp"],
    "b64": False,
    "zip": "DEF",
    "enc": "A256GCM",
    "epk": {},
    "iss": "joe",
    "": "",
}


@pytest.mark.parametrize(("name", "value"), CHOOSERS.items(), ids=CHOOSERS)
def test_a_header_may_not_choose(name: str, value: object) -> None:
    assert verify_jws(jws(), handmade(json.dumps(HEADER).encode()), theirs(ED), now=NOW).payload == PAYLOAD
    with pytest.raises(SignatureRefused):
        verify_jws(jws(), handmade(json.dumps({**HEADER, name: value}).encode()), theirs(ED), now=NOW)


@pytest.mark.parametrize(
    "alg", ["none", "None", "HS256", "eddsa", "Ed25519", "RS256", "", None, 5, ["EdDSA"]]
)
def test_another_algorithm_is_refused_even_when_truly_signed(alg: object) -> None:
    token = handmade(json.dumps({**HEADER, "alg": alg}).encode())
    with pytest.raises(SignatureRefused):
        verify_jws(jws(), token, theirs(ED), now=NOW)


def test_a_public_key_is_no_secret() -> None:
    """The classic confusion: HMAC under the bytes of the public key."""
    forged = sign_jws(jws("HS256"), PAYLOAD, ours(Key.symmetric("rsa-1", RSA.export_public())), now=NOW)
    with pytest.raises(SignatureRefused):
        verify_jws(jws("RS256"), forged, theirs(RSA), now=NOW)
    with pytest.raises(KeyUnavailable):
        verify_jws(jws("HS256"), forged, theirs(RSA), now=NOW)


HEADERS = [
    (b'{"alg":"EdDSA","alg":"EdDSA","kid":"ed-1"}', MalformedMessage),
    (b'{"alg":"EdDSA","kid":"ed-1"} x', MalformedMessage),
    (b'["alg"]', MalformedMessage),
    (b"", MalformedMessage),
    (b"\xff", MalformedMessage),
    (b'\xef\xbb\xbf{"alg":"EdDSA","kid":"ed-1"}', MalformedMessage),
    (b'{"alg":"EdDSA","kid":"' + b"k" * 5000 + b'"}', MalformedMessage),
    (b'{"alg":"EdDSA"}', SignatureRefused),
    (b'{"alg":"EdDSA","kid":""}', SignatureRefused),
    (b'{"alg":"EdDSA","kid":1}', SignatureRefused),
    (b'{"kid":"ed-1"}', SignatureRefused),
    (b'{"alg":"EdDSA","kid":"ed-2"}', KeyUnavailable),
]


@pytest.mark.parametrize(("header", "error"), HEADERS)
def test_headers_that_are_refused(header: bytes, error: type[SigningError]) -> None:
    with pytest.raises(error):
        verify_jws(jws(), handmade(header), theirs(ED), now=NOW)


def test_type_and_content_type_are_demanded_when_set() -> None:
    how = jws(typ="JOSE", cty="application/json")
    token = sign_jws(how, PAYLOAD, ours(ED), now=NOW)
    assert verify_jws(how, token, theirs(ED), now=NOW).payload == PAYLOAD
    for other in (jws(typ="JWT"), jws(cty="text/plain")):
        with pytest.raises(SignatureRefused):
            verify_jws(other, token, theirs(ED), now=NOW)


def test_a_key_the_header_names_is_not_looked_at_where_the_profile_says_so() -> None:
    how = jws(kid=False)
    assert sign_jws(how, b"", ours(ED), now=NOW).startswith(b64(b'{"alg":"EdDSA"}') + ".")
    named = handmade(b'{"alg":"EdDSA","kid":"their own name"}')
    assert verify_jws(how, named, theirs(ED), now=NOW).key_id == "ed-1"


@pytest.mark.parametrize(
    "shape", ["{0}", "{0}.{1}", ".{1}.{2}", "{0}.{1}.", "{0}.{1}.{2}.", "{0}.{1}.{2}.{2}", "", ".."]
)
def test_shapes_that_are_none(shape: str) -> None:
    parts = sign_jws(jws(), PAYLOAD, ours(ED), now=NOW).split(".")
    with pytest.raises((MalformedMessage, SignatureRefused)):
        verify_jws(jws(), shape.format(*parts), theirs(ED), now=NOW)


def test_json_serialization_is_not_compact() -> None:
    header, payload, value = sign_jws(jws(), PAYLOAD, ours(ED), now=NOW).split(".")
    general = json.dumps({"payload": payload, "protected": header, "signature": value})
    with pytest.raises(MalformedMessage):
        verify_jws(jws(), general, theirs(ED), now=NOW)


def test_detached_is_detached() -> None:
    attached = sign_jws(jws(), PAYLOAD, ours(ED), now=NOW)
    detached = sign_jws(jws(detached=True), PAYLOAD, ours(ED), now=NOW)
    with pytest.raises(ProfileInvalid):
        verify_jws(jws(), attached, theirs(ED), now=NOW, payload=PAYLOAD)
    with pytest.raises(ProfileInvalid):
        verify_jws(jws(detached=True), detached, theirs(ED), now=NOW)
    with pytest.raises(MalformedMessage):
        verify_jws(jws(detached=True), attached, theirs(ED), now=NOW, payload=PAYLOAD)
    with pytest.raises(SignatureRefused):
        verify_jws(jws(), detached, theirs(ED), now=NOW)


FRESH = jws(
    replay={
        "timestamp": {"slot": "payload:iat", "format": "epoch-s"},
        "nonce": {"slot": "payload:jti", "source": "message_id"},
    }
)
CLOCK = [(0, True), (300, True), (301, False), (-10, True), (-11, False), (-61, False)]


@pytest.mark.parametrize(("seconds", "accepted"), CLOCK)
def test_time_and_nonce_inside_the_payload(seconds: int, accepted: bool) -> None:
    payload = json.dumps({"iat": int(NOW.timestamp()), "jti": "j-1"}).encode()
    token, now = sign_jws(FRESH, payload, ours(ED), now=NOW), NOW + timedelta(seconds=seconds)
    if accepted:
        verified = verify_jws(FRESH, token, theirs(ED), now=now)
        assert (verified.signed_at, verified.nonce) == (NOW, "j-1")
        return
    with pytest.raises(ClockRefused):
        verify_jws(FRESH, token, theirs(ED), now=now)


@pytest.mark.parametrize(
    "payload", [b"{}", b"not json", b'{"iat":"x","jti":"j"}', b'{"iat":1767576600}', b'{"iat":1e9}']
)
def test_a_payload_without_its_time_or_nonce(payload: bytes) -> None:
    with pytest.raises(MalformedMessage):
        verify_jws(FRESH, sign_jws(FRESH, payload, ours(ED), now=NOW), theirs(ED), now=NOW)


def test_keys_that_may_not_be_believed_or_used() -> None:
    token = sign_jws(jws(), PAYLOAD, ours(ED), now=NOW)
    for ring in (
        KeyRing("empty", ()),
        KeyRing("revoked", [RingEntry(ED.public(), KeyState.REVOKED)]),
        KeyRing("over", [RingEntry(ED.public(), not_after=NOW)]),
    ):
        with pytest.raises(KeyUnavailable):
            verify_jws(jws(), token, ring, now=NOW)
        with pytest.raises(KeyUnavailable):
            sign_jws(jws(), PAYLOAD, ring, now=NOW)
    short = new_symmetric("short", RANDOM, size=31)
    with pytest.raises(KeyUnavailable):
        sign_jws(jws("HS256"), PAYLOAD, ours(short), now=NOW)


@pytest.mark.parametrize("algorithm", JWS_ALGORITHMS)
def test_mutants_of_a_jws_are_refused(algorithm: str) -> None:
    ring = theirs(KEYS[algorithm])
    for mutant in mutants(
        sign_jws(jws(algorithm), PAYLOAD, ours(KEYS[algorithm]), now=NOW).encode(), seed=7515
    ):
        with pytest.raises(SigningError):
            verify_jws(jws(algorithm), mutant.decode("latin-1"), ring, now=NOW)


# wrap, content encryption, the receiver's key
SEALS = [("RSA-OAEP-256", "A256GCM", RSA), ("RSA-OAEP-256", "A128GCM", RSA)]
SEALS += [("dir", name, key) for name, key in SHORT.items()]


@pytest.mark.parametrize(("wrap", "encryption", "key"), SEALS)
@given(payload=st.binary(max_size=200))
def test_sealed_round_trips(wrap: str, encryption: str, key: Key, payload: bytes) -> None:
    how = jwe(wrap, encryption=encryption, cty="JWT")
    token = encrypt_jwe(how, payload, theirs(key), now=NOW, random=RANDOM)
    opened = decrypt_jwe(how, token, ours(key), now=NOW)
    assert (opened.payload, opened.key_id) == (payload, key.key_id)


@pytest.mark.parametrize(("wrap", "encryption", "key"), SEALS)
def test_mutants_of_a_jwe_all_fail_alike(wrap: str, encryption: str, key: Key) -> None:
    how = jwe(wrap, encryption=encryption)
    token = encrypt_jwe(how, PAYLOAD, theirs(key), now=NOW, random=RANDOM)
    seen = set()
    for mutant in mutants(token.encode(), seed=7516):
        try:
            decrypt_jwe(how, mutant.decode("latin-1"), ours(key), now=NOW)
        except KeyUnavailable:  # a mutated key id, which is no secret
            continue
        except OpenFailed as error:
            seen.add(str(error))
        else:
            pytest.fail("a mutant was opened")
    assert len(seen) == 1


@pytest.mark.parametrize(
    "said", [{"zip": "DEF"}, {"crit": ["x"]}, {"jku": "https://evil.example"}, {"p2c": 10**9}]
)
def test_a_jwe_header_may_not_choose(said: dict[str, object]) -> None:
    token = encrypt_jwe(jwe("dir"), PAYLOAD, ours(SHARED), now=NOW, random=RANDOM)
    _, *rest = token.split(".")
    header = json.dumps({"alg": "dir", "kid": "shared-1", "enc": "A256GCM", **said}).encode()
    with pytest.raises(OpenFailed):
        decrypt_jwe(jwe("dir"), ".".join([b64(header), *rest]), ours(SHARED), now=NOW)


def test_a_wrapped_key_has_no_place_beside_a_shared_one() -> None:
    token = encrypt_jwe(jwe("dir"), PAYLOAD, ours(SHARED), now=NOW, random=RANDOM)
    header, _, *rest = token.split(".")
    with pytest.raises(OpenFailed):
        decrypt_jwe(jwe("dir"), ".".join([header, "AA", *rest]), ours(SHARED), now=NOW)


def test_the_stand_in_for_a_key_that_does_not_unwrap_opens_nothing() -> None:
    """Encrypted under the zeros that stand in, beside garbage that does not unwrap."""
    zeros = Key.symmetric("rsa-1", bytes(32))
    header = b64(b'{"alg":"RSA-OAEP-256","kid":"rsa-1","enc":"A256GCM"}')
    iv = bytes(12)
    sealed = encrypt(ContentCipher.AES_256_GCM, secret_of(zeros), iv, PAYLOAD, header.encode())
    token = ".".join([header, b64(bytes(256)), b64(iv), b64(sealed[:-16]), b64(sealed[-16:])])
    with pytest.raises(OpenFailed):
        decrypt_jwe(jwe(), token, ours(RSA), now=NOW)


def test_a_signed_message_inside_a_sealed_one() -> None:
    inner = sign_jws(jws(), PAYLOAD, ours(ED), now=NOW)
    token = encrypt_jwe(jwe(cty="JWT"), inner.encode(), theirs(RSA), now=NOW, random=RANDOM)
    opened = decrypt_jwe(jwe(cty="JWT"), token, ours(RSA), now=NOW)
    assert verify_jws(jws(), opened.payload.decode(), theirs(ED), now=NOW).payload == PAYLOAD


def their_key(key: Key) -> Any:
    if key.is_kind(Secret):
        return jwk.OctKey.import_key(key.expect(Secret).value)
    if key is RSA:
        return jwk.RSAKey(key.expect(rsa.RSAPrivateKey), key.expect(rsa.RSAPrivateKey), None)
    if key is EC:
        return jwk.ECKey(key.expect(ec.EllipticCurvePrivateKey), key.expect(ec.EllipticCurvePrivateKey), None)
    private = key.expect(ed25519.Ed25519PrivateKey)
    return jwk.OKPKey(private, private, None)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # RFC 9864 renames it; partners have not
@pytest.mark.parametrize("algorithm", JWS_ALGORITHMS)
def test_joserfc_agrees_on_signatures(algorithm: str) -> None:
    key, other = KEYS[algorithm], their_key(KEYS[algorithm])
    registry = their_jws.JWSRegistry(algorithms=[algorithm])
    token = sign_jws(jws(algorithm), PAYLOAD, ours(key), now=NOW)
    assert their_jws.deserialize_compact(token, other, registry=registry).payload == PAYLOAD
    made = their_jws.serialize_compact(
        {"alg": algorithm, "kid": key.key_id}, PAYLOAD, other, registry=registry
    )
    assert verify_jws(jws(algorithm), made, theirs(key), now=NOW).payload == PAYLOAD


@pytest.mark.parametrize(("wrap", "encryption", "key"), SEALS)
def test_joserfc_agrees_on_encryption(wrap: str, encryption: str, key: Key) -> None:
    how, other = jwe(wrap, encryption=encryption), their_key(key)
    registry = their_jwe.JWERegistry(algorithms=[wrap, encryption])
    token = encrypt_jwe(how, PAYLOAD, theirs(key), now=NOW, random=RANDOM)
    assert their_jwe.decrypt_compact(token, other, registry=registry).plaintext == PAYLOAD
    header = {"alg": wrap, "enc": encryption, "kid": key.key_id}
    made = their_jwe.encrypt_compact(header, PAYLOAD, other, registry=registry)
    assert decrypt_jwe(how, made, ours(key), now=NOW).payload == PAYLOAD
