"""Content-Digest against the examples of RFC 9530, and against everything that is not the body."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.content_digest import content_digest, demand_content_digest
from signing.errors import MalformedMessage, SignatureRefused

# RFC 9530 appendix B.1 and section 2; the body ends with a line feed.
BODY = b'{"hello": "world"}\n'
SHA_256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
# RFC 9421 appendix B.2; the body does not.
SHA_512 = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"


def test_published_values() -> None:
    assert content_digest(BODY) == SHA_256
    assert content_digest(BODY.strip(), "sha-512") == SHA_512
    assert demand_content_digest(SHA_256, BODY) == BODY
    assert demand_content_digest(SHA_512, BODY.strip(), "sha-512") == BODY.strip()


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_one_digest_one_body(body: bytes, other: bytes) -> None:
    field = content_digest(body)
    assert demand_content_digest(field, body) == body
    if other != body:
        with pytest.raises(SignatureRefused):
            demand_content_digest(field, other)


def test_every_known_digest_must_fit_and_unknown_ones_count_for_nothing() -> None:
    right, wrong = content_digest(BODY, "sha-512"), content_digest(b"", "sha-512")
    assert demand_content_digest(f"{SHA_256}, {right}", BODY) == BODY
    assert demand_content_digest(f"md5=:AAAAAAAAAAAAAAAAAAAAAA==:, {SHA_256}", BODY) == BODY
    with pytest.raises(SignatureRefused):
        demand_content_digest(f"{SHA_256}, {wrong}", BODY)


@pytest.mark.parametrize("field", ["md5=:AAAAAAAAAAAAAAAAAAAAAA==:", content_digest(BODY, "sha-512"), "a=1"])
def test_the_pinned_digest_must_be_there(field: str) -> None:
    with pytest.raises(SignatureRefused):
        demand_content_digest(field, BODY)


@pytest.mark.parametrize(
    "field", ["", "sha-256", "sha-256=1", "sha-256=:!:", f"{SHA_256};a", f"{SHA_256}, {SHA_256}"]
)
def test_unreadable(field: str) -> None:
    with pytest.raises(MalformedMessage):
        demand_content_digest(field, BODY)
