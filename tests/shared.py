"""Where the tests find the shared vectors and data, which live beside the checkout and may be absent."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_path(name: str) -> Path:
    """Return the path of a shared file, or skip the calling test saying which file is missing."""
    base = Path(os.environ.get("LOANHUB_SHARED", ROOT.parent / "shared"))
    path = base / name
    if not path.exists():
        pytest.skip(f"shared/{name} is absent: tests of the shared vectors need it beside the checkout")
    return path


def shared_json(name: str) -> Any:
    """Return a shared JSON file, parsed, or skip the calling test."""
    return json.loads(shared_path(name).read_text(encoding="utf-8"))
