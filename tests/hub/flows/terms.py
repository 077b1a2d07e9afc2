"""The terms of the flows' small world: invented partners, what they fund and what was agreed with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contracts.agreement import Agreement
from contracts.programme import Partner, Product, Programme


def partner(name: str, kind: str = "bank") -> Partner:
    return Partner.model_validate_json(
        json.dumps(
            {
                "id": name,
                "name_zh": name,
                "name_en": name,
                "kind": kind,
                "settings": {"account_name": "备付金专户", "account_no": "100000000001"},
                "contact": "0",
                "connector": "plain",
                "keys": name,
                "query": {
                    "first_after_seconds": 30,
                    "spacing_seconds": 30,
                    "not_found_final_after_seconds": 600,
                },
            }
        )
    )


def programme(name: str, rate: str, daily_fen: int, holders: Mapping[str, str]) -> Programme:
    return Programme.model_validate_json(
        json.dumps(
            {
                "id": f"{name}_main",
                "version": 1,
                "partner": name,
                "products": ["cash"],
                "agreement": f"{name}_deal",
                "effective_from": "2025-01-01",
                "amount_min_fen": 100_000,
                "amount_max_fen": 20_000_000,
                "terms": [3, 6, 12],
                "methods": ["equal_instalment"],
                "age_min": 20,
                "age_max": 60,
                "customer_rate_min": "0.0500",
                "customer_rate_max": "0.2400",
                "funding_rate": rate,
                "own_share": "1",
                "quota": {"daily_fen": daily_fen},
                **holders,
            }
        )
    )


def agreement(name: str, **more: Any) -> Agreement:
    """Return the deal with a partner; `more` changes or adds fields."""
    return Agreement.model_validate_json(
        json.dumps(
            {
                "id": f"{name}_deal",
                "version": 1,
                "effective_from": "2025-01-01",
                "partner": name,
                "parties": [
                    {"id": name, "role": "funder", "name_zh": name, "name_en": name},
                    {"id": "guard", "role": "guarantor", "name_zh": "担保", "name_en": "Guard"},
                    {"id": "platform", "role": "platform", "name_zh": "平台", "name_en": "Platform"},
                ],
                "capital": [{"party": name, "weight": 1}],
                "clauses": [
                    {"kind": "capital_split", "id": "capital"},
                    {"kind": "cost_first", "id": "cost", "party": name, "rate": "0.0600", "day_count": 360},
                    {"kind": "residual", "id": "rest", "party": "platform", "base": "interest"},
                    {"kind": "residual", "id": "fees", "party": "guard", "base": "fee"},
                    {"kind": "residual", "id": "penalties", "party": "guard", "base": "penalty"},
                ],
                **more,
            }
        )
    )


PRODUCT = Product.model_validate_json(
    json.dumps(
        {
            "id": "cash",
            "name_zh": "现金贷",
            "name_en": "Cash",
            "amount_min_fen": 100_000,
            "amount_max_fen": 5_000_000,
            "amount_step_fen": 100,
            "terms": [3, 6, 12],
            "methods": ["equal_instalment"],
            "annual_rate_min": "0.0500",
            "annual_rate_max": "0.2400",
            "all_in_cap": "0.2500",
            "age_min": 20,
            "age_max": 60,
            "purposes": ["consumption"],
            "consents": ["personal_data"],
        }
    )
)
