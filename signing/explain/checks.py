"""Who else may have signed, and how: other keys, algorithms, SM2 user ids and spellings of a secret."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from signing.explain.scene import Scene
from signing.gm import sm3
from signing.keys import Key, KeyRing, KeyState, KeyUse, RingEntry, Secret
from signing.signature import ENGINES, KEYED_BY_SHARED, SignatureAlgorithm
from signing.sm2 import DEFAULT_USER_ID, Sm2PublicKey

Try = Callable[[bytes, bytes], None]
"""Returns when the value signs the text; raises anything otherwise."""

_LONGEST_ID = 64


@dataclass(frozen=True)
class Check:
    """One way to verify: the causes it would prove, the key, its ring, and the algorithm in words."""

    causes: tuple[tuple[str, str], ...]
    key: Key
    ring: str
    algorithm: str
    holds: Try


@dataclass(frozen=True)
class Suspects:
    """Rings to look into: the one that should verify, what the message names, and others with their names."""

    expected: KeyRing
    named: str | None
    others: Mapping[str, KeyRing]


def checks(scene: Scene, suspects: Suspects, now: datetime) -> Iterator[Check]:
    """The way the profile names first, then every other."""
    algorithm = scene.signature.algorithm
    expected = _expected(suspects, now)
    for entry in expected:
        yield _check((), entry.key, suspects.expected.name, algorithm)
    for entry in expected:
        for code, detail, words, holds in _otherwise(scene, entry.key, algorithm):
            yield Check(((code, detail),), entry.key, suspects.expected.name, words, holds)
    for ring, entry, why in _other_keys(suspects, expected, now):
        yield _check((("wrong-key", why),), entry.key, ring, algorithm)


def _check(causes: tuple[tuple[str, str], ...], key: Key, ring: str, algorithm: SignatureAlgorithm) -> Check:
    return Check(causes, key, ring, algorithm.value, _checked(_public(key), algorithm))


def _checked(key: Key, algorithm: SignatureAlgorithm) -> Try:
    check = ENGINES[algorithm].check
    return lambda text, value: check(key, text, value)


def _public(key: Key) -> Key:
    return key if key.is_kind(Secret) or not key.is_secret else key.public()


def _expected(suspects: Suspects, now: datetime) -> list[RingEntry]:
    return [
        entry
        for entry in suspects.expected.entries
        if entry.state is not KeyState.REVOKED
        and entry.holds_at(now)
        and entry.serves(KeyUse.SIGN)
        and suspects.named in (None, entry.key.key_id)
    ]


def _other_keys(
    suspects: Suspects, expected: Sequence[RingEntry], now: datetime
) -> Iterator[tuple[str, RingEntry, str]]:
    for entry in suspects.expected.entries:
        if entry not in expected:
            yield suspects.expected.name, entry, f"{entry.key.key_id}, {_why_not(entry, suspects, now)}"
    known = {entry.key.fingerprint() for entry in suspects.expected.entries}
    for ring, keys in suspects.others.items():
        for entry in keys.entries:
            if entry.key.fingerprint() not in known:
                yield ring, entry, f"{entry.key.key_id} of {ring}"


def _why_not(entry: RingEntry, suspects: Suspects, now: datetime) -> str:
    if entry.state is KeyState.REVOKED:
        return "which is revoked"
    if not entry.holds_at(now):
        return "which is outside its dates"
    if not entry.serves(KeyUse.SIGN):
        return f"which is for {entry.key.use.value} only"
    return f"where the message names {suspects.named}"


def _otherwise(scene: Scene, key: Key, algorithm: SignatureAlgorithm) -> Iterator[tuple[str, str, str, Try]]:
    public = _public(key)
    if algorithm in KEYED_BY_SHARED:
        yield from _codes(public, algorithm)
    elif public.is_kind(Sm2PublicKey):
        yield from _user_ids(scene, public, algorithm)
    elif public.is_kind(rsa.RSAPublicKey):
        yield from _rsa(public.expect(rsa.RSAPublicKey), algorithm)
    elif public.is_kind(ec.EllipticCurvePublicKey):
        for digest in (hashes.SHA1(), hashes.SHA384(), hashes.SHA512()):  # noqa: S303
            curve_key = public.expect(ec.EllipticCurvePublicKey)
            words = f"ECDSA with {digest.name}"
            yield "algorithm", words, words, _ecdsa(curve_key, digest)


def _rsa(key: rsa.RSAPublicKey, algorithm: SignatureAlgorithm) -> Iterator[tuple[str, str, str, Try]]:
    digests = (hashes.SHA256(), hashes.SHA1(), hashes.SHA512(), hashes.SHA384(), hashes.MD5(), hashes.SM3())  # noqa: S303
    for digest in digests:
        for name, pad in (
            ("PKCS#1 v1.5", padding.PKCS1v15()),
            ("PSS, salt as long as the digest", padding.PSS(padding.MGF1(digest), digest.digest_size)),
            ("PSS, any salt", padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)),
        ):
            words = f"RSA {name} with {digest.name}"
            yield "algorithm", words, words, _rsa_try(key, pad, digest)


def _rsa_try(key: rsa.RSAPublicKey, pad: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> Try:
    return lambda text, value: key.verify(value, text, pad, digest)


def _ecdsa(key: ec.EllipticCurvePublicKey, digest: hashes.HashAlgorithm) -> Try:
    return lambda text, value: key.verify(value, text, ec.ECDSA(digest))


def is_rsa(key: Key) -> bool:
    """Whether it is an RSA key, either half."""
    return not key.is_kind(Secret) and _public(key).is_kind(rsa.RSAPublicKey)


def recovered(key: Key, value: bytes) -> str | None:
    """The digest an RSA key put into a PKCS#1 v1.5 signature, in words; None when it did not make it."""
    if not is_rsa(key):
        return None
    for digest in (hashes.SHA256(), hashes.SHA1(), hashes.SHA512(), hashes.MD5()):  # noqa: S303
        with suppress(Exception):  # the padding does not fit: another key or another digest
            material = _public(key).expect(rsa.RSAPublicKey)
            inside = material.recover_data_from_signature(value, padding.PKCS1v15(), digest)
            return f"{digest.name} {inside.hex()}"
    return None


def _user_ids(scene: Scene, key: Key, algorithm: SignatureAlgorithm) -> Iterator[tuple[str, str, str, Try]]:
    for detail, user_id in _ids(scene, key):
        other = Key(key.key_id, key.expect(Sm2PublicKey), attributes={"sm2_user_id": user_id})
        yield "user-id", detail, algorithm.value, _checked(other, algorithm)


def _ids(scene: Scene, key: Key) -> Iterator[tuple[str, bytes]]:
    own = key.attributes.get("sm2_user_id", DEFAULT_USER_ID)
    candidates: dict[bytes, str] = {DEFAULT_USER_ID: "the default 1234567812345678", b"": "an empty one"}
    for spelled in (own.rstrip(b"0"), own.ljust(16, b"0"), own.lower(), own.upper()):
        candidates.setdefault(spelled, "the agreed one, padded or written otherwise")
    candidates.setdefault(own.hex().encode(), "hexadecimal of the agreed one")
    values = {**scene.draft.headers, **scene.draft.params, **scene.draft.fields}
    for name, value in values.items():
        if 0 < len(value) <= _LONGEST_ID:
            candidates.setdefault(value.encode(), f"the value of {name}")
            candidates.setdefault(value.encode().ljust(16, b"0"), f"the value of {name}, padded with 0 to 16")
    for user_id, detail in candidates.items():
        if user_id != own:
            yield detail, user_id


def _codes(key: Key, algorithm: SignatureAlgorithm) -> Iterator[tuple[str, str, str, Try]]:
    secret = key.expect(Secret).value
    own = hashes.SM3() if algorithm is SignatureAlgorithm.HMAC_SM3 else hashes.SHA256()
    for detail, spelled in _secret_spellings(secret):
        yield "secret-spelling", detail, algorithm.value, _hmac(spelled, own)
    for digest in (hashes.SHA256(), hashes.SM3(), hashes.SHA1(), hashes.SHA512(), hashes.MD5()):  # noqa: S303
        if digest.name != own.name:
            words = f"HMAC with {digest.name}"
            yield "algorithm", words, words, _hmac(secret, digest)
    digests: tuple[hashes.HashAlgorithm, ...] = (hashes.SHA256(), hashes.MD5(), hashes.SM3())  # noqa: S303
    for bare in digests:
        words = f"{bare.name} of the text and the secret, not HMAC"
        yield "algorithm", words, words, _hashed(secret, bare)


def _secret_spellings(secret: bytes) -> Iterator[tuple[str, bytes]]:
    yield "base64 of the bytes we hold", base64.b64encode(secret)
    yield "hexadecimal of the bytes we hold", secret.hex().encode()
    yield "upper-case hexadecimal of the bytes we hold", secret.hex().upper().encode()
    yield "a newline after it", secret + b"\n"
    yield "without the blanks around it", secret.strip()
    for name, read in (("base64", base64.b64decode), ("hexadecimal", bytes.fromhex)):
        try:
            yield f"the bytes its {name} stands for", read(secret.decode("ascii"))
        except (ValueError, binascii.Error):
            continue


def _hmac(secret: bytes, digest: hashes.HashAlgorithm) -> Try:
    def tried(text: bytes, value: bytes) -> None:
        code = hmac.HMAC(secret, digest)
        code.update(text)
        code.verify(value)

    return tried


def _hashed(secret: bytes, digest: hashes.HashAlgorithm) -> Try:
    def tried(text: bytes, value: bytes) -> None:
        for data in (text + secret, secret + text, secret + text + secret):
            if digest.name == "sm3":
                made = sm3(data)
            else:
                code = hashes.Hash(digest)
                code.update(data)
                made = code.finalize()
            if made == value:
                return
        raise ValueError

    return tried
