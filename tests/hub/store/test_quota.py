"""A quota is never exceeded, whoever asks at the same time, and what is given back may be taken again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from contracts.programme import Quota
from hub.domain.routing import QuotaUse
from hub.store import quota
from hub.store.session import Database

DAY, NEXT_DAY, NEXT_MONTH = date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1)
AMPLE = Quota(daily_fen=10**14, monthly_fen=None, total_fen=None)


class _Full(Exception):
    """The quota is gone: the transaction is rolled back, as the flow does."""


def take(database: Database, fen: int, limits: Quota, day: date = DAY, programme: str = "p") -> bool:
    try:
        with database.write() as tx:
            if not quota.reserve(tx, programme, limits, fen, day):
                raise _Full
    except _Full:
        return False
    return True


def use(database: Database, day: date = DAY, programme: str = "p") -> tuple[int, int, int]:
    with database.read() as tx:
        found: QuotaUse = quota.usage(tx, [programme], day)[programme]
    return found.daily_fen, found.monthly_fen, found.total_fen


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


def test_without_a_limit_use_is_counted_all_the_same(database: Database) -> None:
    assert take(database, 10**12, AMPLE)
    assert use(database) == (10**12,) * 3
    assert use(database, programme="another") == (0, 0, 0)


@pytest.mark.parametrize("bucket", ["daily_fen", "monthly_fen", "total_fen"])
def test_many_at_once_never_take_more_than_there_is(database: Database, bucket: str) -> None:
    limits = AMPLE.model_copy(update={bucket: 100})
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(database, 7, limits), range(40)))
    assert sum(taken) == 100 // 7
    assert use(database) == (98, 98, 98)


def test_what_is_given_back_may_be_taken_again(database: Database) -> None:
    limits = Quota(daily_fen=10, monthly_fen=10, total_fen=10)
    assert take(database, 10, limits)
    with database.write() as tx:
        quota.release(tx, "p", 10, DAY)
    assert use(database) == (0, 0, 0)
    assert take(database, 10, limits)


def test_taking_and_giving_back_at_once_ends_where_it_should(database: Database) -> None:
    limits = Quota(daily_fen=50, monthly_fen=50, total_fen=50)

    def there_and_back(_: int) -> bool:
        taken = take(database, 10, limits)
        if taken:
            with database.write() as tx:
                quota.release(tx, "p", 10, DAY)
        return taken

    with ThreadPoolExecutor(8) as pool:
        assert any(pool.map(there_and_back, range(60)))
    assert use(database) == (0, 0, 0)


def test_more_is_not_given_back_than_was_taken(database: Database) -> None:
    assert take(database, 10, AMPLE)
    with pytest.raises(IntegrityError), database.write() as tx:
        quota.release(tx, "p", 11, DAY)
    assert use(database) == (10, 10, 10)
