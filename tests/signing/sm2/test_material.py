"""Key files: what OpenSSL writes is read, what we write comes back, anything else is refused unquoted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from signing import der
from signing.errors import KeyUnavailable, SigningError
from signing.sm2 import DEFAULT_USER_ID, SignatureFormat, Sm2PrivateKey, Sm2PublicKey, material, pbes2
from tests.shared import shared_json
from tests.signing.mutations import mutants
from tests.signing.sm2.engines import BOTH, POINT, SCALAR, Counted, engine

PASSWORD = b"throwaway"

# Made for this test with `openssl pkcs8 -topk8` from one key, in four schemes.
ENCRYPTED = {
    "AES-256, SHA-256": b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg/tzJaANEwzgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEFIM1dje00XoquiiS8m+PUMEgZBM
tZzP2XdhgmMcXXvN+qZXWozywJL7I7Rw/JAw1O2RGhNwTCAX5xWNNzaF48nOG6JE
VACTFm1FVnXELbHrdUVraGjI9B2cXwxb2JE7hkrTEPRCwHAqLQsROHTwv9zhtg8v
UjqZY9D2X9UakBD8GI/C8CCpSfbSPF6WDArY9ovZptpvhfwFxNa1QNuBH50+fPU=
-----END ENCRYPTED PRIVATE KEY-----
""",
    "AES-128, SHA-1": b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAh2cFdABMf7rgICCAAw
HQYJYIZIAWUDBAECBBCQWYSDg+2Et4Ral9EixUlTBIGQaGJXLFRqPYc0T6907E4K
aoSYREDQkLu6MXDCqa17a8CwnnZmpuoQuMXT7ZXJ9Onxc8iIzPImhtd37bP5p61O
iRopmPgy8FSAipeeNXt19CSh3H9Chdkx/xsWmfUwxgUqSzxLCYVMP2woLaFJ0dSq
WIH2KZAJJSDxX9cx8hThL0YkaSun3LWrjRbf+rtBwKE4
-----END ENCRYPTED PRIVATE KEY-----
""",
    "SM4, SHA-256": b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHrMFYGCSqGSIb3DQEFDTBJMCkGCSqGSIb3DQEFDDAcBAiDnNu1YZ3zKgICCAAw
DAYIKoZIhvcNAgkFADAcBggqgRzPVQFoAgQQo/e72PVy4Nw3xyqzBsWF3ASBkO4M
HXg86l2A+9lz8BzoEZCqrY+tiBMcwDwcQRivUTTZ28P21S4ydQgiadntn9DB0tZX
yaq0GRNy2Nkxa1OTJyqK00wLVyD87BjIhDXXdjgmeunZCQsJniwrEYTII+0Chvc5
B5AVwsxj3eUXmfucxpFoV0u/5kXZJ6cyO2oUmz53c9kdlH1xptbc0O+tOgDD1Q==
-----END ENCRYPTED PRIVATE KEY-----
""",
    "AES-256, scrypt": b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAiQVoRXO032WwICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBBL8e/X30wqVnimVmU58jKyBIGQ0OcsfY0CXvmF
tJKzvmRnwAXCJrDzOmc5e0yblm6ovL2o7Lqc37bD1gTnAQudATUOnDpZRzMzrdFu
boWODfdtV0dOz93TXhKh5J3RiQrALl4NTfR3FQ81Vo7KDROYz1EdoC2mDkhDIAHW
MA75kB1tH5TZAeAcBJ2ohDe+0QZ8G2G59Cx0sWp62TtrownB0E+Z
-----END ENCRYPTED PRIVATE KEY-----
""",
}
ENCRYPTED_SCALAR = "30aa8cd347afd60a6c6cc7df549557f847bff52c148614fa06faf9a716a9f4bc"
SEC1 = der.encode(
    der.SEQUENCE,
    der.encode_unsigned(1),
    der.encode(der.OCTET_STRING, SCALAR),
    der.encode(0xA0, der.encode_oid(material.SM2_CURVE)),
)


@BOTH
def test_files_written_by_openssl(name: str) -> None:
    """The AOB case: PKCS#8 and SubjectPublicKeyInfo in PEM, signatures in DER as upper-case hex."""
    case = shared_json("vectors/dialects/aob_sm_computed.json")
    private = Sm2PrivateKey.from_pem(case["private_key_pem"].encode(), engine(name))
    public = Sm2PublicKey.from_pem(case["public_key_pem"].encode(), engine(name))
    assert private.public_key() == public
    for variant in ("variant_body_only", "variant_header_order"):
        message = case[variant]["signed_text"].encode()
        signature = bytes.fromhex(case[variant]["signature_der_upper_hex"])
        form = SignatureFormat.DER
        assert public.verify(signature, message, user_id=DEFAULT_USER_ID, form=form) == message
    wrong = case["negative_wrong_user_id"]
    signature, message = bytes.fromhex(wrong["signature_der_upper_hex"]), wrong["signed_text"].encode()
    used = wrong["user_id_used"].encode()
    assert public.verify(signature, message, user_id=used, form=SignatureFormat.DER) == message
    with pytest.raises(SigningError):
        public.verify(signature, message, user_id=DEFAULT_USER_ID, form=SignatureFormat.DER)


@pytest.mark.parametrize("pem", ENCRYPTED.values(), ids=ENCRYPTED.keys())
def test_encrypted_files_written_by_openssl(pem: bytes) -> None:
    assert material.private_from_pem(pem, PASSWORD).hex() == ENCRYPTED_SCALAR
    for wrong in (b"wrong", b"", None):
        with pytest.raises(KeyUnavailable):
            material.private_from_pem(pem, wrong)


def test_what_we_write_comes_back() -> None:
    data = material.private_to_der(SCALAR, POINT)
    assert material.private_from_der(data) == SCALAR
    assert material.private_from_pem(material.to_pem("PRIVATE KEY", data)) == SCALAR
    assert material.public_from_der(material.public_to_der(POINT)) == POINT
    sealed = material.private_to_pem(SCALAR, POINT, PASSWORD, Counted("material"))
    assert material.private_from_pem(sealed, PASSWORD) == SCALAR
    assert Sm2PrivateKey.from_der(data, engine("portable")).public_key().point == POINT


def test_an_empty_password_protects_nothing() -> None:
    with pytest.raises(KeyUnavailable):
        material.private_to_pem(SCALAR, POINT, b"", Counted("material"))


def test_sec1_files_with_or_without_parameters_in_front() -> None:
    pem = material.to_pem("EC PRIVATE KEY", SEC1)
    parameters = material.to_pem("EC PARAMETERS", der.encode_oid(material.SM2_CURVE))
    assert material.private_from_pem(pem) == SCALAR
    assert material.private_from_pem(parameters + pem) == SCALAR
    assert material.private_from_pem(pem.replace(b"\n", b"\r\n")) == SCALAR


def certificate(info: bytes) -> bytes:
    """Return the shape of an X.509 certificate around a public key; its signature is not looked at."""
    empty = der.encode(der.SEQUENCE)
    version, serial = der.encode(0xA0, der.encode_unsigned(2)), der.encode(der.INTEGER, b"\x81")
    body = der.encode(der.SEQUENCE, version, serial, empty, empty, empty, empty, info, der.encode(0xA3))
    return der.encode(der.SEQUENCE, body, empty, der.encode(der.BIT_STRING, b"\x00"))


def test_the_key_of_a_certificate() -> None:
    pem = material.to_pem("CERTIFICATE", certificate(material.public_to_der(POINT)))
    assert Sm2PublicKey.from_pem(pem, engine("portable")).point == POINT


P256_INFO = der.encode(
    der.SEQUENCE,
    der.encode(der.SEQUENCE, der.encode_oid(material.EC_PUBLIC_KEY), der.encode_oid("1.2.840.10045.3.1.7")),
    der.encode(der.BIT_STRING, b"\x00", POINT),
)
OFF_CURVE = POINT[:-1] + b"\x14"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        P256_INFO,
        material.public_to_der(POINT) + b"\x00",
        material.public_to_der(OFF_CURVE),
        material.public_to_der(POINT[1:]),
        material.public_to_der(b"\x02" + POINT[1:33]),
    ],
)
def test_other_public_keys_are_refused(data: bytes) -> None:
    with pytest.raises(KeyUnavailable):
        material.public_from_der(data)
    with pytest.raises(KeyUnavailable):
        material.public_from_pem(material.to_pem("PUBLIC KEY", data))


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        material.to_pem("PUBLIC KEY", material.public_to_der(POINT)),
        material.to_pem("PRIVATE KEY", material.private_to_der(bytes(32), POINT)),
        material.to_pem("PRIVATE KEY", material.private_to_der(SCALAR[1:], POINT)),
        material.to_pem("PRIVATE KEY", material.private_to_der(SCALAR, OFF_CURVE)),
        material.to_pem("PRIVATE KEY", material.private_to_der(SCALAR, POINT)) * 2,
        material.to_pem(
            "EC PRIVATE KEY", SEC1[:-12] + der.encode(0xA0, der.encode_oid("1.2.840.10045.3.1.7"))
        ),
        b"x" * 100_000,
    ],
)
def test_other_private_keys_are_refused(pem: bytes) -> None:
    with pytest.raises(KeyUnavailable):
        material.private_from_pem(pem)


def test_a_password_for_a_plain_file_is_a_mistake() -> None:
    pem = material.to_pem("PRIVATE KEY", material.private_to_der(SCALAR, POINT))
    with pytest.raises(KeyUnavailable):
        material.private_from_pem(pem, PASSWORD)


def refusal(load: Callable[[bytes], object], data: bytes) -> str:
    """Return what the refusal of a file says, nothing if the file is taken."""
    try:
        load(data)
    except KeyUnavailable as refused:
        return str(refused)
    return ""


def test_mutated_files_are_other_keys_or_refused_without_a_quote() -> None:
    """A plain file carries no seal, so a mutant may be another key; it never ends in a foreign error."""
    info, plain = material.public_to_der(POINT), material.private_to_der(SCALAR, POINT)
    sources: tuple[tuple[Callable[[bytes], object], bytes], ...] = (
        (material.private_from_der, plain),
        (material.private_from_pem, material.to_pem("PRIVATE KEY", plain)),
        (material.public_from_der, info),
        (material.public_from_pem, material.to_pem("CERTIFICATE", certificate(info))),
    )
    for load, original in sources:
        said = [refusal(load, mutant) for mutant in mutants(original, seed=21)]
        assert any(said)
        assert not any(SCALAR.hex() in words or repr(original) in words for words in said)


def test_mutated_parameters_of_encrypted_files_are_refused() -> None:
    data = pbes2.encrypt(material.private_to_der(SCALAR, POINT), PASSWORD, Counted("pbes2"))
    end = len(data) - 147  # where the sealed part begins: tag, two octets of length, 144 bytes
    assert data[end : end + 3] == b"\x04\x81\x90"
    for mutant in mutants(data[:end], seed=22, count=60):
        with pytest.raises(KeyUnavailable):
            material.private_from_der(pbes2.decrypt(mutant + data[end:], PASSWORD))
