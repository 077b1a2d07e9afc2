"""Routing: the cheapest that is allowed, a reason for all others, and the laws of every decision."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.programme import Programme, Quota, RepaymentMethod, Window
from hub.domain.reasons import CODES, because
from hub.domain.routing import (
    CostLine,
    Decision,
    QuotaUse,
    RoutingCase,
    at_random,
    first_configured,
    funding_cost,
    route,
)
from hub.domain.schedule import outstanding_fen_months, plan
from tests.shared import shared_json

EQUAL, PRINCIPAL, INTEREST = RepaymentMethod
NOON = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai

CASE = RoutingCase("app_1", "cash", 1_000_000, 12, EQUAL, Decimal("0.18"), 35, "320506")


def programme(name: str = "alpha", /, **changes: object) -> Programme:
    """A programme that takes CASE, but for the changes."""
    terms: dict[str, object] = {
        "id": name,
        "version": 1,
        "partner": f"{name}_bank",
        "products": ("cash",),
        "agreement": "paper",
        "effective_from": date(2026, 1, 1),
        "amount_min_fen": 100_000,
        "amount_max_fen": 5_000_000,
        "terms": (6, 12),
        "methods": (EQUAL, PRINCIPAL),
        "age_min": 22,
        "age_max": 55,
        "customer_rate_min": "0.05",
        "customer_rate_max": "0.24",
        "funding_rate": "0.06",
        "own_share": "1",
        "quota": Quota(daily_fen=100_000_000),
    }
    return Programme.model_validate(terms | changes)


def refused(decision: Decision) -> dict[str, list[str]]:
    return {r.programme: [reason.code for reason in r.reasons] for r in decision.refusals}


def test_the_cheapest_is_chosen_and_the_dearer_are_told_by_how_much() -> None:
    offers = [
        programme("dear", funding_rate="0.09"),
        programme("cheap"),
        programme("middle", funding_rate="0.07"),
    ]
    decision = route(CASE, offers, {}, now=NOON)
    assert decision.chosen == "cheap"
    assert [c.programme for c in decision.candidates] == ["cheap", "middle", "dear"]
    assert refused(decision) == {"dear": ["dearer"], "middle": ["dearer"]}
    gap = decision.candidates[2].cost.fen - decision.candidates[0].cost.fen
    assert f"{gap // 100}.{gap % 100:02d} yuan" in decision.refusals[0].reasons[0].en


@pytest.mark.parametrize(
    ("case", "terms", "code"),
    [
        ({}, {"effective_from": date(2026, 1, 6)}, "not_effective"),
        ({}, {"effective_to": date(2026, 1, 4)}, "not_effective"),
        ({}, {"effective_to": date(2026, 1, 5)}, None),
        ({"product": "other"}, {}, "product_not_funded"),
        ({"amount_fen": 99_999}, {}, "amount_too_small"),
        ({"amount_fen": 5_000_001}, {}, "amount_too_large"),
        ({"amount_fen": 5_000_000}, {}, None),
        ({"term_months": 24}, {}, "term_not_offered"),
        ({"method": INTEREST}, {}, "method_not_offered"),
        ({"age": 21}, {}, "too_young"),
        ({"age": 56}, {}, "too_old"),
        ({}, {"regions_allowed": ("32",)}, None),
        ({}, {"regions_allowed": ("3205",)}, None),
        ({}, {"regions_allowed": ("320506",)}, None),
        ({}, {"regions_allowed": ("31", "3206")}, "region_not_allowed"),
        ({}, {"regions_denied": ("3205",)}, "region_denied"),
        ({}, {"regions_denied": ("320507",)}, None),
        ({}, {"regions_allowed": ("32",), "regions_denied": ("320506",)}, "region_denied"),
        ({"annual_rate": Decimal("0.0499")}, {}, "rate_too_low"),
        ({"annual_rate": Decimal("0.2401")}, {}, "rate_too_high"),
        ({}, {"window": Window(opens=time(12), closes=time(13))}, None),
        ({}, {"window": Window(opens=time(11), closes=time(12))}, "closed_now"),
        ({}, {"window": Window(opens=time(22), closes=time(6))}, "closed_now"),
        ({}, {"window": Window(opens=time(22), closes=time(12, 1))}, None),
        ({}, {"window": Window(opens=time(8), closes=time(8))}, None),
        ({}, {"margin_min": "0.12"}, None),
        ({}, {"margin_min": "0.1201"}, "margin_too_small"),
        ({"excluded": {"alpha": because("declined_before", "partner")}}, {}, "declined_before"),
        ({"excluded": {"beta": because("declined_before", "partner")}}, {}, None),
    ],
)
def test_filters(case: Mapping[str, object], terms: Mapping[str, object], code: str | None) -> None:
    decision = route(replace(CASE, **case), [programme(**terms)], {}, now=NOON)
    assert refused(decision) == ({} if code is None else {"alpha": [code]})
    assert decision.chosen == ("alpha" if code is None else None)


@pytest.mark.parametrize(
    ("use", "quota", "code"),
    [
        (QuotaUse(0, 0, 0), Quota(daily_fen=1_000_000), None),
        (QuotaUse(1, 1, 1), Quota(daily_fen=1_000_000), "daily_quota_used"),
        (QuotaUse(0, 1_500_001, 0), Quota(daily_fen=2_000_000, monthly_fen=2_500_000), "monthly_quota_used"),
        (QuotaUse(0, 1_500_000, 0), Quota(daily_fen=2_000_000, monthly_fen=2_500_000), None),
        (QuotaUse(0, 0, 1), Quota(daily_fen=1_000_000, total_fen=1_000_000), "total_quota_used"),
        (QuotaUse(9_000_000, 0, 0), Quota(daily_fen=2_000_000), "daily_quota_used"),
    ],
)
def test_quota(use: QuotaUse, quota: Quota, code: str | None) -> None:
    decision = route(CASE, [programme(quota=quota)], {"alpha": use}, now=NOON)
    assert refused(decision) == ({} if code is None else {"alpha": [code]})


def test_published_quota_cases() -> None:
    """The cases of a real router that have one strict rule and no overflow: in-flight usage counts."""
    cases = shared_json("vectors/routing/quota_cases.json")["quota_cases"]
    ran = 0
    for case in cases:
        if any(rule["limit"] != "strict" or "overflow_rate" in rule for rule in case["rules"]):
            continue  # non-strict rules and overflow come with the closed rule vocabulary
        ran += 1
        offers = [
            programme(
                quota=Quota(daily_fen=rule["plan_fen"]),
                amount_min_fen=1,
            )
            for rule in case["rules"]
        ]
        uses = [rule["routed_fen"] + rule.get("cached_routed_fen", 0) for rule in case["rules"]]
        asked = replace(CASE, amount_fen=case["amount_fen"])
        hits = [
            route(asked, [offer], {"alpha": QuotaUse(use)}, now=NOON).chosen is not None
            for offer, use in zip(offers, uses, strict=True)
        ]
        assert ("hit" if all(hits) else "no-channel") == case["expect"], case["name"]
    assert ran >= 4


def test_the_day_and_the_hour_are_shanghais() -> None:
    """16:30 UTC on the 4th is half past midnight of the 5th there."""
    midnight = datetime(2026, 1, 4, 16, 30, tzinfo=UTC)
    tomorrow = programme(effective_from=date(2026, 1, 5), window=Window(opens=time(0), closes=time(1)))
    assert route(CASE, [tomorrow], {}, now=midnight).chosen == "alpha"
    with pytest.raises(ValueError, match="zone"):
        route(CASE, [tomorrow], {}, now=datetime(2026, 1, 5))  # noqa: DTZ001


def test_every_reason_of_a_programme_is_given() -> None:
    case = replace(
        CASE, product="other", amount_fen=1, term_months=3, method=INTEREST, age=10, region="110101"
    )
    offer = programme(regions_allowed=("32",), window=Window(opens=time(1), closes=time(2)))
    assert refused(route(case, [offer], {"alpha": QuotaUse(10**12)}, now=NOON)) == {
        "alpha": [
            "product_not_funded",
            "amount_too_small",
            "term_not_offered",
            "method_not_offered",
            "too_young",
            "region_not_allowed",
            "closed_now",
            "daily_quota_used",
        ]
    }


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [
        ({"priority": 5}, {"priority": 4}, "beta"),
        ({"weight": 5}, {"weight": 9}, "beta"),
        ({"priority": 5, "weight": 0}, {"priority": 6, "weight": 9}, "alpha"),
        ({}, {}, "alpha"),
    ],
)
def test_ties(one: Mapping[str, object], other: Mapping[str, object], first: str) -> None:
    offers = [programme("alpha", **one), programme("beta", **other)]
    decision = route(CASE, offers, {}, now=NOON)
    assert decision.chosen == first
    assert [reason.code for reason in decision.refusals[0].reasons] == ["later_in_order"]


def test_only_the_version_in_effect_is_used() -> None:
    old = programme(version=1, effective_to=date(2026, 1, 4), funding_rate="0.01")
    new = programme(version=2, effective_from=date(2026, 1, 5))
    decision = route(CASE, [old, new], {}, now=NOON)
    assert [(c.programme, c.version) for c in decision.candidates] == [("alpha", 2)]
    assert [(r.programme, r.version) for r in decision.refusals] == [("alpha", 1)]


def test_cost_by_hand() -> None:
    """120,000 fen in three equal parts of principal: 240,000 fen-months outstanding."""
    case = replace(CASE, amount_fen=120_000, term_months=3, method=PRINCIPAL)
    joint = programme(
        own_share="0.7",
        funding_rate="0.05",
        co_funding_rate="0.08",
        guarantee_rate="0.02",
        per_loan_fee_fen=100,
        per_application_fee_fen=20,
    )
    cost = funding_cost(case, joint)
    assert cost.lines == (
        CostLine("capital", 700),
        CostLine("co_capital", 480),
        CostLine("guarantee", 400),
        CostLine("per_loan_fee", 100),
        CostLine("per_application_fee", 20),
    )
    assert (cost.fen, cost.annual_rate) == (1_700, Decimal("0.085000"))


def test_cost_is_what_the_plan_outstanding_costs() -> None:
    """Against the plan itself, period by period: 12% a year on each opening balance."""
    items = plan(1_000_000, CASE.annual_rate, 12, EQUAL, disbursed_on=date(2026, 1, 5))
    opening, exact = 1_000_000, Fraction(0)
    for item in items:
        exact += Fraction(opening * 12, 1200)
        opening -= item.principal_fen
    cost = funding_cost(CASE, programme(funding_rate="0.12"))
    assert abs(cost.fen - exact) <= Fraction(1, 2)
    assert cost.annual_rate == Decimal("0.120000")


def test_comparators() -> None:
    offers = [
        programme("dear", funding_rate="0.09"),
        programme("cheap"),
        programme("shut", products=("other",)),
    ]
    decision = route(CASE, offers, {}, now=NOON)
    first = first_configured(decision, offers)
    assert first is not None
    assert first.programme == "dear"
    picked = at_random(decision, lambda n: n - 1)
    assert picked == decision.candidates[-1]
    nobody = route(CASE, offers[2:], {}, now=NOON)
    assert first_configured(nobody, offers) is None
    assert at_random(nobody, lambda n: n - 1) is None


def test_a_method_from_storage_is_its_text() -> None:
    stored: str = "equal_instalment"
    assert replace(CASE, method=stored) == CASE


names = st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"])
fractions = st.decimals("0", "0.15", places=3).map(str)


@st.composite
def offers(draw: st.DrawFn) -> Programme:
    joint = draw(st.booleans())
    low = draw(st.integers(1, 2_000_000))
    prefixes = st.lists(st.sampled_from(["32", "3205", "11", "440305"]), max_size=2).map(tuple)
    return programme(
        draw(names),
        products=draw(st.sampled_from([("cash",), ("cash", "other"), ("other",)])),
        effective_from=draw(st.dates(date(2025, 12, 20), date(2026, 1, 6))),
        amount_min_fen=low,
        amount_max_fen=draw(st.integers(low, 20_000_000)),
        terms=tuple(draw(st.sets(st.sampled_from([3, 6, 12, 24]), min_size=1))),
        methods=tuple(draw(st.sets(st.sampled_from(RepaymentMethod), min_size=1))),
        regions_allowed=draw(prefixes),
        regions_denied=draw(prefixes),
        funding_rate=draw(fractions),
        own_share="0.5" if joint else "1",
        co_funding_rate=draw(fractions) if joint else None,
        guarantee_rate=draw(fractions),
        per_loan_fee_fen=draw(st.integers(0, 10_000)),
        margin_min=draw(fractions),
        quota=Quota(daily_fen=draw(st.integers(low, 10**9))),
        priority=draw(st.integers(0, 3)),
        weight=draw(st.integers(0, 3)),
    )


cases = st.builds(
    RoutingCase,
    application_id=st.just("app_1"),
    product=st.sampled_from(["cash", "other"]),
    amount_fen=st.integers(1, 20_000_000),
    term_months=st.sampled_from([3, 6, 12, 24]),
    method=st.sampled_from(RepaymentMethod),
    annual_rate=st.decimals("0", "0.36", places=4),
    age=st.integers(18, 60),
    region=st.sampled_from(["320506", "110101", "440305", "650100"]),
    excluded=st.dictionaries(names, st.just(because("declined_before", "partner")), max_size=2),
)
lists = st.lists(offers(), max_size=6, unique_by=lambda offer: offer.id)
usages = st.dictionaries(names, st.builds(QuotaUse, st.integers(0, 10**9)), max_size=6)


@given(cases, lists, usages)
def test_every_programme_is_chosen_or_has_a_reason(
    case: RoutingCase, programmes: Sequence[Programme], usage: Mapping[str, QuotaUse]
) -> None:
    decision = route(case, programmes, usage, now=NOON)
    told = [r.programme for r in decision.refusals]
    chosen = [] if decision.chosen is None else [decision.chosen]
    assert sorted(told + chosen) == sorted(p.id for p in programmes)
    assert all(r.reasons and {reason.code for reason in r.reasons} <= CODES for r in decision.refusals)


@given(cases, lists, usages)
def test_the_chosen_is_the_cheapest_of_those_that_may(
    case: RoutingCase, programmes: Sequence[Programme], usage: Mapping[str, QuotaUse]
) -> None:
    """A programme may fund exactly when it would be chosen were it alone."""
    decision = route(case, programmes, usage, now=NOON)
    alone = [p for p in programmes if route(case, [p], usage, now=NOON).chosen is not None]
    assert {c.programme for c in decision.candidates} == {p.id for p in alone}
    costs = {p.id: funding_cost(case, p).fen for p in alone}
    if decision.chosen is not None:
        assert costs[decision.chosen] == min(costs.values())
        assert case.amount_fen + usage.get(decision.chosen, QuotaUse()).daily_fen <= next(
            p.quota.daily_fen for p in alone if p.id == decision.chosen
        )
    ordered = [c.cost.fen for c in decision.candidates]
    assert ordered == sorted(ordered)
    assert all(c.cost.fen == sum(line.fen for line in c.cost.lines) for c in decision.candidates)


@given(cases, lists, usages, st.randoms())
def test_the_order_of_configuration_is_no_matter(
    case: RoutingCase, programmes: list[Programme], usage: Mapping[str, QuotaUse], random: object
) -> None:
    shuffled = list(programmes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert route(case, shuffled, usage, now=NOON) == route(case, programmes, usage, now=NOON)


@given(cases, lists, usages)
def test_the_record_alone_reproduces_the_decision(
    case: RoutingCase, programmes: Sequence[Programme], usage: Mapping[str, QuotaUse]
) -> None:
    decision = route(case, programmes, usage, now=NOON)
    stored = json.loads(json.dumps(decision.to_json(), allow_nan=False))
    again = Decision.from_json(stored)
    assert again == decision
    assert again.to_json() == stored
    assert route(again.case, programmes, again.usage, now=again.decided_at) == decision


@given(cases, lists)
def test_using_quota_never_makes_a_case_cheaper(case: RoutingCase, programmes: Sequence[Programme]) -> None:
    free = route(case, programmes, {}, now=NOON)
    used = route(case, programmes, {p.id: QuotaUse(10**6, 10**6, 10**6) for p in programmes}, now=NOON)
    if used.candidates:
        assert free.candidates[0].cost.fen <= used.candidates[0].cost.fen


def test_outstanding_base_is_optional() -> None:
    base = outstanding_fen_months(CASE.amount_fen, CASE.annual_rate, CASE.term_months, CASE.method)
    assert funding_cost(CASE, programme(), base) == funding_cost(CASE, programme())
