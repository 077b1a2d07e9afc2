"""A hub over a real database with the packaged sandbox configuration, and callers of its doors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from fastapi import FastAPI

from connectors.port import Random
from hub.config.load import load, sandbox_folder
from hub.flows.context import Context
from hub.settings import Settings
from hub.store.migrate import migrate
from hub.store.sealed import Vault
from hub.store.session import Database
from hub.web.access import load_access
from hub.web.app import create_app
from signing.fields import FieldSealer
from signing.keystore import new_field_ring
from tests.hub.web.client import FINANCE, FRONTEND, OPERATOR, Caller

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def counted_random() -> Random:
    """Bytes that differ every time and are the same in every run."""
    numbers = itertools.count()
    return lambda size: sha256(str(next(numbers)).encode()).digest()[:size].ljust(size, b"\0")


@dataclass
class Hub:
    """A hub under test: its parts, its application, and the time it goes by."""

    context: Context
    app: FastAPI
    times: list[datetime]
    woken: list[str] = field(default_factory=list)

    def caller(self, key: str | None = FRONTEND) -> Caller:
        """A caller with a key."""
        return Caller(self.app, key)


def build(url: str) -> Hub:
    """Build a hub over an empty database, without partners to dial."""
    database = Database(url)
    migrate(database)
    random, times, woken = counted_random(), [NOW], []
    ring = new_field_ring("fields", now=NOW, random=random)
    found = load(sandbox_folder())
    context = Context(
        database=database,
        catalogue=found,
        agreements={(one.id, one.version): one for one in found.agreements},
        desks={},
        vault=Vault(FieldSealer(ring, {}, now=NOW, random=random)),
        clock=lambda: times[-1],
        random=random,
        wake=woken.append,
        two_persons=False,
    )
    app = create_app(context, load_access(Settings(sandbox=True)), set_clock=times.append)
    return Hub(context, app, times, woken)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    built = build(f"sqlite:///{tmp_path / 'hub.db'}")
    yield built
    built.context.database.close()


@pytest.fixture
def both(database_url: str) -> Iterator[Hub]:
    """A hub on each kind of database."""
    built = build(database_url)
    yield built
    built.context.database.close()


@pytest.fixture
def frontend(hub: Hub) -> Caller:
    return hub.caller(FRONTEND)


@pytest.fixture
def finance(hub: Hub) -> Caller:
    return hub.caller(FINANCE)


@pytest.fixture
def operator(hub: Hub) -> Caller:
    return hub.caller(OPERATOR)
