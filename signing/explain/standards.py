"""Legs signed in a standard's own form (XML-DSig, RFC 9421, JWS): the refusal, other keys, other rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from signing.envelope import Wire, unseal
from signing.errors import ClockRefused, OpenFailed, SigningError
from signing.keys import KeyRing, PartnerKeys
from signing.profile import Leg, XmlSignature
from signing.signature import SignatureAlgorithm

Causes = tuple[tuple[str, str], ...]
_BETWEEN_TAGS = re.compile(rb">\s+<")
_SIGNATURE = re.compile(rb"<(?:\w+:)?Signature[\s>].*</(?:\w+:)?Signature>", re.DOTALL)
_RSA = (SignatureAlgorithm.RSA_PKCS1_SHA256, SignatureAlgorithm.RSA_PKCS1_SHA1)
_DIGESTS: tuple[Literal["sha1", "sha256"], ...] = ("sha256", "sha1")
_C14N: tuple[Literal["inclusive", "exclusive"], ...] = ("exclusive", "inclusive")


def explain_standard(
    leg: Leg,
    wire: Wire,
    keys: PartnerKeys,
    refused: SigningError | None,
    others: Mapping[str, KeyRing],
    now: datetime,
) -> Causes:
    """The causes; none when the message is accepted."""
    if refused is None:
        return ()
    if isinstance(refused, ClockRefused):
        return (("clock", str(refused)),)
    if isinstance(refused, OpenFailed):
        return (("not-opened", ""),)
    for name, ring in others.items():
        swapped = PartnerKeys(keys.ours, _public(ring), ring if leg.keyed_by_shared else keys.shared)
        if _accepted(leg, wire, swapped, now):
            return (("wrong-key", f"a key of {name}"),)
    if isinstance(leg.signature, XmlSignature):
        for causes, other, body in _xml(leg, leg.signature, wire):
            if _accepted(other, replace(wire, body=body), keys, now):
                return causes
    return (("refused", str(refused)),)


def _public(ring: KeyRing) -> KeyRing:
    entries = []
    for entry in ring.entries:
        try:
            entries.append(replace(entry, key=entry.key.public()))
        except SigningError:
            continue  # a secret has no public half
    return KeyRing(ring.name, entries)


def _xml(leg: Leg, how: XmlSignature, wire: Wire) -> Iterator[tuple[Causes, Leg, bytes]]:
    bodies = (
        ((), wire.body),
        ((("xml-changed", "blanks stand between the elements"),), _tight(wire.body)),
        ((("xml-changed", "lines end with CR LF"),), wire.body.replace(b"\r\n", b"\n")),
    )
    for changed, body in bodies:
        for algorithm in _RSA:
            for digest in _DIGESTS:
                for c14n in _C14N:
                    told = []
                    if algorithm is not how.algorithm:
                        told.append(("algorithm", algorithm.value))
                    if digest != how.digest:
                        told.append(("canonicalisation", f"digest {digest}"))
                    if c14n != how.c14n:
                        told.append(("canonicalisation", f"{c14n} canonicalisation"))
                    update = {"algorithm": algorithm, "digest": digest, "c14n": c14n, "legacy": True}
                    other = leg.model_copy(update={"signature": how.model_copy(update=update)})
                    yield (*changed, *told), other, body


def _tight(document: bytes) -> bytes:
    """The document without blanks between its elements; the signature's own belong to what was signed."""
    found = _SIGNATURE.search(document)
    if found is None:
        return document
    outside = (document[: found.start()], document[found.end() :])
    before, after = (_BETWEEN_TAGS.sub(b"><", part) for part in outside)
    return before.rstrip() + found.group() + after.lstrip()


def _accepted(leg: Leg, wire: Wire, keys: PartnerKeys, now: datetime) -> bool:
    try:
        unseal(leg, wire, keys, now=now)
    except SigningError:
        return False
    return True
