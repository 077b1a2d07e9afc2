"""What is compiled decides as the straightforward evaluation does, in every field of the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts.costs import CoFunder, Costs, RateStep
from contracts.programme import Programme, Quota
from contracts.quota import Measure, Period, QuotaRule
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
from contracts.vocabulary import Consent, CostConvention, DocumentKind, RepaymentMethod
from hub.domain.reasons import because
from hub.domain.routing import Decision, History, QuotaUse, Router, RoutingCase, route
from hub.domain.routing.router import KEYS_MAX
from tests.hub.domain.routing.test_decide import names, programme

rates = st.decimals("0", "0.15", places=3).map(str)
places = st.lists(st.sampled_from(["32", "3205", "11", "440305"]), max_size=2).map(tuple)
regions = st.builds(Regions, allowed=places, denied=places)
words = st.lists(st.sampled_from(["farmer", "clerk"]), max_size=1).map(tuple)
lists = st.builds(Words, allowed=words, denied=words)


def some(*values: object) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


borrowers = st.builds(
    Borrowers,
    identity_regions=regions,
    work_regions=regions,
    occupations=lists,
    customers=some(*CustomerKind),
    card_banks=lists,
    tiers=lists,
    collateral=some(Collateral.NONE, Collateral.VEHICLE),
    documents=some(DocumentKind.FACE, DocumentKind.ID_FRONT),
    consents=some(Consent.CREDIT_ENQUIRY),
    open_loans_max=st.sampled_from([None, 0, 2]),
    blocked_days_after_decline=st.sampled_from([0, 7]),
)
steps = st.lists(
    st.builds(
        RateStep,
        rate=rates,
        terms_from=st.sampled_from([1, 12]),
        tiers=st.sampled_from([(), ("clerk",)]),
        volume_from_fen=st.sampled_from([0, 500_000]),
    ),
    max_size=2,
).map(tuple)
costs = st.builds(
    Costs,
    steps=steps,
    per_call_fee_fen=st.integers(0, 500),
    calls=st.integers(0, 3),
    collection_fee_fen=st.integers(0, 100),
    reserve_rate=rates,
    reserve_carry_rate=rates,
    loss_rate=rates,
    tier_losses=st.dictionaries(st.just("clerk"), rates),
    loss_share=st.sampled_from(["0", "0.5"]),
    subsidy_rate=st.sampled_from(["0", "0.001"]),
    subsidy_fen=st.integers(0, 50),
    tax_rate=st.sampled_from(["0", "0.06"]),
)
limits = st.lists(
    st.builds(
        QuotaRule,
        code=st.sampled_from(["first", "second"]),
        period=st.sampled_from(Period),
        measure=st.sampled_from(Measure),
        plan=st.sampled_from([0, 1, 1_000_000, 10**9]),
        strict=st.booleans(),
        overflow_rate=st.sampled_from([Decimal(0), Decimal("0.4")]),
        terms=st.sampled_from([(), (12,)]),
        regions=st.sampled_from([(), ("32",)]),
    ),
    max_size=2,
    unique_by=lambda rule: rule.code,
).map(tuple)
prices_asked = st.builds(
    BorrowerPrice,
    guarantee_rate=st.sampled_from(["0", "0.03"]),
    upfront_rate=st.sampled_from(["0", "0.01"]),
    monthly_fee_fen=st.sampled_from([0, 500]),
    all_in_cap=st.sampled_from([None, "0.24"]),
    cap_convention=st.sampled_from(CostConvention),
)


@st.composite
def offers(draw: st.DrawFn) -> Programme:
    """A programme with some of every kind of term, most of which let something through."""
    share = draw(st.sampled_from(["1", "0.5", "funders"]))
    funders = tuple(
        CoFunder(party=f"party_{of}", share=Decimal("0.25"), rate=Decimal("0.05"), steps=draw(steps))
        for of in "ab"
    )
    maybe = {
        "borrowers": borrowers,
        "costs": costs,
        "borrower_price": prices_asked,
        "days": st.sampled_from(BusinessDays),
        "amount_step_fen": st.sampled_from([1, 10_000]),
        "grey": st.builds(Grey, experiment=st.just("trial"), share=st.sampled_from(["0", "0.5", "1"])),
        "concentration": st.builds(
            Concentration,
            tier1_net_capital_fen=st.sampled_from([4_000_000, 10**12]),
            balance_max_fen=st.sampled_from([None, 900_000]),
        ),
        "permissions": st.lists(
            st.builds(
                Permission,
                kind=st.sampled_from(PermissionKind),
                number=st.just("n"),
                valid_from=st.sampled_from([date(2025, 1, 1), date(2026, 1, 6)]),
                valid_to=st.sampled_from([None, date(2026, 1, 5)]),
            ),
            max_size=2,
        ).map(tuple),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(maybe)), max_size=3))
    return programme(
        draw(names),
        own_share="1" if share == "1" else "0.5",
        co_funding_rate="0.07" if share == "0.5" else None,
        co_funders=funders if share == "funders" else (),
        funding_rate=draw(rates),
        margin_min=draw(st.sampled_from(["0", "0.02"])),
        priority=draw(st.integers(0, 2)),
        terms=draw(st.sampled_from([(12,), (6, 12)])),
        regions_denied=draw(st.sampled_from([(), ("3205",)])),
        quota=Quota(daily_fen=draw(st.sampled_from([1_000_000, 10**9])), rules=draw(limits)),
        **{name: draw(maybe[name]) for name in sorted(chosen)},
    )


cases = st.builds(
    RoutingCase,
    application_id=st.just("app_1"),
    product=st.just("cash"),
    amount_fen=st.sampled_from([99_999, 600_000, 1_000_000, 1_234_567, 5_000_001]),
    term_months=st.sampled_from([6, 12, 24]),
    method=st.sampled_from(RepaymentMethod),
    annual_rate=st.sampled_from([Decimal("0.18"), Decimal("0.24"), Decimal("0.30"), Decimal("0.06")]),
    age=st.sampled_from([21, 35, 60]),
    region=st.sampled_from(["320506", "110101"]),
    excluded=st.dictionaries(names, st.just(because("declined_before", "partner")), max_size=1),
    person=st.sampled_from(["", "one", "two"]),
    identity_region=st.sampled_from([None, "320506", "110101"]),
    work_region=st.sampled_from([None, "440305"]),
    occupation=st.sampled_from([None, "farmer", "clerk"]),
    customer=st.sampled_from([None, *CustomerKind]),
    card_bank=st.sampled_from([None, "clerk"]),
    tier=st.sampled_from([None, "clerk"]),
    collateral=st.sampled_from([None, Collateral.NONE]),
    documents=st.sampled_from([(), (DocumentKind.FACE, DocumentKind.ID_FRONT)]),
    consents=st.sampled_from([(), (Consent.CREDIT_ENQUIRY,)]),
    history=st.dictionaries(
        names.map(lambda name: f"{name}_bank"),
        st.builds(History, st.integers(0, 3), st.sampled_from([None, 0, 7, 8])),
        max_size=3,
    ),
)
usages = st.dictionaries(
    names,
    st.builds(
        QuotaUse,
        daily_fen=st.sampled_from([0, 1, 10**9]),
        monthly_fen=st.sampled_from([0, 499_999, 500_000]),
        rules=st.dictionaries(st.sampled_from(["first", "second"]), st.sampled_from([0, 1, 400_000])),
        balance_fen=st.sampled_from([0, 10**6]),
    ),
    max_size=6,
)
times = st.sampled_from(
    [
        datetime(2026, 1, 5, 4, tzinfo=UTC),
        datetime(2026, 1, 2, 4, tzinfo=UTC),
        datetime(2027, 1, 4, 4, tzinfo=UTC),
    ]
)
bids = st.dictionaries(names, st.decimals("-0.02", "0.02", places=4), max_size=3)


@given(
    st.lists(offers(), max_size=5, unique_by=lambda offer: offer.id),
    st.lists(st.tuples(cases, usages, times, bids), min_size=1, max_size=4),
)
def test_compiled_is_as_straightforward(
    programmes: list[Programme],
    asked: list[tuple[RoutingCase, Mapping[str, QuotaUse], datetime, Mapping[str, Decimal]]],
) -> None:
    """One router over several cases, so that what it remembers of one is used for the next."""
    router = Router(programmes)
    for case, usage, now, prices in asked:
        expected = route(case, programmes, usage, now=now, prices=prices)
        assert router.decide(case, usage, now=now, prices=prices) == expected
        choice = router.choose(case, usage, now=now, prices=prices)
        if choice is None:
            assert expected.chosen is None
        else:
            first = expected.candidates[0]
            assert choice.programme.id == expected.chosen
            assert (choice.cost_fen, choice.bid_fen) == (first.cost.fen, first.bid_fen)
        again = Decision.from_json(expected.to_json())
        assert again == expected
        assert router.decide(again.case, again.usage, now=again.decided_at, prices=again.prices) == expected


def test_what_is_remembered_is_bounded() -> None:
    router = Router([programme()])
    case = RoutingCase(
        "app", "cash", 1_000_000, 12, RepaymentMethod.EQUAL_INSTALMENT, Decimal("0.18"), 35, ""
    )
    now = datetime(2026, 1, 5, 4, tzinfo=UTC)
    for at in range(KEYS_MAX + 2):
        router.choose(replace(case, region=f"{at:06}"), {}, now=now)
    assert max(len(masks) for _, _, masks in router._checks) <= KEYS_MAX
