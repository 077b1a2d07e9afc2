"""Grey release: the same part of the persons every time, and another part in every experiment."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Final

from contracts.money import ratio

_SPACE: Final = 1 << 64


def inside(experiment: str, person: str, share: Decimal) -> bool:
    """Whether a person is among the share of an experiment.

    The hash is salted with the experiment: without that, one arm of a split and the split inside it would
    cut the same persons, and a whole arm would go one way.
    """
    digest = hashlib.sha256(f"{len(experiment)}:{experiment}:{person}".encode()).digest()
    top, bottom = ratio(share)
    return int.from_bytes(digest[:8]) * bottom < top * _SPACE
