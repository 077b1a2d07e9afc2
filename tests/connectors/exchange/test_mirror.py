"""The mirror's decisions: every version is fetched once, and nothing is put away before it is stored."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.exchange.mirror import After, Mirror, Remote, Stamp, complete, decide, known_as
from connectors.exchange.names import Marker
from connectors.port import Unreadable

IN = PurePosixPath("/in")
NAMES = st.sampled_from(["a", "b", "c"])
STAMPS = st.builds(Stamp, st.integers(0, 2), st.integers(0, 1))


def remote(name: str, stamp: Stamp) -> Remote:
    return Remote(name, IN / name, stamp)


@given(
    st.dictionaries(NAMES, STAMPS),
    st.dictionaries(NAMES, STAMPS.map(str)),
    st.sets(NAMES),
    st.sampled_from(After),
)
def test_a_visit_fetches_what_is_new_and_puts_away_what_is_stored(
    there: dict[str, Stamp], seen: dict[str, str], waiting: set[str], after: After
) -> None:
    plan = decide([remote(*item) for item in there.items()], seen, waiting, after)
    fetched = {file.name for file in plan.fetch}
    retired = {file.name for file in plan.retire}
    known = {name for name, stamp in there.items() if seen.get(name) == str(stamp)}
    assert fetched == there.keys() - known - waiting
    assert retired == (known - waiting if after is After.MOVE else set())


def test_only_plain_names_with_a_marker_are_complete() -> None:
    names = ["a.txt", "a.txt.ok", "../b", "../b.ok", ".c", ".c.ok", "d", "e.ok", "f.whole", "f.whole.ok"]
    listing = {name: Stamp(1, 1) for name in [*names, "x" * 125, "x" * 125 + ".ok"]}
    assert [file.path for file in complete(IN, "", listing, Marker(".ok"))] == [IN / "a.txt"]


@pytest.mark.parametrize(
    ("day", "name", "known"),
    [
        ("", "open.csv", "open.csv"),
        ("20260105", "open.csv", "20260105.open.csv"),
        ("20260105", "compensation_20260105.txt", "compensation_20260105.txt"),
    ],
)
def test_a_file_of_a_days_folder_is_known_by_its_day(day: str, name: str, known: str) -> None:
    assert known_as(day, name) == known


def test_a_part_is_only_resumed_with_its_own_version(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m", 100)
    mirror.prepare()
    old, new = remote("a", Stamp(3, 1)), remote("a", Stamp(4, 2))
    other = remote("a.b", Stamp(3, 1))
    for file in (old, other):
        mirror.part(file).write_bytes(b"on")
    assert not mirror.part(new).exists()
    assert not (mirror.part(new).parent / "a.3-1").exists()
    assert mirror.part(other).read_bytes() == b"on"


def test_what_has_arrived_waits_and_is_remembered(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m", 100)
    mirror.prepare()
    file = remote("a", Stamp(3, 1))
    mirror.part(file).write_bytes(b"on")
    with pytest.raises(Unreadable, match="changed"):
        mirror.arrive(file)
    assert mirror.seen() == {}
    mirror.part(file).write_bytes(b"one")
    mirror.arrive(file)
    assert mirror.inbox.complete() == ["a"]
    assert mirror.inbox.read("a") == b"one"
    assert mirror.seen() == {"a": "3-1"}


def test_what_a_crash_left_unmarked_does_not_hold_up_the_next_version(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m", 100)
    mirror.prepare()
    mirror.inbox.place("a", b"old")
    assert mirror.inbox.complete() == []
    file = remote("a", Stamp(3, 1))
    mirror.part(file).write_bytes(b"new")
    mirror.arrive(file)
    assert mirror.inbox.read("a") == b"new"
