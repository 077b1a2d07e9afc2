"""Targets for what partners leave in folders: daily files of every family of layouts, and archives."""

from __future__ import annotations

from contextlib import suppress
from importlib.resources import files

from connectors.files import Bounds, Layout, pack, unpack
from connectors.files.library import library, load_family
from connectors.port import Unreadable

LAYOUTS: list[Layout] = [layout for family in library() for layout in load_family(family).values()]


def daily_files(data: bytes) -> None:
    """The first byte chooses the layout; what is read is written and read as the same."""
    if not data:
        return
    layout, content = LAYOUTS[data[0] % len(LAYOUTS)], data[1:]
    try:
        head, rows = layout.read(content)
    except Unreadable:
        return
    with suppress(ValueError):  # some spellings that are read are not ours to write
        written = layout.write(rows, **head)
        assert layout.read(written) == (head, rows)


def daily_seeds() -> list[bytes]:
    """The sample of each layout, shortened."""
    samples = files("connectors.files").joinpath("samples")
    found: list[bytes] = []
    for family in samples.iterdir():
        for entry in family.iterdir():
            content = entry.read_bytes()
            found += [
                bytes([at]) + content for at, layout in enumerate(LAYOUTS) if layout.matches(entry.name)
            ]
    return sorted(one for one in found if len(one) < 2000)


SMALL = Bounds(members=8, member_bytes=4096, total_bytes=8192)


def archives(data: bytes) -> None:
    """An archive opens to plain names within its bounds, or is refused."""
    with suppress(Unreadable):
        members = unpack(data, SMALL)
        assert sum(map(len, members.values())) <= SMALL.total_bytes
        assert all(".." not in name.split("/") and not name.startswith("/") for name in members)


def archive_seeds() -> list[bytes]:
    """One member, two, and one that grows."""
    return [pack({"a.txt": b"x"}), pack({"a.txt": b"x", "b.csv": b"1,2\n"}), pack({"z.txt": bytes(4000)})]
