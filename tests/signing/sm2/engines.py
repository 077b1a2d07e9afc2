"""The engines every SM2 test runs on, and the key of the standard's worked example."""

from __future__ import annotations

import hashlib
import os
from functools import cache

import pytest

from signing.sm2 import Engine, EngineAbsent, EngineChoice, choose_engine

# GM/T 0003.5-2012: the key of annex A.
SCALAR = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
POINT = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
BOTH = pytest.mark.parametrize("name", ["portable", "fast"])


@cache
def engine(name: str) -> Engine:
    """Return an engine by name, or skip the calling test where OpenSSL 3 is absent."""
    try:
        return choose_engine(EngineChoice(name), random=os.urandom)
    except EngineAbsent as absent:
        pytest.skip(f"no fast SM2 engine: {absent}")


class Counted:
    """Unpredictable-looking bytes that come out the same in every run."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._calls = 0

    def __call__(self, size: int) -> bytes:
        self._calls += 1
        return hashlib.shake_128(f"{self._seed}/{self._calls}".encode()).digest(size)
