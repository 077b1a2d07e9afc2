"""Times and rates come back from both databases as they went in, or are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, delete, insert, select
from sqlalchemy.exc import StatementError

from hub.store.session import Database
from hub.store.types import RateText, UtcTime

SAMPLE = Table(
    "sample",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime),
    Column("rate", RateText),
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
EARLIEST, LATEST = (datetime.fromisoformat(day) for day in ("1970-01-02", "2200-01-01"))
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


def through(database: Database, at: datetime | None, rate: Decimal | None) -> tuple[object, object]:
    with database.write() as tx:
        SAMPLE.create(tx, checkfirst=True)
        tx.execute(delete(SAMPLE))
        tx.execute(insert(SAMPLE), {"id": 1, "at": at, "rate": rate})
        row = tx.execute(select(SAMPLE.c.at, SAMPLE.c.rate)).one()
    return row.at, row.rate


@SHARED
@given(at=st.datetimes(timezones=ZONES, min_value=EARLIEST, max_value=LATEST))
def test_a_time_comes_back_as_the_same_moment_in_utc(database: Database, at: datetime) -> None:
    back, _ = through(database, at, None)
    assert back == at
    assert isinstance(back, datetime)
    assert back.tzinfo is UTC or back.utcoffset() == timedelta()


@SHARED
@given(rate=st.decimals(0, 1, places=10))
def test_a_rate_comes_back_to_the_last_digit(database: Database, rate: Decimal) -> None:
    _, back = through(database, None, rate)
    assert isinstance(back, Decimal)
    assert format(back, "f") == format(rate, "f")
    assert back.as_tuple() == rate.as_tuple()


def test_nothing_comes_back_as_nothing(database: Database) -> None:
    assert through(database, None, None) == (None, None)


def test_times_are_ordered_as_moments(database: Database) -> None:
    east = timezone(timedelta(hours=8))
    first, second = datetime(2026, 1, 1, 9, tzinfo=east), datetime(2026, 1, 1, 2, tzinfo=UTC)
    with database.write() as tx:
        SAMPLE.create(tx, checkfirst=True)
        tx.execute(insert(SAMPLE), [{"id": 1, "at": second}, {"id": 2, "at": first}])
        assert list(tx.execute(select(SAMPLE.c.id).order_by(SAMPLE.c.at)).scalars()) == [2, 1]
        assert tx.execute(select(SAMPLE.c.id).where(SAMPLE.c.at < second)).scalar_one() == 2


def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="aware"):
        through(database, EARLIEST, None)
