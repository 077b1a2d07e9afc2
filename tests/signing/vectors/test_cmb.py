"""CMB's published SM demo: canonical JSON, SM2 under the padded user number, SM4 around it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from signing.ciphers import ContentCipher, encrypt
from signing.envelope import Plain, Wire, seal, unseal
from signing.errors import OpenFailed
from signing.jsontext import canonical, parse_exact
from signing.keys import Key, KeyRing, PartnerKeys, sm2_engine
from signing.profile import Leg, Replay, load_profile
from signing.signature import SignatureAlgorithm, sign, verify
from signing.sm2 import Sm2PrivateKey
from tests.shared import shared_json
from tests.signing.support import both_ways

pytestmark = pytest.mark.vectors("dialects/cmb_cdc_sm2_sm4.json")

NOW = datetime.fromisoformat("2026-01-05T09:30:00+08:00")
Vector = dict[str, Any]


@pytest.fixture(scope="module")
def vector() -> Vector:
    found: Vector = shared_json("vectors/dialects/cmb_cdc_sm2_sm4.json")
    return found


@pytest.fixture(scope="module")
def keys(vector: Vector) -> PartnerKeys:
    scalar = base64.b64decode(vector["sm2_private_key_b64_raw32"])
    user_id = vector["sm2_user_id"].encode()
    private = Key("k", Sm2PrivateKey.from_scalar(scalar, sm2_engine()), attributes={"sm2_user_id": user_id})
    iv = vector["sm4_iv_ascii"].encode()
    secret = Key.symmetric("s", vector["sm4_key_ascii"].encode(), attributes={"iv": iv})
    return both_ways(private, secret)


def test_the_published_signature_verifies_under_the_padded_user_number(
    vector: Vector, keys: PartnerKeys
) -> None:
    text = vector["to_be_signed_utf8"].encode()
    value = base64.b64decode(vector["signature_b64_r_s"])
    assert verify(SignatureAlgorithm.SM2_SM3_RAW, text, value, keys.theirs, NOW) == text
    assert keys.theirs.primary(NOW).expect(object)
    default = Key("k", keys.theirs.primary(NOW)._material)
    with pytest.raises(Exception, match="no accepted key"):
        verify(SignatureAlgorithm.SM2_SM3_RAW, text, value, KeyRing.of("r", default), NOW)
    ours = sign(SignatureAlgorithm.SM2_SM3_RAW, text, keys.ours, NOW).value
    assert verify(SignatureAlgorithm.SM2_SM3_RAW, text, ours, keys.theirs, NOW) == text


def test_the_canonical_form(vector: Vector) -> None:
    case = vector["canonical_json_case"]
    assert canonical(parse_exact(case["input"])) == case["expected"]
    assert canonical(parse_exact(vector["to_be_signed_utf8"])) == vector["to_be_signed_utf8"]


def test_the_ciphertext(vector: Vector) -> None:
    sealed = encrypt(
        ContentCipher.SM4_CBC,
        vector["sm4_key_ascii"].encode(),
        vector["sm4_iv_ascii"].encode(),
        vector["to_be_signed_utf8"].encode(),
    )
    assert base64.b64encode(sealed).decode() == vector["sm4_cbc_pkcs7_b64_of_to_be_signed"]


def test_the_published_message_is_unsealed(vector: Vector, keys: PartnerKeys) -> None:
    """The demo message has no time of signing, so the leg is taken without its clock rule."""
    tree = json.loads(vector["to_be_signed_utf8"])
    tree["signature"]["sigdat"] = vector["signature_b64_r_s"]
    wire = enclose(canonical(tree), vector)
    leg = load_profile("cmb-sm").request.model_copy(update={"replay": Replay()})
    opened = unseal(leg, wire, keys, now=NOW)
    assert opened.payload.decode() == canonical(json.loads(vector["to_be_signed_utf8"])["request"])


def enclose(text: str, vector: Vector) -> Wire:
    sealed = encrypt(
        ContentCipher.SM4_CBC,
        vector["sm4_key_ascii"].encode(),
        vector["sm4_iv_ascii"].encode(),
        text.encode(),
    )
    data = base64.b64encode(sealed).decode().replace("+", "%2B")
    return Wire("POST", "/", {}, f"UID=N003261207&ALG=SM&FUNCODE=DCLISMOD&DATA={data}".encode())


@pytest.mark.parametrize("name", ["request", "answer"])
def test_both_directions(name: str, keys: PartnerKeys, random: Callable[[int], bytes]) -> None:
    leg = getattr(load_profile("cmb-sm"), name)
    assert isinstance(leg, Leg)
    payload = b'{"head":{"userid":"N1","funcode":"X","reqid":"R1","rspid":"R1"},"body":{"z":1.10,"a":"1.0"}}'
    fields = {"UID": "N1", "FUNCODE": "X"} if name == "request" else {}
    wire = seal(leg, Plain(payload, "R1", fields), keys, now=NOW, random=random)
    if name == "request":
        form = parse_qs(wire.body.decode())
        assert (form["UID"], form["ALG"], form["FUNCODE"]) == (["N1"], ["SM"], ["X"])
    opened = unseal(leg, wire, keys, now=NOW)
    assert opened.payload.startswith(b'{"body":{"a":"1.0","z":1.10},"head":{')
    assert (opened.nonce, opened.signed_at) == ("R1", NOW)
    assert opened.fields == {"signature.sigtim": "20260105093000"}


def test_bad_padding_bad_shape_and_bad_signature_look_the_same(
    vector: Vector, keys: PartnerKeys, random: Callable[[int], bytes]
) -> None:
    leg = load_profile("cmb-sm").request
    wire = seal(leg, Plain(b'{"head":{"reqid":"R1"}}', "R1"), keys, now=NOW, random=random)
    data = base64.b64decode(parse_qs(wire.body.decode())["DATA"][0])
    spoilt = {data[:-16], data[16:], data[:-1], b"", bytes(16), bytes([data[0] ^ 1]) + data[1:]}
    for at in range(len(data) - 32, len(data)):
        spoilt.add(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    for one in spoilt:
        text = base64.b64encode(one).decode().replace("+", "%2B")
        with pytest.raises(OpenFailed) as failed:
            unseal(leg, replace(wire, body=f"ALG=SM&DATA={text}".encode()), keys, now=NOW)
        assert str(failed.value) == "the message could not be opened"
    for text in ('{"request":{},"signature":{"sigdat":"AAAA","sigtim":"x"}}', "[]", "plain"):
        with pytest.raises(OpenFailed):
            unseal(leg, enclose(text, vector), keys, now=NOW)


def test_the_user_number_is_padded_or_cut_to_sixteen(vector: Vector) -> None:
    assert vector["sm2_user_id"] == "N003261207".ljust(16, "0")[:16] == vector["sm4_iv_ascii"]
