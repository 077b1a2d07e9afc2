"""Each term of a programme refuses for its own reason, at its very bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from contracts.terms import (
    BorrowerPrice,
    Borrowers,
    BusinessDays,
    Collateral,
    Concentration,
    CustomerKind,
    Grey,
    Permission,
    PermissionKind,
    Regions,
    Words,
)
from contracts.vocabulary import Consent, CostConvention, DocumentKind
from hub.domain.routing import History, QuotaUse, route
from hub.domain.routing.grey import inside
from tests.hub.domain.routing.test_decide import CASE, NOON, programme, refused

DECLINED = {"alpha_bank": History(declined_days_ago=7)}
OPEN = {"alpha_bank": History(open_loans=2), "beta_bank": History(open_loans=9)}


def permission(low: date, high: date | None, kind: str = "white_list") -> Permission:
    return Permission(kind=PermissionKind(kind), number="1", valid_from=low, valid_to=high)


@pytest.mark.parametrize(
    ("case", "whom", "code"),
    [
        ({}, Borrowers(identity_regions=Regions(allowed=("32",))), "identity_region_denied"),
        ({"identity_region": "320506"}, Borrowers(identity_regions=Regions(allowed=("32",))), None),
        ({"identity_region": "320506"}, Borrowers(identity_regions=Regions(denied=("3205",))),
         "identity_region_denied"),
        ({"work_region": "110101"}, Borrowers(work_regions=Regions(allowed=("32",))), "work_region_denied"),
        ({"work_region": "320102"}, Borrowers(work_regions=Regions(allowed=("3201", "11"))), None),
        ({}, Borrowers(occupations=Words(denied=("soldier",))), "occupation_not_taken"),
        ({"occupation": "soldier"}, Borrowers(occupations=Words(denied=("soldier",))),
         "occupation_not_taken"),
        ({"occupation": "nurse"}, Borrowers(occupations=Words(denied=("soldier",))), None),
        ({"occupation": "nurse"}, Borrowers(occupations=Words(allowed=("clerk",))), "occupation_not_taken"),
        ({"customer": CustomerKind.NEW}, Borrowers(customers=(CustomerKind.RETURNING,)),
         "customer_not_taken"),
        ({"customer": CustomerKind.RETURNING}, Borrowers(customers=(CustomerKind.RETURNING,)), None),
        ({"card_bank": "icbc"}, Borrowers(card_banks=Words(allowed=("ccb",))), "card_bank_not_taken"),
        ({"card_bank": "ccb"}, Borrowers(card_banks=Words(allowed=("ccb",))), None),
        ({"tier": "c_grade"}, Borrowers(tiers=Words(allowed=("a_grade",))), "tier_not_taken"),
        ({"collateral": Collateral.NONE}, Borrowers(collateral=(Collateral.VEHICLE,)),
         "collateral_not_taken"),
        ({"documents": (DocumentKind.FACE,)}, Borrowers(documents=(DocumentKind.FACE, DocumentKind.ID_BACK)),
         "document_missing"),
        ({"consents": (Consent.CREDIT_ENQUIRY,)}, Borrowers(consents=(Consent.SENSITIVE_DATA,)),
         "consent_missing"),
        ({"history": OPEN}, Borrowers(open_loans_max=1), "open_loans_too_many"),
        ({"history": OPEN}, Borrowers(open_loans_max=2), None),
        ({}, Borrowers(open_loans_max=0), None),
        ({"history": DECLINED}, Borrowers(blocked_days_after_decline=7), "declined_recently"),
        ({"history": DECLINED}, Borrowers(blocked_days_after_decline=6), None),
    ],
)  # fmt: skip
def test_whom(case: Mapping[str, object], whom: Borrowers, code: str | None) -> None:
    decision = route(replace(CASE, **case), [programme(borrowers=whom)], {}, now=NOON)
    assert refused(decision) == ({} if code is None else {"alpha": [code]})
    for refusal in decision.refusals:
        assert all(ord(reason.zh[0]) > 127 and reason.en.isprintable() for reason in refusal.reasons)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"amount_step_fen": 300_000}, "amount_off_step"),
        ({"amount_step_fen": 100_000}, None),
        ({"permissions": (permission(date(2026, 1, 6), None),)}, "permission_not_valid"),
        ({"permissions": (permission(date(2025, 1, 1), date(2026, 1, 4)),)}, "permission_not_valid"),
        ({"permissions": (permission(date(2025, 1, 1), date(2026, 1, 5)),)}, None),
        ({"permissions": (permission(date(2025, 1, 1), date(2026, 1, 4)),
                          permission(date(2026, 1, 5), None))}, None),
        ({"permissions": (permission(date(2025, 1, 1), date(2026, 1, 4)),
                          permission(date(2026, 1, 5), None, "licence"))}, "permission_not_valid"),
        ({"grey": Grey(experiment="trial", share="0")}, "not_in_grey_release"),
        ({"grey": Grey(experiment="trial", share="1")}, None),
        ({"borrower_price": BorrowerPrice(all_in_cap="0.18", cap_convention=CostConvention.SIMPLE)}, None),
        ({"borrower_price": BorrowerPrice(all_in_cap="0.1799", cap_convention=CostConvention.SIMPLE)},
         "cost_above_cap"),
        ({"borrower_price": BorrowerPrice(all_in_cap="0.1956182")}, None),
        ({"borrower_price": BorrowerPrice(all_in_cap="0.19")}, "cost_above_cap"),
        ({"borrower_price": BorrowerPrice(all_in_cap="0.24", upfront_rate="0.03")}, "cost_above_cap"),
        ({"borrower_price": BorrowerPrice(all_in_cap="0.24", guarantee_rate="0.06")}, "cost_above_cap"),
        ({"borrower_price": BorrowerPrice(all_in_cap="0.24", monthly_fee_fen=5_000)}, "cost_above_cap"),
        ({"borrower_price": BorrowerPrice(all_in_cap="0.24", monthly_fee_fen=500)}, None),
    ],
)  # fmt: skip
def test_what_and_when(terms: Mapping[str, object], code: str | None) -> None:
    decision = route(CASE, [programme(**terms)], {}, now=NOON)
    assert refused(decision) == ({} if code is None else {"alpha": [code]})


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (datetime(2026, 1, 2, 4, tzinfo=UTC), "not_a_workday"),  # Friday, a day off
        (datetime(2026, 1, 4, 4, tzinfo=UTC), None),  # Sunday, worked instead
        (datetime(2026, 1, 10, 4, tzinfo=UTC), "not_a_workday"),  # Saturday
        (datetime(2026, 2, 28, 4, tzinfo=UTC), None),  # Saturday, worked instead
        (datetime(2027, 1, 4, 4, tzinfo=UTC), "calendar_not_known"),
    ],
)
def test_workdays(day: datetime, code: str | None) -> None:
    offer = programme(days=BusinessDays.WORKDAYS)
    assert refused(route(CASE, [offer], {}, now=day)) == ({} if code is None else {"alpha": [code]})


def test_concentration_counts_this_loan_and_the_partners_share_of_it() -> None:
    bound = Concentration(tier1_net_capital_fen=10_000_000)  # a quarter: 2,500,000
    offer = programme(concentration=bound, own_share="0.5", co_funding_rate="0.05")
    full = {"alpha": QuotaUse(balance_fen=2_000_001)}
    assert refused(route(CASE, [offer], full, now=NOON)) == {"alpha": ["concentration_reached"]}
    assert route(CASE, [offer], {"alpha": QuotaUse(balance_fen=2_000_000)}, now=NOON).chosen == "alpha"
    tighter = bound.model_copy(update={"balance_max_fen": 499_999})
    offer = offer.model_copy(update={"concentration": tighter})
    assert refused(route(CASE, [offer], {}, now=NOON)) == {"alpha": ["concentration_reached"]}


def test_the_law_bounds_what_may_be_configured() -> None:
    with pytest.raises(ValidationError):
        Concentration(tier1_net_capital_fen=1, share_max="0.2501")
    with pytest.raises(ValidationError):
        programme(own_share="0.29", co_funding_rate="0.05")
    with pytest.raises(ValidationError, match="own_share is below 1"):
        programme(own_share="0.5")


def test_an_experiment_takes_its_share_and_not_another_ones_persons() -> None:
    """Unsalted, the half inside an arm would be the arm itself: all of it, or none."""
    persons = [f"person_{at}" for at in range(4_000)]
    arm = [one for one in persons if inside("arm", one, Decimal("0.2"))]
    split = [one for one in arm if inside("split", one, Decimal("0.5"))]
    assert 720 <= len(arm) <= 880
    assert 0.42 <= len(split) / len(arm) <= 0.58
    assert arm == [one for one in persons if inside("arm", one, Decimal("0.2"))]
    assert set(arm) <= {one for one in persons if inside("arm", one, Decimal("0.3"))}
