"""What every test may lean on: databases that vanish, repeatable random cases, and an honest closing word."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from sqlalchemy.engine import URL, make_url

pytest_plugins = ("tests.tally",)
POSTGRES_VARIABLE = "LOANHUB_TEST_POSTGRES_URL"
NO_POSTGRES = f"no PostgreSQL: set {POSTGRES_VARIABLE}, or run one on 127.0.0.1:5432 that trusts local users"

# "ci" finds the same cases every time; `HYPOTHESIS_PROFILE=search make test` looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("search", deadline=None, print_blob=True, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def _reaches(url: URL) -> bool:
    try:
        with psycopg.connect(_dsn(url), connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _server() -> URL | None:
    """Return the server tests may use, or None. A server named by the variable but silent is an error."""
    named = os.environ.get(POSTGRES_VARIABLE)
    if named:
        url = make_url(named).set(drivername="postgresql+psycopg")
        if not _reaches(url):
            pytest.fail(f"{POSTGRES_VARIABLE} names a server that does not answer", pytrace=False)
        return url
    for user in ("postgres", getpass.getuser()):
        url = URL.create("postgresql+psycopg", user, host="127.0.0.1", port=5432, database="postgres")
        if _reaches(url):
            return url
    return None


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> Iterator[str]:
    """Return the URL of an empty PostgreSQL database of this test process; it is dropped at the end."""
    server = _server()
    if server is None:
        pytest.skip(NO_POSTGRES)
    name = f"loanhub_test_{os.getpid()}_{worker_id}"
    identifier = sql.Identifier(name)
    with psycopg.connect(_dsn(server), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(identifier)
        )
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))


def _empty(url: str) -> None:
    """Drop everything a former test left. Its forgotten connections go first: they may hold locks."""
    with psycopg.connect(_dsn(make_url(url)), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


@pytest.fixture
def empty_postgres(postgres_url: str) -> str:
    """Return the URL of an empty database on PostgreSQL, for what only it can do."""
    _empty(postgres_url)
    return postgres_url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database. The test runs twice: on a SQLite file and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.db'}"
    url: str = request.getfixturevalue("postgres_url")
    _empty(url)
    return url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end how much was not proven on PostgreSQL."""
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if NO_POSTGRES in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("PostgreSQL", yellow=True)
        terminalreporter.line(f"{len(skipped)} tests ran on SQLite only; {NO_POSTGRES}")
