"""Databases of the fault programs: an image with the newest schema, copied for every run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from hub.store.migrate import migrate
from hub.store.session import Database


class Image(Protocol):
    """A prepared database of which every run gets a copy."""

    def copy(self) -> str:
        """Return the URL of a fresh copy; the one before is gone."""
        ...


class SqliteImage:
    """A file, copied."""

    def __init__(self, folder: Path) -> None:
        self._image, self._copy = folder / "image.db", folder / "hub.db"
        database = Database(f"sqlite:///{self._image}")
        migrate(database)
        database.close()

    def copy(self) -> str:
        """Return the URL of a fresh copy."""
        for old in self._copy.parent.glob("hub.db*"):
            old.unlink()
        shutil.copyfile(self._image, self._copy)
        return f"sqlite:///{self._copy}"


class PostgresImage:
    """A template database, copied by the server."""

    def __init__(self, server: URL, ends: ExitStack) -> None:
        self._server = server
        self._template = f"loanhub_faults_{os.getpid()}_image"
        self._name = f"loanhub_faults_{os.getpid()}"
        self._connection = ends.enter_context(
            psycopg.connect(
                server.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
            )
        )
        self._drop(self._template)
        self._create(self._template, "template0")
        ends.callback(self._drop, self._template)
        ends.callback(self._drop, self._name)
        database = Database(self._url(self._template))
        migrate(database)
        database.close()

    def copy(self) -> str:
        """Return the URL of a fresh copy."""
        self._drop(self._name)
        self._create(self._name, self._template)
        return self._url(self._name)

    def _url(self, name: str) -> str:
        return self._server.set(drivername="postgresql+psycopg", database=name).render_as_string(
            hide_password=False
        )

    def _create(self, name: str, template: str) -> None:
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'")
        self._connection.execute(words.format(sql.Identifier(name), sql.Identifier(template)))

    def _drop(self, name: str) -> None:
        words = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._connection.execute(words.format(sql.Identifier(name)))


@contextmanager
def image(engine: str, folder: Path, server: URL | None) -> Iterator[Image]:
    """An image on `sqlite` or `postgres`."""
    with ExitStack() as ends:
        if engine == "sqlite":
            yield SqliteImage(folder)
        elif server is None:
            raise ValueError("no PostgreSQL answers")
        else:
            yield PostgresImage(server, ends)
