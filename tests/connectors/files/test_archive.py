"""Archives: what is packed is unpacked, and no archive reaches outside or grows without end."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import Bounds, pack, unpack
from connectors.port import Unreadable

NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,9}(/[a-z0-9][a-z0-9._-]{0,9}){0,2}", fullmatch=True)


def archive(*members: tuple[str, bytes], mode: int = stat.S_IFREG) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = (mode | 0o600) << 16
            file.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=5))
def test_what_is_packed_is_unpacked(members: dict[str, bytes]) -> None:
    assert unpack(pack(members)) == members
    assert pack(members) == pack(members)


@given(st.binary() | st.binary().map(lambda tail: pack({"a": b"a" * 50})[:60] + tail))
def test_arbitrary_bytes_are_an_archive_or_unreadable(content: bytes) -> None:
    with suppress(Unreadable):
        unpack(content)


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "/etc/passwd",
        "a/../../b",
        "a\\..\\b",
        "C:\\a",
        "C:a",
        ".hidden",
        "a//b",
        "名.txt",
        "a/b/c/d/e",
        "a\x00b",
    ],
)
def test_a_name_that_leaves_the_archive_is_refused(name: str) -> None:
    with pytest.raises(Unreadable, match="name"):
        unpack(archive((name.replace("\x00", "_"), b"x")).replace(b"a_b", b"a\x00b"))
    with pytest.raises(Unreadable):
        pack({name: b"x"})


def test_a_member_without_a_name_is_refused() -> None:
    with pytest.raises(Unreadable):
        unpack(archive(("", b"x")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK])
def test_a_link_or_device_is_refused(kind: int) -> None:
    with pytest.raises(Unreadable, match="link"):
        unpack(archive(("a", b"/etc/passwd"), mode=kind))


def test_folders_are_left_out() -> None:
    assert unpack(archive(("d/", b""), ("d/a", b"x"))) == {"d/a": b"x"}


def test_two_members_of_one_name_are_refused() -> None:
    with pytest.raises(Unreadable, match="one name"):
        unpack(archive(("a", b"1"), ("A", b"2")))


def test_a_bomb_is_refused_before_it_grows() -> None:
    bomb = archive(("a", b"\x00" * 10_000_000))
    assert len(bomb) < 20_000
    with pytest.raises(Unreadable, match="grows"):
        unpack(bomb)
    with pytest.raises(Unreadable, match="longer than 1000"):
        unpack(bomb, Bounds(member_bytes=1000, ratio=10**6))


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = archive(("a", b"\x00" * 10_000_000))
    with pytest.raises(Unreadable):
        unpack(bomb.replace(struct.pack("<L", 10_000_000), struct.pack("<L", 10)))


def test_bounds_hold_for_members_and_the_whole() -> None:
    many = archive(*((str(n), b"x") for n in range(11)))
    with pytest.raises(Unreadable, match="more than 10"):
        unpack(many, Bounds(members=10))
    with pytest.raises(Unreadable, match="grows"):
        unpack(many, Bounds(total_bytes=10))
    assert len(unpack(many, Bounds(members=11, total_bytes=11))) == 11


def test_encryption_and_other_compression_are_refused() -> None:
    good = archive(("a", b"x" * 100))
    place = good.index(b"PK\x01\x02")
    for offset, value, why in ((8, 1, "encrypted"), (10, 12, "compressed")):
        bad = bytearray(good)
        bad[place + offset] = value
        with pytest.raises(Unreadable, match=why):
            unpack(bytes(bad))


def test_a_damaged_member_is_refused() -> None:
    bad = bytearray(archive(("a", bytes(range(256)))))
    bad[40] ^= 1
    with pytest.raises(Unreadable):
        unpack(bytes(bad))
