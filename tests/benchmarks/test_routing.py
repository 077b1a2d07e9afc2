"""The routing benchmark breaks no quota of any kind, notices one that is broken, and prints one object."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from benchmarks import routing, routing_days
from contracts.quota import Measure, Period, QuotaRule
from hub.domain.routing import QuotaUse, Router

SCRIPT = Path(routing.__file__)


def test_an_invented_day_is_near_its_optimum_and_printed_as_one_object() -> None:
    arguments = [sys.executable, SCRIPT, "--json", "--no-speed", "--count", "300", "--order", "random"]
    run = subprocess.run(
        arguments, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": "."}
    )
    found = json.loads(run.stdout)
    assert found["figures"]["quotas_broken"] == 0
    assert found["figures"]["ours_percent"] < 4
    assert found["figures"]["greedy_percent"] > found["figures"]["ours_percent"]
    assert set(found["met"]) == set(found["goals"])


@pytest.fixture
def day() -> tuple[list[routing.RoutingCase], Router]:
    """150 arrivals, and programmes of which one may make four loans and another a little of one term."""
    random = Random(5)
    cases = list(routing_days.invented(150, random))
    offers = routing_days.programmes(6, cases, 1.1, random)
    few = QuotaRule(code="few", period=Period.DAY, measure=Measure.COUNT, plan=4)
    long = QuotaRule(code="long", period=Period.MONTH, plan=3_000_000, terms=(12,))
    for at, rule in enumerate((few, long)):
        quota = offers[at].quota.model_copy(update={"rules": (rule,)})
        offers[at] = offers[at].model_copy(update={"quota": quota})
    return cases, Router(offers)


def test_rules_of_quotas_are_kept_online_and_in_the_optimum(
    day: tuple[list[routing.RoutingCase], Router],
) -> None:
    cases, router = day
    figures = routing.table(cases, routing.Known(router), Random(1))
    assert figures["quotas_broken"] == 0
    free = [
        p.model_copy(update={"quota": p.quota.model_copy(update={"rules": ()})}) for p in router.programmes
    ]
    loose = routing.table(cases, routing.Known(Router(free)), Random(1))
    assert loose["optimum_fen"] < figures["optimum_fen"] <= figures["ours_fen"]


def test_every_kind_of_broken_quota_is_counted(day: tuple[list[routing.RoutingCase], Router]) -> None:
    cases, router = day
    use = routing.Use(router.programmes)
    use.take(router.programmes[0], cases[0])
    assert use.broken() == 0
    taken = use.of["programme_0"]
    use.of["programme_0"] = replace(taken, rules={"few": 5})
    assert use.broken() == 1
    use.of["programme_0"] = QuotaUse(daily_fen=10**15, rules={"few": 5})
    assert use.broken() == 2


@pytest.mark.parametrize("order", ["random", "bursts", "drift", *routing_days.ORDERS])
def test_an_order_keeps_every_case(order: str) -> None:
    cases = list(routing_days.invented(200, Random(3)))
    ordered = routing_days.in_order(cases, order, Random(4))
    assert sorted(case.application_id for case in ordered) == sorted(case.application_id for case in cases)
    assert ordered != cases
