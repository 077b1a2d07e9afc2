"""Which quota rules are charged: the published cases, and the laws of strict and not strict."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from contracts.quota import Measure, Period, Quota, QuotaRule
from hub.domain.routing import QuotaUse, route
from hub.domain.routing.quotas import applicable, charge
from tests.hub.domain.routing.test_decide import CASE, NOON, programme, refused
from tests.shared import shared_json

CASES = shared_json("vectors/routing/quota_cases.json")["quota_cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_published_cases(case: dict[str, object]) -> None:
    """In-flight use counts with what was routed; yesterday's is in yesterday's bucket."""
    rules = tuple(
        QuotaRule(
            code=f"rule_{rule['code']}",
            period=Period.DAY,
            plan=rule["plan_fen"],
            strict=rule["limit"] == "strict",
            overflow_rate=rule.get("overflow_rate", "0"),
        )
        for rule in case["rules"]  # type: ignore[attr-defined]
    )
    used = {
        f"rule_{rule['code']}": rule["routed_fen"] + rule.get("cached_routed_fen", 0)
        for rule in case["rules"]  # type: ignore[attr-defined]
    }
    amount = int(str(case["amount_fen"]))
    charged = charge(rules, used, amount)
    expected = [f"rule_{code}" for code in case["charged_rules"]]  # type: ignore[attr-defined]
    assert [rule.code for rule in charged.rules] == expected
    assert ("hit" if charged.refused is None else "no-channel") == case["expect"]
    offer = programme(quota=Quota(daily_fen=10**12, rules=rules), amount_min_fen=1)
    decision = route(replace(CASE, amount_fen=amount), [offer], {"alpha": QuotaUse(rules=used)}, now=NOON)
    assert (decision.chosen is not None) == (case["expect"] == "hit")


def rule(**changes: object) -> QuotaRule:
    terms: dict[str, object] = {"code": "some", "period": Period.DAY, "plan": 1}
    return QuotaRule.model_validate(terms | changes)


def test_a_rule_counts_only_what_it_applies_to() -> None:
    rules = (
        rule(code="term", terms=(24,)),
        rule(code="place", regions=("11", "3205")),
        rule(code="product", products=("other",)),
        rule(code="every"),
    )
    quota = Quota(daily_fen=10**9, rules=rules)
    assert [one.code for one in applicable(quota, CASE)] == ["place", "every"]
    far = replace(CASE, term_months=24, region="440305", product="other")
    assert [one.code for one in applicable(quota, far)] == ["term", "product", "every"]


def test_loans_are_counted_one_by_one() -> None:
    offer = programme(quota=Quota(daily_fen=10**9, rules=(rule(plan=3, measure=Measure.COUNT),)))
    assert route(CASE, [offer], {"alpha": QuotaUse(rules={"some": 2})}, now=NOON).chosen == "alpha"
    full = route(CASE, [offer], {"alpha": QuotaUse(rules={"some": 3})}, now=NOON)
    assert refused(full) == {"alpha": ["quota_rule_used"]}


def test_a_rule_that_is_not_strict_may_be_full_while_another_has_room() -> None:
    rules = (rule(code="full", plan=0, strict=False), rule(code="free", plan=10**9, strict=False))
    assert [one.code for one in charge(rules, {}, 5).rules] == ["free"]
    assert charge(rules[:1], {}, 5).refused is not None
    assert charge((), {}, 5).refused is None


def test_an_overflow_is_a_part_of_the_plan_rounded_down() -> None:
    assert rule(plan=15, overflow_rate=Decimal("0.1")).most == 16
