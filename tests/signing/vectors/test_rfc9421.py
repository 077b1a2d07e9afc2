"""Signatures that RFC 9421 publishes: their bases byte for byte, and their values."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from signing.errors import PublishedKeyRefused, SignatureRefused
from signing.http_signature import HttpMessage, signature_base, verify_http
from signing.keys import Key, KeyRing
from signing.keystore import refuse_published
from signing.profile.web import HTTP_NAMES, HttpSignatureRules
from signing.signature import sign, verify
from signing.structured import parse_inner_list
from tests.signing.vectors.rfc9421 import CASES, DEMO, ED25519_PRIVATE, KEYS, REQUEST_DIGEST, SECRET, Case

MADE_AT = datetime.fromtimestamp(1618884473, UTC)
ALGORITHMS = {name: algorithm for algorithm, name in HTTP_NAMES.items()}


def check(case: Case, message: HttpMessage) -> None:
    """Return when the published value is a signature over this message, and raise otherwise."""
    covered = parse_inner_list(case.covered)
    base = signature_base(covered, message)
    value = base64.b64decode(case.value)
    key = KEYS[str(covered.params["keyid"])]
    verify(ALGORITHMS[case.algorithm], base, value, KeyRing.of("rfc", key), MADE_AT, key.key_id)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_base_is_the_published_one(case: Case) -> None:
    base = signature_base(parse_inner_list(case.covered), case.message)
    assert base.decode() == "\n".join([*case.base, f'"@signature-params": {case.covered}'])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_published_value_signs_it(case: Case) -> None:
    check(case, case.message)


@pytest.mark.parametrize("case", CASES[1:], ids=lambda case: case.name)
def test_it_signs_nothing_else(case: Case) -> None:
    """B.2.1 covers nothing of the message, so no change of the message can break it."""
    other = replace(
        case.message,
        authority="example.net",
        status=None if case.message.status is None else 201,
    )
    with pytest.raises(SignatureRefused):
        check(case, other)


@pytest.mark.parametrize("name", ["B.2.5 hmac", "B.2.6 ed25519"])
def test_we_make_the_same_value(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    private = {
        "hmac-sha256": Key.symmetric("test-shared-secret", SECRET),
        "ed25519": Key.private_pem("test-key-ed25519", ED25519_PRIVATE.encode()),
    }[case.algorithm]
    base = signature_base(parse_inner_list(case.covered), case.message)
    made = sign(ALGORITHMS[case.algorithm], base, KeyRing.of("rfc", private), MADE_AT)
    assert base64.b64encode(made.value).decode() == case.value


DEMO_CASE = next(case for case in CASES if case.name == "B.4 transform")
# Appendix B.4: what the signature survives, and what it does not.
SURVIVED = [
    replace(DEMO, path="/demo?name1=Value1&Name2=value2&param=added"),
    replace(DEMO, headers={**DEMO.headers, "Accept-Language": "en-US,en;q=0.5"}),
    replace(
        DEMO, headers={"Referer": "https://developer.example.org/demo", "Accept": "application/json, */*"}
    ),
]
NOT_SURVIVED = [
    replace(DEMO, method="POST", authority="example.com"),
    replace(DEMO, headers={**DEMO.headers, "Accept": "*/*, application/json"}),
]


@pytest.mark.parametrize("message", SURVIVED)
def test_uncovered_parts_may_change(message: HttpMessage) -> None:
    check(DEMO_CASE, message)


@pytest.mark.parametrize("message", NOT_SURVIVED)
def test_covered_parts_may_not(message: HttpMessage) -> None:
    with pytest.raises(SignatureRefused):
        check(DEMO_CASE, message)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.algorithm in ALGORITHMS], ids=lambda case: case.name
)
def test_none_of_them_covers_what_we_demand(case: Case) -> None:
    """The examples are good signatures over too little: no nonce, or no digest, or no query."""
    headers = {
        **case.message.headers,
        "Content-Digest": REQUEST_DIGEST,
        "Signature-Input": f"sig1={case.covered}",
        "Signature": f"sig1=:{case.value}:",
    }
    rules = HttpSignatureRules(
        kind="http_signature",
        algorithm=ALGORITHMS[case.algorithm],
        message="request" if case.message.status is None else "response",
        digest="sha-512",
    )
    ring = KeyRing.of("rfc", *KEYS.values())
    with pytest.raises(SignatureRefused):
        verify_http(rules, replace(case.message, headers=headers), ring, now=MADE_AT)


@pytest.mark.parametrize("key", KEYS.values(), ids=lambda key: key.key_id)
def test_their_keys_are_refused_outside_the_sandbox(key: Key) -> None:
    with pytest.raises(PublishedKeyRefused):
        refuse_published(KeyRing.of("rfc", key), sandbox=False)
