"""No personal value survives, wherever it stands; the same one stays the same; what is none is left alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from connectors.workbench.masking import Masker

BIRTHS = st.dates().filter(lambda day: 1930 <= day.year <= 2005)
IDENTITIES = st.builds(
    lambda day, order: (stem := f"320506{day:%Y%m%d}{order:03d}") + ric.calc_check_digit(stem + "0"),
    BIRTHS,
    st.integers(0, 999),
)
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True).filter(lambda text: not text.startswith("1390"))
CARDS = st.builds(
    lambda stem: stem + luhn.calc_check_digit(stem), st.from_regex(r"62[1-9][0-9]{12,15}", fullmatch=True)
)
NAMES = st.from_regex(r"[张王李赵欧阳][一-龥]{1,3}", fullmatch=True)


@given(IDENTITIES, MOBILES, CARDS, NAMES)
def test_nothing_of_a_person_is_left(identity: str, mobile: str, card: str, name: str) -> None:
    inside = json.dumps({"idNo": identity, "custName": name}, ensure_ascii=False)
    said = {
        "idNo": identity,
        "mobileNo": mobile,
        "cardNo": card,
        "custName": name,
        "address": f"{name}家三号",
        "biz": inside,
        "note": f"来电 {mobile}, 证件 {identity.lower()}",
    }
    for text in (
        json.dumps(said, ensure_ascii=False),
        "<a>" + "".join(f"<{key}>{value}</{key}>" for key, value in said.items() if key != "biz") + "</a>",
        "&".join(f"{key}={value}" for key, value in said.items() if key not in ("biz", "note")),
    ):
        masked = Masker().masked(text)
        for secret in (identity, identity.lower(), mobile, card, name):
            assert secret not in masked


@given(IDENTITIES, CARDS)
def test_an_invented_value_is_as_good_as_the_real_one_and_always_the_same(identity: str, card: str) -> None:
    masker = Masker()
    first, second = masker.masked(f"{identity} {card}").split()
    assert ric.calc_check_digit(first) == first[-1]
    assert luhn.is_valid(second)
    assert (len(first), len(second)) == (len(identity), len(card))
    assert masker.masked(card) == second
    assert masker.masked(masker.masked(identity)) == first
    assert masker.replaced() == 2


@pytest.mark.parametrize(
    "text",
    [
        '{"productName":"消费贷款产品一号","amount":"10000.01","time":"20260105120000","code":"0000"}',
        '{"loanNo":"L202601050000000001","serial":"1380000","ratio":"0.13912345678"}',
        '{"creditNo":"6222021234567890123"}',
        "<status>03</status>",
    ],
)
def test_what_is_no_personal_value_is_left_alone(text: str) -> None:
    kept = text.replace("消费贷款产品一号", "LOAN-1")
    assert Masker().masked(kept) == kept
