"""Workers of other processes are woken on PostgreSQL, few times for many rings, whatever is lost."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from hub.store.bell import Bell

PATIENCE = 20.0


class Ear:
    """What a listener heard; `None` stands for everything."""

    def __init__(self, bell: Bell) -> None:
        self.heard: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        bell.listen(self.heard.put, lambda: self.heard.put(None))
        assert self.heard.get(timeout=PATIENCE) is None  # it looks at everything when it begins

    def next(self) -> str | None:
        return self.heard.get(timeout=PATIENCE)


@pytest.fixture
def bells(empty_postgres: str) -> Iterator[tuple[Bell, Bell]]:
    """Two processes on one database."""
    made = Bell(empty_postgres), Bell(empty_postgres)
    yield made
    for bell in made:
        bell.close()


def test_what_one_process_rings_another_hears(bells: tuple[Bell, Bell]) -> None:
    ear = Ear(bells[1])
    bells[0].ring("partner:a")
    assert ear.next() == "partner:a"
    bells[0].ring("local")
    assert ear.next() == "local"


def test_many_rings_are_few_notifications(bells: tuple[Bell, Bell]) -> None:
    ear = Ear(bells[1])
    for _ in range(1000):
        bells[0].ring("local")
    bells[0].ring("last")
    heard = []
    while (name := ear.next()) != "last":
        heard.append(name)
    assert len(heard) < 100


def test_who_lost_its_connection_listens_again_and_looks_at_everything(
    bells: tuple[Bell, Bell], empty_postgres: str
) -> None:
    ear = Ear(bells[1])
    dsn = make_url(empty_postgres).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert ear.next() is None
    bells[0].ring("after")
    ring_again = threading.Event()
    while True:
        try:
            assert ear.heard.get(timeout=0.5) == "after"
            return
        except queue.Empty:  # the one that rings had lost its connection too, and with it one notification
            assert not ring_again.wait(0)
            bells[0].ring("after")
