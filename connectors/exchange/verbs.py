"""What is done on a partner's server: list, fetch with resumption, put away, put."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

import asyncssh

from connectors.exchange.mirror import After, Mirror, Remote, Stamp, complete, is_day_folder
from connectors.exchange.names import MARKER_BYTES, Marker
from connectors.port import Rejected, Unreadable

_CHUNK = 1 << 20
_MOST_ENTRIES = 20_000
_MOST_DAYS = 31
_TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Place:
    """Which files are ours on the server: those in `path`, or with `day_folders` in its folders yyyyMMdd."""

    path: str
    marker: str = ".ok"
    day_folders: bool = False
    after: After = After.KEEP
    max_bytes: int = 256 << 20


async def find(sftp: asyncssh.SFTPClient, place: Place) -> list[Remote]:
    """Return the complete files that are ours. Raises Rejected when a folder has too many entries."""
    base, marker = PurePosixPath(place.path), Marker(place.marker)
    if not place.day_folders:
        return list(complete(base, "", await _regular(sftp, base), marker))
    days = [
        name async for name, attrs in _entries(sftp, base) if _is(attrs, asyncssh.FILEXFER_TYPE_DIRECTORY)
    ]
    found: list[Remote] = []
    for day in sorted(filter(is_day_folder, days))[-_MOST_DAYS:]:
        found += complete(base / day, day, await _regular(sftp, base / day), marker)
    return found


async def _regular(sftp: asyncssh.SFTPClient, folder: PurePosixPath) -> dict[str, Stamp]:
    """Return the regular files of a folder; links and all else are left out."""
    return {
        name: Stamp(attrs.size, attrs.mtime or 0)
        async for name, attrs in _entries(sftp, folder)
        if _is(attrs, asyncssh.FILEXFER_TYPE_REGULAR) and attrs.size is not None
    }


async def _entries(
    sftp: asyncssh.SFTPClient, folder: PurePosixPath
) -> AsyncIterator[tuple[str, asyncssh.SFTPAttrs]]:
    count = 0
    async for entry in sftp.scandir(os.fsencode(str(folder))):
        count += 1
        if count > _MOST_ENTRIES:
            raise Rejected(f"the remote folder has more than {_MOST_ENTRIES} entries")
        # Names are bytes of the server's choice; what is not plain ASCII is no file of ours.
        yield os.fsencode(entry.filename).decode("ascii", "replace"), entry.attrs


def _is(attrs: asyncssh.SFTPAttrs, kind: int) -> bool:
    return attrs.type == kind


async def fetch(sftp: asyncssh.SFTPClient, file: Remote, place: Place, mirror: Mirror) -> None:
    """Fetch one file, from where an earlier visit broke off, and hand it to the hub when it is whole.

    Raises Unreadable when there is something wrong with this file alone.
    """
    try:
        await _fetch(sftp, file, place, mirror)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied) as error:
        raise Unreadable(f"cannot be opened: {type(error).__name__}") from None


async def _fetch(sftp: asyncssh.SFTPClient, file: Remote, place: Place, mirror: Mirror) -> None:
    if file.stamp.size > place.max_bytes:
        raise Unreadable(f"the file is longer than {place.max_bytes} bytes")
    if place.marker:
        marker = Marker(place.marker)
        marker.check(file.path.name, await _read_marker(sftp, file.path.with_name(marker.of(file.path.name))))
    part = mirror.part(file)
    async with sftp.open(str(file.path), "rb") as remote:
        with part.open("ab") as local:
            while (left := file.stamp.size - local.tell()) > 0:
                chunk = await _read(remote, min(left, _CHUNK), local.tell())
                if not chunk:
                    break
                local.write(chunk)
            local.flush()
            os.fsync(local.fileno())
        now = await remote.stat()
    if (now.size, now.mtime or 0) != (file.stamp.size, file.stamp.mtime):
        raise Unreadable("the file changed while it was fetched")
    mirror.arrive(file)


async def _read(remote: asyncssh.SFTPClientFile, size: int, offset: int) -> bytes:
    # Opened in binary, the file yields bytes; the library's annotation knows only text.
    content: object = await remote.read(size, offset)
    if not isinstance(content, bytes):
        raise TypeError("the file was not opened in binary")
    return content


async def _read_marker(sftp: asyncssh.SFTPClient, path: PurePosixPath) -> bytes:
    async with sftp.open(str(path), "rb") as remote:
        content = await _read(remote, MARKER_BYTES + 1, 0)
    if len(content) > MARKER_BYTES:
        raise Unreadable(f"the marker is longer than {MARKER_BYTES} bytes")
    return content


async def retire(sftp: asyncssh.SFTPClient, file: Remote, marker: Marker) -> None:
    """Move a stored file and its marker into the folder `taken`; the marker first, as in a watched folder.

    A restated file lies beside the version it replaces, its stamp after its name.
    """
    taken = file.path.parent / _TAKEN
    await sftp.makedirs(str(taken), exist_ok=True)
    for moving in [file.path.with_name(marker.of(file.path.name))] * bool(marker.text) + [file.path]:
        target = taken / moving.name
        if await sftp.lexists(str(target)):
            target = taken / f"{moving.name}.{file.stamp}"
        try:
            await sftp.rename(str(moving), str(target))
        except asyncssh.SFTPNoSuchFile:
            continue  # another machine was faster


async def put(sftp: asyncssh.SFTPClient, target: PurePosixPath, content: bytes, replace: bool) -> None:
    """Put a file there in one step; see `sftp.upload`."""
    # The content's digest is in the draft's name, so that a part is only ever continued by its own rest.
    draft = target.with_name(f".{target.name}.{sha256(content).hexdigest()[:16]}.part")
    if not replace and await sftp.exists(str(target)):
        await _same_or_fail(sftp, target, content)
        return
    done = (await sftp.stat(str(draft))).size or 0 if await sftp.exists(str(draft)) else 0
    if done > len(content):
        await sftp.remove(str(draft))
        done = 0
    async with sftp.open(str(draft), "r+b" if done else "wb") as remote:
        for start in range(done, len(content), _CHUNK):
            await remote.write(content[start : start + _CHUNK], start)
    if replace:
        await sftp.posix_rename(str(draft), str(target))
        return
    try:
        await sftp.rename(str(draft), str(target))
    except asyncssh.SFTPError:
        # Servers say no in several ways when the name has appeared meanwhile.
        if not await sftp.exists(str(target)):
            raise
        await _same_or_fail(sftp, target, content)


async def _same_or_fail(sftp: asyncssh.SFTPClient, target: PurePosixPath, content: bytes) -> None:
    async with sftp.open(str(target), "rb") as remote:
        if await _read(remote, len(content) + 1, 0) != content:
            raise FileExistsError(f"{target.name} is there with another content")
