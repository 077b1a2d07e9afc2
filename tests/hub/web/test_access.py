"""Keys open what they are for; the hub does not start on none, on published ones, or on a broken file."""

from __future__ import annotations

import json
import re
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


RIGHTS = {"front end": FRONTEND, "finance": FINANCE, "operations": OPERATOR, "sandbox": OPERATOR}
"""Whose key opens the doors of a tag."""
PLACES = {"month": "2026-01", "version": "1"}
"""What stands in a path's place so that it is well formed; elsewhere any word does."""
OPEN = {("POST", "/v1/partners/{partner}/callbacks/{kind}"), ("GET", "/healthz"), ("GET", "/readyz")}


def test_every_door_asks_for_its_key(hub: Hub) -> None:
    doors = [
        (method.upper(), template, operation)
        for template, operations in hub.app.openapi()["paths"].items()
        for method, operation in operations.items()
    ]
    assert len(doors) > 40
    assert {(method, template) for method, template, _ in doors} >= OPEN
    for method, template, operation in doors:
        assert bool(operation.get("security")) is ((method, template) not in OPEN), template
        if (method, template) in OPEN:
            continue
        path = re.sub(r"\{([a-z_]+)\}", lambda found: PLACES.get(found[1], "x_1"), template)
        nobody = hub.caller(None).call(method, path)
        assert (nobody.status, nobody.code) == (401, "key_unknown"), path
        assert nobody.headers["www-authenticate"].startswith("Bearer")
        (right,) = {RIGHTS[tag] for tag in operation["tags"]}
        for key in {FRONTEND, FINANCE, OPERATOR} - {right}:
            said = hub.caller(key).call(method, path)
            assert (said.status, said.code) == (403, "scope_missing"), path
        assert hub.caller(right).call(method, path).status not in (401, 403), path
