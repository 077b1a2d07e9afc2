"""Where the benchmarks find PostgreSQL: a server that answers, and a database of their own on it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

POSTGRES_VARIABLE = "LOANHUB_TEST_POSTGRES_URL"


def server() -> URL | None:
    """The server the variable names, else one on 127.0.0.1:5432 that trusts, else None."""
    named = os.environ.get(POSTGRES_VARIABLE)
    if named:
        return make_url(named).set(drivername="postgresql+psycopg")
    for user in ("postgres", getpass.getuser()):
        url = URL.create("postgresql+psycopg", user, host="127.0.0.1", port=5432, database="postgres")
        try:
            psycopg.connect(dsn(url), connect_timeout=3).close()
        except psycopg.OperationalError:
            continue
        return url
    return None


def dsn(url: URL) -> str:
    """The address as the driver takes it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def new_database(server: URL) -> Iterator[URL]:
    """An empty database of its own, dropped afterwards."""
    name = f"loanhub_benchmark_{os.getpid()}"
    with psycopg.connect(dsn(server), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
        )
        try:
            yield server.set(database=name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
