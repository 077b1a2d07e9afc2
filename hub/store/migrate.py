"""Bringing a database to the newest schema, and asking whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from hub.store.session import Database
from hub.store.tables import T

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_165_001  # any number nobody else uses: replicas that start together migrate one after the other

LOCK_SECONDS = 3


def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade to `revision`; nothing happens when the database is there already.

    On PostgreSQL it raises OperationalError, and changes nothing, when a long transaction of another keeps a
    table from it for `LOCK_SECONDS`: start again when that has ended.
    """
    with database.write() as connection:
        alone(connection)
        _give_way(connection)
        command.upgrade(_config(connection), revision)


def alone(connection: Connection) -> None:
    """Wait until no other process that starts is changing the schema or the configuration."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def downgrade(database: Database, revision: str) -> None:
    """Go back to `revision`."""
    with database.write() as connection:
        _give_way(connection)
        command.downgrade(_config(connection), revision)


def _give_way(connection: Connection) -> None:
    """Whoever comes after a lock that waits, waits too: a migration does not wait long for any."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))


def differences(database: Database) -> list[object]:
    """What the database has otherwise than the tables of this version; empty when they agree."""
    with database.read() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), T.metadata))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
