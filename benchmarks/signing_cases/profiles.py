"""Sealing a 2 KiB application by every built-in profile, against the sum of what its recipe calls for.

The floor runs, on the very bytes of the sealed message, the bare cryptography of the recipe (digest,
signature, cipher, key wrap) and the standard library's writing of its texts (base64, JSON, form, C14N):
canonicalise, sign and encrypt by hand, with nothing checked. A second floor, only reported, is without the
writing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7
from lxml import etree

from benchmarks.measure import Action, Case
from benchmarks.signing_cases.scenes import NOW, Scene, scene
from benchmarks.signing_cases.sm2 import bare_sm2
from signing.covered import signed_text
from signing.draft import Draft
from signing.envelope import Wire, seal
from signing.keys import DeviceKey, Key, KeyRing, KeyUse, PartnerKeys
from signing.profile import (
    CanonicalJsonText,
    Enveloped,
    FormBody,
    HttpSignatureRules,
    InnerXmlText,
    JoinedText,
    JsonBody,
    JweRules,
    Leg,
    OrderedJsonText,
    PreShared,
    Signature,
    SortedText,
    XmlSignature,
    built_in_profiles,
    load_profile,
)
from signing.signature import ENGINES, KEYED_BY_SHARED, SignatureAlgorithm

GOAL = round(1 / 1.5, 3)
SHA256 = hashes.SHA256()
OAEP = padding.OAEP(padding.MGF1(SHA256), SHA256, None)
PADS: dict[str, padding.AsymmetricPadding] = {
    "pkcs1": padding.PKCS1v15(),
    "pss": padding.PSS(padding.MGF1(SHA256), SHA256.digest_size),
}


def profile_cases(stack: ExitStack) -> Iterator[Case]:
    """Two figures for each profile's request: with the writing of texts in the floor, which has the goal."""
    for name in built_in_profiles():
        leg, where = load_profile(name).request, scene(name)
        ours = partial(seal, leg, where.plain, where.keys, now=NOW, random=os.urandom)
        crypto, writing = _primitives(leg, where, stack)
        yield Case(f"seal {name}", ours, "its primitives", _all(crypto + writing), GOAL)
        yield Case(f"seal {name} (crypto only)", ours, "its cryptography", _all(crypto))


def _all(actions: list[Action]) -> Action:
    def run() -> object:
        for action in actions:
            action()
        return None

    return run


def _primitives(leg: Leg, where: Scene, stack: ExitStack) -> tuple[list[Action], list[Action]]:
    wire, signed = _seen(leg, where)
    crypto = [*_signing(leg, where.keys, signed, stack)]
    inner = where.payload if leg.outer is None else signed
    how = leg.encryption if leg.outer is None else leg.outer.encryption
    writing = [*_writing(leg, where, wire)]
    if isinstance(how, PreShared | Enveloped | JweRules):
        crypto += _encrypting(how, where.keys, inner)
        writing.append(partial(base64.b64encode, inner))
    if isinstance(how, JweRules):
        writing.append(_jose_header)
    return crypto, writing


class _Recorder(DeviceKey):
    """A key that remembers the bytes it was asked to sign."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self.seen = b""

    def sign(self, algorithm: str, data: bytes) -> bytes:
        """Sign, and remember."""
        self.seen = data
        return ENGINES[SignatureAlgorithm(algorithm)].sign(self._key, data)

    def unwrap(self, wrap: str, wrapped: bytes) -> bytes:
        """Nothing is opened here."""
        raise ValueError(wrap)

    def public_key(self) -> rsa.RSAPublicKey:
        """Nobody verifies here."""
        raise ValueError("no public half")


def _seen(leg: Leg, where: Scene) -> tuple[Wire, bytes]:
    """One sealed message, and the bytes its signature covers."""
    if leg.algorithm in KEYED_BY_SHARED and isinstance(leg.signature, Signature):
        wire = seal(leg, where.plain, where.keys, now=NOW, random=os.urandom)
        draft = Draft(wire.method, wire.path, dict(wire.headers), body=wire.body)
        return wire, signed_text(leg, leg.signature, draft)
    key = where.keys.ours.primary(NOW, KeyUse.SIGN)
    recorder = _Recorder(key)
    ring = KeyRing.of("recording", Key(key.key_id, recorder, attributes=key.attributes))
    keys = PartnerKeys(ring, where.keys.theirs, where.keys.shared)
    wire = seal(leg, where.plain, keys, now=NOW, random=os.urandom)
    return wire, recorder.seen


def _signing(leg: Leg, keys: PartnerKeys, data: bytes, stack: ExitStack) -> Iterator[Action]:
    algorithm = leg.algorithm
    if algorithm is None:
        return
    if algorithm in KEYED_BY_SHARED:
        yield partial(_hmac, bytes(32), data)
        return
    key, name = keys.ours.primary(NOW, KeyUse.SIGN), algorithm.value
    if name.startswith("sm2"):
        yield partial(_sm3, data)
        yield bare_sm2(stack)[0]
    elif name.startswith("rsa"):
        digest = hashes.SHA1() if name.endswith("sha1") else SHA256
        pad = PADS["pss" if "pss" in name else "pkcs1"]
        yield partial(key.expect(rsa.RSAPrivateKey).sign, data, pad, digest)
    elif name.startswith("ecdsa"):
        yield partial(key.expect(ec.EllipticCurvePrivateKey).sign, data, ec.ECDSA(SHA256))
    else:
        yield partial(key.expect(ed25519.Ed25519PrivateKey).sign, data)


def _encrypting(how: PreShared | Enveloped | JweRules, keys: PartnerKeys, data: bytes) -> Iterator[Action]:
    if isinstance(how, JweRules):
        yield lambda: AESGCM(bytes(32)).encrypt(bytes(12), data, b"")
    elif how.cipher.value.endswith("gcm"):
        yield lambda: AESGCM(bytes(32)).encrypt(os.urandom(12), data, b"")
    else:
        size = 32 if "256" in how.cipher.value else 16
        yield partial(
            _cbc, algorithms.SM4 if "sm4" in how.cipher.value else algorithms.AES, bytes(size), data
        )
    if isinstance(how, JweRules | Enveloped):
        receiver = keys.theirs.primary(NOW, KeyUse.ENCRYPT).expect(rsa.RSAPublicKey)
        pad = PADS["pkcs1"] if isinstance(how, Enveloped) and "pkcs1" in how.wrap.value else OAEP
        yield partial(receiver.encrypt, bytes(32), pad)


def _writing(leg: Leg, where: Scene, wire: Wire) -> Iterator[Action]:
    """What the standard library must do to canonicalise and to write this very body."""
    body = leg.body if leg.outer is None else leg.outer.body
    fields: dict[str, str] = {}
    if isinstance(body, FormBody):
        fields = dict(parse_qsl(wire.body.decode(), keep_blank_values=True))
        yield partial(urlencode, fields)
    elif isinstance(body, JsonBody):
        fields = json.loads(wire.body)
        yield partial(json.dumps, fields, ensure_ascii=False, separators=(",", ":"))
    when = leg.replay.timestamp
    if isinstance(leg.signature, HttpSignatureRules) or (
        when is not None and when.format.startswith("epoch")
    ):
        yield lambda: str(int(NOW.timestamp()))
    elif when is not None and when.slot.at != "payload":
        yield partial(NOW.strftime, when.format)
    if leg.body_digest is not None:
        yield partial(_digest, leg.body_digest.algorithm, wire.body)
    if isinstance(leg.signature, XmlSignature):
        yield partial(_c14n, where.payload)
    elif isinstance(leg.signature, Signature):
        yield from _canonical(leg.signature, fields, where, wire)
    elif isinstance(leg.signature, HttpSignatureRules):
        yield partial(_digest, "sha256", wire.body)
        yield partial(_base_by_hand, wire)
    else:
        yield partial(base64.urlsafe_b64encode, where.payload)
        yield _jose_header


def _canonical(signature: Signature, fields: Mapping[str, str], where: Scene, wire: Wire) -> Iterator[Action]:
    text = signature.text
    if isinstance(text, SortedText):
        yield lambda: "&".join([f"{name}={fields[name]}" for name in sorted(fields)]).encode()
    elif isinstance(text, OrderedJsonText):
        yield partial(json.dumps, fields, ensure_ascii=False, separators=(",", ":"))
    elif isinstance(text, CanonicalJsonText):
        # Once with the placeholder and once with the signature, as the recipe has it.
        tree = json.loads(where.payload)
        yield partial(json.loads, where.payload)
        for _ in range(2):
            yield partial(json.dumps, tree, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    elif isinstance(text, JoinedText):
        yield lambda: b"\n".join([b"m-1", wire.path.encode(), str(NOW.year).encode(), wire.body])
    elif isinstance(text, InnerXmlText):
        yield partial(base64.b64encode, where.payload)
        yield partial(etree.fromstring, b"<inner>" + where.payload + b"</inner>")


def _jose_header() -> bytes:
    return base64.urlsafe_b64encode(json.dumps({"alg": "ES256", "kid": "k", "typ": "JOSE"}).encode())


def _base_by_hand(wire: Wire) -> bytes:
    params = (
        f'("@method" "@authority" "@path" "@query" "content-digest");created={NOW.year};keyid="k";nonce="m"'
    )
    lines = [
        ('"@method"', wire.method),
        ('"@authority"', wire.authority),
        ('"@path"', wire.path),
        ('"@query"', "?"),
    ]
    lines += [('"content-digest"', wire.headers["content-digest"]), ('"@signature-params"', params)]
    return "\n".join([f"{name}: {value}" for name, value in lines]).encode()


def _digest(algorithm: str, data: bytes) -> bytes:
    return base64.b64encode(hashlib.new(algorithm, data).digest())


def _hmac(secret: bytes, data: bytes) -> bytes:
    context = hmac.HMAC(secret, SHA256)
    context.update(data)
    return context.finalize()


def _sm3(data: bytes) -> bytes:
    context = hashes.Hash(hashes.SM3())
    context.update(data)
    return context.finalize()


def _cbc(block: type[algorithms.AES | algorithms.SM4], key: bytes, data: bytes) -> bytes:
    padder = PKCS7(128).padder()
    encryptor = Cipher(block(key), modes.CBC(bytes(16))).encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()


def _c14n(document: bytes) -> bytes:
    canonical = etree.tostring(etree.fromstring(document), method="c14n")
    return base64.b64encode(hashlib.sha1(canonical).digest())
