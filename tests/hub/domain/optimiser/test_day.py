"""A day for the linear program: options priced as routing does, every quota a limit, terms a forecast."""

from __future__ import annotations

from decimal import Decimal

import pytest

from contracts.programme import Programme, Quota
from contracts.quota import Measure, Period, QuotaRule
from hub.domain.optimiser import (
    NOT_ALLOWED,
    expected_fen,
    imagined,
    options,
    own_funds_fen,
    quotas_left,
    solve,
)
from hub.domain.routing import QuotaUse, Router, funding_cost
from hub.domain.schedule import outstanding_fen_months
from tests.hub.domain.routing.test_decide import CASE, NOON, programme


def rule(code: str, plan: int, **changes: object) -> QuotaRule:
    return QuotaRule.model_validate({"code": code, "period": Period.DAY, "plan": plan} | changes)


def with_rules(*rules: QuotaRule) -> Programme:
    return programme("alpha", quota=Quota(daily_fen=100_000_000, monthly_fen=150_000_000, rules=rules))


def test_options_cost_what_routing_says_and_own_funds_what_they_cost() -> None:
    offers = [programme("alpha"), programme("closed", terms=(6,)), programme("beta", funding_rate="0.08")]
    loans = options(Router(offers), [CASE], now=NOON, own_rate=Decimal("0.14"))
    assert loans.cost_fen.tolist() == [
        [funding_cost(CASE, offers[0]).fen, NOT_ALLOWED, funding_cost(CASE, offers[2]).fen]
    ]
    base = outstanding_fen_months(CASE.amount_fen, CASE.annual_rate, CASE.term_months, CASE.method)
    assert loans.fallback_fen.tolist() == [own_funds_fen(base, Decimal("0.14"))]
    without = options(Router(offers), [CASE], now=NOON)
    assert without.fallback_fen.tolist() == [own_funds_fen(base, CASE.annual_rate)]


def test_the_least_of_what_is_left_limits_a_programme() -> None:
    use = {"alpha": QuotaUse(daily_fen=10, monthly_fen=149_000_000, total_fen=149_000_000)}
    left = quotas_left([with_rules()], use)
    assert [limit.most for limit in left.limits] == [1_000_000]
    assert left.keys == ("alpha",)
    over = {"alpha": QuotaUse(monthly_fen=200_000_000)}
    assert quotas_left([with_rules()], over).limits[0].most == 0


def test_a_strict_rule_limits_the_loans_it_counts_and_has_a_price() -> None:
    offers = [
        with_rules(rule("long", 3, measure=Measure.COUNT, terms=(12,))),
        programme("dear", funding_rate="0.09"),
    ]
    loans = options(Router(offers), [CASE] * 5, now=NOON)
    left = quotas_left(offers, {"alpha": QuotaUse(rules={"long": 1})})
    assert left.keys == ("alpha", "alpha/long", "dear")
    found = solve(loans, left.limits)
    assert found.shares[:, 0].sum() == pytest.approx(2, abs=0.01)
    assert found.prices[1] > 0
    # A rule of another term lets them all in.
    free = [with_rules(rule("short", 3, measure=Measure.COUNT, terms=(6,))), offers[1]]
    other = options(Router(free), [CASE] * 5, now=NOON)
    assert solve(other, quotas_left(free, {}).limits).shares[:, 0].sum() == pytest.approx(5, abs=0.01)


def test_rules_that_are_not_strict_limit_together_and_have_no_price() -> None:
    offers = [
        with_rules(
            rule("one", 2, measure=Measure.COUNT, strict=False),
            rule("two", 1, measure=Measure.COUNT, strict=False),
        )
    ]
    left = quotas_left(offers, {})
    assert left.keys == ("alpha", "")
    found = solve(options(Router(offers), [CASE] * 5, now=NOON), left.limits)
    assert found.shares.sum() == pytest.approx(3, abs=0.01)


def test_what_programmes_let_expect_is_their_quotas_among_their_terms() -> None:
    offers = [
        programme("alpha", quota=Quota(daily_fen=60_000_000)),
        programme("small", terms=(6,), amount_max_fen=500_000, quota=Quota(daily_fen=50_000_000)),
    ]
    awaited = imagined(offers, [CASE])
    assert sum(fen for _, fen in awaited) == pytest.approx(110_000_000, abs=len(awaited))
    assert sum(fen for case, fen in awaited if case.term_months == 12) == pytest.approx(30_000_000, abs=100)
    assert {case.region for case, _ in awaited} == {CASE.region}
    assert all(100_000 <= case.amount_fen <= 5_000_000 for case, _ in awaited)
    assert imagined(offers, [])


def test_an_earlier_day_is_believed_where_it_belies_the_quotas() -> None:
    offers = [programme("alpha", quota=Quota(daily_fen=110_000_000))]
    assert expected_fen(offers) == 100_000_000
    assert expected_fen(offers, 95_000_000) == 100_000_000
    assert expected_fen(offers, 40_000_000) == 40_000_000
