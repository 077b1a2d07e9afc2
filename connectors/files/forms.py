"""How one cell of a partner's file is written: their text outside, our typed value inside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from connectors import units
from contracts.money import format_yuan, parse_yuan

Value = str | int | date | Decimal | None
"""A cell's value; an instant is a datetime, which is a date to Python."""
Row = Mapping[str, Value]

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DAILY_PLACES = Decimal("0.0000000001")


class Form(StrEnum):
    """How a column is written. Amounts become integer fen, rates annual fractions, days dates, times UTC."""

    TEXT = "text"
    FEN = "fen"
    YUAN = "yuan"
    COUNT = "count"
    COMPACT_DAY = "compact_day"  # yyyyMMdd
    DASHED_DAY = "dashed_day"  # yyyy-MM-dd
    SLASHED_DAY = "slashed_day"  # yyyy/MM/dd
    LOCAL_TIME = "local_time"  # yyyy-MM-dd HH:mm:ss in Asia/Shanghai
    COMPACT_TIME = "compact_time"  # yyyyMMddHHmmss in Asia/Shanghai
    EPOCH_MS = "epoch_ms"
    PERCENT = "percent"  # 24.00
    RATE = "rate"  # 0.2400
    DAILY_360 = "daily_360"  # 0.000667: the annual rate over 360
    DAILY_365 = "daily_365"


def _parse_text(text: str) -> str:
    # A line break or tabulator in a name would make another line of it in the next system.
    # Half of a surrogate pair, which JSON can smuggle in, cannot be stored.
    if _CONTROL.search(text):
        raise ValueError("holds a control character")
    return text


def _parse_slashed(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}/[0-9]{2}/[0-9]{2}", text, re.ASCII):
        raise ValueError("a day is written yyyy/MM/dd")
    return units.parse_day(text.replace("/", ""))


def _parse_compact_time(text: str) -> datetime:
    if not re.fullmatch(r"[0-9]{14}", text, re.ASCII):
        raise ValueError("a time is written yyyyMMddHHmmss")
    day, clock = text[:8], text[8:]
    return units.parse_local_time(f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}:{clock[4:]}")


def _format_compact_time(instant: datetime) -> str:
    return re.sub(r"[^0-9]", "", units.format_local_time(instant))


def _parse_epoch(text: str) -> datetime:
    return units.parse_epoch_ms(units.parse_fen(text))


def _parse_daily(base: int) -> Callable[[str], Decimal]:
    return lambda text: units.parse_rate(text) * base


def _format_daily(base: int) -> Callable[[Decimal], str]:
    # A rate the partner's decimals cannot hold is refused by the check that what is written reads back.
    return lambda rate: units.format_rate((rate / base).quantize(_DAILY_PLACES))


@dataclass(frozen=True, slots=True)
class _Codec:
    kind: type
    parse: Callable[[str], Value]
    # Each takes a value of `kind` exactly, which `write` has made sure of.
    format: Callable[..., str]


_CODECS: Mapping[Form, _Codec] = {
    Form.TEXT: _Codec(str, _parse_text, str),
    Form.FEN: _Codec(int, units.parse_fen, str),
    Form.YUAN: _Codec(int, parse_yuan, format_yuan),
    Form.COUNT: _Codec(int, units.parse_fen, str),
    Form.COMPACT_DAY: _Codec(date, units.parse_day, units.format_day),
    Form.DASHED_DAY: _Codec(date, units.parse_dashed_day, date.isoformat),
    Form.SLASHED_DAY: _Codec(date, _parse_slashed, lambda day: day.isoformat().replace("-", "/")),
    Form.LOCAL_TIME: _Codec(datetime, units.parse_local_time, units.format_local_time),
    Form.COMPACT_TIME: _Codec(datetime, _parse_compact_time, _format_compact_time),
    Form.EPOCH_MS: _Codec(datetime, _parse_epoch, lambda instant: str(units.format_epoch_ms(instant))),
    Form.PERCENT: _Codec(Decimal, units.parse_percent, units.format_percent),
    Form.RATE: _Codec(Decimal, units.parse_rate, units.format_rate),
    Form.DAILY_360: _Codec(Decimal, _parse_daily(360), _format_daily(360)),
    Form.DAILY_365: _Codec(Decimal, _parse_daily(365), _format_daily(365)),
}

WHOLE = frozenset(form for form, codec in _CODECS.items() if codec.kind is int)
"""Forms whose values are whole numbers: they can be summed, and are bare numbers in JSON."""


def parser(form: Form) -> Callable[[str], Value]:
    """Return what turns a cell's text into its value, raising ValueError that never shows what it found."""
    return _CODECS[form].parse


def write(form: Form, value: Value) -> str:
    """Return a value as the partner writes it; raises ValueError for what would not be read back the same."""
    codec = _CODECS[form]
    if type(value) is not codec.kind:
        raise ValueError(f"{form} is written from {codec.kind.__name__}, not {type(value).__name__}")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time has a zone")
        value = value.astimezone(UTC)
    text = codec.format(value)
    if codec.parse(text) != value:
        raise ValueError(f"the value has no exact form as {form}")
    return text
