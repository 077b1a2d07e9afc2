"""ZIP files of a partner, opened in memory as the hostile input they may be, and written."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.port import Unreadable

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_ENTRY = b"PK\x01\x02"
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DOS_EPOCH = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
    OSError,
)
"""What the archive library may raise on bytes that are no archive."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an archive may hold. `ratio` is the most bytes one byte of the archive may become."""

    members: int = 1000
    member_bytes: int = 64 << 20
    total_bytes: int = 256 << 20
    ratio: int = 100
    depth: int = 4


def unpack(content: bytes, bounds: Bounds = Bounds()) -> dict[str, bytes]:
    """Return the members of an archive by name, folders left out. Nothing is written anywhere.

    A name is at most `depth` plain parts with slashes between them. Raises Unreadable for a name that leaves
    the archive, a link, two members of one name, encryption, and for more than `bounds` allow; sizes are
    counted as the bytes appear, for an archive may lie about them.
    """
    # The directory is counted before it is read: each entry of millions would become an object.
    if content.count(_ENTRY) > bounds.members:
        raise Unreadable(f"the archive has more than {bounds.members} members")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _check_names(infos, bounds)
            return _read_all(archive, infos, min(bounds.total_bytes, bounds.ratio * len(content)), bounds)
    except _DAMAGE as error:
        raise Unreadable("not a ZIP archive that can be read") from error


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return an archive of these members; the same members make the same bytes.

    Raises Unreadable for what `unpack` would refuse.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _DOS_EPOCH)
            info.external_attr = (stat.S_IFREG | 0o600) << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
        _check_names(archive.infolist(), Bounds())
    return out.getvalue()


def _check_names(infos: list[zipfile.ZipInfo], bounds: Bounds) -> None:
    seen: set[str] = set()
    for info in infos:
        # The name as it stands in the archive: the library cuts names at a NUL and turns backslashes.
        parts = info.orig_filename.split("/")
        if len(parts) > bounds.depth or not all(_PART.fullmatch(part) for part in parts):
            raise Unreadable("a member's name is plain parts of letters, digits, dot, dash and underscore")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise Unreadable("a member is a link or another thing that is not a file")
        if info.flag_bits & _ENCRYPTED:
            raise Unreadable("a member is encrypted")
        if info.compress_type not in _METHODS:
            raise Unreadable("a member is compressed in a way we do not read")
        folded = info.orig_filename.casefold()
        if folded in seen:
            raise Unreadable("two members have one name")
        seen.add(folded)


def _read_all(
    archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], most: int, bounds: Bounds
) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    left = most
    for info in infos:
        with archive.open(info) as member:
            content = member.read(min(left, bounds.member_bytes) + 1)
        if len(content) > bounds.member_bytes:
            raise Unreadable(f"a member is longer than {bounds.member_bytes} bytes")
        if len(content) > left:
            raise Unreadable("the archive grows beyond what is allowed")
        left -= len(content)
        members[info.orig_filename] = content
    return members
