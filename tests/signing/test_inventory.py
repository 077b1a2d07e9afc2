"""What a ring holds is told in words, without its material."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from signing.inventory import inventory, kind_of
from signing.keys import Key, KeyRing, RingEntry
from signing.newkeys import Algorithm, new_private_pem, new_symmetric

Random = Callable[[int], bytes]


@pytest.mark.parametrize(
    ("algorithm", "words"),
    [
        ("rsa-2048", "RSA 2048"),
        ("rsa-3072", "RSA 3072"),
        ("ec-p256", "EC secp256r1"),
        ("ed25519", "Ed25519"),
        ("sm2", "SM2"),
    ],
)
def test_every_kind_has_its_words(algorithm: Algorithm, words: str, random: Random) -> None:
    key = Key.private_pem("k", new_private_pem(algorithm, random))
    assert kind_of(key) == f"{words} private"
    assert kind_of(key.public()) == f"{words} public"


def test_a_secret_tells_its_length_alone(random: Random, now: datetime) -> None:
    entry = RingEntry(new_symmetric("s", random, size=24), not_after=now + timedelta(days=30), primary=True)
    (item,) = inventory(KeyRing("r", [entry]), now)
    assert (item.kind, item.days_left, item.warning) == ("secret of 24 bytes", 30, None)
    (item,) = inventory(KeyRing("r", [entry]), now + timedelta(seconds=1))
    assert item.warning == "ends in 29 days: make its successor"
    (item,) = inventory(KeyRing("r", [entry]), now + timedelta(days=30))
    assert item.warning is not None
    assert item.warning.startswith("has ended")
