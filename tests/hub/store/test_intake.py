"""One statement keeps a message, its nonce and its job, or nothing of it, whatever happens at that moment."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from hub.store import mailbox
from hub.store.intake import insert_together, take_at_once
from hub.store.mailbox import LOCAL, Kept
from hub.store.migrate import migrate
from hub.store.session import Database
from hub.store.tables import T

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def postgres(empty_postgres: str) -> Iterator[Database]:
    """A migrated database on PostgreSQL."""
    made = Database(empty_postgres)
    migrate(made)
    yield made
    made.close()


def message(number: int, sha256: str = "s") -> Kept:
    return Kept(
        f"msg_{number}", "in", "p", "credit", "callback", f"n{number}", sha256, "a", b"raw", b"facts", NOW
    )


def take(database: Database, number: int, nonce: str | None = None, lane: str | None = None) -> bool:
    return take_at_once(database, message(number), nonce=nonce, kind="apply", lane=lane, now=NOW)


def counts(database: Database) -> tuple[int, int, int]:
    with database.read() as tx:
        found = [
            tx.execute(select(func.count()).select_from(t)).scalar_one() for t in (T.message, T.nonce, T.work)
        ]
    return found[0], found[1], found[2]


def test_a_new_message_is_kept_with_its_nonce_and_its_job(postgres: Database) -> None:
    assert take(postgres, 1, nonce="x", lane="p:a")
    assert counts(postgres) == (1, 1, 1)
    with postgres.read() as tx:
        assert mailbox.read(tx, "msg_1") == message(1)
        assert tx.execute(select(T.work.c.lane, T.work.c.state, T.work.c.due_at)).one() == (
            "p:a",
            "ready",
            NOW,
        )


@pytest.mark.parametrize(
    "second",
    [{"number": 1, "nonce": "y"}, {"number": 2, "nonce": "x"}, {"number": 2, "lane": "p:a"}],
    ids=["number", "nonce", "lane"],
)
def test_what_came_before_or_must_wait_is_left_to_the_way_of_several_steps(
    postgres: Database, second: dict[str, Any]
) -> None:
    assert take(postgres, 1, nonce="x", lane="p:a")
    assert not take(postgres, **second)
    kept, _, queued = counts(postgres)
    assert (kept, queued) == (1, 1)


def test_many_at_once_in_one_lane_have_one_head_and_lose_nothing(postgres: Database) -> None:
    def one(number: int) -> None:
        if not take(postgres, number, lane="p:a"):
            with postgres.write() as tx:
                mailbox.keep(tx, message(number))
                mailbox.put(tx, queue=LOCAL, kind="apply", ref=f"msg_{number}", lane="p:a", now=NOW)

    def work() -> int:
        with postgres.write() as tx:
            jobs = mailbox.claim(tx, queue=LOCAL, most=4, owner="w", now=NOW)
        for job in jobs:
            with postgres.write() as tx:
                mailbox.done(tx, job)
        return len(jobs)

    with ThreadPoolExecutor(8) as pool:
        putting = [pool.submit(one, number) for number in range(60)]
        working = [pool.submit(work) for _ in range(60)]
        for each in (*putting, *working):
            each.result(20)
    done = sum(each.result() for each in working)
    while found := work():
        done += found
    assert done == 60
    assert counts(postgres) == (60, 0, 0)


def test_rows_that_belong_together_are_written_together_or_not_at_all(database: Database) -> None:
    answer = {"owner": "o", "key": "k", "sha256": "s", "status": 201, "body": {"a": 1}, "at": NOW}
    job = mailbox.free(queue=LOCAL, kind="route", ref="r", now=NOW)
    database.run(lambda tx: insert_together(tx, ((T.work, job), (T.idempotency, answer))), single=True)
    with pytest.raises(IntegrityError):
        database.run(lambda tx: insert_together(tx, ((T.work, job), (T.idempotency, answer))), single=True)
    assert counts(database) == (0, 0, 1)
    with database.read() as tx:
        assert tx.execute(select(T.idempotency.c.body, T.idempotency.c.at)).one() == ({"a": 1}, NOW)
