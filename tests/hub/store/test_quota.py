"""A quota is never exceeded, whoever asks at the same time, and what is given back may be taken again."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from contracts.programme import Programme, Quota
from contracts.quota import Measure, Period, QuotaRule
from hub.domain.routing import QuotaUse
from hub.store import quota
from hub.store.quota import Loan
from hub.store.session import Database
from hub.store.tables import T
from tests.hub.domain.routing.test_decide import programme
from tests.hub.store.router_process import LIMITS, TRIES
from tests.shared import ROOT, shared_json

DAY, NEXT_DAY, NEXT_MONTH = date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1)
NOW = datetime(2026, 1, 30, 4, tzinfo=UTC)
AMPLE = Quota(daily_fen=10**14, monthly_fen=None, total_fen=None)
CASES = shared_json("vectors/routing/quota_cases.json")["quota_cases"]
_KEYS = count()


class _Full(Exception):
    """The quota is gone: the transaction is rolled back, as the flow does."""


def offer(limits: Quota, name: str = "alpha") -> Programme:
    """The programme with these limits; tests take amounts below its own least."""
    return programme(name).model_copy(update={"quota": limits})


def take(
    database: Database, fen: int, limits: Quota, day: date = DAY, *, key: str | None = None, term: int = 12
) -> str | None:
    """Reserve; returns the key, None when there is no room."""
    made = key or f"att_{next(_KEYS)}"
    try:
        with database.write() as tx:
            loan = Loan(fen, term, "320506", "cash")
            if not quota.reserve(tx, made, offer(limits), loan, day=day, now=NOW):
                raise _Full
    except _Full:
        return None
    return made


def use_of(database: Database, limits: Quota, day: date = DAY) -> QuotaUse:
    with database.read() as tx:
        return quota.usage(tx, [offer(limits)], day)["alpha"]


def use(database: Database, day: date = DAY) -> tuple[int, int, int]:
    found = use_of(database, AMPLE, day)
    return found.daily_fen, found.monthly_fen, found.total_fen


def give_back(database: Database, key: str) -> bool:
    with database.write() as tx:
        return quota.release(tx, key, now=NOW)


def test_each_bucket_counts_and_limits_for_itself(database: Database) -> None:
    limits = Quota(daily_fen=10, monthly_fen=15, total_fen=18)
    assert take(database, 10, limits)
    assert not take(database, 1, limits)  # the day is full
    assert take(database, 5, limits, NEXT_DAY)
    assert not take(database, 1, limits, NEXT_DAY)  # the month is full
    assert not take(database, 4, limits, NEXT_MONTH)  # all of it would be too much
    assert take(database, 3, limits, NEXT_MONTH)
    assert use(database) == (10, 15, 18)
    assert use(database, NEXT_MONTH) == (3, 3, 18)


def test_a_refused_reservation_takes_nothing_of_any_bucket(database: Database) -> None:
    limits = Quota(daily_fen=10, monthly_fen=10, total_fen=10)
    assert take(database, 5, limits, NEXT_MONTH)
    assert not take(database, 6, limits)
    assert use(database) == (0, 0, 5)


def test_the_first_taking_is_held_back_too(database: Database) -> None:
    assert not take(database, 11, Quota(daily_fen=10))
    assert use(database) == (0, 0, 0)


def test_without_a_limit_use_is_counted_all_the_same(database: Database) -> None:
    assert take(database, 10**12, AMPLE)
    assert use(database) == (10**12,) * 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_published_cases(database: Database, case: dict[str, object]) -> None:
    """What was routed is taken first; what is in flight is a reservation, yesterday's is yesterday's."""
    told: list[dict[str, object]] = case["rules"]  # type: ignore[assignment]

    def rules(only: str | None, plan: int | None = None) -> Quota:
        listed = [
            QuotaRule(
                code=f"rule_{rule['code']}",
                period=Period.DAY,
                plan=plan or rule["plan_fen"],
                strict=rule["limit"] == "strict",
                overflow_rate=rule.get("overflow_rate", "0"),
            )
            for rule in told
            if only in (None, rule["code"])
        ]
        return Quota(daily_fen=10**12, rules=tuple(listed))

    before = ("routed_fen", DAY), ("cached_routed_fen", DAY), ("cached_yesterday_fen", date(2026, 1, 29))
    for rule in told:
        for field, day in before:
            if amount := int(str(rule.get(field, 0))):
                assert take(database, amount, rules(str(rule["code"]), 10**12), day)
    limits = rules(None)
    had = dict(use_of(database, limits).rules)
    hit = take(database, int(str(case["amount_fen"])), limits)
    assert (hit is not None) == (case["expect"] == "hit")
    now = use_of(database, limits).rules
    charged = [code.removeprefix("rule_") for code in now if now[code] > had[code]]
    assert charged == case["charged_rules"]


def test_a_rule_counts_loans_of_its_term_in_its_month(database: Database) -> None:
    rule = QuotaRule(code="short", period=Period.MONTH, measure=Measure.COUNT, plan=2, terms=(3, 6))
    limits = Quota(daily_fen=10**9, rules=(rule,))
    assert [bool(take(database, 5, limits, term=term)) for term in (3, 12, 6, 3, 12)] == [
        True, True, True, False, True,
    ]  # fmt: skip
    assert use_of(database, limits).rules == {"short": 2}
    assert take(database, 5, limits, NEXT_MONTH, term=3)


@pytest.mark.parametrize("bucket", ["daily_fen", "monthly_fen", "total_fen"])
def test_many_at_once_never_take_more_than_there_is(database: Database, bucket: str) -> None:
    limits = AMPLE.model_copy(update={bucket: 100})
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(database, 7, limits), range(40)))
    assert sum(key is not None for key in taken) == 100 // 7
    assert use(database) == (98, 98, 98)


def test_what_is_given_back_may_be_taken_again_and_is_given_back_once(database: Database) -> None:
    limits = Quota(daily_fen=10, monthly_fen=10, total_fen=10)
    key = take(database, 10, limits)
    assert key is not None
    assert give_back(database, key)
    assert not give_back(database, key)
    assert not give_back(database, "att_of_nobody")
    assert use(database) == (0, 0, 0)
    assert take(database, 10, limits)


def test_what_was_paid_out_stays_taken_and_the_rest_goes_back(database: Database) -> None:
    rule = QuotaRule(code="loans", period=Period.DAY, measure=Measure.COUNT, plan=2)
    limits = Quota(daily_fen=10, rules=(rule,))
    key = take(database, 10, limits)
    assert key is not None
    with database.write() as tx:
        assert quota.confirm(tx, key, lent_fen=4, now=NOW)
        assert not quota.confirm(tx, key, lent_fen=4, now=NOW)
    assert not give_back(database, key)
    found = use_of(database, limits)
    assert (found.daily_fen, found.rules) == (4, {"loans": 1})


def test_an_approval_nobody_draws_expires_and_one_that_is_drawn_does_not(database: Database) -> None:
    limits = Quota(daily_fen=20)
    idle, drawn = take(database, 10, limits), take(database, 10, limits)
    assert idle is not None
    assert drawn is not None
    with database.write() as tx:
        assert quota.keep_until(tx, idle, NOW)
        assert quota.keep_until(tx, drawn, NOW)
        assert quota.keep_until(tx, drawn, None)
        assert quota.due(tx, NOW - timedelta(seconds=1)) == []
        assert quota.due(tx, NOW) == [idle]
        assert quota.expire(tx, [idle], now=NOW) == 1
        assert quota.expire(tx, [idle], now=NOW) == 0
        assert not quota.keep_until(tx, idle, None)
    assert use(database)[0] == 10


def test_taking_and_giving_back_at_once_ends_where_it_should(database: Database) -> None:
    limits = Quota(daily_fen=50, monthly_fen=50, total_fen=50)

    def there_and_back(_: int) -> bool:
        key = take(database, 10, limits)
        return key is not None and give_back(database, key)

    with ThreadPoolExecutor(8) as pool:
        assert any(pool.map(there_and_back, range(60)))
    assert use(database) == (0, 0, 0)


def test_eight_processes_never_take_more_than_there_is(database: Database, database_url: str) -> None:
    """Real processes on PostgreSQL, all at once: what they say they took is what is counted, and no more."""
    if database.sqlite:
        pytest.skip("processes share a PostgreSQL database; SQLite's writers take turns")
    command = [sys.executable, "-m", "tests.hub.store.router_process", database_url]
    started = [
        subprocess.Popen([*command, str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for seed in range(8)
    ]
    told = [json.loads(process.communicate(timeout=120)[0]) for process in started]
    found = use_of(database, LIMITS)
    assert found.daily_fen == found.total_fen == sum(one["held_fen"] for one in told) <= LIMITS.daily_fen
    assert found.rules["loans"] == sum(one["held"] for one in told) <= 30
    assert found.rules["soft"] <= 400_000
    assert sum(one["refused"] for one in told) > 0  # they did meet the limit
    assert all(one["tried"] == TRIES for one in told)
    with database.read() as tx:
        held = tx.execute(
            select(func.count()).select_from(T.reservation).where(T.reservation.c.state == "reserved")
        ).scalar_one()
    assert held == sum(one["held"] for one in told)
