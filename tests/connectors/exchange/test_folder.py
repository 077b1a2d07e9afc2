"""The watched folder: complete files only, in order, and nothing a hostile name could reach."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.exchange import Folder, Settling
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


def test_a_taking_cut_short_is_finished_and_a_new_version_left_alone(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process killed after the marker went would leave the file for ever."""
    _place(folder, b"day one")
    with monkeypatch.context() as cut:
        cut.setattr(Path, "unlink", _only_markers(Path.unlink))
        folder.take("day.txt")
    assert (folder.root / "day.txt").exists()
    assert folder.complete() == []
    assert not (folder.root / "day.txt").exists()
    assert (folder.root / "taken" / "day.txt").read_bytes() == b"day one"
    # What a partner begins to write under the name of a file that was taken is not that file.
    (folder.root / "day.txt").write_bytes(b"day one, and more")
    assert folder.complete() == []
    assert (folder.root / "day.txt").exists()


def _place(folder: Folder, content: bytes) -> None:
    folder.place("day.txt", content)
    folder.place("day.txt.ok", b"")


def _only_markers(unlink: Callable[..., None]) -> Callable[..., None]:
    def act(path: Path, missing_ok: bool = False) -> None:
        if path.name != "day.txt":
            unlink(path, missing_ok=missing_ok)

    return act


def test_a_placed_file_is_never_replaced_by_another_content(folder: Folder) -> None:
    folder.place("a.txt", b"one")
    folder.place("a.txt", b"one", durable=False)
    with pytest.raises(FileExistsError):
        folder.place("a.txt", b"two")
    assert (folder.root / "a.txt").read_bytes() == b"one"
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


def test_a_restated_file_comes_again_and_both_versions_are_kept(folder: Folder) -> None:
    for content in (b"one", b"two", b"two"):
        folder.place("a.txt", content)
        folder.place("a.txt.ok", b"")
        assert folder.complete() == ["a.txt"]
        assert folder.read("a.txt") == content
        folder.take("a.txt")
    taken = folder.root / "taken"
    assert {path.name: path.read_bytes() for path in taken.iterdir()} == {
        "a.txt": b"one",
        "a.txt.2": b"two",
        "a.txt.ok": b"",
    }


def test_a_marker_may_replace_the_ending_and_hold_the_name(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "*.ok")
    folder.place("a.txt", b"one")
    folder.place("a.ok", b"a.txt\r\n")
    assert folder.complete() == ["a.txt"]
    assert folder.read("a.txt") == b"one"
    folder.take("a.txt")
    assert folder.complete() == []
    assert (tmp_path / "taken" / "a.ok").exists()


def test_a_marker_that_names_another_file_vouches_for_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path, ".flag")
    folder.place("a.txt", b"one")
    folder.place("a.txt.flag", b"aa.txt")
    with pytest.raises(Unreadable, match="names another"):
        folder.read("a.txt")


def test_what_was_refused_is_told_again_only_when_it_changes(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.place("a.txt", b"one")
    folder.place("a.txt.ok", b"b.txt")
    assert folder.complete() == ["a.txt"]
    with pytest.raises(Unreadable):
        folder.read("a.txt")
    assert folder.complete() == []
    (tmp_path / "a.txt.ok").write_bytes(b"a.txt")
    assert folder.complete() == ["a.txt"]
    assert folder.read("a.txt") == b"one"


def test_a_file_without_marker_counts_once_it_has_stopped_growing(tmp_path: Path) -> None:
    now = [0.0]
    folder = Folder(tmp_path, "", settling=Settling(60, lambda: now[0]))
    path = tmp_path / "a.txt"
    path.write_bytes(b"on")
    assert folder.complete() == []
    now[0] = 59
    path.write_bytes(b"one")
    assert folder.complete() == []
    now[0] = 118
    assert folder.complete() == []
    now[0] = 119
    assert folder.complete() == ["a.txt"]
    assert folder.read("a.txt") == b"one"
    folder.take("a.txt")
    assert folder.complete() == []
