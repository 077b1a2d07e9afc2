"""XML-DSig: agreement with another implementation, and refusal of everything wrapped around it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml import methods
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from signing.errors import MessageRefused, ProfileInvalid
from signing.keys import KeyRing
from signing.keystore import new_rsa
from signing.profile import XmlSignature
from signing.signature import SignatureAlgorithm
from signing.xmldsig import C14N, sign_xml, verify_xml

NOW = datetime(2026, 1, 5, tzinfo=UTC)
KEY = new_rsa("k")
OURS, THEIRS = KeyRing.of("ours", KEY), KeyRing.of("theirs", KEY.public())
DOCUMENTS = [
    "<document><request id='r'><a>1</a></request></document>",
    '<d:doc xmlns:d="urn:d" xmlns:unused="urn:u"><d:a b="2" a="1"/><c xmlns="urn:c">中文</c></d:doc>',
    '<document xmlns="urn:default">\n\t<a>&amp;&lt;</a><!-- dropped --><?keep me?>\n</document>',
]


def how(
    c14n: str = "exclusive", algorithm: SignatureAlgorithm = SignatureAlgorithm.RSA_PKCS1_SHA256
) -> XmlSignature:
    return XmlSignature.model_validate({"kind": "xmldsig", "algorithm": algorithm, "c14n": c14n})


def plain_c14n(document: str, c14n: str) -> bytes:
    root = etree.fromstring(document)
    return etree.tostring(root, method="c14n", exclusive=c14n == "exclusive", with_comments=False)


def certificate() -> x509.Certificate:
    private = KEY.expect(rsa.RSAPrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
    day = timedelta(days=1)
    return builder.not_valid_before(NOW - day).not_valid_after(NOW + day).sign(private, hashes.SHA256())


@pytest.mark.parametrize("c14n", ["inclusive", "exclusive"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_we_sign_another_implementation_verifies(document: str, c14n: str) -> None:
    signed = sign_xml(how(c14n), document.encode(), OURS, NOW)
    config = SignatureConfiguration(
        require_x509=False,
        verification_time=NOW,
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    result = XMLVerifier().verify(signed, x509_cert=certificate(), expect_config=config)
    assert not isinstance(result, list)
    assert result.signed_data == plain_c14n(document, c14n)
    assert verify_xml(how(c14n), signed, THEIRS, NOW) == result.signed_data


@pytest.mark.parametrize("c14n", ["inclusive", "exclusive"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_another_implementation_signs_we_verify(document: str, c14n: str) -> None:
    signer = XMLSigner(
        method=methods.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod(C14N[c14n]),
    )
    root = signer.sign(etree.fromstring(document), key=KEY.expect(rsa.RSAPrivateKey))
    assert verify_xml(how(c14n), etree.tostring(root), THEIRS, NOW) == plain_c14n(document, c14n)


@pytest.mark.parametrize("algorithm", ["rsa-pkcs1-sha1", "hmac-sha256"])
def test_other_algorithms(algorithm: str) -> None:
    with pytest.raises(ValueError, match="legacy"):
        how(algorithm=SignatureAlgorithm.RSA_PKCS1_SHA1)
    with pytest.raises(ProfileInvalid):
        sign_xml(how(algorithm=SignatureAlgorithm.ED25519), b"<a></a>", OURS, NOW)


SIGNED = sign_xml(how(), b"<document><request>pay 1</request></document>", OURS, NOW).decode()
SIGNATURE = SIGNED[SIGNED.index("<ds:Signature") : SIGNED.index("</document>")]


@pytest.mark.parametrize(
    "forged",
    [
        SIGNED.replace("pay 1", "pay 9"),
        SIGNED.replace("</document>", "<request>pay 9</request></document>"),
        f"<document><request>pay 9</request><old>{SIGNED}</old></document>",
        f"<document><request>pay 9</request><old>{SIGNED}</old>{SIGNATURE}</document>",
        SIGNED.replace("</document>", f"{SIGNATURE}</document>"),
        SIGNED.replace(SIGNATURE, f"<wrap>{SIGNATURE}</wrap>"),
        SIGNED.replace(SIGNATURE, ""),
        SIGNED.replace('URI=""', 'URI="#r"'),
        SIGNED.replace("rsa-sha256", "rsa-sha1"),
        SIGNED.replace("xmlenc#sha256", "xmldsig-more#md5"),
        SIGNED.replace("</ds:Transforms>", '<ds:Transform Algorithm="urn:x"></ds:Transform></ds:Transforms>'),
        SIGNED.replace("<ds:SignatureValue>", "<ds:SignatureValue>!"),
        SIGNED.replace("<ds:SignedInfo>", "<ds:SignedInfo>text"),
        SIGNED.replace("<document>", '<!DOCTYPE document [<!ENTITY a "b">]><document>'),
        f"<?pi?>{SIGNED}",
        f"<!-- before -->{SIGNED}",
        SIGNED.replace("<ds:Signature ", "<ds:Signature Id='x' "),
        "not xml",
        "",
    ],
)
def test_wrapping_and_other_forgeries_are_refused(forged: str) -> None:
    with pytest.raises(MessageRefused):
        verify_xml(how(), forged.encode(), THEIRS, NOW)


def test_a_comment_cannot_split_what_a_reader_sees() -> None:
    """Comments are outside the canonical text, and what comes back is that text, so they are simply gone."""
    commented = SIGNED.replace("pay 1", "pay <!-- 0000 -->1")
    assert (
        verify_xml(how(), commented.encode(), THEIRS, NOW) == b"<document><request>pay 1</request></document>"
    )


def test_xml_attributes_above_an_inclusive_signature_are_refused() -> None:
    signed = sign_xml(how("inclusive"), b"<document><a></a></document>", OURS, NOW)
    with pytest.raises(MessageRefused):
        verify_xml(how("inclusive"), signed.replace(b"<document>", b'<document xml:lang="zh">'), THEIRS, NOW)


def test_a_signed_document_is_not_signed_twice() -> None:
    with pytest.raises(MessageRefused):
        sign_xml(how(), SIGNED.encode(), OURS, NOW)
