"""`audit verify` says what it checked, and ends with 3 when somebody touched the history."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from hub.cli.faults import CHECKS_FAILED
from tests.hub.cli.conftest import Run
from tests.hub.flows.world import World


def test_a_touched_history_ends_with_its_own_code(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'audited.db'}"
    monkeypatch.setenv("LOANHUB_DATABASE_URL", url)
    world = World(url)
    application_id = world.routed()
    honest = run("audit", "verify")
    assert honest.exit_code == 0
    assert "of 1 applications, 0 faults" in honest.stdout
    with world.database.write() as tx:
        tx.execute(text("DROP TRIGGER event_no_update"))
        tx.execute(text("UPDATE event SET who = 'nobody' WHERE position = 1"))
    world.database.close()
    touched = run("audit", "verify")
    assert touched.exit_code == CHECKS_FAILED
    assert f"{application_id} event 1: does not fit" in touched.stdout
