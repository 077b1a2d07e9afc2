"""Mistakes in a sorted form, each made by hand, are named."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest

from signing.envelope import Wire
from tests.signing.explain.broken import (
    ICBC,
    PATH,
    PAYLOAD,
    Case,
    case,
    form_of,
    travelling,
)


def icbc(form: Callable[[Case], str]) -> Wire:
    one = case(ICBC)
    return one.over(f"{PATH}?{form(one)}".encode())


def plus_sent_bare() -> Wire:
    one = case(ICBC)
    wire = one.over(f"{PATH}?{one.form()}".encode())
    return replace(wire, body=wire.body.replace(b"a%2Bb", b"a+b"))


def plain_signed() -> Wire:
    one = case(ICBC)
    fields = dict(one.pairs()) | {"biz_content": PAYLOAD.decode()}
    return one.over(f"{PATH}?{form_of(sorted(fields.items()))}".encode())


FORMS: list[tuple[str, str, Callable[[], Wire]]] = [
    ("empty-kept", ICBC, lambda: icbc(lambda one: one.form(keep_empty=True))),
    (
        "empty-as-null",
        ICBC,
        lambda: icbc(lambda one: form_of([(n, v or "null") for n, v in one.pairs(keep_empty=True)])),
    ),
    ("order", ICBC, lambda: icbc(lambda one: form_of(travelling(one)))),
    ("order", ICBC, lambda: icbc(lambda one: form_of(sorted(one.pairs(), key=lambda p: p[0].lower())))),
    ("joined-otherwise", ICBC, lambda: icbc(lambda one: "".join(f"{n}{v}" for n, v in one.pairs()))),
    ("joined-otherwise", ICBC, lambda: icbc(lambda one: one.form() + "&")),
    ("field-missing", ICBC, lambda: icbc(lambda one: form_of([p for p in one.pairs() if p[0] != "note"]))),
    (
        "field-added",
        ICBC,
        lambda: icbc(lambda one: form_of(sorted([*one.pairs(keep_empty=True), ("sign", "")]))),
    ),
    ("field-decoding", ICBC, lambda: icbc(lambda one: form_of([(n, quote_plus(v)) for n, v in one.pairs()]))),
    ("field-decoding", ICBC, lambda: icbc(lambda one: form_of([(n, quote(v, "")) for n, v in one.pairs()]))),
    ("plus-and-blank", ICBC, plus_sent_bare),
    ("blanks-trimmed", ICBC, lambda: icbc(lambda one: form_of([(n, v.strip()) for n, v in one.pairs()]))),
    ("plaintext-signed", ICBC, plain_signed),
    ("path", ICBC, lambda: case(ICBC).over(case(ICBC).form().encode())),
    ("path", ICBC, lambda: case(ICBC).over(f"/apply/V1?{case(ICBC).form()}".encode())),
    ("charset", ICBC, lambda: case(ICBC).over(f"{PATH}?{case(ICBC).form()}".encode("gbk"))),
    (
        "charset-lost",
        ICBC,
        lambda: case(ICBC).over(f"{PATH}?{case(ICBC).form()}".encode("latin-1", "replace")),
    ),
    (
        "charset-lost",
        ICBC,
        lambda: case(ICBC).over(f"{PATH}?{case(ICBC).form()}".encode().decode("latin-1").encode()),
    ),
    (
        "byte-order-mark",
        ICBC,
        lambda: case(ICBC).over(b"\xef\xbb\xbf" + f"{PATH}?{case(ICBC).form()}".encode()),
    ),
    ("letter-case", ICBC, lambda: case(ICBC).over(f"{PATH}?{case(ICBC).form()}".lower().encode())),
    ("newline", ICBC, lambda: case(ICBC).over(f"{PATH}?{case(ICBC).form()}\n".encode())),
    (
        "hashed-first",
        ICBC,
        lambda: case(ICBC).over(
            hashlib.sha256(f"{PATH}?{case(ICBC).form()}".encode()).hexdigest().upper().encode()
        ),
    ),
    (
        "encoded-first",
        ICBC,
        lambda: case(ICBC).over(base64.b64encode(f"{PATH}?{case(ICBC).form()}".encode())),
    ),
    ("empty-dropped", "trust-sorted-form", lambda: case("trust-sorted-form").over(trust_form().encode())),
    ("digest", "unionpay-acp", lambda: case("unionpay-acp").over(case("unionpay-acp").form().encode())),
]


def trust_form() -> str:
    one = case("trust-sorted-form")
    return form_of([(name, value) for name, value in sorted(one.draft.fields.items()) if value])


@pytest.mark.parametrize(
    ("code", "profile", "wire"), FORMS, ids=lambda part: part if isinstance(part, str) else ""
)
def test_mistakes_in_a_sorted_form(code: str, profile: str, wire: Callable[[], Wire]) -> None:
    found = case(profile).explained(wire())
    assert [one.cause.code for one in found.causes] == [code], found.causes
    assert not found.holds
    assert found.difference is not None
    assert found.theirs is not None
