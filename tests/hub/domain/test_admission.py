"""Admission: one line a case, and every reason at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.application import Submission
from contracts.programme import Consent, CostConvention, Product, RepaymentMethod
from hub.domain.admission import Case, admit
from hub.domain.reasons import CODES

TODAY = date(2026, 1, 5)
EQUAL, PRINCIPAL, INTEREST = RepaymentMethod

PRODUCT = Product(
    id="cash",
    name_zh="现金贷",
    name_en="Cash",
    amount_min_fen=100_000,
    amount_max_fen=20_000_000,
    amount_step_fen=10_000,
    terms=(3, 12, 24),
    methods=(EQUAL, PRINCIPAL, INTEREST),
    annual_rate_min=Decimal("0.03"),
    annual_rate_max=Decimal("0.24"),
    all_in_cap=Decimal("0.24"),
    age_min=20,
    age_max=60,
    purposes=("consumption",),
    consents=(Consent.PERSONAL_DATA, Consent.SHARE_WITH_FUNDER),
)

CASE = Case(
    amount_fen=1_000_000,
    term_months=12,
    method=EQUAL,
    annual_rate=Decimal("0.18"),
    age=35,
    region="110101",
    purpose="consumption",
    consents=frozenset(Consent),
)


def codes(case: Case, product: Product = PRODUCT) -> list[tuple[str, str]]:
    return [(reason.code, reason.field) for reason in admit(case, product, today=TODAY)]


def test_admitted() -> None:
    assert codes(CASE) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount_fen": 100_000}, []),
        ({"amount_fen": 20_000_000}, []),
        ({"amount_fen": 90_000}, [("amount_too_small", "amount_fen")]),
        ({"amount_fen": 0}, [("amount_too_small", "amount_fen")]),
        ({"amount_fen": 20_010_000}, [("amount_too_large", "amount_fen")]),
        ({"amount_fen": 1_000_001}, [("amount_off_step", "amount_fen")]),
        ({"term_months": 13}, [("term_not_offered", "term_months")]),
        ({"term_months": 0}, [("term_not_offered", "term_months")]),
        ({"method": INTEREST}, []),
        ({"method": INTEREST, "term_months": 24}, [("bullet_too_long", "term_months")]),
        ({"annual_rate": Decimal("0.0299")}, [("rate_too_low", "annual_rate")]),
        ({"annual_rate": Decimal("0.24")}, []),
        (
            {"annual_rate": Decimal("0.25")},
            [("rate_too_high", "annual_rate"), ("cost_above_cap", "annual_rate")],
        ),
        ({"age": 20}, []),
        ({"age": 19}, [("too_young", "age")]),
        ({"age": 60}, []),
        ({"age": 61}, [("too_old", "age")]),
        ({"region": "11010"}, [("region_unknown", "region")]),
        ({"region": "１１０１０１"}, [("region_unknown", "region")]),
        ({"purpose": "stocks"}, [("purpose_not_allowed", "purpose")]),
        (
            {"consents": frozenset({Consent.CREDIT_ENQUIRY})},
            [("consent_missing", "consents"), ("consent_missing", "consents")],
        ),
    ],
)
def test_one_rule_at_a_time(change: Mapping[str, object], expected: list[tuple[str, str]]) -> None:
    assert codes(replace(CASE, **change)) == expected


def test_a_method_not_offered() -> None:
    product = PRODUCT.model_copy(update={"methods": (EQUAL,)})
    assert codes(replace(CASE, method=PRINCIPAL), product) == [("method_not_offered", "method")]


def test_the_compound_cap_is_stricter_than_the_simple_one() -> None:
    """24% compounded is 21.7051% nominal: 21.71% passes a simple cap of 24% and fails a compound one."""
    case = replace(CASE, annual_rate=Decimal("0.2171"), amount_fen=20_000_000)
    compound = PRODUCT.model_copy(update={"cap_convention": CostConvention.COMPOUND})
    assert codes(case) == []
    assert codes(case, compound) == [("cost_above_cap", "annual_rate")]
    assert codes(replace(case, annual_rate=Decimal("0.2170")), compound) == []


def test_every_reason_at_once_in_both_languages() -> None:
    bad = Case(50_001, 5, PRINCIPAL, Decimal("0.5"), 12, "x", "stocks", frozenset())
    product = PRODUCT.model_copy(update={"methods": (EQUAL,)})
    reasons = admit(bad, product, today=TODAY)
    assert [reason.code for reason in reasons] == [
        "amount_too_small",
        "amount_off_step",
        "term_not_offered",
        "method_not_offered",
        "rate_too_high",
        "cost_above_cap",
        "too_young",
        "region_unknown",
        "purpose_not_allowed",
        "consent_missing",
        "consent_missing",
    ]
    assert reasons[0].zh == "金额低于最低 1000.00 元"
    assert reasons[0].en == "the amount is below the least of 1000.00 yuan"
    assert reasons[4].en == "the annual rate is above 24.00%"


def test_the_case_of_a_submission() -> None:
    submission = Submission.model_validate_json(
        """{"platform_no": "A1", "product": "cash", "amount_fen": 1000000, "term_months": 12,
        "method": "equal_instalment", "annual_rate": "0.18", "purpose": "consumption",
        "consents": ["personal_data", "sensitive_data", "share_with_funder", "credit_enquiry"],
        "applicant": {"name": "张三", "id_number": "11010119900307299X", "mobile": "13800138000",
        "bank_card": "6222021234567890128", "region": "110101"}}"""
    )
    assert Case.of(submission, today=TODAY) == CASE
    assert Case.of(submission, today=date(2026, 3, 6)).age == 35
    assert Case.of(submission, today=date(2026, 3, 7)).age == 36


@given(
    st.integers(-(10**9), 10**9),
    st.integers(-10, 1000),
    st.sampled_from(RepaymentMethod),
    st.decimals("-1", "2", places=4),
    st.integers(-5, 150),
    st.text(max_size=8),
    st.text(max_size=8),
    st.frozensets(st.sampled_from(Consent)),
)
def test_total(
    amount: int,
    term: int,
    method: RepaymentMethod,
    rate: Decimal,
    age: int,
    region: str,
    purpose: str,
    consents: frozenset[Consent],
) -> None:
    """Whatever is asked, the answer is a list of known reasons."""
    case = Case(amount, term, method, rate, age, region, purpose, consents)
    assert {reason.code for reason in admit(case, PRODUCT, today=TODAY)} <= CODES
