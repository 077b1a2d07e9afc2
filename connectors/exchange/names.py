"""Names a partner may give a file, the markers that say it is complete, and files that have none."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from connectors.port import Unreadable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)

MARKER_BYTES: Final = 4096
"""A marker is empty or holds its file's name; whatever is longer is something else."""


def is_plain(name: str) -> bool:
    """Whether a name can only name a file in the folder it stands in, and is not hidden."""
    return _NAME.fullmatch(name) is not None


def plain(name: str) -> str:
    """Return a name that is plain; raises Unreadable."""
    if not is_plain(name):
        raise Unreadable("a file name is letters, digits, dot, dash and underscore, at most 128 characters")
    return name


@dataclass(frozen=True, slots=True)
class Marker:
    """The rule for the small file that says another is complete.

    `text` is added to the file's name (`.ok`), or with an asterisk replaces its ending (`*.ok`); empty where
    a partner places no markers, and a file is complete once it has stopped growing.
    """

    text: str

    def of(self, name: str) -> str:
        """Return the name of a file's marker."""
        if self.text.startswith("*"):
            return str(PurePosixPath(name).with_suffix(self.text[1:]))
        return name + self.text

    def is_marker(self, name: str) -> bool:
        """Whether a name is a marker's."""
        ending = self.text.removeprefix("*")
        return bool(ending) and name.endswith(ending)

    def complete(self, present: Collection[str]) -> list[str]:
        """Return the files whose marker is there, in name order; all of them where there are no markers."""
        files = sorted(name for name in present if not self.is_marker(name))
        return [name for name in files if not self.text or self.of(name) in present]

    def check(self, name: str, content: bytes) -> None:
        """Raise Unreadable when a marker does not vouch for the file: it is empty or holds the name."""
        said = content.strip()
        if said and name.encode() not in re.split(rb"[^A-Za-z0-9._-]+", said):
            raise Unreadable("the marker names another file")


class Settling:
    """Tells files that have stopped growing, where no marker does: unchanged for `quiet_seconds`."""

    def __init__(self, quiet_seconds: float = 60, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._since: dict[str, tuple[Hashable, float]] = {}

    def settled(self, stamps: Mapping[str, Hashable]) -> set[str]:
        """Return the names whose stamp (size and time of change, say) has stayed the same for long enough."""
        now = self._monotonic()
        with self._lock:
            before = self._since
            self._since = {}
            for name, stamp in stamps.items():
                kept = before.get(name)
                self._since[name] = kept if kept is not None and kept[0] == stamp else (stamp, now)
            return {name for name, (_, since) in self._since.items() if now - since >= self._quiet}
