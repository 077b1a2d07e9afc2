"""What validators find, said to people in two languages without repeating the value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hub.web.answers import speakable
from hub.web.problems import Fault, Refused

BODY: Final = "(body)"
"""The field of a fault that concerns the body as a whole."""

MOST: Final = 20
"""Faults named in one answer; a body of thousands of unknown fields does not deserve as many lines."""

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("缺少必填字段", "is required; add it"),
    "extra_forbidden": ("不认识的字段，请删除", "there is no such field; remove it"),
    "model_type": ("应为 JSON 对象", "must be a JSON object"),
    "model_attributes_type": ("应为 JSON 对象", "must be a JSON object"),
    "string_type": ("应为字符串", "must be a string"),
    "string_too_short": ("至少 {min_length} 个字符", "has at least {min_length} characters"),
    "string_too_long": ("至多 {max_length} 个字符", "has at most {max_length} characters"),
    "string_pattern_mismatch": ("格式应为 {pattern}", "must match {pattern}"),
    "int_type": ("应为整数（金额单位为分）", "must be an integer; amounts are in fen"),
    "int_from_float": ("应为整数（金额单位为分）", "must be an integer; amounts are in fen"),
    "int_parsing": ("应为整数", "must be an integer"),
    "digits": ("应为十进制数字", "must be written in plain decimal digits"),
    "greater_than_equal": ("不小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不大于 {le}", "must be at most {le}"),
    "enum": ("应为 {expected} 之一", "must be one of {expected}"),
    "literal_error": ("应为 {expected}", "must be {expected}"),
    "tuple_type": ("应为数组", "must be an array"),
    "list_type": ("应为数组", "must be an array"),
    "too_long": ("元素过多，至多 {max_length} 个", "has too many items; at most {max_length}"),
    "too_short": ("元素过少，至少 {min_length} 个", "has too few items; at least {min_length}"),
    "bool_type": ("应为布尔值", "must be true or false"),
    "decimal_text": (
        '应为以字符串表示的小数，例如 "0.0850"',
        'must be a decimal in quotes, such as "0.0850"',
    ),
    "rate_range": ("应为 0 到 1 之间的小数", 'must be a fraction between 0 and 1: 8.5% is "0.085"'),
    "personal_type": ("应为字符串", "must be a string"),
    "timezone_aware": ("时间须带时区", "must carry a time zone"),
    "datetime_from_date_parsing": ("应为 ISO 8601 时间", "must be an ISO 8601 time with its zone"),
    "datetime_parsing": ("应为 ISO 8601 时间", "must be an ISO 8601 time with its zone"),
    "datetime_type": ("应为 ISO 8601 时间", "must be an ISO 8601 time with its zone"),
    "date_from_datetime_parsing": ("应为 YYYY-MM-DD", "must be a date as YYYY-MM-DD"),
    "date_from_datetime_inexact": ("应为 YYYY-MM-DD", "must be a date as YYYY-MM-DD"),
    "date_parsing": ("应为 YYYY-MM-DD", "must be a date as YYYY-MM-DD"),
}
_SPOKEN: Final = frozenset({"min_length", "max_length", "pattern", "ge", "le", "expected"})
"""What of a validator's context is ours: bounds and words of the model, never the sender's value."""

_PERSONAL: Final[Mapping[str, str]] = {
    "name": "姓名应为 2 至 50 个字符，只含汉字、字母和间隔号",
    "id_number": "身份证号码应为 18 位，请核对出生日期和校验码",
    "mobile": "手机号应为 13 至 19 开头的 11 位数字",
    "bank_card": "银行卡号应为 12 至 19 位数字，请核对校验位",
    "address": "地址应为 4 至 200 个字符，不含控制字符",
}


def of_body(found: Iterable[Mapping[str, Any]]) -> Refused:
    """Return the refusal of a JSON body that does not satisfy its model."""
    return _refusal([_fault(details, details["loc"]) for details in found])


def of_parameters(found: Iterable[Mapping[str, Any]]) -> Refused:
    """Return the refusal of path, query or header parameters."""
    return _refusal([_fault(details, details["loc"][1:]) for details in found])


def _refusal(faults: Sequence[Fault]) -> Refused:
    names = ", ".join(dict.fromkeys(fault.field for fault in faults[:5]))
    more = "" if len(faults) <= MOST else f"（共 {len(faults)} 处 / {len(faults)} in all）"
    return Refused(
        422,
        "invalid_fields",
        f"以下字段不符合要求：{names}{more}",
        f"these fields are not acceptable: {names}",
        faults=faults[:MOST],
    )


def _fault(details: Mapping[str, Any], loc: Sequence[str | int]) -> Fault:
    kind = str(details["type"])
    field = path(loc)
    if kind == "personal_value":
        zh = _PERSONAL.get(str(loc[-1]) if loc else "", "格式不正确")
        return Fault(field, kind, zh, str(details["ctx"]["reason"]))
    known = _WORDS.get(kind)
    if known is None:
        return Fault(field, kind, "取值不符合要求", "is not an acceptable value; see the API description")
    context = {name: value for name, value in (details.get("ctx") or {}).items() if name in _SPOKEN}
    try:
        return Fault(field, kind, known[0].format(**context), known[1].format(**context))
    except KeyError:
        return Fault(field, kind, "取值不符合要求", "is not an acceptable value; see the API description")


def path(loc: Iterable[str | int]) -> str:
    """Return a dotted path; a name the sender made up is withheld unless it is harmless."""
    parts = [str(part) if isinstance(part, int) else speakable(part) for part in loc]
    return ".".join(parts) or BODY
