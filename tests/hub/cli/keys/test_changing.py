"""A rotation goes through its two phases; revoking asks first, and never loses stored data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from cryptography import x509
from typer.testing import CliRunner

from hub.cli.app import app
from signing.errors import KeyUnavailable
from signing.keys import KeyState, RingEntry
from signing.keystore import load_ring, new_rsa, write_ring
from tests.hub.cli.conftest import Run

OURS = Path("keys/p/ours")


@pytest.fixture
def partner(run: Run) -> None:
    run("keys", "new", "--partner", "p")
    run("keys", "new", "--partner", "p", "--next")


@pytest.mark.usefixtures("partner")
def test_two_phases_leave_no_moment_without_a_key(run: Run) -> None:
    now = datetime.now(UTC)
    before = load_ring(OURS)
    assert before.primary(now).key_id == "p-hub-1"
    assert {key.key_id for key in before.accepted(now)} == {"p-hub-1", "p-hub-2"}
    promoted = run("keys", "promote", "p/ours", "p-hub-2")
    assert promoted.exit_code == 0
    assert "p-hub-1 is accept-only" in promoted.stdout
    after = load_ring(OURS)
    assert after.primary(now).key_id == "p-hub-2"
    assert {key.key_id for key in after.accepted(now)} == {"p-hub-1", "p-hub-2"}
    again = run("keys", "promote", "p/ours", "p-hub-2")
    assert (again.exit_code, "primary key already" in again.stderr) == (1, True)


@pytest.mark.usefixtures("partner")
def test_a_revoked_key_is_believed_no_more_and_not_promoted_again(run: Run) -> None:
    run("keys", "promote", "p/ours", "p-hub-2")
    assert run("keys", "revoke", "p/ours", "p-hub-1", "--yes").exit_code == 0
    assert load_ring(OURS).entry("p-hub-1").state is KeyState.REVOKED
    with pytest.raises(KeyUnavailable):
        load_ring(OURS).accepted(datetime.now(UTC), "p-hub-1")
    assert run("keys", "promote", "p/ours", "p-hub-1").exit_code == 1
    assert run("keys", "revoke", "p/ours", "p-hub-1", "--yes").exit_code == 1


def answering(answer: str) -> Result:
    return CliRunner().invoke(app, ["keys", "revoke", "p/ours", "p-hub-1"], input=answer)


@pytest.mark.usefixtures("partner")
def test_revoking_the_primary_says_what_will_happen_and_asks() -> None:
    refused = answering("n\n")
    assert (refused.exit_code, "nothing was changed" in refused.stderr) == (1, True)
    assert "nothing can be done with the ring" in refused.stdout
    assert load_ring(OURS).entry("p-hub-1").state is KeyState.ACTIVE
    assert answering("y\n").exit_code == 0
    assert load_ring(OURS).entry("p-hub-1").state is KeyState.REVOKED


@pytest.mark.usefixtures("partner")
def test_a_key_outside_its_dates_is_not_promoted(run: Run) -> None:
    later = datetime.now(UTC) + timedelta(days=2)
    entry = RingEntry(new_rsa("early"), KeyState.PRE_ACTIVE, not_before=later)
    write_ring(OURS, load_ring(OURS).with_entry(entry))
    refused = run("keys", "promote", "p/ours", "early")
    assert (refused.exit_code, "not now" in refused.stderr) == (1, True)


@pytest.mark.usefixtures("partner")
def test_an_unknown_key_or_ring_names_those_there_are(run: Run) -> None:
    assert "there are: p-hub-1, p-hub-2" in run("keys", "promote", "p/ours", "p-hub-9").stderr
    assert "there are: p/ours" in run("keys", "promote", "q/ours", "q-hub-1").stderr


def test_the_key_of_blind_indexes_stays(run: Run) -> None:
    run("keys", "new", "--fields")
    refused = run("keys", "revoke", "fields", "fields-index", "--yes")
    assert (refused.exit_code, "no borrower is found" in refused.stderr) == (1, True)


@pytest.mark.usefixtures("partner")
def test_a_request_names_us_and_proves_the_key(run: Run) -> None:
    made = run("keys", "csr", "p/ours", "p-hub-2", "--cn", "hub.example", "--org", "Platform")
    request = x509.load_pem_x509_csr(made.stdout.encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "O=Platform,CN=hub.example"
    run("keys", "new", "--partner", "q", "--kind", "sm2")
    assert run("keys", "csr", "q/ours", "--cn", "hub.example").exit_code == 1


@pytest.mark.usefixtures("partner")
def test_the_public_half_is_printed_or_written(run: Run) -> None:
    primary = load_ring(OURS).entry("p-hub-1").key.export_public()
    assert run("keys", "export-public", "p/ours").stdout.encode() == primary
    assert run("keys", "export-public", "p/ours", "p-hub-2", "--out", "k.pem").exit_code == 0
    assert Path("k.pem").read_bytes() == load_ring(OURS).entry("p-hub-2").key.export_public()
    run("keys", "new", "--fields")
    assert run("keys", "export-public", "fields", "fields-kek-1").exit_code == 1
