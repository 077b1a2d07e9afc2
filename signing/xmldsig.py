"""Enveloped XML-DSig: one narrow shape of W3C XML Signature 1.1, and the verified document handed back.

Signature wrapping works because a verifier checks one element and its caller reads another. Here the
signature must be a child of the root, refer to the whole document, and have exactly the elements written by
``sign_xml``; what comes back is the canonical text that was digested, so there is nothing else to read.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hmac import compare_digest

from lxml import etree

from signing import xmltext
from signing.encodings import Encoding, decode
from signing.errors import MalformedMessage, ProfileInvalid, SignatureRefused
from signing.keys import KeyRing
from signing.profile import XmlSignature
from signing.signature import SignatureAlgorithm, VerifiedBytes, sign, verify

NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"
ENVELOPED = f"{NAMESPACE}enveloped-signature"
C14N = {
    "inclusive": "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "exclusive": "http://www.w3.org/2001/10/xml-exc-c14n#",
}
DIGESTS = {"sha1": f"{NAMESPACE}sha1", "sha256": "http://www.w3.org/2001/04/xmlenc#sha256"}
METHODS = {
    SignatureAlgorithm.RSA_PKCS1_SHA1: f"{NAMESPACE}rsa-sha1",
    SignatureAlgorithm.RSA_PKCS1_SHA256: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    SignatureAlgorithm.ECDSA_P256_RAW: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    SignatureAlgorithm.HMAC_SHA256: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
}
BASE64_LINE = 76
_XML_ATTRIBUTES = "{http://www.w3.org/XML/1998/namespace}"
_SIGNED_INFO, _END_SIGNED_INFO = "<ds:SignedInfo>", "</ds:SignedInfo>"
_START_TAG = re.compile(rb"<[^>]*>")


def sign_xml(how: XmlSignature, document: bytes, ring: KeyRing, now: datetime) -> bytes:
    """The document in canonical form with a signature as the last child of its root.

    Raises MalformedMessage for a document that is signed already or has a DTD; KeyUnavailable.
    """
    root = _root(document)
    if root.find(f".//{{{NAMESPACE}}}Signature") is not None:
        raise MalformedMessage("the document is signed already")
    canonical = _c14n(how, root)
    head, tail = canonical[: canonical.rfind(b"</")], canonical[canonical.rfind(b"</") :]
    digest = _digest(how, canonical)
    value = sign(how.algorithm, _own_signed_info(how, root, digest), ring, now).value
    text = base64.b64encode(value).decode("ascii")
    lines = "\n".join([text[at : at + BASE64_LINE] for at in range(0, len(text), BASE64_LINE)])
    return head + _write(how, digest, lines).encode() + tail


def verify_xml(how: XmlSignature, document: bytes, ring: KeyRing, now: datetime) -> VerifiedBytes:
    """The canonical text that was signed, without the signature: read this and nothing else.

    Raises MalformedMessage, SignatureRefused or KeyUnavailable.
    """
    root = _root(document)
    signature = _only_signature(root)
    claimed, value = _read(how, signature)
    signed_info = verify(how.algorithm, _signed_info(how, root), value, ring, now)
    _cut(root, signature)
    canonical = _c14n(how, root)
    if not compare_digest(_digest(how, canonical), claimed):
        raise SignatureRefused("the document is not the one that was signed")
    verified = VerifiedBytes(canonical)
    verified.key_id = signed_info.key_id
    return verified


def _root(document: bytes) -> etree._Element:
    root = xmltext.parse(document)
    if root.getprevious() is not None or root.getnext() is not None:
        raise MalformedMessage("something stands beside the root element")
    return root


def _c14n(how: XmlSignature, element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=how.c14n == "exclusive", with_comments=False)


def _digest(how: XmlSignature, canonical: bytes) -> str:
    value = hashlib.new(how.digest, canonical, usedforsecurity=True).digest()
    return base64.b64encode(value).decode("ascii")


def _signed_info(how: XmlSignature, root: etree._Element) -> bytes:
    """The canonical SignedInfo, with the namespaces it inherits (Canonical XML 1.0 section 2.4)."""
    signature = _only_signature(root)
    element = signature[0]
    canonical = _c14n(how, element)
    if how.c14n == "exclusive":
        return canonical
    for ancestor in (signature, root):
        _scope(ancestor)
    # lxml writes only the namespaces used below the element; the standard wants all that are in scope.
    declared = _declared(_scope(element))
    name = f"{element.prefix}:SignedInfo" if element.prefix else "SignedInfo"
    return _START_TAG.sub(f"<{name}{declared}>".encode(), canonical, count=1)


def _own_signed_info(how: XmlSignature, root: etree._Element, digest: str) -> bytes:
    """The canonical SignedInfo of the signature that ``_write`` puts under the root.

    What we write is canonical but for the namespaces in scope, so the document need not be read again.
    """
    before, between, _ = _frame(how)
    begun = before.partition(_SIGNED_INFO)[2]
    ended, end, _ = between.partition(_END_SIGNED_INFO)
    scope = {"ds": NAMESPACE} if how.c14n == "exclusive" else {**_scope(root), "ds": NAMESPACE}
    return f"<ds:SignedInfo{_declared(scope)}>{begun}{digest}{ended}{end}".encode()


def _scope(element: etree._Element) -> dict[str, str]:
    """The namespaces in scope. Raises MalformedMessage for what canonical XML would inherit besides."""
    if any(str(name).startswith(_XML_ATTRIBUTES) for name in element.attrib):
        raise MalformedMessage("xml: attributes above SignedInfo are refused")
    return {prefix or "": uri for prefix, uri in element.nsmap.items()}


def _declared(scope: Mapping[str, str]) -> str:
    return "".join(f' xmlns{":" if prefix else ""}{prefix}="{uri}"' for prefix, uri in sorted(scope.items()))


def _only_signature(root: etree._Element) -> etree._Element:
    found = list(root.iter(f"{{{NAMESPACE}}}Signature"))
    if len(found) != 1 or found[0].getparent() is not root or len(found[0]) < 2:
        raise SignatureRefused("there must be one signature, a child of the root")
    return found[0]


def _cut(root: etree._Element, signature: etree._Element) -> None:
    """Remove the signature and keep the text after it, which belongs to the root."""
    tail, before = signature.tail or "", signature.getprevious()
    if before is None:
        root.text = (root.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    root.remove(signature)


_Elements = list[tuple[str, dict[str, str]]]


def _expected(how: XmlSignature, *, c14n_said: bool) -> _Elements:
    """Elements of SignedInfo in document order, with their attributes. Nothing else is accepted.

    Inclusive canonicalisation is what the standard does unasked, so it may be said or left out.
    """
    transforms = [("Transform", {"Algorithm": ENVELOPED})]
    if c14n_said:
        transforms.append(("Transform", {"Algorithm": C14N[how.c14n]}))
    if how.algorithm not in METHODS:
        raise ProfileInvalid(f"XML-DSig has no name for {how.algorithm.value}")
    return [
        ("SignedInfo", {}),
        ("CanonicalizationMethod", {"Algorithm": C14N[how.c14n]}),
        ("SignatureMethod", {"Algorithm": METHODS[how.algorithm]}),
        ("Reference", {"URI": ""}),
        ("Transforms", {}),
        *transforms,
        ("DigestMethod", {"Algorithm": DIGESTS[how.digest]}),
        ("DigestValue", {}),
    ]


def _read(how: XmlSignature, signature: etree._Element) -> tuple[str, bytes]:
    signed_info, value = signature[0], signature[1]
    elements = list(signed_info.iter())
    found = [(element.tag, dict(element.attrib)) for element in elements]
    if found not in [_qualified(_expected(how, c14n_said=said)) for said in _said(how)]:
        raise SignatureRefused("the signature does not have the structure of this profile")
    if value.tag != f"{{{NAMESPACE}}}SignatureValue" or len(value) or signature.attrib:
        raise SignatureRefused("the signature does not have the structure of this profile")
    if any((element.text or "").strip() for element in elements[:-1]):
        raise SignatureRefused("there is text where a signature has none")
    return elements[-1].text or "", decode(Encoding.BASE64, "".join((value.text or "").split()))


def _said(how: XmlSignature) -> tuple[bool, ...]:
    return (True,) if how.c14n == "exclusive" else (False, True)


def _qualified(elements: _Elements) -> _Elements:
    return [(f"{{{NAMESPACE}}}{name}", attributes) for name, attributes in elements]


def _write(how: XmlSignature, digest: str, value: str) -> str:
    before, between, after = _frame(how)
    return f"{before}{digest}{between}{value}{after}"


@cache
def _frame(how: XmlSignature) -> tuple[str, str, str]:
    """What stands before the digest, between it and the value, and after the value."""
    body: list[str] = []
    for name, attributes in _expected(how, c14n_said=_said(how)[0])[1:-1]:
        written = "".join(f' {key}="{text}"' for key, text in attributes.items())
        ending = "" if name in ("Reference", "Transforms") else f"</ds:{name}>"
        if name == "DigestMethod":
            body.append("</ds:Transforms>")
        body.append(f"<ds:{name}{written}>{ending}")
    before = [f'<ds:Signature xmlns:ds="{NAMESPACE}">', _SIGNED_INFO, *body, "<ds:DigestValue>"]
    return (
        "\n".join(before),
        f"</ds:DigestValue>\n</ds:Reference>\n{_END_SIGNED_INFO}\n<ds:SignatureValue>\n",
        "\n</ds:SignatureValue>\n</ds:Signature>",
    )
