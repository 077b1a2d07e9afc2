"""The audit reads what is stored: it passes an honest history and finds a touched one, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, delete, text, update

from hub.store.audit import audit
from hub.store.tables import T
from tests.hub.flows.world import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A hub with one loan and its history."""
    made = World(database_url)
    made.loan(made.routed())
    made.routed(2)
    yield made
    made.database.close()


def _unguard(tx: Connection) -> None:
    """What somebody with all rights on the database can do."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("ALTER TABLE event DISABLE TRIGGER ALL"))
        return
    for action in ("update", "delete"):
        tx.execute(text(f"DROP TRIGGER event_no_{action}"))


def test_an_honest_history_passes_and_always_has_the_same_head(world: World) -> None:
    found, head = audit(world.database)
    assert not found
    assert head.chains == 2
    assert audit(world.database)[1].hex() == head.hex()
    world.routed(3)
    assert audit(world.database)[1].hex() != head.hex()


@pytest.mark.parametrize("touch", ["edit", "remove", "remove last", "remove all", "state"])
def test_a_touched_history_is_found(world: World, touch: str) -> None:
    e = T.event.c
    application_id = world.row(T.loan).application_id
    last = max(r.position for r in world.rows(T.event, e.application_id == application_id))
    mine = e.application_id == application_id
    with world.database.write() as tx:
        _unguard(tx)
        if touch == "edit":
            tx.execute(update(T.event).where(mine, e.position == 2).values(who="nobody"))
        elif touch == "remove":
            tx.execute(delete(T.event).where(mine, e.position == 2))
        elif touch == "remove last":
            tx.execute(delete(T.event).where(mine, e.position == last))
        elif touch == "remove all":
            tx.execute(delete(T.event).where(mine))
        else:
            tx.execute(
                update(T.application).where(T.application.c.id == application_id).values(state="settled")
            )
    found, _ = audit(world.database)
    assert {fault.application_id for fault in found} == {application_id}
