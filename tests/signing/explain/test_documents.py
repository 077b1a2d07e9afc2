"""Mistakes with JSON, XML and texts of lines, each made by hand, are named."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from signing.envelope import Wire
from tests.signing.explain.broken import (
    INNER,
    OPEN,
    PATH,
    PAYLOAD,
    WECHAT,
    XCA,
    Case,
    case,
    md5_hex,
    x_ca,
)


def slice_of(one: Case, name: str) -> str:
    """The exact text of a member of a JSON body."""
    return one.draft.object.raw(name) if one.draft.object else ""


def lines(*parts: str | bytes, end: bytes = b"\n") -> bytes:
    return b"\n".join(part if isinstance(part, bytes) else part.encode() for part in parts) + end


def wechat(change: Callable[[list[bytes]], bytes]) -> Wire:
    """A request signed over other lines than METHOD, address, time, nonce and body."""
    one = case(WECHAT)
    params = one.draft.params
    told = (one.wire.method, one.wire.path, params["timestamp"], params["nonce_str"])
    return one.over(change([*(part.encode() for part in told), one.wire.body]))


def respelled(body: bytes, **how: object) -> bytes:
    return json.dumps(json.loads(body), **how).encode()  # type: ignore[arg-type]


def ant(change: Callable[[bytes], bytes]) -> Wire:
    return case("ant-jiebei-xml").over(change(INNER))


def aob(*headers: str, **spelling: object) -> Wire:
    one = case("aob-sm")
    members = {name: one.wire.headers[name.lower()] for name in headers}
    text = json.dumps({**members, "bizContent": one.draft.fields["bizContent"]}, separators=(",", ":"))
    return one.over(text.encode())


def cmb(placeholder: str) -> Wire:
    one = case("cmb-sm", opened=True)
    tree = json.loads(one.wire.body)
    tree["signature"]["sigdat"] = placeholder
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return one.over(text.encode())


LINE = base64.encodebytes  # 76 characters a line, as MIME wants it


TEXTS: list[tuple[str, Case, Callable[[], Wire]]] = [
    (
        "json-reserialised",
        case(OPEN, "answer"),
        lambda: over(case(OPEN, "answer"), respelled(PAYLOAD, ensure_ascii=False)),
    ),
    (
        "json-reserialised",
        case(OPEN, "answer"),
        lambda: over(case(OPEN, "answer"), respelled(PAYLOAD, separators=(",", ":"))),
    ),
    (
        "json-reserialised",
        case(OPEN, "answer"),
        lambda: over(case(OPEN, "answer"), PAYLOAD.replace(b"/", b"\\/")),
    ),
    (
        "json-reserialised",
        case(WECHAT),
        lambda: wechat(lambda p: lines(*p[:4], respelled(p[4], ensure_ascii=False))),
    ),
    (
        "json-reserialised",
        case(WECHAT),
        lambda: wechat(lambda p: lines(*p[:4], respelled(p[4], ensure_ascii=False, indent=2))),
    ),
    (
        "json-reserialised",
        case(WECHAT),
        lambda: wechat(lambda p: lines(*p[:4], p[4].replace(b"&", b"\\u0026"))),
    ),
    (
        "json-slice",
        case("alipay-rsa2", "answer"),
        lambda: over(case("alipay-rsa2", "answer"), b'"loan_apply_response":' + PAYLOAD),
    ),
    (
        "json-slice",
        case("alipay-rsa2", "answer"),
        lambda: over(case("alipay-rsa2", "answer"), b'{"loan_apply_response":' + PAYLOAD + b"}"),
    ),
    ("placeholder", case("cmb-sm", opened=True), lambda: cmb("")),
    ("header-missing", case("aob-sm"), lambda: aob("x-aob-appID")),
    ("header-missing", case("aob-sm"), lambda: aob()),
    ("xml-slice", case("ant-jiebei-xml"), lambda: ant(lambda inner: inner)),
    ("xml-slice", case("ant-jiebei-xml"), lambda: ant(lambda inner: LINE(inner))),
    (
        "xml-slice",
        case("ant-jiebei-xml"),
        lambda: ant(lambda inner: base64.b64encode(b"<request>" + inner + b"</request>")),
    ),
    (
        "xml-slice",
        case("ant-jiebei-xml"),
        lambda: ant(lambda inner: base64.b64encode(inner.replace(b"\n ", b""))),
    ),
    ("newline", case(WECHAT), lambda: wechat(lambda p: lines(*p, end=b""))),
    ("newline", case("standard-webhooks"), lambda: webhook(PAYLOAD + b"\n")),
    ("line-endings", case("ant-jiebei-xml"), lambda: crlf()),
    ("separator", case(XCA), lambda: x_ca(lambda p: "\\n".join(p).encode())),
    ("separator", case(XCA), lambda: x_ca(lambda p: "\r\n".join(p).encode())),
    ("separator", case(WECHAT), lambda: wechat(lambda p: b"&".join(p))),
    ("part-missing", case(XCA), lambda: x_ca(lambda p: "\n".join([*p[:4], p[5]]).encode())),
    ("part-missing", case(WECHAT), lambda: wechat(lambda p: lines(*p[:4], b""))),
    ("order", case(WECHAT), lambda: wechat(lambda p: lines(p[0], p[1], p[3], p[2], p[4]))),
    ("path", case(WECHAT), lambda: wechat(lambda p: lines(p[0], PATH.encode(), *p[2:]))),
    ("method-case", case(XCA), lambda: x_ca(lambda p: "\n".join(["post", *p[1:]]).encode())),
    (
        "header-value",
        case(XCA),
        lambda: x_ca(lambda p: "\n".join([*p[:3], "application/text", *p[4:]]).encode()),
    ),
    (
        "header-value",
        case(XCA),
        lambda: x_ca(lambda p: "\n".join([*p[:3], "application/text;charset=UTF-8", *p[4:]]).encode()),
    ),
    ("body-digest", case(XCA), lambda: x_ca(lambda p: "\n".join([*p[:2], md5_hex(), *p[3:]]).encode())),
    ("time-unit", case(WECHAT), lambda: wechat(lambda p: lines(p[0], p[1], p[2] + b"000", *p[3:]))),
]


def over(one: Case, text: bytes) -> Wire:
    return one.over(text)


def webhook(body: bytes) -> Wire:
    one = case("standard-webhooks")
    heads = one.wire.headers
    return one.over(f"{heads['webhook-id']}.{heads['webhook-timestamp']}.".encode() + body)


def crlf() -> Wire:
    one = case("ant-jiebei-xml")
    return one.over(base64.b64encode(INNER.replace(b"\n", b"\r\n")))


@pytest.mark.parametrize(("code", "one", "wire"), TEXTS, ids=[part[0] for part in TEXTS])
def test_mistakes_in_documents_and_lines(code: str, one: Case, wire: Callable[[], Wire]) -> None:
    found = one.explained(wire())
    assert [cause.cause.code for cause in found.causes] == [code], found.causes
    assert found.difference is not None
