"""Whatever statement the database dies at, an application ends in the state it would have come to anyway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url

from hub.store.audit import audit
from hub.store.tables import T
from tests.hub.flows.world import World

EVERY = 7
"""Of the written statements of a life, the test ends the server process at each of so many."""


class Killer:
    """Ends the server process of the connection that is about to run the n-th statement of a write."""

    def __init__(self, url: str, nth: int = 0) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._nth = nth
        self.seen = 0

    def __call__(self, connection: Connection, *_: Any) -> None:
        if connection.get_execution_options().get("postgresql_readonly"):
            return
        self.seen += 1
        if self.seen == self._nth:
            backend = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            with psycopg.connect(self._dsn, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 10000)", (backend,))


@contextmanager
def killing(world: World, killer: Killer) -> Iterator[None]:
    event.listen(world.database._writing, "before_cursor_execute", killer)
    try:
        yield
    finally:
        event.remove(world.database._writing, "before_cursor_execute", killer)


def _life(world: World, number: int, killer: Killer) -> dict[str, Any]:
    with killing(world, killer):
        application_id = world.routed(number)
        loan = world.loan(application_id)
        world.call("alpha", "repayment", f"r-{number}", world.repayment(loan, f"S{number}", 1))
        world.worker.drain()
    attempt = world.attempt(application_id)
    events = world.rows(T.event, T.event.c.application_id == application_id)
    return {
        "application": world.application(application_id).state,
        "attempts": [(a.state, a.seq) for a in world.rows(T.attempt, T.attempt.c.id == attempt.id)],
        "outstanding": world.row(T.loan, T.loan.c.id == loan.id).outstanding_fen,
        "sent": [request.path for request in world.wires["alpha"].sent],
        "events": [(e.position, e.what, e.before, e.after) for e in events],
    }


def test_a_server_process_that_ends_at_any_statement_changes_nothing(empty_postgres: str) -> None:
    world = World(empty_postgres)
    count = Killer(empty_postgres)
    expected = _life(world, 0, count)
    assert count.seen > 40
    books = world.books()
    lives = 1
    for nth in range(1, count.seen + 1, EVERY):
        for wire in world.wires.values():
            wire.sent.clear()
        killer = Killer(empty_postgres, nth)
        found = _life(world, lives, killer)
        lives += 1
        assert killer.seen > nth
        assert found == expected, f"ended at statement {nth}"
        assert world.books() == {key: fen * lives for key, fen in books.items()}
    assert not world.parked()
    assert audit(world.database)[0] == []
    world.database.close()
