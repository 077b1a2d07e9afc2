"""A rotation of the keys of stored data, from the command line, with a database behind it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from hub.flows.rewrapping import wrapping_keys
from hub.settings import Settings
from hub.store.datakeys import DataKeys
from hub.wiring import open_database
from signing.fields import FieldSealer
from signing.keystore import load_ring
from tests.hub.cli.conftest import Run

PLACE = {"table": "application", "column": "sealed", "row": "app_1"}


def a_process() -> FieldSealer:
    """What serve and work make when they start."""
    database = open_database(Settings())
    now = datetime.now(UTC)
    keys = DataKeys(database, lambda: now)
    return FieldSealer(load_ring(Path("keys/fields")), keys, now=now, random=os.urandom)


def counts() -> dict[str, int]:
    return wrapping_keys(open_database(Settings()))


def test_a_whole_rotation(run: Run) -> None:
    assert run("keys", "new", "--fields").exit_code == 0
    old = [a_process() for _ in range(3)]
    sealed = old[0].seal(b"secret", **PLACE)
    assert run("keys", "new", "--fields", "--next").exit_code == 0
    refused = run("keys", "revoke", "fields", "fields-kek-1", "--yes")
    assert (refused.exit_code, "still wraps 3 data keys" in refused.stderr) == (1, True)
    restarted = [a_process(), a_process()]  # they hold both keys, and still wrap with the first
    assert run("keys", "promote", "fields", "fields-kek-2").exit_code == 0
    done = run("keys", "rewrap", "--batch", "2")
    assert (done.exit_code, "5 of 5 data keys are under fields-kek-2" in done.stdout) == (0, True)
    assert counts() == {"fields-kek-2": 5}
    assert run("keys", "revoke", "fields", "fields-kek-1", "--yes").exit_code == 0
    assert a_process().unseal(sealed, **PLACE) == b"secret"
    # Processes that hold the new key since its distribution go on until their turn to restart comes.
    assert restarted[0].unseal(restarted[1].seal(b"more", **PLACE), **PLACE) == b"more"
    assert restarted[0].unseal(sealed, **PLACE) == b"secret"


def test_what_cannot_be_opened_is_told(run: Run) -> None:
    run("keys", "new", "--fields")
    a_process()
    run("keys", "new", "--fields", "--next")
    run("keys", "promote", "fields", "fields-kek-2")
    text = Path("keys/fields/ring.yaml").read_text()
    Path("keys/fields/ring.yaml").write_text(text.replace("accept-only", "revoked"))
    failed = run("keys", "rewrap")
    assert failed.exit_code == 1
    assert "1 could not be opened" in failed.stderr
    assert "fields-kek-1 is revoked" in failed.stderr
    assert counts() == {"fields-kek-1": 1}


def test_without_a_ring_it_says_what_to_make(run: Run) -> None:
    refused = run("keys", "rewrap")
    assert (refused.exit_code, "loanhub keys new" in refused.stderr) == (1, True)
