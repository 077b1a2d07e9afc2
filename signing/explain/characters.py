"""Mistakes with characters and bytes: character sets, byte-order marks, case, one hash too many."""

from __future__ import annotations

import base64
import hashlib

from signing.bodies import charset
from signing.explain.mistake import Mistake, Readings
from signing.explain.scene import Scene, Step
from signing.gm import sm3

_BOM = b"\xef\xbb\xbf"
_SETS = ("utf-8", "gbk", "gb18030", "utf-16-le", "utf-16-be")


def _charset(scene: Scene) -> Readings:
    own = charset(scene.leg.body)
    for other in _SETS:
        if other != own:
            yield other, scene.then(_recoded(own, other))


def _recoded(own: str, other: str) -> Step:
    return lambda built: built.decode(own, "surrogateescape").encode(other, "replace")


def _lost(scene: Scene) -> Readings:
    own = charset(scene.leg.body)
    yield "as ?", scene.then(lambda built: built.decode(own, "replace").encode("latin-1", "replace"))
    yield "as U+FFFD", scene.then(lambda built: built.decode("ascii", "replace").encode())
    yield "read as Latin-1, written as UTF-8", scene.then(lambda built: built.decode("latin-1").encode())
    yield "read as GBK, written as UTF-8", scene.then(lambda built: built.decode("gbk", "replace").encode())


def _byte_order_mark(scene: Scene) -> Readings:
    yield "before the text", scene.then(lambda built: _BOM + built)
    if scene.draft.body:
        yield "before the body", scene.with_body(_BOM + scene.draft.body)


def _letter_case(scene: Scene) -> Readings:
    yield "lower", scene.then(bytes.lower)
    yield "upper", scene.then(bytes.upper)


def _hashed_first(scene: Scene) -> Readings:
    digests: dict[str, Step] = {
        "SHA-256": lambda built: hashlib.sha256(built).digest(),
        "SM3": sm3,
        "SHA-1": lambda built: hashlib.sha1(built, usedforsecurity=False).digest(),
        "MD5": lambda built: hashlib.md5(built, usedforsecurity=False).digest(),
    }
    for name, digest in digests.items():
        hashed = scene.then(digest)
        yield f"{name}, in hexadecimal", hashed.then(lambda value: value.hex().encode())
        yield f"{name}, in upper-case hexadecimal", hashed.then(lambda value: value.hex().upper().encode())
        yield f"{name}, in base64", hashed.then(base64.b64encode)
        yield name, hashed


def _encoded_first(scene: Scene) -> Readings:
    yield "base64", scene.then(base64.b64encode)
    yield "base64url", scene.then(base64.urlsafe_b64encode)
    yield "hexadecimal", scene.then(lambda built: built.hex().encode())
    yield "upper-case hexadecimal", scene.then(lambda built: built.hex().upper().encode())


CHARACTERS = (
    Mistake("charset", _charset),
    Mistake("charset-lost", _lost),
    Mistake("byte-order-mark", _byte_order_mark),
    Mistake("letter-case", _letter_case),
    Mistake("hashed-first", _hashed_first),
    Mistake("encoded-first", _encoded_first),
)
