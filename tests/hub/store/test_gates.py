"""What a partner bears holds over every worker of every process, whoever claims at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store import mailbox
from hub.store.gates import Bounds, claim_within
from hub.store.mailbox import Job
from hub.store.session import Database

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def put(database: Database, count: int, queue: str = "q") -> None:
    with database.write() as tx:
        for number in range(count):
            mailbox.put(tx, queue=queue, kind="k", ref=str(number), now=NOW)


def claim(
    database: Database, bounds: Bounds, most: int = 100, now: datetime = NOW, queue: str = "q"
) -> list[Job]:
    with database.write() as tx:
        return claim_within(tx, bounds, queue=queue, most=most, owner="o", now=now)


def test_no_more_are_in_hand_than_the_partner_bears(database: Database) -> None:
    put(database, 10)
    first = claim(database, Bounds(4), most=3)
    assert [len(first), len(claim(database, Bounds(4))), len(claim(database, Bounds(4)))] == [3, 1, 0]
    with database.write() as tx:
        mailbox.done(tx, first[0])
    assert len(claim(database, Bounds(4))) == 1


def test_another_partner_has_a_gate_of_its_own(database: Database) -> None:
    put(database, 4)
    put(database, 4, "other")
    assert len(claim(database, Bounds(2))) == len(claim(database, Bounds(2), queue="other")) == 2


def test_many_processes_that_claim_at_once_keep_to_it(database: Database) -> None:
    put(database, 40)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: claim(database, Bounds(5), most=2), range(24)))
    assert sum(map(len, found)) == 5


def test_the_rate_holds_over_all_that_claim(database: Database) -> None:
    put(database, 20)
    bounds = Bounds(100, interval=SECOND, burst=3)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: claim(database, bounds), range(8)))
    assert sum(map(len, found)) == 3
    assert claim(database, bounds, now=NOW + 0.9 * SECOND) == []
    assert len(claim(database, bounds, now=NOW + 2 * SECOND)) == 2
    assert len(claim(database, bounds, now=NOW + timedelta(hours=1))) == 3  # idle time is not saved up


def test_what_a_dead_worker_held_is_free_again_when_it_is_taken_back(database: Database) -> None:
    put(database, 3)
    with database.write() as tx:
        for number, job in enumerate(mailbox.claim(tx, queue="q", most=3, owner="o", now=NOW)):
            if number == 2:
                mailbox.retry(tx, job, due_at=NOW + timedelta(hours=1), error="later")
    later = NOW + mailbox.LEASE + SECOND
    assert claim(database, Bounds(2), now=later) == []
    with database.write() as tx:
        assert mailbox.take_back(tx, later) == 2
    assert [job.lost for job in claim(database, Bounds(2), now=later)] == [True, True]


@given(
    burst=st.integers(1, 20),
    interval=st.integers(1, 5_000),
    pauses=st.lists(st.integers(0, 20_000), min_size=1, max_size=30),
)
def test_in_no_stretch_of_time_go_more_than_the_rate_and_the_burst(
    burst: int, interval: int, pauses: list[int]
) -> None:
    bounds = Bounds(1000, timedelta(milliseconds=interval), burst)
    now = free_at = NOW
    sent: list[datetime] = []
    for pause in pauses:
        now += timedelta(milliseconds=pause)
        count = bounds.allowed(free_at, now)
        free_at = max(free_at, now) + count * timedelta(milliseconds=interval)
        sent += [now] * count
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            stretch = (sent[last] - sent[first]) / timedelta(milliseconds=interval)
            assert last - first + 1 <= burst + stretch


@pytest.mark.parametrize(("ahead", "allowed"), [(0, 3), (1, 2), (2, 1), (3, 0), (4, 0)])
def test_what_was_used_ahead_is_taken_off_the_burst(ahead: int, allowed: int) -> None:
    assert Bounds(9, SECOND, 3).allowed(NOW + ahead * SECOND, NOW) == allowed


def test_the_first_due_of_a_queue_is_known_without_a_claim(database: Database) -> None:
    with database.write() as tx:
        assert mailbox.first_due(tx, queue="q") is None
        for hours in (3, 1, 2):
            due_at = NOW + timedelta(hours=hours)
            mailbox.put(tx, queue="q", kind="k", ref="r", now=NOW, due_at=due_at)
        assert mailbox.first_due(tx, queue="q") == NOW + timedelta(hours=1)
