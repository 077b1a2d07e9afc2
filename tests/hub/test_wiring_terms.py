"""Terms are kept for ever: what changed without a new version is refused, what this release added is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from hub.config.load import load, sandbox_folder
from hub.settings import Settings
from hub.store import past
from hub.store.migrate import migrate
from hub.store.session import Database
from hub.store.tables import T
from hub.wiring import NotReady, _apply, at_start_only_here

NOW = datetime(2026, 1, 5, 4, tzinfo=UTC)


def kept_before(path: Path, **changes: object) -> Database:
    """A database that holds the first programme as an earlier release wrote it: without the newer fields."""
    database = Database(f"sqlite:///{path / 'hub.db'}")
    migrate(database)
    programme = load(sandbox_folder()).programmes[0]
    body = programme.model_dump(mode="json", exclude={"borrowers", "costs", "permissions", "grey"}) | changes
    row = {"kind": "programme", "name": programme.id, "version": programme.version, "sha256": "of then"}
    with database.write() as tx:
        tx.execute(insert(T.config_version), row | {"body": body, "applied_at": NOW})
    return database


def test_a_field_this_release_added_is_no_change(tmp_path: Path) -> None:
    database = kept_before(tmp_path)
    with database.write() as tx:
        _apply(tx, load(sandbox_folder()), NOW)
    database.close()


def test_other_terms_under_the_same_version_are_refused(tmp_path: Path) -> None:
    database = kept_before(tmp_path, funding_rate="0.0551")
    with pytest.raises(NotReady, match="applied with other terms"), database.write() as tx:
        _apply(tx, load(sandbox_folder()), NOW)
    database.close()


def test_terms_of_one_person_stay_on_this_machine() -> None:
    found = load(sandbox_folder())

    def at(endpoint: str) -> None:
        moved = {name: p.model_copy(update={"endpoint": endpoint}) for name, p in found.partners.items()}
        at_start_only_here(Settings(terms="at_start"), replace(found, partners=moved))

    at("http://127.0.0.1:9/x")
    for endpoint in ("https://bank.example/api", "http://127.0.0.1.bank.example/"):
        with pytest.raises(NotReady, match="LOANHUB_TERMS=at_start is for a sandbox"):
            at(endpoint)
    at_start_only_here(Settings(), found)


def test_every_kept_programme_reads_as_it_was(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hub.db'}")
    migrate(database)
    found = load(sandbox_folder())
    assert any(programme.window is not None for programme in found.programmes)
    with database.write() as tx:
        _apply(tx, found, NOW)
        assert past.programmes(tx) == {(one.id, one.version): one for one in found.programmes}
    database.close()
