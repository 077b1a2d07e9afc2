"""Terms are refused when they contradict themselves, the law, or the rule that money is never a float."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal

import pytest
from pydantic import ValidationError

from contracts.programme import Partner, Product, Programme, Quota, Window

PRODUCT: Mapping[str, object] = {
    "id": "cash",
    "name_zh": "现金贷",
    "name_en": "Cash",
    "amount_min_fen": 100_000,
    "amount_max_fen": 20_000_000,
    "amount_step_fen": 10_000,
    "terms": [3, 12],
    "methods": ["equal_instalment"],
    "annual_rate_min": "0.03",
    "annual_rate_max": "0.24",
    "all_in_cap": "0.24",
    "age_min": 20,
    "age_max": 60,
    "purposes": ["consumption"],
    "consents": ["personal_data"],
}

PROGRAMME: Mapping[str, object] = {
    "id": "alpha_one",
    "version": 1,
    "partner": "alpha",
    "products": ["cash"],
    "agreement": "paper",
    "effective_from": "2026-01-01",
    "amount_min_fen": 100_000,
    "amount_max_fen": 5_000_000,
    "terms": [6, 12],
    "methods": ["equal_instalment"],
    "age_min": 22,
    "age_max": 55,
    "customer_rate_min": "0.05",
    "customer_rate_max": "0.24",
    "funding_rate": "0.0600",
    "own_share": "1",
    "quota": {"daily_fen": 100_000_000},
}

PARTNER: Mapping[str, object] = {
    "id": "alpha",
    "name_zh": "甲",
    "name_en": "Alpha",
    "kind": "bank",
    "contact": "000",
    "connector": "some_form",
    "keys": "alpha",
}


def read(model: type[Product] | type[Programme] | type[Partner], terms: Mapping[str, object]) -> object:
    return model.model_validate_json(json.dumps(terms))


@pytest.mark.parametrize(("model", "terms"), [(Product, PRODUCT), (Programme, PROGRAMME), (Partner, PARTNER)])
def test_terms_survive_json(model: type[Programme], terms: Mapping[str, object]) -> None:
    read_terms = model.model_validate_json(json.dumps(terms))
    assert model.model_validate_json(read_terms.model_dump_json()) == read_terms
    with pytest.raises(ValidationError):
        read_terms.id = "other"  # type: ignore[misc]


def test_rates_are_exact_and_written_as_text() -> None:
    programme = Programme.model_validate_json(json.dumps(PROGRAMME))
    assert programme.funding_rate == Decimal("0.06")
    assert json.loads(programme.model_dump_json())["funding_rate"] == "0.0600"


@pytest.mark.parametrize(
    ("model", "terms", "change", "field"),
    [
        (Product, PRODUCT, {"amount_min_fen": 30_000_000}, "amount_min_fen must not exceed amount_max_fen"),
        (Product, PRODUCT, {"amount_max_fen": 20_000_001}, "amount_max_fen"),
        (Product, PRODUCT, {"amount_min_fen": 0}, "amount_min_fen"),
        (Product, PRODUCT, {"amount_min_fen": "100000"}, "amount_min_fen"),
        (Product, PRODUCT, {"amount_min_fen": True}, "amount_min_fen"),
        (Product, PRODUCT, {"amount_min_fen": 1000.0}, "amount_min_fen"),
        (Product, PRODUCT, {"annual_rate_min": "0.25"}, "annual_rate_min must not exceed annual_rate_max"),
        (Product, PRODUCT, {"all_in_cap": "0.02"}, "annual_rate_min must not exceed all_in_cap"),
        (Product, PRODUCT, {"annual_rate_max": 0.24}, "annual_rate_max"),
        (Product, PRODUCT, {"annual_rate_max": "24"}, "annual_rate_max"),
        (Product, PRODUCT, {"annual_rate_max": "1e-1"}, "annual_rate_max"),
        (Product, PRODUCT, {"annual_rate_max": "NaN"}, "annual_rate_max"),
        (Product, PRODUCT, {"age_min": 17}, "age_min"),
        (Product, PRODUCT, {"age_min": 61}, "age_min must not exceed age_max"),
        (Product, PRODUCT, {"terms": []}, "terms"),
        (Product, PRODUCT, {"terms": [0]}, "terms"),
        (Product, PRODUCT, {"methods": ["weekly"]}, "methods"),
        (Product, PRODUCT, {"surprise": 1}, "surprise"),
        (Programme, PROGRAMME, {"own_share": "0.29", "co_funding_rate": "0.05"}, "own_share"),
        (Programme, PROGRAMME, {"own_share": "0.30"}, "co_funding_rate"),
        (Programme, PROGRAMME, {"co_funding_rate": "0.05"}, "co_funding_rate"),
        (Programme, PROGRAMME, {"amount_min_fen": 6_000_000}, "amount_min_fen must not exceed"),
        (
            Programme,
            PROGRAMME,
            {"quota": {"daily_fen": 99_999}},
            "amount_min_fen must not exceed quota.daily",
        ),
        (Programme, PROGRAMME, {"quota": {"daily_fen": 0}}, "daily_fen"),
        (Programme, PROGRAMME, {"quota": {"daily_fen": 2, "monthly_fen": 1}}, "daily_fen must not exceed"),
        (
            Programme,
            PROGRAMME,
            {"quota": {"daily_fen": 200_000, "monthly_fen": 300_000, "total_fen": 250_000}},
            "monthly_fen must not exceed total_fen",
        ),
        (Programme, PROGRAMME, {"effective_to": "2025-12-31"}, "effective_from must not exceed effective_to"),
        (Programme, PROGRAMME, {"customer_rate_min": "0.3"}, "customer_rate_min must not exceed"),
        (Programme, PROGRAMME, {"age_max": 20}, "age_min must not exceed age_max"),
        (Programme, PROGRAMME, {"regions_allowed": ["3"]}, "regions_allowed"),
        (Programme, PROGRAMME, {"regions_allowed": ["320"]}, "regions_allowed"),
        (Programme, PROGRAMME, {"regions_denied": [32]}, "regions_denied"),
        (Programme, PROGRAMME, {"window": {"opens": "8:00", "closes": "20:00"}}, "window.opens"),
        (Programme, PROGRAMME, {"window": {"opens": "08:00", "closes": "24:00"}}, "window.closes"),
        (Programme, PROGRAMME, {"version": 0}, "version"),
        (Programme, PROGRAMME, {"id": "Alpha-One"}, "id"),
        (Partner, PARTNER, {"endpoint": "ftp://host"}, "endpoint"),
        (Partner, PARTNER, {"keys": "../other"}, "keys"),
        (Partner, PARTNER, {"settings": {"merchant": 7}}, "settings"),
        (Partner, PARTNER, {"query": {"spacing_seconds": 0}}, "spacing_seconds"),
    ],
)
def test_refused(
    model: type[Product], terms: Mapping[str, object], change: Mapping[str, object], field: str
) -> None:
    read(model, terms)
    with pytest.raises(ValidationError) as refusal:
        read(model, {**terms, **change})
    told = [".".join(map(str, e["loc"])) + " " + e["msg"] for e in refusal.value.errors()]
    assert any(field in text for text in told), told


def test_a_joint_loan_at_the_legal_minimum() -> None:
    joint = read(Programme, {**PROGRAMME, "own_share": "0.30", "co_funding_rate": "0.05"})
    assert isinstance(joint, Programme)
    assert joint.own_share == Decimal("0.3")


@pytest.mark.parametrize(
    ("opens", "closes", "at", "covered"),
    [
        (time(8), time(20), time(8), True),
        (time(8), time(20), time(20), False),
        (time(22), time(6), time(23), True),
        (time(22), time(6), time(5, 59), True),
        (time(22), time(6), time(6), False),
        (time(22), time(6), time(12), False),
        (time(0), time(0), time(12), True),
    ],
)
def test_window(opens: time, closes: time, at: time, covered: bool) -> None:
    assert Window(opens=opens, closes=closes).covers(at) is covered


def test_effective_days_include_both_ends() -> None:
    terms = {**PROGRAMME, "effective_to": "2026-01-31"}
    programme = Programme.model_validate_json(json.dumps(terms))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1)]
    assert [programme.effective_on(day) for day in days] == [False, True, True, False]


def test_a_time_of_day_has_no_zone() -> None:
    with pytest.raises(ValidationError):
        Window.model_validate({"opens": 8, "closes": time(9)})
    assert Quota(daily_fen=1).monthly_fen is None
