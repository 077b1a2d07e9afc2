"""The watched folder: complete files only, in order, and nothing a hostile name could reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectors.exchange import Folder
from connectors.port import Unreadable


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "in", max_bytes=100)


def test_a_file_counts_once_its_marker_is_there(folder: Folder) -> None:
    folder.place("b.txt", b"two")
    folder.place("a.txt", b"one")
    assert folder.complete() == []
    folder.place("b.txt.ok", b"")
    folder.place("a.txt.ok", b"")
    assert folder.complete() == ["a.txt", "b.txt"]
    assert folder.read("a.txt") == b"one"


def test_a_marker_without_its_file_and_an_absent_folder_are_nothing(folder: Folder, tmp_path: Path) -> None:
    folder.place("a.txt.ok", b"")
    assert folder.complete() == []
    assert Folder(tmp_path / "absent").complete() == []


def test_a_file_taken_is_out_of_sight_and_kept(folder: Folder) -> None:
    folder.place("a.txt", b"one")
    folder.place("a.txt.ok", b"")
    folder.take("a.txt")
    assert folder.complete() == []
    assert (folder.root / "taken" / "a.txt").read_bytes() == b"one"
    folder.take("a.txt")  # a second taker finds nothing to do


def test_a_placed_file_is_never_replaced_by_another_content(folder: Folder) -> None:
    folder.place("a.txt", b"one")
    folder.place("a.txt", b"one", durable=False)
    with pytest.raises(FileExistsError):
        folder.place("a.txt", b"two")
    assert folder.read("a.txt") == b"one"
    assert sorted(path.name for path in folder.root.iterdir()) == ["a.txt"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a",
        "a/b",
        "/etc/passwd",
        "a\\b",
        ".hidden",
        "a\x00b",
        "名.txt",
        "a" * 129,
        "-rf",
        "taken",
    ],
)
def test_hostile_names_are_refused(folder: Folder, name: str) -> None:
    folder.place("a.txt", b"one")
    for act in (folder.read, folder.take, lambda n: folder.place(n, b"x")):
        with pytest.raises(Unreadable):
            act(name)


def test_links_folders_and_pipes_are_not_files(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder.place("x.ok", b"")
    (folder.root / "x").symlink_to(tmp_path / "secret")
    (folder.root / "d").mkdir()
    folder.place("d.ok", b"")
    os.mkfifo(folder.root / "p")
    folder.place("p.ok", b"")
    assert folder.complete() == []
    for name in ("x", "d", "p"):
        with pytest.raises(Unreadable):
            folder.read(name)


def test_a_file_too_long_is_left_where_it_is(folder: Folder) -> None:
    folder.place("a.txt", b"x" * 101)
    with pytest.raises(Unreadable, match="longer than 100"):
        folder.read("a.txt")
    assert (folder.root / "a.txt").exists()
