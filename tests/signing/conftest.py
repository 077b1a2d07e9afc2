"""Keys and a clock for the tests of signing; every key is made here and now."""

from __future__ import annotations

import random as stdlib_random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from signing.keys import PartnerKeys
from signing.keystore import new_pair

NOW = datetime(2026, 1, 5, 1, 30, 0, tzinfo=UTC)
Pair = tuple[PartnerKeys, PartnerKeys]


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment at which the tests take place, in UTC."""
    return NOW


@pytest.fixture(scope="session")
def random() -> Callable[[int], bytes]:
    """Repeatable bytes."""
    return stdlib_random.Random(20260105).randbytes


@pytest.fixture(scope="session")
def pair(now: datetime, random: Callable[[int], bytes]) -> Pair:
    """Our keys and the partner's, with a shared AES-128 key."""
    return new_pair("bank-a", now=now, random=random, shared_bytes=16)
