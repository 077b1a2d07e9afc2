"""The watched folder where partners place daily files: complete files only, hostile names refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.exchange.names import MARKER_BYTES, Marker, Settling, is_plain, plain
from connectors.port import Unreadable

_TAKEN = "taken"
_Stamp = tuple[int, int] | None
_Stamps = tuple[_Stamp, _Stamp]


@dataclass(frozen=True, slots=True)
class Folder:
    """One partner's folder. A file counts once its marker lies beside it; `marker` is written as in Marker.

    Without markers a file counts once it has stopped growing, as `settling` tells. `max_bytes` bounds a
    file's size; larger ones are Unreadable. What was Unreadable stays where it is and is not listed again
    before it, or its marker, changes: it is told once, not with every look.
    """

    root: Path
    marker: str = ".ok"
    max_bytes: int = 256 << 20
    settling: Settling = field(default_factory=Settling, compare=False)
    _refused: dict[str, _Stamps] = field(default_factory=dict, compare=False, repr=False)

    def complete(self) -> list[str]:
        """Return the names of complete files, in name order; links, folders and odd names are left out."""
        if not self.root.is_dir():
            return []
        stamps = dict(self._stamps())
        for name in self._half_taken(stamps):
            (self.root / name).unlink(missing_ok=True)
        names = [
            name
            for name in Marker(self.marker).complete(stamps)
            if name not in self._refused or self._refused[name] != self._both(name)
        ]
        if self.marker:
            return names
        settled = self.settling.settled(stamps)
        return [name for name in names if name in settled]

    def read(self, name: str) -> bytes:
        """Return a file's bytes. Raises Unreadable for a name or kind of file no partner needs to use."""
        plain(name)
        before = self._both(name)
        try:
            content = self._read(name, self.max_bytes)
            if self.marker:
                Marker(self.marker).check(name, self._read(Marker(self.marker).of(name), MARKER_BYTES))
        except Unreadable:
            self._refused[name] = before
            raise
        return content

    def place(self, name: str, content: bytes, *, durable: bool = True) -> None:
        """Put a file into the folder in one step, so that no reader ever sees a part of it.

        Unless `durable` is False the bytes survive a power cut. Raises FileExistsError when a file of that
        name has other content.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        draft = self.root / f".{self._checked(name)}.part"
        with draft.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        try:
            _link(draft, self.root / name)
        finally:
            draft.unlink()

    def take(self, name: str) -> None:
        """Move a file that has been stored, and its marker, out of sight into the folder `taken`.

        The marker goes before the file does: a crash between the two leaves an incomplete file, not one to be
        read twice, and `complete` clears it away. A restated file lies beside the version it replaces, with a
        number after its name.
        """
        self._checked(name)
        taken = self.root / _TAKEN
        taken.mkdir(exist_ok=True)
        if self.marker:
            _copy(self.root / name, taken)
            _move(self.root / Marker(self.marker).of(name), taken)
            (self.root / name).unlink(missing_ok=True)
        else:
            _move(self.root / name, taken)

    def _half_taken(self, stamps: Mapping[str, tuple[int, int]]) -> list[str]:
        """Return files whose taking was cut short after their marker had gone.

        Such a file is the very one that lies in `taken`, not written to since it was marked: what a partner
        is writing anew under the name is neither.
        """
        marker, taken = Marker(self.marker), self.root / _TAKEN
        if not self.marker or not taken.is_dir():
            return []
        found = []
        for name in stamps:
            gone = None if marker.of(name) in stamps else _stamp(taken / marker.of(name))
            if gone is not None and stamps[name][1] <= gone[1] and _same(self.root / name, taken / name):
                found.append(name)
        return found

    def _stamps(self) -> Iterator[tuple[str, tuple[int, int]]]:
        with os.scandir(self.root) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False) and is_plain(entry.name):
                    found = entry.stat(follow_symlinks=False)
                    yield entry.name, (found.st_size, found.st_mtime_ns)

    def _both(self, name: str) -> _Stamps:
        """Return the stamps of a file and its marker."""
        return _stamp(self.root / name), _stamp(self.root / Marker(self.marker).of(name))

    def _read(self, name: str, most: int) -> bytes:
        descriptor = self._open(name)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise Unreadable("not a regular file")
            if found.st_size > most:
                raise Unreadable(f"the file is longer than {most} bytes")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(most + 1)
        finally:
            os.close(descriptor)
        # A file still growing behind its marker is not the one the partner vouched for.
        if len(content) != found.st_size:
            raise Unreadable("the file changed while it was read")
        return content

    def _open(self, name: str) -> int:
        try:
            return os.open(self.root / self._checked(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise Unreadable(f"cannot be opened: {error.strerror}") from error

    def _checked(self, name: str) -> str:
        if name == _TAKEN:
            raise Unreadable("the name is the folder's own")
        return plain(name)


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _same(one: Path, other: Path) -> bool:
    """Tell whether two names are those of one file."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _link(draft: Path, target: Path) -> None:
    try:
        # link, unlike rename, refuses to replace what is there.
        os.link(draft, target)
    except FileExistsError:
        if target.read_bytes() != draft.read_bytes():
            raise


def _move(source: Path, folder: Path) -> None:
    """Move a file into a folder without replacing what is there; nothing to move is no error."""
    _copy(source, folder)
    source.unlink(missing_ok=True)


def _copy(source: Path, folder: Path) -> None:
    """Let a file lie in a folder as well, without replacing what is there; nothing to copy is no error."""
    number = 1
    target = folder / source.name
    while source.exists():
        try:
            os.link(source, target)
            return
        except FileExistsError:
            if target.read_bytes() != source.read_bytes():
                number += 1
                target = folder / f"{source.name}.{number}"
                continue
            return
        except FileNotFoundError:
            return  # another taker was faster
