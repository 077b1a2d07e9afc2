"""A partner's remote folder, mirrored: what to fetch and what to put away is decided here, offline."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from connectors.exchange.folder import Folder
from connectors.exchange.names import Marker, is_plain
from connectors.port import Unreadable

_WHOLE = ".whole"
_DAY_FOLDER = re.compile(r"[0-9]{8}", re.ASCII)


class After(StrEnum):
    """What becomes of a file at the partner once we have stored it."""

    KEEP = "keep"  # it stays; we remember its size and time and fetch it again when they change
    MOVE = "move"  # it is moved into the folder `taken` beside it


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a remote folder says of a file: bytes, and seconds since 1970 of its last change."""

    size: int
    mtime: int

    def __str__(self) -> str:
        return f"{self.size}-{self.mtime}"


@dataclass(frozen=True, slots=True)
class Remote:
    """A complete file at the partner: the name we know it by, where it lies, and its stamp."""

    name: str
    path: PurePosixPath
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do in one visit."""

    fetch: tuple[Remote, ...]
    retire: tuple[Remote, ...]


def is_day_folder(name: str) -> bool:
    """Whether a folder is named by a business day, yyyyMMdd."""
    return _DAY_FOLDER.fullmatch(name) is not None


def known_as(folder: str, name: str) -> str:
    """Return the name a file of a day's folder has here: `day.name`, unless the name tells the day itself."""
    return name if not folder or folder in name else f"{folder}.{name}"


def complete(
    folder: PurePosixPath, day: str, listing: Mapping[str, Stamp], marker: Marker
) -> Iterator[Remote]:
    """Yield the complete files of one remote folder without odd names; `day` is the folder's, or empty."""
    present = {name for name in listing if is_plain(name)}
    for name in marker.complete(present):
        known = known_as(day, name)
        # The name needs room for the mirror's own marker.
        if is_plain(known + _WHOLE) and not known.endswith(_WHOLE):
            yield Remote(known, folder / name, listing[name])


def decide(
    remote: Collection[Remote], seen: Mapping[str, str], waiting: Collection[str], after: After
) -> Plan:
    """Decide a visit: fetch what is new or restated; put away what was fetched as it is now and stored since.

    `seen` are the stamps of the files fetched, `waiting` the names fetched and not stored yet. A file that is
    restated while its first version still waits is left for the next visit: neither version may be lost.
    """
    ready = [file for file in sorted(remote, key=lambda file: file.name) if file.name not in waiting]
    fetch = tuple(file for file in ready if seen.get(file.name) != str(file.stamp))
    retire = tuple(file for file in ready if file not in fetch) if after is After.MOVE else ()
    return Plan(fetch, retire)


class Mirror:
    """The local side: parts of files, whole files waiting for the hub, and stamps of those fetched."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root
        self._parts = root / "parts"
        self._stamps = root / "stamps"
        # Whole files only ever come here, so their marker is ours and empty.
        self.inbox = Folder(root / "inbox", _WHOLE, max_bytes)

    def prepare(self) -> None:
        """Make the folders, readable by their owner only."""
        for folder in (self._root, self._parts, self._stamps):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def lock(self) -> int:
        """Return an open file on which processes that share this mirror may agree; the caller closes it."""
        return os.open(self._root / "lock", os.O_CREAT | os.O_RDWR, 0o600)

    def seen(self) -> dict[str, str]:
        """Return the stamps of the files fetched, by name."""
        return {path.name: path.read_text(encoding="ascii") for path in self._stamps.iterdir()}

    def part(self, file: Remote) -> Path:
        """Return where the part of a file lies; parts of its other versions are removed.

        The stamp is in the name, so that a fetch is only ever resumed with the version it began with.
        """
        part = self._parts / f"{file.name}.{file.stamp}"
        for other in self._parts.glob(f"{file.name}.*"):
            if other != part and re.fullmatch(r"[0-9]+-[0-9]+", other.name.removeprefix(f"{file.name}.")):
                other.unlink()
        return part

    def arrive(self, file: Remote) -> None:
        """Hand a whole part to the hub and remember its stamp. Raises Unreadable when it is not whole."""
        part = self.part(file)
        if part.stat().st_size != file.stamp.size:
            raise Unreadable("the file changed while it was fetched")
        # What a crash left there without its marker was never seen by the hub.
        (self.inbox.root / file.name).unlink(missing_ok=True)
        self.inbox.place(file.name, part.read_bytes())
        self.inbox.place(file.name + _WHOLE, b"")
        draft = self._stamps.parent / f".{file.name}.stamp"
        draft.write_text(str(file.stamp), encoding="ascii")
        draft.replace(self._stamps / file.name)
        part.unlink()
