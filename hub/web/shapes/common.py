"""What every answer is made of, and the problem."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

RateText = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["0.1800"])]
Month = Annotated[str, Field(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$", examples=["2026-01"])]
Cursor = Annotated[str, Field(examples=["YXBwXzAx"])] | None
"""Hand it back as `cursor` to go on; null at the end."""


class Shape(BaseModel):
    """One answer."""

    model_config = ConfigDict(extra="forbid")


class ReasonView(Shape):
    """Why not: a stable code, the field it is about, and words for people."""

    code: str
    field: str
    zh: str
    en: str


class FaultView(ReasonView):
    """One thing wrong with the input; `field` is a dotted path, `(body)` for the whole body."""


class Problem(Shape):
    """An RFC 9457 problem. `code` is stable; `title` and `detail` are Chinese, then English."""

    type: Annotated[str, Field(examples=["urn:loanhub:problem:invalid_fields"])]
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FaultView]
