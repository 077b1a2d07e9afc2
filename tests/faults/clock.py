"""One simulated time for any number of processes: eight bytes of shared memory in a file."""

from __future__ import annotations

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_OFFSET: Final = struct.Struct("=q")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SharedClock:
    """Runs at the usual speed from whatever time it was last set to, for all that opened the same file.

    What is shared is the distance to the system's monotonic clock, in microseconds: one aligned word, which
    is read and written whole.
    """

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_OFFSET.pack(0))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _OFFSET.size)

    def __call__(self) -> datetime:
        """Return the simulated time."""
        (offset,) = _OFFSET.unpack_from(self._shared)
        return _EPOCH + timedelta(microseconds=time.monotonic_ns() // 1000 + offset)

    def set(self, now: datetime) -> None:
        """Go on from `now`."""
        since = (now - _EPOCH) // timedelta(microseconds=1)
        _OFFSET.pack_into(self._shared, 0, since - time.monotonic_ns() // 1000)

    def leap(self, by: timedelta) -> datetime:
        """Go on that much later; returns the new time."""
        self.set(self() + by)
        return self()
