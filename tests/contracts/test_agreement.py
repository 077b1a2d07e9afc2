"""Agreements as data: what loads, and each thing that is refused with its field and remedy."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from contracts.agreement import Agreement, Base, CapitalSplit
from contracts.money import RemainderRule

TEXT = """
id: spread
version: 3
effective_from: 2026-01-01
effective_to: 2026-12-31
partner: city_bank
parties:
  - {id: city_bank, role: funder, name_zh: 城市银行, name_en: City Bank}
  - {id: trust, role: funder, name_zh: 信托, name_en: Trust}
  - {id: platform, role: platform, name_zh: 平台, name_en: Platform}
  - {id: guarantor, role: guarantor, name_zh: 担保公司, name_en: Guarantor}
  - {id: reserve, role: reserve, name_zh: 准备金, name_en: Reserve}
capital:
  - {party: city_bank, weight: "0.70"}
  - {party: trust, weight: "0.30"}
clauses:
  - {id: capital, kind: capital_split, also: [penalty]}
  - {id: upfront, kind: share_on_disbursement, payer: city_bank, receiver: platform,
     fraction: "0.012", refund_window_days: 15}
  - {id: reserve, kind: risk_reserve, payer: platform, holder: reserve, fraction: "0.025"}
  - {id: funder_cost, kind: cost_first, party: city_bank, rate: "0.0850", day_count: 360}
  - {id: guarantee, kind: cost_first, party: guarantor, rate: "0.03", day_count: 360}
  - {id: back, kind: share_of_received, party: platform, fraction: "0.30"}
  - {id: rest, kind: residual, party: platform, base: interest}
  - {id: fees, kind: residual, party: guarantor, base: fee}
"""


def terms() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(TEXT)
    return data


def refusal(data: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Agreement.model_validate(data)
    return str(caught.value)


def test_an_agreement_loads_from_yaml_and_from_its_own_json() -> None:
    agreement = Agreement.model_validate(terms())
    assert agreement.reference == "spread@3"
    assert agreement.weights == (Decimal("0.70"), Decimal("0.30"))
    assert [clause.id for clause in agreement.by_pot[Base.INTEREST]] == [
        "funder_cost",
        "guarantee",
        "back",
        "rest",
    ]
    assert [clause.id for clause in agreement.by_pot[Base.DISBURSED]] == ["capital", "upfront", "reserve"]
    assert agreement.capital_split == CapitalSplit(
        id="capital", remainder=RemainderRule.LARGEST_REMAINDER, also=(Base.PENALTY,)
    )
    text = agreement.model_dump_json()
    assert json.loads(text)["clauses"][3]["rate"] == "0.0850"
    assert Agreement.model_validate_json(text) == agreement
    assert Agreement.model_validate(json.loads(text)) == agreement


def test_the_days_it_is_in_force() -> None:
    agreement = Agreement.model_validate(terms())
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [agreement.effective_on(day) for day in days] == [False, True, True, False]
    open_ended = Agreement.model_validate({**terms(), "effective_to": None})
    assert open_ended.effective_on(date(2099, 1, 1))


def test_it_cannot_be_changed() -> None:
    agreement = Agreement.model_validate(terms())
    with pytest.raises(ValidationError, match="frozen"):
        agreement.version = 4  # type: ignore[misc]


def _set(data: dict[str, Any], path: str, value: object) -> None:
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place: Any = data
    for step in steps:
        place = place[step]
    place[last] = value


@pytest.mark.parametrize(
    ("path", "value", "field", "remedy"),
    [
        ("version", "3", "version", "integer"),
        ("version", True, "version", "integer"),
        ("colour", "red", "colour", "not permitted"),
        ("effective_from", 20260101, "effective_from", "2026-01-31"),
        ("effective_to", "2025-12-31", "effective_to", "later day"),
        ("partner", "other", "partner", "add it to parties"),
        ("capital/1/party", "stranger", "capital[1].party", "add it to parties"),
        ("capital/1/party", "platform", "capital[1].party", "role funder"),
        ("capital/1/party", "city_bank", "capital[1]", "keep one"),
        ("capital/0/weight", 0.7, "capital.0.weight", "text"),
        ("capital/0/weight", "0", "capital.0.weight", "greater than 0"),
        ("capital/0/weight", "0.12", "capital", "raise its weight"),
        ("capital", [{"party": "trust", "weight": 1}], "capital", "list its share"),
        ("parties/4/id", "trust", "parties[4]", "keep one"),
        ("parties/4/role", "fund", "parties.4.role", "reserve"),
        ("clauses/3/rate", 0.085, "clauses.3.cost_first.rate", "text"),
        ("clauses/3/rate", "8.5", "clauses.3.cost_first.rate", "0.085"),
        ("clauses/3/day_count", 364, "clauses.3.cost_first.day_count", "360 or 365"),
        ("clauses/3/kind", "profit", "clauses.3", "cost_first"),
        ("clauses/3/party", "nobody", "clauses[3].party", "add it to parties"),
        ("clauses/3/id", "capital", "clauses[3]", "keep one"),
        ("clauses/5/fraction", "0", "clauses.5.share_of_received.fraction", "greater than 0"),
        ("clauses/5/base", "principal", "clauses.5.share_of_received.base", "interest"),
        ("clauses/1/receiver", "city_bank", "clauses[1]", "name two"),
        ("clauses/1/receiver", "reserve", "clauses[1]", "another party"),
        ("clauses/7/party", "platform", "clauses[7].party", "金规〔2025〕9号"),
        ("clauses/7/base", "interest", "clauses", "add a residual clause with base fee"),
        ("clauses/0/also", ["interest"], "clauses", "put it last"),
        ("clauses/0/also", [], "clauses", "add a residual clause with base penalty"),
    ],
)
def test_refused(path: str, value: object, field: str, remedy: str) -> None:
    data = terms()
    _set(data, path, value)
    said = refusal(data)
    assert field in said
    assert remedy in said


def test_shares_of_one_pot_stay_within_it() -> None:
    data = terms()
    data["clauses"].insert(
        5,
        {"id": "more", "kind": "share_of_received", "party": "trust", "fraction": "0.71", "base": "interest"},
    )
    assert "lower them to 1 or less" in refusal(data)


def test_capital_is_split_once() -> None:
    data = terms()
    del data["clauses"][0]
    assert "there are 0 capital_split" in refusal(data)
    data = terms()
    data["clauses"].insert(0, {"id": "again", "kind": "capital_split"})
    assert "there are 2 capital_split" in refusal(data)


def test_all_problems_of_a_kind_are_told_at_once() -> None:
    data = terms()
    data["clauses"][7]["party"] = "platform"
    data["capital"][0]["weight"] = "0.1"
    said = refusal(data)
    assert "raise its weight" in said
    assert "金规〔2025〕9号" in said


def test_the_licensed_partner_funds_three_tenths() -> None:
    data = terms()
    data["capital"] = [{"party": "city_bank", "weight": 3}, {"party": "trust", "weight": 7}]
    assert Agreement.model_validate(data).weights == (3, 7)
    data["capital"][0]["weight"] = "2.9999999"
    assert "银保监办发〔2021〕24号" in refusal(data)
