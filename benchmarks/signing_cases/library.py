"""Signatures, codes and AES-GCM through the public API, against the very same calls of `cryptography`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.measure import Action, Case
from signing.ciphers import aead
from signing.keys import Key, KeyRing
from signing.keystore import new_ec, new_ed25519, new_rsa
from signing.signature import SignatureAlgorithm, sign, verify

MESSAGE = bytes(range(256)) * 8  # 2 KiB
NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
GOAL = 0.85
FLOOR = "bare cryptography"
SHA256 = hashes.SHA256()
PKCS1 = padding.PKCS1v15()
PSS = padding.PSS(padding.MGF1(SHA256), SHA256.digest_size)
ECDSA = ec.ECDSA(SHA256)


def library_cases(_: ExitStack) -> Iterator[Case]:
    """Each half alone, only reported, and the two together, which is what the goal speaks of."""
    rsa_key, ec_key, ed_key = new_rsa("r"), new_ec("e"), new_ed25519("d")
    rsa_private = rsa_key.expect(rsa.RSAPrivateKey)
    ec_private = ec_key.expect(ec.EllipticCurvePrivateKey)
    ed_private = ed_key.expect(ed25519.Ed25519PrivateKey)
    for name, algorithm, pad in (
        ("RSA-2048 PKCS#1", SignatureAlgorithm.RSA_PKCS1_SHA256, PKCS1),
        ("RSA-2048 PSS", SignatureAlgorithm.RSA_PSS_SHA256, PSS),
    ):
        bare_sign = partial(rsa_private.sign, MESSAGE, pad, SHA256)
        check = rsa_private.public_key().verify
        bare_verify = partial(check, bare_sign(), MESSAGE, pad, SHA256)
        yield from _signed(name, algorithm, rsa_key, bare_sign, bare_verify)
    bare_sign = partial(ec_private.sign, MESSAGE, ECDSA)
    bare_verify = partial(ec_private.public_key().verify, bare_sign(), MESSAGE, ECDSA)
    yield from _signed("ECDSA P-256", SignatureAlgorithm.ECDSA_P256_DER, ec_key, bare_sign, bare_verify)
    bare_sign = partial(ed_private.sign, MESSAGE)
    bare_verify = partial(ed_private.public_key().verify, bare_sign(), MESSAGE)
    yield from _signed("Ed25519", SignatureAlgorithm.ED25519, ed_key, bare_sign, bare_verify)
    yield from _hmac(bytes(range(32)))
    yield from _gcm(bytes(range(32)))


def _hmac(secret: bytes) -> Iterator[Case]:
    def begun() -> hmac.HMAC:
        context = hmac.HMAC(secret, SHA256)
        context.update(MESSAGE)
        return context

    tag = begun().finalize()
    key = Key.symmetric("h", secret)
    yield from _signed(
        "HMAC-SHA256",
        SignatureAlgorithm.HMAC_SHA256,
        key,
        lambda: begun().finalize(),
        lambda: begun().verify(tag),
    )


def _signed(
    name: str, algorithm: SignatureAlgorithm, key: Key, bare_sign: Action, bare_verify: Action
) -> Iterator[Case]:
    ours = KeyRing.of("ours", key)
    theirs = ours if algorithm is SignatureAlgorithm.HMAC_SHA256 else KeyRing.of("theirs", key.public())
    value = sign(algorithm, MESSAGE, ours, NOW).value
    yield from _halves(
        f"{name} sign",
        "verify",
        (
            partial(sign, algorithm, MESSAGE, ours, NOW),
            partial(verify, algorithm, MESSAGE, value, theirs, NOW),
        ),
        (bare_sign, bare_verify),
    )


def _gcm(secret: bytes) -> Iterator[Case]:
    """Both sides keep the cipher of their key, as both libraries recommend."""
    nonce, mine, bare = bytes(12), aead(Key.symmetric("g", secret)), AESGCM(secret)
    sealed = bare.encrypt(nonce, MESSAGE, b"")
    yield from _halves(
        "AES-256-GCM seal",
        "open",
        (partial(mine.encrypt, nonce, MESSAGE, b""), partial(mine.decrypt, nonce, sealed, b"")),
        (partial(bare.encrypt, nonce, MESSAGE, b""), partial(bare.decrypt, nonce, sealed, b"")),
    )


def _halves(
    first: str, second: str, ours: tuple[Action, Action], bare: tuple[Action, Action]
) -> Iterator[Case]:
    name = first.rpartition(" ")[0]
    yield Case(f"{first} 2 KiB", ours[0], FLOOR, bare[0])
    yield Case(f"{name} {second} 2 KiB", ours[1], FLOOR, bare[1])
    yield Case(f"{first}+{second} 2 KiB", _both(*ours), FLOOR, _both(*bare), GOAL)


def _both(first: Action, second: Action) -> Callable[[], object]:
    def run() -> object:
        first()
        return second()

    return run
