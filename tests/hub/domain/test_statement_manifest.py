"""The manifest names every file with its hash, and refuses to lead out of its folder."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from hub.domain.statement import build
from hub.domain.statement_manifest import FORM, listed, manifest
from tests.hub.domain.sharing.agreements import SPREAD, opened, received

MADE = build(SPREAD.by_party["bank"], "2026-01", opened(SPREAD).play(received("a", 50_000, 20_000)) or ())


def test_it_holds_the_control_totals_and_every_hash() -> None:
    content = manifest(MADE, {"a.csv": b"x", "a.pdf": b""}, "k-1")
    assert content == manifest(MADE, {"a.pdf": b"", "a.csv": b"x"}, "k-1")
    body = json.loads(content)
    assert (body["party"], body["period"], body["signed_by"]) == ("bank", "2026-01", "k-1")
    assert body["control"] == MADE.control.model_dump()
    assert listed(content) == {"a.csv": sha256(b"x").hexdigest(), "a.pdf": sha256(b"").hexdigest()}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "is not JSON"),
        ("[]", f"form {FORM}"),
        ('{"form": "other", "files": {}}', f"form {FORM}"),
        (f'{{"form": "{FORM}", "files": {{}}}}', "names no files"),
        (f'{{"form": "{FORM}", "files": {{"../a": {{"sha256": "0"}}}}}}', "not in its folder"),
        (f'{{"form": "{FORM}", "files": {{"a": {{}}}}}}', "has no hash"),
    ],
)
def test_another_thing_is_refused(body: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        listed(body.encode())
