"""Applies a checked rule program to a case: the first rule that matches, and whom it puts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from contracts.programme import Programme
from contracts.rules import All, Condition, Effect, Rule, RuleProgram, Test
from hub.config.rules import ROUTING, Vocabulary
from hub.domain.reasons import because
from hub.domain.routing import NO_PRICES, Decision, QuotaUse, Router, RoutingCase


def matching(program: RuleProgram, facts: Mapping[str, object], vocabulary: Vocabulary) -> Rule | None:
    """Return the first rule whose test holds for the facts, None when none does.

    `facts` are by field name; one that is missing or None satisfies no condition. Raises the errors of
    `Vocabulary.values` for a program that was not checked.
    """
    for rule in program.rules:
        if _holds(rule.when, facts, vocabulary):
            return rule
    return None


def applied(program: RuleProgram, case: RoutingCase, programmes: Sequence[Programme]) -> RoutingCase:
    """Return the case with the programmes its rule puts out among the excluded, each with its reason.

    What was excluded before keeps its reason. The record keeps both, so it needs no rules to be reproduced.
    """
    facts = {name: getattr(case, name) for name in ROUTING.fields}
    rule = matching(program, facts, ROUTING)
    if rule is None:
        return case
    named = set(rule.to)
    why = because("rule_excludes", "rules", actual=rule.name)
    out = {
        programme.id: why
        for programme in programmes
        if (programme.id in named or programme.partner in named) == (rule.then is Effect.REFUSE)
    }
    return replace(case, excluded={**out, **case.excluded})


def decided(
    router: Router,
    program: RuleProgram,
    case: RoutingCase,
    usage: Mapping[str, QuotaUse],
    *,
    now: datetime,
    prices: Mapping[str, Decimal] = NO_PRICES,
) -> Decision:
    """Return the decision on a case under the rules: live, in a dry run and in a replay alike.

    See `applied` and `Router.decide` for the arguments and what is raised.
    """
    return router.decide(applied(program, case, router.programmes), usage, now=now, prices=prices)


def _holds(test: Test, facts: Mapping[str, object], vocabulary: Vocabulary) -> bool:
    if isinstance(test, All):
        return all(_holds(part, facts, vocabulary) for part in test.all)
    if not isinstance(test, Condition):
        return any(_holds(part, facts, vocabulary) for part in test.any)
    fact = facts.get(test.field)
    return fact is not None and vocabulary.fields[test.field].read(fact) in vocabulary.values(test)
