"""Every part of a funding cost, by hand, and each rounded once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from contracts.costs import CoFunder, Costs, RateStep
from contracts.vocabulary import RepaymentMethod
from hub.domain.routing import CostLine, QuotaUse, funding_cost, route
from tests.hub.domain.routing.test_decide import CASE, NOON, programme

# 120,000 fen in three equal parts of principal: 240,000 fen-months, 20,000 fen-years.
SMALL = replace(CASE, amount_fen=120_000, term_months=3, method=RepaymentMethod.EQUAL_PRINCIPAL)


def test_all_lines_by_hand() -> None:
    offer = programme(
        funding_rate="0.05",
        own_share="0.4",
        co_funders=(
            CoFunder(party="trust", share=Decimal("0.35"), rate=Decimal("0.08")),
            CoFunder(party="fund", share=Decimal("0.25"), rate=Decimal("0.07")),
        ),
        guarantee_rate="0.02",
        per_loan_fee_fen=100,
        per_application_fee_fen=20,
        costs=Costs(
            per_call_fee_fen=15,
            calls=2,
            payout_fee_fen=50,
            collection_fee_fen=7,
            reserve_rate="0.025",
            reserve_carry_rate="0.03",
            loss_rate="0.02",
            loss_share="0.05",
            subsidy_rate="0.001",
            subsidy_fen=3,
            tax_rate="0.06",
        ),
    )
    cost = funding_cost(SMALL, offer)
    assert cost.lines == (
        CostLine("capital", 400),
        CostLine("co_capital.trust", 560),
        CostLine("co_capital.fund", 350),
        CostLine("guarantee", 400),
        CostLine("per_loan_fee", 100),
        CostLine("per_application_fee", 20),
        CostLine("per_call_fee", 30),
        CostLine("payout_fee", 50),
        CostLine("collection_fee", 21),
        CostLine("reserve", 15),
        CostLine("expected_loss", 120),
        CostLine("subsidy", -120),
        CostLine("subsidy_per_loan", -3),
        CostLine("tax", 37),  # 6% of 621 is 37.26
    )
    assert cost.fen == 1_980
    assert cost.annual_rate == Decimal("0.099000")


@pytest.mark.parametrize(
    ("term", "tier", "volume", "rate"),
    [
        (3, None, 0, "0.06"),
        (12, None, 0, "0.055"),
        (12, "gold", 0, "0.04"),
        (3, "gold", 0, "0.06"),
        (3, None, 999_999, "0.06"),
        (3, None, 1_000_000, "0.05"),
        (12, "gold", 1_000_000, "0.04"),
    ],
)
def test_the_first_step_that_fits_is_the_rate(term: int, tier: str | None, volume: int, rate: str) -> None:
    steps = (
        RateStep(rate="0.04", terms_from=6, tiers=("gold",)),
        RateStep(rate="0.055", terms_from=12),
        RateStep(rate="0.05", volume_from_fen=1_000_000),
    )
    case = replace(CASE, term_months=term, tier=tier)
    offer = programme(costs=Costs(steps=steps), terms=(3, 12))
    plain = programme(funding_rate=rate, terms=(3, 12))
    expected = funding_cost(case, plain)
    assert funding_cost(case, offer, volume_fen=volume) == expected
    decided = route(case, [offer], {"alpha": QuotaUse(monthly_fen=volume)}, now=NOON)
    assert decided.candidates[0].cost == expected


def test_a_grades_own_loss() -> None:
    costs = Costs(loss_rate="0.02", tier_losses={"gold": Decimal("0.005")}, loss_share="1")
    offer = programme(costs=costs)
    lines = {
        tier: funding_cost(replace(SMALL, tier=tier), offer).lines[-1].fen for tier in (None, "gold", "x")
    }
    assert lines == {None: 2_400, "gold": 600, "x": 2_400}


def test_others_shares_and_ones_own_are_the_whole() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        programme(own_share="0.5", co_funders=(CoFunder(party="trust", share="0.4", rate="0.08"),))
