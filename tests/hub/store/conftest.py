"""A migrated, empty database for the store's tests, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.store.migrate import migrate
from hub.store.session import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database at the newest schema."""
    made = Database(database_url)
    migrate(made)
    yield made
    made.close()
