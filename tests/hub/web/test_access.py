"""Keys open what they are for; the hub does not start on none, on published ones, or on a broken file."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from hub.settings import Settings
from hub.web.access import SANDBOX_KEYS, Access, AccessRefused, Scope, load_access
from hub.web.problems import Refused
from tests.hub.web.client import FINANCE, FRONTEND, OPERATOR
from tests.hub.web.conftest import Hub


def line(name: str = "shop", key: str = "a long random key", *scopes: str) -> dict[str, object]:
    digest = sha256(key.encode()).hexdigest()
    return {"name": name, "sha256": digest, "scopes": list(scopes) or ["frontend"]}


def loaded(tmp_path: Path, content: object, *, sandbox: bool = False) -> Access:
    file = tmp_path / "keys.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return load_access(Settings(api_keys_file=file, sandbox=sandbox))


def test_a_key_is_known_by_its_hash_alone(tmp_path: Path) -> None:
    access = loaded(tmp_path, [line("shop", "one"), line("books", "two", "finance", "operator")])
    assert access.admit("Bearer one", Scope.FRONTEND).name == "shop"
    assert access.admit("bearer two", Scope.OPERATOR).name == "books"


@pytest.mark.parametrize(
    "header", [None, "", "one", "Basic one", "Bearer", "Bearer ", "Bearer three", "Bearer on"]
)
def test_what_is_no_key_is_refused(tmp_path: Path, header: str | None) -> None:
    access = loaded(tmp_path, [line("shop", "one")])
    with pytest.raises(Refused) as caught:
        access.admit(header, Scope.FRONTEND)
    assert caught.value.status == 401
    assert "Bearer" in caught.value.headers["WWW-Authenticate"]


def test_a_key_without_the_scope_is_refused(tmp_path: Path) -> None:
    access = loaded(tmp_path, [line("shop", "one")])
    with pytest.raises(Refused) as caught:
        access.admit("Bearer one", Scope.FINANCE)
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "lists no API key"),
        ({}, "not a list"),
        ("[", "not JSON"),
        ([7], "exactly name, sha256 and scopes"),
        ([line() | {"key": "plain"}], "exactly name, sha256 and scopes"),
        ([line() | {"name": "A B"}], "lower-case"),
        ([line() | {"sha256": "the key itself"}], "64 lower-case hex"),
        ([line() | {"scopes": []}], "scopes"),
        ([line() | {"scopes": ["root"]}], "scopes"),
        ([line() | {"scopes": [["frontend"]]}], "scopes"),
        ([line() | {"scopes": "frontend"}], "scopes"),
        ([line("a", "x1"), line("a", "x2")], "share a name"),
        ([line("a", "x1"), line("b", "x1")], "share a sha256"),
        ([line("a", "changeme")], "published or guessable"),
        ([line("a", "sandbox-frontend-key")], "published or guessable"),
    ],
)
def test_the_hub_does_not_start_on_such_a_file(tmp_path: Path, content: object, words: str) -> None:
    with pytest.raises(AccessRefused, match=words):
        loaded(tmp_path, content)


def test_the_hub_does_not_start_without_keys(tmp_path: Path) -> None:
    with pytest.raises(AccessRefused, match="LOANHUB_API_KEYS_FILE"):
        load_access(Settings())
    with pytest.raises(AccessRefused, match="cannot be read"):
        load_access(Settings(api_keys_file=tmp_path / "absent.json"))


def test_published_keys_open_a_sandbox_only(tmp_path: Path) -> None:
    access = load_access(Settings(sandbox=True))
    for key, scope in SANDBOX_KEYS.items():
        assert access.admit(f"Bearer {key}", scope).name == f"sandbox-{scope}"
    key = "sandbox-finance-key"
    assert loaded(tmp_path, [line("a", key, "finance")], sandbox=True).admit(f"Bearer {key}", Scope.FINANCE)


DOORS = [
    ("POST", "/v1/applications", FRONTEND),
    ("GET", "/v1/applications", FRONTEND),
    ("GET", "/v1/applications/app_1", FRONTEND),
    ("POST", "/v1/applications/app_1/drawdown", FRONTEND),
    ("GET", "/v1/applications/app_1/drawdown", FRONTEND),
    ("GET", "/v1/applications/app_1/timeline", FRONTEND),
    ("GET", "/v1/applications/app_1/routing-decision", FRONTEND),
    ("GET", "/v1/applications/app_1/repayment-plan", FRONTEND),
    ("GET", "/v1/calculator", FRONTEND),
    ("GET", "/v1/months", FINANCE),
    ("POST", "/v1/months/2026-01/close", FINANCE),
    ("GET", "/v1/settlements/2026-01", FINANCE),
    ("GET", "/v1/statements", FINANCE),
    ("GET", "/v1/statements/stm_1", FINANCE),
    ("GET", "/v1/statements/stm_1.csv", FINANCE),
    ("GET", "/v1/statements/stm_1.xlsx", FINANCE),
    ("GET", "/v1/journal", FINANCE),
    ("GET", "/v1/trial-balance", FINANCE),
    ("GET", "/v1/loans", FINANCE),
    ("GET", "/v1/partners", FINANCE),
    ("GET", "/v1/routing-decisions", FINANCE),
    ("GET", "/v1/operations/backlog", OPERATOR),
    ("GET", "/v1/operations/matters", OPERATOR),
    ("GET", "/v1/operations/days", OPERATOR),
    ("GET", "/v1/operations/daily-files", OPERATOR),
    ("GET", "/v1/operations/applications/app_1/exchanges", OPERATOR),
    ("GET", "/v1/operations/matters/mat_1", OPERATOR),
    ("POST", "/v1/operations/matters/mat_1/dismiss", OPERATOR),
    ("POST", "/v1/operations/matters/mat_1/replay", OPERATOR),
    ("GET", "/v1/sandbox/quiet?seconds=0", OPERATOR),
    ("PUT", "/v1/sandbox/clock", OPERATOR),
]
OPEN = {("POST", "/v1/partners/{partner}/callbacks/{kind}"), ("GET", "/healthz"), ("GET", "/readyz")}


@pytest.mark.parametrize(("method", "path", "right"), DOORS)
def test_every_door_asks_for_its_key(hub: Hub, method: str, path: str, right: str) -> None:
    nobody = hub.caller(None).call(method, path)
    assert (nobody.status, nobody.code) == (401, "key_unknown")
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    for key in {FRONTEND, FINANCE, OPERATOR} - {right}:
        said = hub.caller(key).call(method, path)
        assert (said.status, said.code) == (403, "scope_missing")
    assert hub.caller(right).call(method, path).status not in (401, 403)


def test_no_door_is_forgotten(hub: Hub) -> None:
    described = hub.app.openapi()["paths"]
    found = {(method.upper(), path) for path, operations in described.items() for method in operations}
    assert len(found) == len(DOORS) + len(OPEN)
    assert found >= OPEN
    for path, operations in described.items():
        for method, operation in operations.items():
            assert bool(operation.get("security")) is ((method.upper(), path) not in OPEN), path
