"""Keys are made where only their owner reads them, can be loaded again, and are never written over."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from hub.settings import Settings
from hub.web.access import Scope, load_access
from signing.keystore import load_partner_keys, load_ring, new_rsa
from tests.hub.cli.conftest import Run


def private_only(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return bool(files) and all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_a_partners_keys_come_in_two_steps(run: Run, tmp_path: Path) -> None:
    made = run("keys", "new", "--partner", "city_bank", "--shared", "16")
    assert made.exit_code == 0
    assert "BEGIN PUBLIC KEY" in made.stdout
    assert "PRIVATE" not in made.stdout
    assert "next: loanhub keys new --partner city_bank --theirs PEM" in made.stdout
    theirs = new_rsa("theirs")
    (tmp_path / "bank.pem").write_bytes(theirs.export_public())
    added = run("keys", "new", "--partner", "city_bank", "--theirs", "bank.pem")
    assert added.exit_code == 0
    assert theirs.fingerprint() in added.stdout
    keys = load_partner_keys(Path("keys/city_bank"))
    assert keys.pre_shared().name == "city_bank.shared"
    assert private_only(Path("keys"))
    # The public half that was shown is the one the private key has.
    ours = keys.ours.entries[0].key
    assert ours.export_public().decode().strip() in made.stdout


@pytest.mark.parametrize(
    ("profile", "secrets"),
    [("icbc-sorted-form", 1), ("aob-sm", 1), ("cmb-sm", 1), ("x-ca-hmac", 2), ("digital-envelope", 0)],
)
def test_a_profile_says_which_keys_there_are(run: Run, profile: str, secrets: int) -> None:
    user_id = ["--user-id", "N003261207000000"] if profile == "cmb-sm" else []
    made = run("keys", "new", "--partner", "p", "--profile", profile, *user_id)
    assert made.exit_code == 0, made.stderr
    assert "BEGIN PUBLIC KEY" in made.stdout
    assert len(load_ring(Path("keys/p/ours")).entries) == 1
    shared = Path("keys/p/shared")
    assert (len(load_ring(shared).entries) if shared.exists() else 0) == secrets
    assert private_only(Path("keys"))
    again = run("keys", "new", "--partner", "p", "--profile", profile)
    assert (again.exit_code, "holds a ring already" in again.stderr) == (1, True)


def test_a_profile_nobody_knows_and_what_it_decides_are_refused(run: Run) -> None:
    unknown = run("keys", "new", "--partner", "p", "--profile", "no-such")
    twice = run("keys", "new", "--partner", "p", "--profile", "aob-sm", "--shared", "16")
    assert (unknown.exit_code, twice.exit_code) == (2, 2)
    assert not Path("keys/p").exists()


def test_the_ring_of_stored_data_is_made_once(run: Run) -> None:
    assert run("keys", "new", "--fields").exit_code == 0
    before = {path: path.read_bytes() for path in Path("keys/fields").iterdir()}
    again = run("keys", "new", "--fields")
    assert again.exit_code == 1
    assert "holds a ring already" in again.stderr
    assert {path: path.read_bytes() for path in Path("keys/fields").iterdir()} == before
    assert load_ring(Path("keys/fields")).name == "fields"
    assert private_only(Path("keys"))


def test_our_key_for_a_partner_is_not_made_twice(run: Run) -> None:
    assert run("keys", "new", "--partner", "p").exit_code == 0
    again = run("keys", "new", "--partner", "p")
    assert (again.exit_code, "exists" in again.stderr) == (1, True)


def test_an_api_key_opens_what_its_scopes_say(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOANHUB_API_KEYS_FILE", "api-keys.json")
    first = run("keys", "new", "--api", "app", "--scope", "frontend")
    second = run("keys", "new", "--api", "books", "--scope", "finance", "--scope", "operator")
    assert (first.exit_code, second.exit_code) == (0, 0)
    access = load_access(Settings())
    key = first.stdout.strip().rpartition(" ")[2]
    assert access.admit(f"Bearer {key}", Scope.FRONTEND).name == "app"
    key = second.stdout.strip().rpartition(" ")[2]
    assert access.admit(f"Bearer {key}", Scope.OPERATOR).scopes == {Scope.FINANCE, Scope.OPERATOR}
    assert key not in Path("api-keys.json").read_text()
    assert Path("api-keys.json").stat().st_mode & 0o777 == 0o600
    again = run("keys", "new", "--api", "app", "--scope", "finance")
    assert (again.exit_code, "has a key 'app' already" in again.stderr) == (1, True)


def test_without_a_file_the_line_for_it_is_printed(run: Run) -> None:
    made = run("keys", "new", "--api", "app", "--scope", "frontend")
    entry = json.loads(made.stdout.splitlines()[1])
    key = made.stdout.strip().rpartition(" ")[2]
    assert entry == {"name": "app", "sha256": sha256(key.encode()).hexdigest(), "scopes": ["frontend"]}


def test_a_damaged_list_of_keys_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOANHUB_API_KEYS_FILE", "api-keys.json")
    for content in ("{", '{"name": "a"}'):
        Path("api-keys.json").write_text(content)
        refused = run("keys", "new", "--api", "app", "--scope", "frontend")
        assert (refused.exit_code, "not a JSON list" in refused.stderr) == (1, True)
        assert Path("api-keys.json").read_text() == content


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say one of"),
        (["--fields", "--partner", "p"], "say one of"),
        (["--partner", "../p"], "folder of a partner's keys"),
        (["--partner", "fields"], "not 'fields'"),
        (["--api", "A B", "--scope", "frontend"], "lower-case letters"),
        (["--api", "app"], "give --scope"),
        (["--api", "app", "--scope", "root"], "give --scope"),
    ],
)
def test_a_wrong_wish_makes_nothing(run: Run, words: list[str], said: str) -> None:
    refused = run("keys", "new", *words)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert not Path("keys").exists()


def test_a_key_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bank.pem").write_text("not a key")
    refused = run("keys", "new", "--partner", "p", "--theirs", "bank.pem")
    assert (refused.exit_code, "not a readable public key" in refused.stderr) == (1, True)


@pytest.mark.parametrize("kind", ["rsa-2048", "ec-p256", "ed25519", "sm2"])
def test_a_key_of_any_kind_may_follow_one_of_any_other(run: Run, kind: str) -> None:
    assert run("keys", "new", "--partner", "p").exit_code == 0
    added = run("keys", "new", "--partner", "p", "--next", "--kind", kind)
    assert added.exit_code == 0
    assert "loanhub keys promote p/ours p-hub-2" in added.stdout
    first, second = load_ring(Path("keys/p/ours")).entries
    assert (first.state.value, first.primary) == ("active", True)
    assert (second.state.value, second.primary, second.key.key_id) == ("pre-active", False, "p-hub-2")
    assert second.key.export_public().decode().strip() in added.stdout


def test_secrets_and_the_ring_of_stored_data_have_followers_too(run: Run) -> None:
    assert run("keys", "new", "--partner", "p", "--shared", "16").exit_code == 0
    assert run("keys", "new", "--partner", "p", "--shared", "16", "--next").exit_code == 0
    assert [entry.key.key_id for entry in load_ring(Path("keys/p/shared")).entries] == [
        "p-shared-1",
        "p-shared-2",
    ]
    assert len(load_ring(Path("keys/p/ours")).entries) == 1
    assert run("keys", "new", "--fields").exit_code == 0
    assert "promote fields fields-kek-2" in run("keys", "new", "--fields", "--next").stdout
    assert [entry.primary for entry in load_ring(Path("keys/fields")).entries] == [True, True, False]
    assert private_only(Path("keys"))


def test_nothing_follows_where_nothing_is(run: Run) -> None:
    for words in (["--fields"], ["--partner", "p", "--shared", "16"]):
        assert run("keys", "new", *words, "--next").exit_code == 1
    assert not list(Path().rglob("ring.yaml"))


def test_a_key_file_may_be_encrypted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [
        "keys",
        "new",
        "--partner",
        "p",
        "--kind",
        "sm2",
        "--user-id",
        "P1",
        "--password-env",
        "P_PASSWORD",
    ]
    assert run(*words).exit_code == 2
    monkeypatch.setenv("P_PASSWORD", "correct horse")
    assert run(*words).exit_code == 0
    assert "ENCRYPTED" in Path("keys/p/ours/p-hub-1.pem").read_text()
    (entry,) = load_ring(Path("keys/p/ours"), environ={"P_PASSWORD": "correct horse"}).entries
    assert entry.key.attributes["sm2_user_id"] == b"P1"
    monkeypatch.delenv("P_PASSWORD")
    listed = run("keys", "list")
    assert (listed.exit_code, "the environment has no P_PASSWORD" in listed.stderr) == (3, True)
