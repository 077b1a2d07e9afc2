"""Targets for the parsers that need no key: DER, JSON, forms, XML, structured fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from random import Random

from hub.web import strict_json
from hub.web.problems import Refused
from signing import der, jsontext, structured, urlform, xmltext
from signing.encodings import Encoding, decode, encode
from signing.errors import KeyUnavailable, MalformedMessage
from signing.sm2 import CipherFormat, SignatureFormat, curve, formats, material
from signing.sm2.material import private_to_der, public_to_der
from tests.signing.sm2.engines import POINT, SCALAR


def der_values(data: bytes) -> None:
    """A signature or ciphertext that is read has exactly one spelling: the one that was read."""
    for order in (der.P256_ORDER, curve.N):
        with suppress(MalformedMessage):
            assert der.write_signature(*der.read_signature(data, order)) == data
        with suppress(MalformedMessage):
            assert der.write_raw_signature(*der.read_raw_signature(data, order), order) == data
    with suppress(MalformedMessage):
        assert der.write_sm2_ciphertext(der.read_sm2_ciphertext(data, curve.P)) == data
    for form in SignatureFormat:
        with suppress(MalformedMessage):
            assert formats.write_signature(*formats.read_signature(data, form), form) == data
    for shape in CipherFormat:
        with suppress(MalformedMessage):
            formats.read_cipher(data, shape)


def der_seeds() -> list[bytes]:
    """Signatures short and long, raw ones, and a ciphertext."""
    dice = Random(1)
    numbers = [(1, 1), (2**255 - 1, 127), (128, 2**200), (dice.getrandbits(255), dice.getrandbits(254))]
    seeds = [der.write_signature(r, s) for r, s in numbers]
    seeds += [der.write_raw_signature(r, s, curve.N) for r, s in numbers]
    x, y = (int.from_bytes(POINT[at : at + 32], "big") for at in (1, 33))
    cipher = der.Sm2Cipher(x, y, bytes(32), b"0123456789abcdef")
    return [*seeds, *(formats.write_cipher(cipher, form) for form in CipherFormat)]


def sm2_files(data: bytes) -> None:
    """A key file is read or refused in one error, and never quoted in it."""
    loads: tuple[Callable[[bytes], object], ...] = (
        material.private_from_der,
        material.private_from_pem,
        material.public_from_der,
        material.public_from_pem,
    )
    for load in loads:
        said = ""
        try:
            load(data)
        except KeyUnavailable as error:
            said = str(error)
        assert len(data) < 24 or data.hex() not in said


def sm2_file_seeds() -> list[bytes]:
    """Both halves of a key, as DER and as PEM."""
    private, public = private_to_der(SCALAR, POINT), public_to_der(POINT)
    pems = [material.to_pem("PRIVATE KEY", private), material.to_pem("PUBLIC KEY", public)]
    return [bytes(private), public, *pems]


JSON_SEEDS = [
    b'{"a":1,"b":{"c":[true,false,null,-1.5e3,"\\u4e2d\\ud83d\\ude00"]},"sign":"x"}',
    b'{"a":1,"a":2}',
    b'{"a":{"b":1,"b":2}}',
    b'{"n":NaN,"i":-Infinity}',
    b'{"s":"\\ud800"}',
    b'  {"a" : "\\"\\\\\\/\\b\\f\\n\\r\\t" , "b":[ ]}\n',
    b"[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
    '{"姓名":"张三","amount_fen":100000,"rate":"0.0850"}'.encode(),
    b'{"__proto__":1,"n":123456789012345678901234567890,"z":-0}',
]


def json_text(data: bytes) -> None:
    """Each member's slice is its value, whatever surrounds it; canonical JSON is read back as what it is."""
    try:
        text = jsontext.decode_utf8(data)
        found = jsontext.parse_object(text)
    except MalformedMessage:
        return
    for name, member in found.members.items():
        assert jsontext.parse_value(found.raw(name)) == member.value
    assert {name: member.value for name, member in found.members.items()} == jsontext.parse_value(text)
    assert set(json.loads(text)) == set(found.members)
    canonical = jsontext.canonical(jsontext.parse_exact(text))
    assert jsontext.canonical(jsontext.parse_exact(canonical)) == canonical
    assert json.loads(canonical) == json.loads(text)


def strict_bodies(data: bytes) -> None:
    """A body is refused with a problem, or is plain values that say the same when written anew."""
    try:
        value = strict_json.parse(data)
    except Refused:
        return
    assert strict_json.parse(json.dumps(value, ensure_ascii=False).encode()) == value


FORM_SEEDS = [
    b"a=1&b=%E5%BC%A0%E4%B8%89&c=",
    b"biz_content=%7B%22a%22%3A1%7D&sign=abc%2B%2F%3D&a=1+2",
    b"a=1&a=2",
    b"a",
    b"=&==",
    b"%zz=%",
    b"a=%00&b=%FF",
]


def forms(data: bytes) -> None:
    """Fields that are read are written and read as the same."""
    for charset in ("utf-8", "gbk"):
        with suppress(MalformedMessage):
            fields = urlform.read_form(data, charset)
            assert urlform.read_form(urlform.write_form(fields.items(), charset), charset) == fields


XML_SEEDS = [
    b'<?xml version="1.0" encoding="UTF-8"?><document><request><a>1</a></request><sign>x</sign></document>',
    b"<document><request><a>1</a></request><request><a>2</a></request></document>",
    b"<document><request><!-- </request> --><a>1</a></request></document>",
    b'<!DOCTYPE d [<!ENTITY e "x">]><document><request>&e;</request></document>',
    b"<document><sign>a &amp; b &#65;</sign></document>",
    b"<document>\n <request/>\n</document>\n",
    b"<document><sign>&#150;&#9;&#13;&#0;&#55296;&#1114112;</sign></document>",
    b"<document><sign>&#150;</sign></document>",
    b"<document><sign>&#13;</sign></document>",
]


def xml_envelopes(data: bytes) -> None:
    """The children found are those another reader of XML finds."""
    try:
        children = xmltext.read_envelope(jsontext.decode_utf8(data), "document", raw="request")
    except MalformedMessage:
        return
    root = xmltext.parse(data)
    assert [child.tag for child in root] == list(children)
    for child in root:
        if child.tag != "request":
            assert (child.text or "") == children[str(child.tag)]


STRUCTURED_SEEDS = [
    b'sig1=("@method" "@authority" "content-digest";req);created=1767576600;keyid="k";nonce="n"',
    b'sig1=:AAECAw==:, sig2="x\\"y";a;b=?0;c=-12',
    b"sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
    b'("a" "b";key="c";sf);x=1',
    b":AAECAw==:",
]


def structured_fields(data: bytes) -> None:
    """What is read has one spelling: the text received."""
    text = data.decode("latin-1")
    with suppress(MalformedMessage):
        members = structured.parse_dictionary(text)
        written = ", ".join(f"{name}={value}" for name, value in members.items())
        assert structured.parse_dictionary(written) == members
    with suppress(MalformedMessage):
        found = structured.parse_inner_list(text)
        assert all(component.text in text for component in found.components)
        assert found.text == text
    with suppress(MalformedMessage):
        assert structured.write_bytes(structured.parse_bytes(text)) == text
    for encoding in Encoding:
        with suppress(MalformedMessage):
            assert encode(encoding, decode(encoding, text)) == text
