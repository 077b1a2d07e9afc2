"""The one place where a JSON body is read: bounded, unambiguous, then validated strictly against its model.

A plain model endpoint lets duplicate keys pass, and breaks on NaN and lone surrogates because the error that
repeats them cannot be written. Here two readers see the same bytes: the first refuses whatever two parsers
might understand differently, the second is pydantic in strict JSON mode.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from hub.web import faults
from hub.web.faults import BODY
from hub.web.problems import Fault, Refused

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 16
MAX_DIGITS: Final = 18
"""Digits of an integer: every amount has fewer, and Python itself refuses to read thousands."""
DRAIN_BYTES: Final = 4 * 1024 * 1024
"""How much of a body that is too large is still read, so that the sender sees the answer and not a reset."""
BODY_SECONDS: Final = 30.0

# Control characters split lines in logs and end strings in databases; bidirectional marks show people
# another text than the one that is stored; lone surrogates are not text.
_UNWANTED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)

_FAULTS: Final[dict[str, tuple[str, str]]] = {
    "key_repeated": ("字段重复出现", "this key occurs more than once; send it once"),
    "number_not_integer": (
        "数字须为整数，不得含小数点、指数、NaN 或 Infinity",
        "a number is an integer: no point, no exponent, no NaN, no Infinity",
    ),
    "number_too_long": (f"整数至多 {MAX_DIGITS} 位", f"an integer has at most {MAX_DIGITS} digits"),
    "text_unwanted": (
        "文本含控制字符、双向控制字符或孤立代理项",
        "the text holds a control character, a bidirectional mark or a lone surrogate; remove it",
    ),
    "too_deep": (f"嵌套至多 {MAX_DEPTH} 层", f"nest at most {MAX_DEPTH} levels"),
}

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Received(Generic[Model]):
    """A body that may be believed to be one thing: the model, and the hash of what it says.

    The hash is over the sorted, compact form, so a client that orders its keys differently when it tries
    again still sends the same request.
    """

    value: Model
    sha256: str


async def read_json(request: Request, model: type[Model]) -> Received[Model]:
    """Return the request's body as `model`; raises Refused with 400, 408, 413, 415 or 422."""
    _check_type(request)
    raw = await read_bytes(request, MAX_BYTES)
    return understood(raw, model)


def understood(raw: bytes, model: type[Model]) -> Received[Model]:
    """Return bytes as `model`; raises Refused with 400 for bad JSON and 422 for fields."""
    value = parse(raw)
    try:
        validated = model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise faults.of_body(found) from None
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return Received(validated, sha256(canonical).hexdigest())


async def read_bytes(request: Request, limit: int) -> bytes:
    """Return the raw body of at most `limit` bytes; raises Refused with 408 or 413."""
    declared = request.headers.get("content-length", "0")
    too_large = len(declared) > 12 or (declared.isdecimal() and int(declared) > limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                too_large = too_large or size > limit
                if not too_large:
                    chunks.append(chunk)
                elif size > DRAIN_BYTES:
                    break
    except TimeoutError:
        raise Refused(408, "body_too_slow", "请求体传输过慢", "the body did not arrive in time") from None
    if too_large:
        zh, en = f"请求体至多 {limit} 字节", f"the body has at most {limit} bytes"
        raise Refused(413, "body_too_large", zh, en, faults=[Fault(BODY, "body_too_large", zh, en)])
    return b"".join(chunks)


def parse(raw: bytes) -> object:
    """Return the one value every JSON parser reads in these bytes; raises Refused with 400."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable("body_not_utf8", "不是 UTF-8", f"is not UTF-8 at byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise _unreadable("body_bom", "开头有 BOM，请去掉", "begins with a byte order mark; remove it")
    if not text.strip(" \t\r\n"):
        raise _unreadable("body_empty", "为空", "is empty; send a JSON object")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise _unreadable(
            "body_not_json",
            f"不是合法 JSON（第 {error.lineno} 行第 {error.colno} 列）",
            f"is not JSON at {place}",
        ) from None
    except RecursionError:
        raise _unreadable("too_deep", *_FAULTS["too_deep"]) from None
    found = [fault for fault, _ in zip(_faults(value, (), 0), range(faults.MOST), strict=False)]
    if found:
        names = ", ".join(dict.fromkeys(fault.field for fault in found[:5]))
        raise Refused(
            400,
            found[0].code,
            f"JSON 内容有歧义或不被接受：{names}",
            f"the JSON is ambiguous or not acceptable at: {names}",
            faults=found,
        )
    return value


def _unreadable(code: str, zh: str, en: str) -> Refused:
    return Refused(400, code, f"请求体{zh}", f"the body {en}", faults=[Fault(BODY, code, zh, en)])


def _check_type(request: Request) -> None:
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.strip().lower()
    plain = request.headers.get("content-encoding", "identity").strip().lower() == "identity"
    if kind.strip().lower() == "application/json" and charset in _CHARSETS and plain:
        return
    zh = "请使用 Content-Type: application/json，UTF-8，不压缩"
    en = "send Content-Type: application/json in UTF-8, not compressed"
    fault = Fault("Content-Type", "content_type", zh, en)
    raise Refused(415, "content_type", zh, en, faults=[fault])


_CHARSETS = frozenset({"", "charset=utf-8", 'charset="utf-8"'})


# The first reader. What it cannot accept it marks in place, so that the walk can say where.


@dataclass(frozen=True, slots=True)
class _Marked:
    code: str
    key: str | None = None


def _object(pairs: list[tuple[str, object]]) -> object:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return _Marked("key_repeated", key)
        seen.add(key)
    return found


def _integer(digits: str) -> object:
    # "-0" is zero to some parsers and minus zero, a float, to others.
    if digits == "-0":
        return _Marked("number_not_integer")
    return int(digits) if len(digits) <= MAX_DIGITS + 1 else _Marked("number_too_long")


def _no_number(text: str) -> object:
    return _Marked("number_not_integer")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_no_number, parse_int=_integer, parse_constant=_no_number
)


def _faults(value: object, at: tuple[str | int, ...], depth: int) -> Iterator[Fault]:
    """Yield what is wrong with a value, with the path to it."""
    if depth > MAX_DEPTH:
        yield _fault("too_deep", at)
    elif isinstance(value, str):
        if _UNWANTED.search(value):
            yield _fault("text_unwanted", at)
    elif isinstance(value, dict):
        for key, item in value.items():
            if _UNWANTED.search(key):
                yield _fault("text_unwanted", (*at, key))
            yield from _faults(item, (*at, key), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, (*at, index), depth + 1)
    elif isinstance(value, _Marked):
        yield _fault(value.code, at if value.key is None else (*at, value.key))


def _fault(code: str, at: tuple[str | int, ...]) -> Fault:
    return Fault(faults.path(at), code, *_FAULTS[code])
