"""Processes that start together on one PostgreSQL apply a new configuration once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import func, select

from hub.settings import Settings
from hub.store.migrate import migrate
from hub.store.session import Database
from hub.store.tables import T
from hub.wiring import _apply, configuration

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PROCESSES = 4


def test_processes_that_start_together_apply_a_configuration_once(postgres_url: str) -> None:
    database = Database(postgres_url)
    migrate(database)
    found, begun = configuration(Settings()), threading.Barrier(PROCESSES)

    def start(_: int) -> None:
        with database.write() as tx:
            tx.execute(select(1))
            begun.wait(timeout=30)
            _apply(tx, found, NOW)

    try:
        with ThreadPoolExecutor(PROCESSES) as pool:
            list(pool.map(start, range(PROCESSES)))
        with database.read() as tx:
            count = tx.execute(select(func.count()).select_from(T.config_version)).scalar()
    finally:
        database.close()
    assert count == len(found.programmes) + len(found.agreements)
