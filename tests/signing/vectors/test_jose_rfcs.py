"""The compact tokens of the JOSE standards: accepted, reproduced, or refused for what they ask of us."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from signing.errors import KeyUnavailable, OpenFailed, PublishedKeyRefused, SignatureRefused
from signing.jose import decrypt_jwe, encrypt_jwe, sign_jws, verify_jws
from signing.keys import Key, KeyRing
from signing.keystore import refuse_published
from signing.profile.web import JweRules, JwsName, JwsRules
from tests.signing.vectors import jose_rfcs as rfc

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def rules(algorithm: JwsName, *, kid: bool = True, detached: bool = False) -> JwsRules:
    return JwsRules(kind="jws", algorithm=algorithm, kid=kid, detached=detached)


def their(key: Key) -> KeyRing:
    try:
        return KeyRing.of("rfc", key.public())
    except KeyUnavailable:
        return KeyRing.of("rfc", key)


# name, rules, token, key, payload, whether we write the very same token
SIGNED = [
    ("7515 A.1", rules("HS256", kid=False), rfc.A1, rfc.A1_KEY, rfc.JOE, False),  # its header has line breaks
    ("7515 A.2", rules("RS256", kid=False), rfc.A2, rfc.A2_KEY, rfc.JOE, True),
    ("7515 A.3", rules("ES256", kid=False), rfc.A3, rfc.A3_KEY, rfc.JOE, False),  # ECDSA is never the same
    ("8037 A.4", rules("EdDSA", kid=False), rfc.ED25519, rfc.ED25519_KEY, rfc.ED25519_PAYLOAD, True),
    ("7520 4.1", rules("RS256"), rfc.RS256, rfc.BILBO_KEY, rfc.DOOR, True),
    ("7520 4.4", rules("HS256"), rfc.HS256, rfc.HS256_KEY, rfc.DOOR, True),
]
# name, rules, token, key
REFUSED = [
    ("7515 A.5 none", rules("HS256", kid=False), rfc.A5_UNSECURED, rfc.A1_KEY),
    ("7515 A.1 as RS256", rules("RS256", kid=False), rfc.A1, rfc.A2_KEY),
    ("7515 A.2 as PS256", rules("PS256", kid=False), rfc.A2, rfc.A2_KEY),
    ("7520 4.2 PS384", rules("PS256"), rfc.PS384, rfc.BILBO_KEY),
]


@pytest.mark.parametrize(("name", "how", "token", "key", "payload", "same"), SIGNED)
def test_signed(name: str, how: JwsRules, token: str, key: Key, payload: bytes, same: bool) -> None:
    verified = verify_jws(how, token, their(key), now=NOW)
    assert (verified.payload, verified.key_id) == (payload, key.key_id), name
    written = sign_jws(how, payload, KeyRing.of("rfc", key), now=NOW)
    assert (written == token) is same
    assert verify_jws(how, written, their(key), now=NOW).payload == payload


@pytest.mark.parametrize(("name", "how", "token", "key"), REFUSED)
def test_refused(name: str, how: JwsRules, token: str, key: Key) -> None:
    with pytest.raises(SignatureRefused):
        verify_jws(how, token, their(key), now=NOW)


def test_detached_content() -> None:
    """RFC 7520 section 4.5, RFC 7515 appendix F."""
    how, ring = rules("HS256", detached=True), KeyRing.of("rfc", rfc.HS256_KEY)
    assert sign_jws(how, rfc.DOOR, ring, now=NOW) == rfc.HS256_DETACHED
    assert verify_jws(how, rfc.HS256_DETACHED, ring, now=NOW, payload=rfc.DOOR).payload == rfc.DOOR
    with pytest.raises(SignatureRefused):
        verify_jws(how, rfc.HS256_DETACHED, ring, now=NOW, payload=rfc.DOOR + b" ")


def test_direct_encryption() -> None:
    """RFC 7520 section 5.6, both directions."""
    how = JweRules(kind="jwe", wrap="dir", encryption="A128GCM")
    ring = KeyRing.of("rfc", rfc.DIR_KEY)
    assert decrypt_jwe(how, rfc.DIR, ring, now=NOW).payload == rfc.FRIENDS
    assert encrypt_jwe(how, rfc.FRIENDS, ring, now=NOW, random=lambda _: rfc.DIR_IV) == rfc.DIR


@pytest.mark.parametrize("token", [rfc.COMPRESSED, rfc.RSA_OAEP_SHA1], ids=["7520 5.9", "7516 A.1"])
def test_compression_and_other_algorithms_are_refused(token: str) -> None:
    how = JweRules(kind="jwe", wrap="RSA-OAEP-256", kid=False)
    with pytest.raises(OpenFailed):
        decrypt_jwe(how, token, KeyRing.of("rfc", rfc.A2_KEY), now=NOW)


@pytest.mark.parametrize("key", rfc.KEYS, ids=lambda key: key.key_id)
def test_their_keys_are_refused_outside_the_sandbox(key: Key) -> None:
    with pytest.raises(PublishedKeyRefused):
        refuse_published(KeyRing.of("rfc", key), sandbox=False)
