"""A day of routing as the linear program sees it: applications with their options, quotas as limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from contracts.programme import Programme
from contracts.quota import Measure, QuotaRule
from hub.domain.optimiser.assignment import MILLION, NOT_ALLOWED, Limit, Loans
from hub.domain.optimiser.bidding import own_funds_fen
from hub.domain.routing import NO_USE, QuotaUse, Router, RoutingCase, rule_key
from hub.domain.schedule import outstanding_fen_months


@dataclass(frozen=True, slots=True)
class Quotas:
    """What is left of every quota: the limits, and the key under which each has its price, "" for none."""

    limits: tuple[Limit, ...]
    keys: tuple[str, ...]


def quotas_left(programmes: Sequence[Programme], usage: Mapping[str, QuotaUse]) -> Quotas:
    """Return the limits of programmes after what is used of them, by programme id.

    A strict rule limits the loans it applies to. Of rules that are not strict only this is certain, and only
    where all count the same: each loan that no strict rule counts takes room of one of them at least.
    """
    limits: list[Limit] = []
    keys: list[str] = []
    mark = 0
    for at, programme in enumerate(programmes):
        use, quota = usage.get(programme.id, NO_USE), programme.quota
        room = [
            (quota.daily_fen, use.daily_fen),
            (quota.monthly_fen, use.monthly_fen),
            (quota.total_fen, use.total_fen),
        ]
        left = min(most - used for most, used in room if most is not None)
        limits.append(Limit(at, most=max(0, left)))
        keys.append(programme.id)
        for key, rules in _groups(programme):
            left = sum(max(0, rule.most - use.rules.get(rule.code, 0)) for rule in rules)
            counted = rules[0].measure is Measure.COUNT
            limits.append(Limit(at, most=left, counted=counted, among=mark))
            keys.append(key)
            mark += 1
    return Quotas(tuple(limits), tuple(keys))


def _groups(programme: Programme) -> list[tuple[str, list[QuotaRule]]]:
    """The rules that limit together, and the key of their price."""
    rules = programme.quota.rules
    groups = [(rule_key(programme.id, rule.code), [rule]) for rule in rules if rule.strict]
    loose = [rule for rule in rules if not rule.strict]
    if loose and len({rule.measure for rule in loose}) == 1:
        groups.append(("", loose))
    return groups


def _marks(programmes: Sequence[Programme], case: RoutingCase) -> list[bool]:
    marks = []
    for programme in programmes:
        applying = {
            r.code for r in programme.quota.rules if r.applies(case.term_months, case.region, case.product)
        }
        strict = any(r.strict for r in programme.quota.rules if r.code in applying)
        for key, rules in _groups(programme):
            marks.append(any(r.code in applying for r in rules) and (bool(key) or not strict))
    return marks


def options(
    router: Router,
    cases: Sequence[RoutingCase],
    *,
    now: datetime,
    own_rate: Decimal | None = None,
    money_fen: Sequence[int] | None = None,
) -> Loans:
    """Return what each case costs at every programme that may fund it while no quota is used.

    Where none does, own funds at `own_rate` a year; without own funds, the customer's interest is lost. Each
    row stands for one loan, or with `money_fen` for loans of so much together.
    """
    place = {(p.id, p.version): at for at, p in enumerate(router.programmes)}
    rows, marks = [], []
    for case in cases:
        costs = [NOT_ALLOWED] * len(place)
        for candidate in router.decide(case, {}, now=now).candidates:
            costs[place[candidate.programme, candidate.version]] = candidate.cost.fen
        base = outstanding_fen_months(case.amount_fen, case.annual_rate, case.term_months, case.method)
        rows.append(
            (case.amount_fen, costs, own_funds_fen(base, case.annual_rate if own_rate is None else own_rate))
        )
        marks.append(_marks(router.programmes, case))
    made = Loans.of(rows, len(place))
    weight = made.millionths
    if money_fen is not None:
        each = zip(money_fen, made.amount_fen.tolist(), strict=True)
        weight = np.array([max(1, fen * MILLION // amount) for fen, amount in each], dtype=np.int64)
    count = sum(len(_groups(programme)) for programme in router.programmes)
    flags = np.array(marks, dtype=np.bool_).reshape(len(rows), count)
    return Loans(made.amount_fen, made.cost_fen, made.fallback_fen, weight, flags)
