"""What a signature must cover, and that nothing it covers can change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import MalformedMessage, SignatureRefused, SigningError
from signing.http_signature import HttpMessage, sign_http, signature_base, verify_http
from signing.keys import KeyRing
from signing.signature import SignatureAlgorithm
from signing.structured import parse_inner_list
from tests.signing.http_signature.messages import (
    AUTHORITY,
    BODY,
    FULL,
    KEYS,
    NOW,
    OURS,
    PARAMS,
    REQUEST,
    SECRET_KEY,
    THEIRS,
    TIME,
    added,
    handmade,
    rules,
    signed,
    with_header,
)
from tests.signing.mutations import mutants


@pytest.mark.parametrize("algorithm", KEYS, ids=lambda algorithm: algorithm.value)
def test_what_we_sign_they_believe(algorithm: SignatureAlgorithm) -> None:
    key = KEYS[algorithm]
    theirs = key if key is SECRET_KEY else key.public()
    how = rules(algorithm, write_alg=True, tag="loan")
    message = signed(how, ring=KeyRing.of("ours", key))
    verified = verify_http(how, message, KeyRing.of("theirs", theirs), now=NOW)
    assert (verified.body, verified.key_id, verified.nonce) == (BODY, key.key_id, "n-1")
    assert verified.signed_at == NOW
    assert verified.covered == {
        '"@method"': "POST",
        '"@authority"': AUTHORITY,
        '"@path"': "/v1/callbacks",
        '"@query"': "?partner=a%20b",
        '"content-digest"': message.headers["content-digest"],
    }


@given(
    st.binary(max_size=300),
    st.text(alphabet="abcXYZ0129-._~%/&=", max_size=30),
    st.text(alphabet="abcXYZ0129-._:=+/ ", min_size=1, max_size=40),
)
def test_round_trip(body: bytes, query: str, nonce: str) -> None:
    request = replace(REQUEST, body=body, path=f"/x?{query}")
    verified = verify_http(rules(), signed(rules(), request, nonce=nonce), THEIRS, now=NOW)
    assert (verified.body, verified.nonce, verified.covered['"@query"']) == (body, nonce, f"?{query}")


CHANGES: dict[str, Callable[[HttpMessage], HttpMessage]] = {
    "method": lambda m: replace(m, method="PUT"),
    "case of the method": lambda m: replace(m, method="post"),
    "authority": lambda m: replace(m, authority="other.example"),
    "path": lambda m: replace(m, path="/v1/other?partner=a%20b"),
    "query": lambda m: replace(m, path="/v1/callbacks?partner=b"),
    "spelling of the query": lambda m: replace(m, path="/v1/callbacks?partner=a+b"),
    "query taken away": lambda m: replace(m, path="/v1/callbacks"),
    "body": lambda m: replace(m, body=m.body + b" "),
    "body emptied": lambda m: replace(m, body=b""),
    "digest": lambda m: with_header(m, "content-digest", "sha-256=:" + "A" * 43 + "=:"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_covered_part_matters(change: Callable[[HttpMessage], HttpMessage]) -> None:
    with pytest.raises(SignatureRefused):
        verify_http(rules(), change(signed(rules())), THEIRS, now=NOW)


def test_uncovered_headers_are_not_passed_on_as_verified() -> None:
    message = with_header(signed(rules()), "x-amount", "1")
    assert '"x-amount"' not in verify_http(rules(), message, THEIRS, now=NOW).covered
    wider = rules(covered=("@method", "@authority", "@path", "@query", "content-digest", "content-type"))
    covered = verify_http(rules(), signed(wider), THEIRS, now=NOW).covered
    assert covered['"content-type"'] == "application/json"


def test_the_handmade_signature_is_good_when_it_covers_enough() -> None:
    assert verify_http(rules(), handmade(FULL + PARAMS), THEIRS, now=NOW).nonce == "n-1"
    reordered = '("content-digest" "@query" "@path" "@authority" "@method")'
    assert verify_http(rules(), handmade(reordered + PARAMS), THEIRS, now=NOW).nonce == "n-1"


# what is signed, authentically, and still refused
TOO_LITTLE = [
    "()" + PARAMS,
    '("@method" "@authority" "@path" "@query")' + PARAMS,
    '("@method" "@authority" "@path" "content-digest")' + PARAMS,
    '("@authority" "@path" "@query" "content-digest")' + PARAMS,
    '("@method" "@path" "@query" "content-digest")' + PARAMS,
    f'{FULL};{TIME};keyid="ed-1"',
    f'{FULL};keyid="ed-1";nonce="n"',
    f'{FULL};{TIME};nonce="n"',
    f'{FULL};{TIME};keyid="";nonce="n"',
    f'{FULL};{TIME};keyid="ed-1";nonce="n";alg="hmac-sha256"',
    f'{FULL};{TIME};keyid="ed-1";nonce="n";alg="ED25519"',
    f'{FULL};{TIME};keyid="ed-1";nonce="n";x=1',
]
NONSENSE = [
    f'{FULL};{TIME};keyid="ed-1";nonce=""',
    f'{FULL};{TIME};keyid="ed-1";nonce=5',
    f'{FULL};{TIME};keyid="ed-1";nonce="{"n" * 257}"',
    f'{FULL};created="1";keyid="ed-1";nonce="n"',
    f'{FULL};created;keyid="ed-1";nonce="n"',
    f'{FULL};created=-1;keyid="ed-1";nonce="n"',
    f'{FULL};{TIME};keyid="ed-1";nonce="n";expires=999999999999999',
]


@pytest.mark.parametrize("listed", TOO_LITTLE)
def test_authentic_signatures_over_too_little_are_refused(listed: str) -> None:
    with pytest.raises(SignatureRefused):
        verify_http(rules(), handmade(listed), THEIRS, now=NOW)


@pytest.mark.parametrize("listed", NONSENSE)
def test_authentic_nonsense_is_refused(listed: str) -> None:
    with pytest.raises(MalformedMessage):
        verify_http(rules(), handmade(listed), THEIRS, now=NOW)


def test_a_query_must_be_covered_even_where_the_profile_does_not_name_it() -> None:
    bare = rules(covered=("@method", "@authority", "@path", "content-digest"))
    without_query = replace(REQUEST, path="/v1/callbacks")
    assert verify_http(bare, signed(bare, without_query), THEIRS, now=NOW).body == BODY
    with pytest.raises(SignatureRefused):
        signed(bare)
    with pytest.raises(SignatureRefused):
        verify_http(
            bare, handmade(f'("@method" "@authority" "@path" "content-digest"){PARAMS}'), THEIRS, now=NOW
        )


# components a list may name and we do not follow
STRANGE = [
    '"@status"',
    '"@path";req',
    '"@query-param"',
    '"@query-param";name="none"',
    '"@query-param";name="partner";x',
    '"@method";name="a"',
    '"@unknown"',
    '"@signature-params"',
    '"Content-Type"',
    '"content-type";sf',
    '"content-type";bs',
    '"content-type";key="a"',
    '"content-type";tr',
    '"x-absent"',
    '"content digest"',
    '""',
    '"@method"',
]


@pytest.mark.parametrize("component", STRANGE)
def test_strange_components_are_refused(component: str) -> None:
    listed = FULL[:-1] + f" {component})" + PARAMS
    with pytest.raises(MalformedMessage):
        signature_base(parse_inner_list(listed), with_header(REQUEST, "content-digest", "x"))
    message = signed(rules())
    message = with_header(message, "signature-input", f"sig1={listed}")
    with pytest.raises(MalformedMessage):
        verify_http(rules(), message, THEIRS, now=NOW)


BAD_PARTS = [
    replace(REQUEST, method="PO ST"),
    replace(REQUEST, method=""),
    replace(REQUEST, path="v1"),
    replace(REQUEST, path=""),
    replace(REQUEST, path="/a b"),
    replace(REQUEST, path="/a#b"),
    replace(REQUEST, path="/a\nb"),
    replace(REQUEST, path="/é"),
    replace(REQUEST, path="https://hub.example/"),
    replace(REQUEST, authority=""),
    replace(REQUEST, authority="hub example"),
    replace(REQUEST, status=200),
    with_header(REQUEST, "content-TYPE", "text/plain"),
]


@pytest.mark.parametrize("message", BAD_PARTS)
def test_messages_that_are_none(message: HttpMessage) -> None:
    with pytest.raises(MalformedMessage):
        sign_http(rules(), message, OURS, now=NOW, nonce="n")
    with pytest.raises(MalformedMessage):
        verify_http(rules(), replace(message, headers={**message.headers, **added()}), THEIRS, now=NOW)


@pytest.mark.parametrize("part", ["signature", "signature-input", "content-digest", "body", "path"])
def test_mutants_are_refused(part: str) -> None:
    message = signed(rules())
    original = {"body": message.body, "path": message.path.encode()}.get(part)
    if original is None:
        original = message.headers[part].encode()
    for mutant in mutants(original, seed=len(part)):
        if part == "body":
            changed = replace(message, body=mutant)
        elif part == "path":
            changed = replace(message, path=mutant.decode("latin-1"))
        else:
            changed = with_header(message, part, mutant.decode("latin-1"))
        if equivalent(part, mutant, original):
            continue
        with pytest.raises(SigningError):
            verify_http(rules(), changed, THEIRS, now=NOW)


def equivalent(part: str, mutant: bytes, original: bytes) -> bool:
    """Blanks around a field's value are not part of it."""
    return part not in ("body", "path") and mutant.strip(b" \t") == original
