"""Parameters the operations share: ids, months, pages and cursors, the Idempotency-Key, the hub itself."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Final

from fastapi import Depends, Header, Path, Query, Request
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from hub.flows.context import Context
from hub.web.problems import Fault, Refused

PAGE_MAX: Final = 200
_DIGITS = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


async def _hub(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def _digits(value: object) -> object:
    """Refuse what int() takes and nobody means: blanks, underscores, signs, other scripts' digits."""
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value):
            raise PydanticCustomError("digits", "must be written in plain decimal digits")
        return int(value)
    return value


Hub = Annotated[Context, Depends(_hub)]
Digits = Annotated[int, BeforeValidator(_digits)]
Limit = Annotated[Digits, Query(ge=1, le=PAGE_MAX, description="Most items of a page.", examples=[50])]
Cursor = Annotated[
    str | None,
    Query(max_length=128, pattern=r"^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before."),
]
ApplicationId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_]{1,64}$", examples=["app_019b8f5c7d2e7a41b0c2d3e4f5061728"])
]
Word = r"^[A-Za-z0-9_.:-]{1,128}$"
"""Any id of ours, or a name from the configuration."""

_MONTH = r"^2[0-9]{3}-(0[1-9]|1[0-2])$"
MonthPath = Annotated[
    str, Path(pattern=_MONTH, description="Business month, Asia/Shanghai.", examples=["2026-01"])
]
MonthQuery = Annotated[
    str | None, Query(pattern=_MONTH, description="Business month, Asia/Shanghai.", examples=["2026-01"])
]


async def _idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="1 to 128 visible ASCII characters, one for each request; "
            "the same key with the same body returns the first answer.",
            examples=["5f1c0d3e-7a41-4b0c-92d3-e4f506172801"],
        ),
    ] = None,
) -> str:
    name = "Idempotency-Key"
    if idempotency_key is None:
        raise _key_fault(name, "idempotency_key_missing", "缺少该请求头", "is required on this request")
    if not _KEY.fullmatch(idempotency_key):
        zh, en = "应为 1 至 128 个可见 ASCII 字符", "is 1 to 128 visible ASCII characters"
        raise _key_fault(name, "idempotency_key_form", zh, en)
    return idempotency_key


def _key_fault(name: str, code: str, zh: str, en: str) -> Refused:
    return Refused(400, code, f"{name}：{zh}", f"{name} {en}", faults=[Fault(name, code, zh, en)])


IdempotencyKey = Annotated[str, Depends(_idempotency_key)]


def cursor_of(place: str | int) -> str:
    """Return the opaque cursor of the last item of a page."""
    return urlsafe_b64encode(str(place).encode()).rstrip(b"=").decode()


def place_of(cursor: str | None) -> str | None:
    """Return what a cursor stands for; raises Refused for one that is not ours."""
    if cursor is None:
        return None
    try:
        place = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    if not re.fullmatch(Word, place):
        raise bad_cursor()
    return place


def number_of(cursor: str | None) -> int:
    """Return the row number a cursor stands for, 0 for none; raises Refused for one that is not ours."""
    place = place_of(cursor)
    if place is None:
        return 0
    if not _DIGITS.fullmatch(place):
        raise bad_cursor()
    return int(place)


def bad_cursor() -> Refused:
    """The cursor did not come from us."""
    zh, en = "请使用上一页返回的 next_cursor", "use next_cursor of the page before, unchanged"
    return Refused(422, "cursor", zh, en, faults=[Fault("cursor", "cursor", zh, en)])
