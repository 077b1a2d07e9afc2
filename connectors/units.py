"""How partners write money, dates, times and rates, as pydantic types: their words outside, ours inside."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationInfo

from contracts.money import format_yuan, parse_yuan

SHANGHAI = ZoneInfo("Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HUNDRED = Decimal(100)

T = TypeVar("T")


def parse_fen(text: str) -> int:
    """Return whole fen from ASCII digits; raises ValueError for signs, points, blanks and leading zeros."""
    if not (text.isascii() and text.isdigit()) or (len(text) > 1 and text[0] == "0") or len(text) > 16:
        raise ValueError("an amount in fen is 1 to 16 digits")
    return int(text)


def parse_day(text: str) -> date:
    """Return the day written as yyyyMMdd; raises ValueError."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        raise ValueError("a day is written yyyyMMdd")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def format_day(day: date) -> str:
    """Write a day as yyyyMMdd."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def parse_dashed_day(text: str) -> date:
    """Return the day written as yyyy-MM-dd; raises ValueError."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError("a day is written yyyy-MM-dd")
    return parse_day(text[:4] + text[5:7] + text[8:])


def parse_local_time(text: str) -> datetime:
    """Return the UTC instant of a Shanghai wall clock written yyyy-MM-dd HH:mm:ss; raises ValueError."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", text, re.ASCII):
        raise ValueError("a time is written yyyy-MM-dd HH:mm:ss")
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def format_local_time(instant: datetime) -> str:
    """Write an instant as the Shanghai wall clock, yyyy-MM-dd HH:mm:ss; part seconds are dropped."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def parse_compact_time(text: str) -> datetime:
    """Return the UTC instant of a Shanghai wall clock written yyyyMMddHHmmss; raises ValueError."""
    if not re.fullmatch(r"[0-9]{14}", text, re.ASCII):
        raise ValueError("a time is written yyyyMMddHHmmss")
    day, clock = parse_day(text[:8]), (int(text[8:10]), int(text[10:12]), int(text[12:]))
    return datetime(day.year, day.month, day.day, *clock, tzinfo=SHANGHAI).astimezone(UTC)


def format_compact_time(instant: datetime) -> str:
    """Write an instant as the Shanghai wall clock, yyyyMMddHHmmss; part seconds are dropped."""
    return instant.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")


def parse_epoch_ms(value: int) -> datetime:
    """Return the UTC instant of milliseconds since 1970; raises ValueError outside 2000 to 2100."""
    if not 946_684_800_000 <= value <= 4_102_444_800_000:
        raise ValueError("milliseconds since 1970 lie between the years 2000 and 2100")
    return _EPOCH + timedelta(milliseconds=value)


def format_epoch_ms(instant: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def parse_rate(text: str) -> Decimal:
    """Return an annual fraction from plain decimal digits such as 0.0850; raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,10})?", text, re.ASCII):
        raise ValueError("a rate is plain decimal digits")
    return Decimal(text)


def parse_percent(text: str) -> Decimal:
    """Return an annual fraction from a percentage such as 24.00; raises ValueError."""
    return parse_rate(text) / _HUNDRED


def format_rate(rate: Decimal) -> str:
    """Write an annual fraction with at least four decimals: 0.085 -> 0.0850."""
    return _plain(rate, 4)


def format_percent(rate: Decimal) -> str:
    """Write an annual fraction as a percentage with at least two decimals: 0.24 -> 24.00."""
    return _plain(rate * _HUNDRED, 2)


def _plain(value: Decimal, places: int) -> str:
    # Padded, never cut: a rate with more decimals than the partner's form shows travels whole or is refused
    # there.
    text = format(value.normalize(), "f")
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(places, '0')}"


def business_day(instant: datetime) -> date:
    """Return the Shanghai date of an instant."""
    return instant.astimezone(SHANGHAI).date()


def _from(parse: Callable[[str], T], kind: type[T]) -> BeforeValidator:
    """Read the partner's text with `parse`; our own value passes when a message is built in Python."""

    def read(value: object, info: ValidationInfo) -> object:
        # A value of our own kind inside JSON (an amount as a bare number) is not what the partner's document
        # says.
        if info.mode == "python" and isinstance(value, kind):
            return value
        if not isinstance(value, str):
            raise ValueError("must be a string")  # noqa: TRY004  pydantic collects ValueError only
        return parse(value)

    return BeforeValidator(read)


def _read_epoch_ms(value: object, info: ValidationInfo) -> object:
    if info.mode == "python" and isinstance(value, datetime):
        return value
    # pydantic alone would take seconds, floats and ISO text as well, each another instant.
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be whole milliseconds since 1970")  # noqa: TRY004
    return parse_epoch_ms(value)


FenText = Annotated[int, _from(parse_fen, int), PlainSerializer(str, return_type=str)]
"""Integer fen, written by the partner as such in a string."""
Whole = FenText
"""A count, written in a string."""


def within(whole: int, places: int) -> AfterValidator:
    """Refuse a number that does not fit a partner's 9(whole:places): it would be rounded there, or cut.

    For amounts in fen, whose places are 2, and for Decimals.
    """

    def fit(value: T) -> T:
        exact = Decimal(value) / _HUNDRED if isinstance(value, int) else value
        if not isinstance(exact, Decimal) or exact != round(exact, places):
            raise ValueError(f"has more than {places} decimals")
        if not 0 <= exact < Decimal(10) ** whole:
            raise ValueError(f"is not below 10 to the power of {whole}, or is negative")
        return value

    return AfterValidator(fit)


Yuan = Annotated[int, _from(parse_yuan, int), PlainSerializer(format_yuan, return_type=str)]
"""Integer fen, written by the partner as yuan with two decimals in a string."""
LocalTime = Annotated[
    datetime, _from(parse_local_time, datetime), PlainSerializer(format_local_time, return_type=str)
]
"""A UTC instant, written as yyyy-MM-dd HH:mm:ss in Asia/Shanghai."""
DashedDay = Annotated[date, _from(parse_dashed_day, date), PlainSerializer(date.isoformat, return_type=str)]
"""A day, written yyyy-MM-dd."""
CompactTime = Annotated[
    datetime, _from(parse_compact_time, datetime), PlainSerializer(format_compact_time, return_type=str)
]
"""A UTC instant, written as yyyyMMddHHmmss in Asia/Shanghai."""
CompactDay = Annotated[date, _from(parse_day, date), PlainSerializer(format_day, return_type=str)]
"""A day, written yyyyMMdd."""
EpochMs = Annotated[
    datetime, BeforeValidator(_read_epoch_ms), PlainSerializer(format_epoch_ms, return_type=int)
]
"""A UTC instant, written as milliseconds since 1970."""
Percent = Annotated[Decimal, _from(parse_percent, Decimal), PlainSerializer(format_percent, return_type=str)]
"""An annual fraction, written as a percentage: 24.00."""
Rate = Annotated[Decimal, _from(parse_rate, Decimal), PlainSerializer(format_rate, return_type=str)]
"""An annual fraction, written as such: 0.0850."""
