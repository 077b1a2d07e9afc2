"""What happened in a run, short enough to read and exact enough to compare."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from hashlib import blake2b


class Trace:
    """Hashes every line and keeps the last ones."""

    def __init__(self, keep: int = 60) -> None:
        self._hash = blake2b(digest_size=16)
        self.last: deque[str] = deque(maxlen=keep)

    def note(self, now: datetime, text: str) -> None:
        """Add a line."""
        line = f"{now:%m-%d %H:%M:%S.%f} {text}"
        self._hash.update(line.encode())
        self.last.append(line)

    def digest(self) -> str:
        """The hash of all lines so far."""
        return self._hash.hexdigest()
