"""What is shown of a text hides persons and keeps places."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.explain import masked

PERSONAL = [
    "110101199003074518",
    "11010119900307451X",
    "110101900307451",
    "13800138000",
    "8613800138000",
    "6216261000000000018",
    "张三丰",
    "欧阳娜娜",
    "张",
    "北京市朝阳区建国路88号",
    quote("张三丰"),
    "\\u5f20\\u4e09",
    "\\xd5\\xc5\\xc8\\xfd",
    "zhang.san@example.com",
    base64.b64encode("张三丰 110101199003074518 13800138000".encode()).decode(),
    "张三丰 110101199003074518 13800138000".encode().hex(),
]


@pytest.mark.parametrize("value", PERSONAL)
def test_a_personal_value_is_not_shown(value: str) -> None:
    for text in (f"/a?name={value}&b=1", f'{{"name":"{value}"}}', f"POST\n{value}\n"):
        shown = masked(text)
        assert value not in shown
        assert len(shown) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "POST\n/api/loan/apply/V1\n1767577800\n",
        "app_id=10001&charset=UTF-8&timestamp=2026-01-05 09:30:00&sign_type=RSA2",
        "timeStamp=20260105093000&ms=1767577800000",
        '{"amount":"100000","empty":""}',
    ],
)
def test_what_integration_needs_stays(text: str) -> None:
    assert masked(text) == text


@given(text=st.text(max_size=200))
def test_places_stay_where_they_are(text: str) -> None:
    assert len(masked(text)) == len(text)
