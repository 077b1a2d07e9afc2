"""The world the flows' tests play in, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hub.flows.world import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A hub with two partners and an empty database."""
    made = World(database_url)
    yield made
    made.database.close()
