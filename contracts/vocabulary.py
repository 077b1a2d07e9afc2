"""The words terms are written in: ids, places, times of day, and the closed lists."""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

CONSUMER_CREDIT_MAX_FEN = 20_000_000
"""Ceiling of one person's consumer credit line (商业银行互联网贷款管理暂行办法, 2020; 金规〔2024〕26号)."""

OWN_SHARE_MIN = Decimal("0.30")
"""Least share of a joint loan the partner funds itself: 银保监办发〔2021〕24号 art. 2."""


class RepaymentMethod(StrEnum):
    """How principal and interest come back."""

    EQUAL_INSTALMENT = "equal_instalment"  # 等额本息
    EQUAL_PRINCIPAL = "equal_principal"  # 等额本金
    INTEREST_FIRST = "interest_first"  # 先息后本


class DocumentKind(StrEnum):
    """What an uploaded document is."""

    ID_FRONT = "id_front"
    ID_BACK = "id_back"
    FACE = "face"
    CREDIT_CONSENT = "credit_consent"  # 征信授权
    SHARING_CONSENT = "sharing_consent"  # 信息共享授权
    LOAN_CONTRACT = "loan_contract"
    DEBIT_MANDATE = "debit_mandate"  # 委托代扣协议
    OTHER = "other"


class Consent(StrEnum):
    """What the borrower agrees to, each on its own (PIPL art. 14, 23, 29)."""

    PERSONAL_DATA = "personal_data"  # 个人信息处理
    SHARE_WITH_FUNDER = "share_with_funder"  # 向资金方提供个人信息
    SENSITIVE_DATA = "sensitive_data"  # 敏感个人信息处理
    CREDIT_ENQUIRY = "credit_enquiry"  # 征信查询授权


class CostConvention(StrEnum):
    """How an all-in cost is annualised (公告〔2021〕第3号). A simple figure is labelled as simple."""

    SIMPLE = "simple"  # periodic internal rate of return x periods a year
    COMPOUND = "compound"  # (1 + periodic internal rate of return) ^ periods a year - 1


def _clock(value: object) -> time:
    # Kept terms are written with seconds, which are always none.
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9](:00)?", value):
        return time.fromisoformat(value)
    raise PydanticCustomError("clock", 'a time of day is HH:MM in quotes, such as "08:30"')


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Label = Annotated[str, Field(min_length=1, max_length=80)]
Months = Annotated[int, Field(ge=1, le=360)]
Seconds = Annotated[int, Field(ge=1, le=864_000)]
Age = Annotated[int, Field(ge=18, le=80)]
Clock = Annotated[time, BeforeValidator(_clock)]
RegionPrefix = Annotated[str, Field(pattern=r"^[1-9][0-9]([0-9]{2}){0,2}$")]
"""Two, four or six digits of a GB/T 2260 code: a province, a prefecture or a county with all below it."""


class Terms(BaseModel):
    """Agreed terms: immutable, unknown fields refused, nothing converted silently."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


def ordered(low: object, high: object, low_name: str, high_name: str) -> None:
    """Raise unless `low` is at most `high`, naming both fields."""
    if low > high:  # type: ignore[operator]
        raise PydanticCustomError(
            "order", "{low} must not exceed {high}", {"low": low_name, "high": high_name}
        )
