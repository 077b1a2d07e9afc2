"""The order: cost, what scarce quota is worth, then the house's own preference; no two are equal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from contracts.quota import Measure, Period, Quota, QuotaRule
from hub.domain.routing import Decision, route
from tests.hub.domain.routing.test_decide import CASE, NOON, programme

OFFERS = [programme("cheap"), programme("dear", funding_rate="0.065")]


def test_a_scarce_quota_goes_to_whom_it_is_worth_most() -> None:
    """The dear one costs about half a percent more on a balance that halves: less than one percent a loan."""
    decision = route(CASE, OFFERS, {}, now=NOON, prices={"cheap": Decimal("0.01")})
    assert decision.chosen == "dear"
    worth = {c.programme: c.bid_fen for c in decision.candidates}
    assert worth == {"dear": 0, "cheap": 10_000}
    (why,) = decision.refusals[0].reasons
    assert why.code == "dearer_with_quota"


def test_a_commitment_not_yet_kept_draws() -> None:
    decision = route(CASE, OFFERS, {}, now=NOON, prices={"dear": Decimal("-0.01")})
    assert decision.chosen == "dear"


def test_prices_of_nothing_change_nothing_but_the_record() -> None:
    plain = route(CASE, OFFERS, {}, now=NOON)
    priced = route(CASE, OFFERS, {}, now=NOON, prices={"cheap": Decimal(0)})
    assert priced.candidates == plain.candidates
    assert priced.refusals == plain.refusals


def test_the_record_keeps_the_prices() -> None:
    prices = {"cheap": Decimal("0.0035")}
    decision = route(CASE, OFFERS, {}, now=NOON, prices=prices)
    again = Decision.from_json(decision.to_json())
    assert again == decision
    assert route(again.case, OFFERS, again.usage, now=again.decided_at, prices=again.prices) == decision


def test_a_rule_has_a_price_of_its_own_for_the_loans_it_counts() -> None:
    rule = QuotaRule(code="long", period=Period.DAY, measure=Measure.COUNT, plan=9, terms=(12,))
    quota = Quota(daily_fen=100_000_000, rules=(rule,))
    offers = [programme("cheap", quota=quota), programme("dear", funding_rate="0.061")]
    prices = {"cheap/long": Decimal(50_000), "dear": Decimal("0.001")}
    decision = route(CASE, offers, {}, now=NOON, prices=prices)
    assert decision.chosen == "dear"
    bids = {candidate.programme: candidate.bid_fen for candidate in decision.candidates}
    assert bids == {"cheap": 50_000, "dear": CASE.amount_fen // 1_000}
    again = Decision.from_json(decision.to_json())
    assert route(again.case, offers, again.usage, now=again.decided_at, prices=again.prices) == decision
    assert route(replace(CASE, term_months=6), offers, {}, now=NOON, prices=prices).chosen == "cheap"
