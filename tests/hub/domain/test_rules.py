"""The first rule that matches puts programmes out, by name or by partner, with its own reason."""

from __future__ import annotations

from dataclasses import replace

from contracts.rules import Compare, Condition, Effect, Rule, RuleProgram
from hub.domain.reasons import because
from hub.domain.routing import Decision, route
from hub.domain.rules import applied
from tests.hub.domain.routing.test_decide import CASE, NOON, programme, refused

OFFERS = [programme("alpha"), programme("beta"), programme("gamma", partner="alpha_bank")]
JIANGSU = Condition(field="region", op=Compare.EQ, value="32")
YOUNG = Condition(field="age", op=Compare.LT, value=30)
PROGRAM = RuleProgram(
    rules=(
        Rule(name="young", when=YOUNG, then=Effect.REFUSE, to=("beta",)),
        Rule(name="jiangsu", when=JIANGSU, then=Effect.ONLY, to=("alpha_bank",)),
    )
)


def test_the_first_that_matches_applies_and_no_other() -> None:
    assert set(applied(PROGRAM, CASE, OFFERS).excluded) == {"beta"}
    assert set(applied(PROGRAM, replace(CASE, age=29, region="320506"), OFFERS).excluded) == {"beta"}
    assert set(applied(PROGRAM, replace(CASE, region="110101"), OFFERS).excluded) == set()


def test_what_was_out_before_keeps_its_reason_and_the_record_has_both() -> None:
    before = because("declined_before", "partner")
    case = applied(PROGRAM, replace(CASE, excluded={"alpha": before}), OFFERS)
    decision = route(case, OFFERS, {}, now=NOON)
    assert decision.chosen == "gamma"
    assert refused(decision) == {"alpha": ["declined_before"], "beta": ["rule_excludes"]}
    again = Decision.from_json(decision.to_json())
    assert route(again.case, OFFERS, again.usage, now=again.decided_at) == decision
