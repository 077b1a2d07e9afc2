"""The manifest of a statement: the hash of each file and the control totals, under one signature."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from contracts.statement import Statement

FORM = "loanhub-statement-1"


def manifest(statement: Statement, files: Mapping[str, bytes], key_id: str) -> bytes:
    """Return the manifest as JSON in UTF-8, keys sorted; the same statement and files give the same bytes."""
    control = statement.control
    body = {
        "form": FORM,
        "party": statement.party,
        "period": statement.period,
        "control": {
            "lines": control.lines,
            "own_fen": control.own_fen,
            "due_fen": control.due_fen,
            "sha256": control.sha256,
        },
        "files": {
            name: {"bytes": len(content), "sha256": sha256(content).hexdigest()}
            for name, content in files.items()
        },
        "signed_by": key_id,
    }
    return (json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def listed(manifest_bytes: bytes) -> dict[str, str]:
    """Return the hash of each file a manifest names. Raises ValueError with what is wrong with it.

    A name that leads out of the folder is refused.
    """
    try:
        body = json.loads(manifest_bytes)
    except ValueError:
        raise ValueError("the manifest is not JSON") from None
    if not isinstance(body, dict) or body.get("form") != FORM or not isinstance(body.get("files"), dict):
        raise ValueError(f"the manifest is not of the form {FORM}")
    found: dict[str, str] = {}
    for name, about in body["files"].items():
        digest = about.get("sha256") if isinstance(about, dict) else None
        if not isinstance(digest, str) or "/" in name or "\\" in name or name in ("", ".", ".."):
            raise ValueError(f"the manifest's file {name!r} has no hash, or is not in its folder")
        found[name] = digest
    if not found:
        raise ValueError("the manifest names no files")
    return found
