"""The watched folder where partners place daily files: complete files only, hostile names refused."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from connectors.port import Unreadable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Folder:
    """One partner's folder. A file counts once its marker (`name` + `marker`) lies beside it.

    `max_bytes` bounds a file's size; larger ones are Unreadable and stay where they are.
    """

    root: Path
    marker: str = ".ok"
    max_bytes: int = 256 << 20

    def complete(self) -> list[str]:
        """Return the names of complete files, in name order; links, folders and odd names are left out."""
        if not self.root.is_dir():
            return []
        with os.scandir(self.root) as entries:
            present = {
                e.name for e in entries if e.is_file(follow_symlinks=False) and _NAME.fullmatch(e.name)
            }
        return sorted(
            name for name in present if not name.endswith(self.marker) and name + self.marker in present
        )

    def read(self, name: str) -> bytes:
        """Return a file's bytes. Raises Unreadable for a name or kind of file no partner needs to use."""
        descriptor = self._open(name)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise Unreadable("not a regular file")
            if found.st_size > self.max_bytes:
                raise Unreadable(f"the file is longer than {self.max_bytes} bytes")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(self.max_bytes + 1)
        finally:
            os.close(descriptor)
        # A file still growing behind its marker is not the one the partner vouched for.
        if len(content) != found.st_size:
            raise Unreadable("the file changed while it was read")
        return content

    def place(self, name: str, content: bytes, *, durable: bool = True) -> None:
        """Put a file into the folder in one step, so that no reader ever sees a part of it.

        Unless `durable` is False the bytes survive a power cut. Raises FileExistsError when a file of that
        name has other content.
        """
        target = self.root / self._checked(name)
        self.root.mkdir(parents=True, exist_ok=True)
        draft = self.root / f".{name}.part"
        with draft.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        try:
            # link, unlike rename, refuses to replace what is there.
            os.link(draft, target)
        except FileExistsError:
            if target.read_bytes() != content:
                raise
        finally:
            draft.unlink()

    def take(self, name: str) -> None:
        """Move a file that has been stored, and its marker, out of sight into the folder `taken`.

        The marker goes first: a crash between the two leaves an incomplete file, not one to be read twice.
        """
        self._checked(name)
        taken = self.root / _TAKEN
        taken.mkdir(exist_ok=True)
        for moving in (name + self.marker, name):
            source = self.root / moving
            if source.exists():
                source.replace(taken / moving)

    def _open(self, name: str) -> int:
        try:
            return os.open(self.root / self._checked(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise Unreadable(f"cannot be opened: {error.strerror}") from error

    def _checked(self, name: str) -> str:
        if not _NAME.fullmatch(name) or name == _TAKEN:
            raise Unreadable(
                "a file name is letters, digits, dot, dash and underscore, at most 128 characters"
            )
        return name
