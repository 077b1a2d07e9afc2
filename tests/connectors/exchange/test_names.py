"""Names and markers: what may be a file, what vouches for it, what has stopped growing."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.exchange.names import Marker, Settling, is_plain
from connectors.port import Unreadable


@given(st.text() | st.from_regex(r"[A-Za-z0-9._/\\-]{1,140}", fullmatch=True))
def test_a_plain_name_stays_in_its_folder(name: str) -> None:
    if is_plain(name):
        path = PurePosixPath("/in") / name
        assert path.parent == PurePosixPath("/in")
        assert path.name == name
        assert not name.startswith((".", "-"))
        assert name.isascii()


@pytest.mark.parametrize(
    ("text", "name", "marker"),
    [(".ok", "a.txt", "a.txt.ok"), (".flag", "a.txt", "a.txt.flag"), ("*.ok", "a.b.txt", "a.b.ok")],
)
def test_the_marker_of_a_file(text: str, name: str, marker: str) -> None:
    assert Marker(text).of(name) == marker
    assert Marker(text).complete({name, marker, "b.txt"}) == [name]
    assert Marker(text).is_marker(marker)


def test_without_markers_every_file_may_be_complete() -> None:
    assert Marker("").complete({"b", "a"}) == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"\n", b"a.txt", b"a.txt\r\n", b"/upload/a.txt 120", b"a.txt|120"])
def test_a_marker_is_empty_or_holds_the_name(content: bytes) -> None:
    Marker(".ok").check("a.txt", content)


@pytest.mark.parametrize("content", [b"b.txt", b"aa.txt", b"a.txt2", b"\xff"])
def test_a_marker_of_another_file_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        Marker(".ok").check("a.txt", content)


def test_a_file_that_vanishes_settles_anew() -> None:
    now = [0.0]
    settling = Settling(10, lambda: now[0])
    assert settling.settled({"a": 1}) == set()
    now[0] = 10
    assert settling.settled({"a": 1}) == {"a"}
    assert settling.settled({}) == set()
    assert settling.settled({"a": 1}) == set()
