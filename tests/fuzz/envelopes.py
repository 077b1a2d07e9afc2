"""Targets behind a key: nothing is believed or opened but what was signed and sealed, whatever comes.

The keys are made here and now, so a kept input is no longer authentic: it serves for its shape.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from signing.errors import KeyUnavailable, MessageRefused, OpenFailed
from signing.http_signature import HttpMessage, sign_http, verify_http
from signing.jose import decrypt_jwe, encrypt_jwe, sign_jws, verify_jws
from signing.keys import KeyRing
from signing.keystore import new_ed25519, new_field_ring, new_symmetric
from signing.profile import XmlSignature
from signing.profile.web import HttpSignatureRules, JweRules, JwsRules
from signing.signature import SignatureAlgorithm
from signing.streams import open_stream, seal_stream
from signing.xmldsig import sign_xml, verify_xml

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
RANDOM = Random(5).randbytes
SECRET = new_symmetric("s", RANDOM)
SHARED = KeyRing.of("shared", SECRET)
SIGNER = new_ed25519("k")
OURS, THEIRS = KeyRing.of("ours", SIGNER), KeyRing.of("theirs", SIGNER.public())
PAYLOAD = '{"loan":"loan_1","amount_fen":100000,"name":"张三"}'.encode()

XML_RULES = [
    XmlSignature.model_validate(
        {"kind": "xmldsig", "algorithm": SignatureAlgorithm.HMAC_SHA256, "digest": "sha256", "c14n": c14n}
    )
    for c14n in ("inclusive", "exclusive")
]
DOCUMENT = b'<document><request id="r"><head><a>1</a></head><body>x &amp; y</body></request></document>'
_XML = [sign_xml(rules, DOCUMENT, SHARED, NOW) for rules in XML_RULES]
_XML_SAID = [bytes(verify_xml(rules, one, SHARED, NOW)) for rules, one in zip(XML_RULES, _XML, strict=True)]


def xml_seeds() -> list[bytes]:
    """Signed documents, and one wrapped the way signatures are wrapped."""
    wrapped = b"<document><evil/>" + _XML[0] + b"</document>"
    return [*_XML, wrapped, DOCUMENT]


def xml_signatures(data: bytes) -> None:
    """A document that verifies says what was signed."""
    for rules, said in zip(XML_RULES, _XML_SAID, strict=True):
        with suppress(MessageRefused):
            assert bytes(verify_xml(rules, data, SHARED, NOW)) == said


HTTP_RULES = HttpSignatureRules(kind="http_signature", algorithm=SignatureAlgorithm.ED25519)
REQUEST = HttpMessage("POST", "hub.example", "/v1/callbacks?a=1", {}, PAYLOAD)
_HTTP = sign_http(HTTP_RULES, REQUEST, OURS, now=NOW, nonce="n-1")
_HTTP_NAMES = ("content-digest", "signature-input", "signature")


def http_seeds() -> list[bytes]:
    """The three headers of a signed request, a line each."""
    honest = [_HTTP[name] for name in _HTTP_NAMES]
    double = [honest[0], f"{honest[1]}, sig2={honest[1][5:]}", honest[2]]
    return ["\n".join(lines).encode() for lines in (honest, double)]


def http_signatures(data: bytes) -> None:
    """The three headers are the input; nothing but the honest signature over the honest request holds."""
    lines = data.decode("latin-1").split("\n")
    headers = dict(zip(_HTTP_NAMES, lines, strict=False))
    with suppress(MessageRefused, KeyUnavailable):
        verified = verify_http(HTTP_RULES, replace(REQUEST, headers=headers), THEIRS, now=NOW)
        assert verified.body == PAYLOAD
        assert (verified.nonce, verified.signed_at, verified.key_id) == ("n-1", NOW, "k")


JWS_RULES = JwsRules(kind="jws", algorithm="EdDSA")
_JWS = sign_jws(JWS_RULES, PAYLOAD, OURS, now=NOW)


def jws_seeds() -> list[bytes]:
    """A token, one that asks for no algorithm, and pieces of it."""
    header, payload, value = _JWS.split(".")
    none = "eyJhbGciOiJub25lIn0"
    return [text.encode() for text in (_JWS, f"{none}.{payload}.", f"{header}..{value}", "..")]


def jws_tokens(data: bytes) -> None:
    """A token that verifies is the honest one, to the letter."""
    with suppress(MessageRefused, KeyUnavailable):
        verified = verify_jws(JWS_RULES, data.decode("latin-1"), THEIRS, now=NOW)
        assert (data.decode(), verified.payload) == (_JWS, PAYLOAD)


JWE_RULES = JweRules(kind="jwe", wrap="dir")
_JWE = encrypt_jwe(JWE_RULES, PAYLOAD, SHARED, now=NOW, random=RANDOM)


def jwe_seeds() -> list[bytes]:
    """A token and one with its parts turned round."""
    return [_JWE.encode(), ".".join(reversed(_JWE.split("."))).encode(), b"...."]


def jwe_tokens(data: bytes) -> None:
    """A token that opens is the honest one, to the letter; every other fails alike."""
    with suppress(OpenFailed, KeyUnavailable):
        opened = decrypt_jwe(JWE_RULES, data.decode("latin-1"), SHARED, now=NOW)
        assert (data.decode(), opened.payload) == (_JWE, PAYLOAD)


FIELD_RING = new_field_ring("fields", now=NOW, random=RANDOM)


def _sealed_file(size: int) -> bytes:
    sink = io.BytesIO()
    seal_stream(io.BytesIO(bytes(size)), sink, FIELD_RING, context="f", now=NOW, random=RANDOM)
    return sink.getvalue()


_FILE = _sealed_file(40)


def file_seeds() -> list[bytes]:
    """A short sealed file."""
    return [_FILE, _sealed_file(0)]


def sealed_files(data: bytes) -> None:
    """A file that opens is one that was sealed."""
    sink = io.BytesIO()
    with suppress(OpenFailed, KeyUnavailable):
        open_stream(io.BytesIO(data), sink, FIELD_RING, context="f")
        assert sink.getvalue() in (bytes(40), b"")
