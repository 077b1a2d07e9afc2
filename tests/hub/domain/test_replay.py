"""Replaying: the same terms change nothing, other terms change what they say, and quotas are never passed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.programme import Programme, Quota
from contracts.quota import Measure, Period, QuotaRule
from contracts.rules import NO_RULES, Compare, Condition, Effect, Rule, RuleProgram
from hub.domain.reasons import Reason, because
from hub.domain.replay import Comparison, Draft, Taken, compared, tried
from hub.domain.routing import NO_USE, Decision, QuotaUse, Router
from hub.domain.routing.quotas import applicable, charge
from hub.domain.rules import decided
from tests.hub.domain.routing.test_decide import CASE, NOON, programme

FIVE_LOANS = Quota(daily_fen=5_000_000)
TWO_A_DAY = QuotaRule(code="two", period=Period.DAY, measure=Measure.COUNT, plan=2)
OFFERS = (
    programme("cheap", quota=FIVE_LOANS),
    programme("middle", funding_rate="0.07", quota=Quota(daily_fen=100_000_000, rules=(TWO_A_DAY,))),
    programme("dear", funding_rate="0.09"),
)
AMOUNTS = st.lists(st.integers(1, 20).map(lambda n: n * 100_000), max_size=25)


def live(offers: tuple[Programme, ...], amounts: list[int], *, days: int = 1) -> list[Decision]:
    """Decide as the hub does: what a decision takes counts against the next, of a day."""
    router, found = Router(offers), []
    used: dict[date, dict[str, QuotaUse]] = {}
    for place, amount in enumerate(amounts):
        now = NOON + timedelta(days=place * days // max(len(amounts), 1), seconds=place)
        today = used.setdefault(now.date(), {})
        case = replace(CASE, application_id=f"app_{place}", amount_fen=amount)
        decision = decided(router, NO_RULES, case, dict(today), now=now)
        found.append(decision)
        if decision.candidates:
            first = next(p for p in offers if p.id == decision.chosen)
            use = today.get(first.id, NO_USE)
            charged = charge(applicable(first.quota, case), use.rules, amount).rules
            rules = dict(Counter(use.rules) + Counter({rule.code: rule.units(amount) for rule in charged}))
            today[first.id] = replace(use, daily_fen=use.daily_fen + amount, rules=rules)
    return found


def never(programme: Programme, day: date) -> Reason | None:
    return None


def under(*offers: Programme, rules: RuleProgram = NO_RULES) -> Draft:
    return Draft(Router(offers), rules, never)


def replayed(past: list[Decision], draft: Draft, approval: dict[str, Decimal] | None = None) -> Comparison:
    return compared(past, {(p.id, p.version): p for p in OFFERS}, draft, approval or {})


@given(AMOUNTS, st.integers(1, 3))
@settings(max_examples=40)
def test_the_same_terms_change_nothing(amounts: list[int], days: int) -> None:
    past = live(OFFERS, amounts, days=days)
    found = replayed(past, under(*reversed(OFFERS)))
    assert (found.applications, found.changed) == (len(amounts), 0)
    assert found.was == found.draft


@given(AMOUNTS, st.integers(1, 40).map(lambda n: n * 100_000))
@settings(max_examples=40)
def test_the_replay_is_what_the_draft_would_have_done_live(amounts: list[int], daily: int) -> None:
    """Other quotas from the beginning: the replay of what was is what would have been."""
    drafted = (OFFERS[0].model_copy(update={"quota": Quota(daily_fen=max(daily, 100_000))}), *OFFERS[1:])
    past, would = live(OFFERS, amounts), live(drafted, amounts)
    was, taken = Taken(), Taken()
    by_id = {p.id: p for p in OFFERS}
    new_by_id = {p.id: p for p in drafted}
    for before, expected in zip(past, would, strict=True):
        again = tried(before, under(*drafted), was, taken)
        assert (again.chosen, again.refusals) == (expected.chosen, expected.refusals)
        for one, side, terms in ((before, was, by_id), (again, taken, new_by_id)):
            if one.chosen is not None:
                side.take(terms[one.chosen], one)


def test_a_cheaper_partner_takes_over_and_the_difference_is_told() -> None:
    past = live(OFFERS, [1_000_000] * 10)
    new = programme("new", funding_rate="0.05")
    found = replayed(past, under(*OFFERS, new), {"new_bank": Decimal("0.25")})
    assert (found.changed, found.draft.partners["new_bank"].loans) == (10, 10)
    assert found.was.total.fen == found.draft.total.fen == 10_000_000
    assert found.draft.total.cost_fen < found.was.total.cost_fen
    assert found.draft.total.approvals == Decimal("2.5")
    assert found.was.caps == {("cheap", "daily_quota_used"): 5, ("middle", "quota_rule_used"): 3}
    assert found.was.total.approvals == 5  # an even chance where nothing is known


def test_rules_of_the_draft_hold_and_those_of_the_record_do_not() -> None:
    young = Condition(field="age", op=Compare.LT, value=99)
    rules = RuleProgram(rules=(Rule(name="all", when=young, then=Effect.ONLY, to=("dear",)),))
    router = Router(OFFERS)
    past = [decided(router, rules, CASE, {}, now=NOON)]
    assert past[0].chosen == "dear"
    assert set(replayed(past, under(*OFFERS)).draft.partners) == {"cheap_bank"}
    assert replayed(past, under(*OFFERS, rules=rules)).changed == 0


def test_what_a_partner_did_holds_under_any_terms() -> None:
    why = because("declined_before", "partner")
    past = [decided(Router(OFFERS), NO_RULES, replace(CASE, excluded={"cheap": why}), {}, now=NOON)]
    renamed = programme("cheaper", partner="cheap_bank", funding_rate="0.01")
    again = tried(past[0], under(renamed, *OFFERS[1:]), Taken(), Taken())
    assert again.chosen == "middle"
    assert [w.code for r in again.refusals if r.programme == "cheaper" for w in r.reasons] == [why.code]


def test_a_programme_without_an_agreement_is_out() -> None:
    missing = because("no_agreement", "agreement")
    draft = Draft(Router(OFFERS), NO_RULES, lambda p, day: missing if p.id == "cheap" else None)
    assert set(replayed(live(OFFERS, [1_000_000]), draft).draft.partners) == {"middle_bank"}
