"""The closed list of causes, and what a supposed mistake is: other readings of one message."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from signing.explain.scene import Scene

Readings = Iterator[tuple[str, Scene]]
"""Readings of the message under one mistake, each with the detail that names which."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why two sides disagree: what the other side did, in contrast to this profile, and what to do."""

    code: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """A cause that shows in the signed text, and how the text looks if it was made."""

    code: str
    readings: Callable[[Scene], Readings]


@cache
def causes() -> Mapping[str, Cause]:
    """All causes by code."""
    text = (resources.files("signing.explain") / "causes.yaml").read_text(encoding="utf-8")
    return {code: Cause(code, **told) for code, told in yaml.safe_load(text).items()}
