"""The list of keys shows what may be shown, warns in time, and can be read by a machine."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from signing.keys import KeyState
from signing.keystore import load_ring, write_ring
from tests.hub.cli.conftest import Run


def test_all_in_order(run: Run) -> None:
    run("keys", "new", "--partner", "p", "--shared", "16", "--kind", "ed25519")
    run("keys", "new", "--fields")
    listed = run("keys", "list")
    assert (listed.exit_code, listed.stderr) == (0, "")
    for shown in ("p/ours", "Ed25519 private", "secret of 16 bytes", "active, primary", "364"):
        assert shown in listed.stdout
    key = load_ring(Path("keys/p/ours")).entries[0].key
    assert key.fingerprint()[:16] in listed.stdout


def test_no_form_of_the_list_shows_material(run: Run) -> None:
    run("keys", "new", "--partner", "p", "--shared", "32")
    run("keys", "new", "--fields")
    shown = run("keys", "list").stdout + run("keys", "list", "--json").stdout
    for file in Path("keys").rglob("*.key"):
        secret = base64.b64decode(file.read_bytes())
        assert file.read_text().strip() not in shown
        assert secret.hex() not in shown.lower()
    assert "PRIVATE" not in shown


def test_json_has_every_key_with_its_whole_fingerprint(run: Run) -> None:
    run("keys", "new", "--partner", "p", "--kind", "sm2", "--days", "400")
    run("keys", "new", "--partner", "q")
    told = json.loads(run("keys", "list", "p/ours", "--json").stdout)
    (key,) = told["keys"]
    entry = load_ring(Path("keys/p/ours")).entries[0]
    assert key["fingerprint"] == entry.key.fingerprint()
    assert key["not_after"] == entry.not_after.isoformat()
    assert {
        name: key[name] for name in ("ring", "kind", "use", "state", "primary", "days_left", "warning")
    } == {
        "ring": "p/ours",
        "kind": "SM2 private",
        "use": "any",
        "state": "active",
        "primary": True,
        "days_left": 399,
        "warning": None,
    }
    assert told["unreadable"] == []


def test_a_warning_comes_thirty_days_before_the_end(run: Run) -> None:
    run("keys", "new", "--partner", "p", "--days", "30")
    run("keys", "new", "--partner", "q", "--days", "31")
    listed = run("keys", "list")
    assert listed.exit_code == 3
    assert "warning: p/ours p-hub-1 ends in 29 days: make its successor" in listed.stderr
    assert "q/ours" not in listed.stderr
    assert run("keys", "list", "--warn-days", "29").exit_code == 0
    assert run("keys", "list", "q/ours").exit_code == 0
    run("keys", "new", "--partner", "p", "--next", "--days", "9")
    told = json.loads(run("keys", "list", "p/ours", "--json").stdout)
    assert told["keys"][1]["warning"] == "ends in 8 days: promote it or make another"


def test_an_ended_key_is_said_to_have_ended_and_a_retired_one_is_not_mentioned(run: Run) -> None:
    run("keys", "new", "--partner", "p")
    folder = Path("keys/p/ours")
    ring = load_ring(folder)
    past = datetime.now(UTC) - timedelta(seconds=5)
    for state, code in ((KeyState.ACTIVE, 3), (KeyState.ACCEPT_ONLY, 0), (KeyState.REVOKED, 0)):
        entries = [type(e)(e.key, state, e.not_before, past, primary=False) for e in ring.entries]
        write_ring(folder, type(ring)(ring.name, entries))
        listed = run("keys", "list")
        assert (listed.exit_code, "has ended" in listed.stderr) == (code, code == 3)


def test_an_unreadable_ring_does_not_hide_the_others(run: Run) -> None:
    run("keys", "new", "--partner", "p")
    run("keys", "new", "--partner", "q")
    Path("keys/p/ours/p-hub-1.pem").unlink()
    listed = run("keys", "list")
    assert listed.exit_code == 3
    assert "p/ours cannot be read" in listed.stderr
    assert "q-hub-1" in listed.stdout
    assert json.loads(run("keys", "list", "--json").stdout)["unreadable"][0]["ring"] == "p/ours"


def test_an_empty_folder_and_a_wrong_name_say_what_to_do(run: Run) -> None:
    assert "loanhub keys new" in run("keys", "list").stdout
    refused = run("keys", "list", "p/ours")
    assert (refused.exit_code, "there are: none" in refused.stderr) == (1, True)
    assert run("keys", "list", "nonsense").exit_code == 2
