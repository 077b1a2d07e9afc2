"""A chain shows every touch: any event edited, removed, added or moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.chain import COVERED, START, faults, link

STATES = ("submitted", "reviewing", "approved", "drawing", "repaying", "settled")


def _chain(length: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    previous = START
    for place in range(1, length + 1):
        event: dict[str, Any] = {
            "application_id": "app_1",
            "position": place,
            "machine": "application",
            "subject": "app_1",
            "what": f"step {place}",
            "before": None if place == 1 else STATES[place - 2],
            "after": STATES[place - 1],
            "who": "hub",
            "source": "worker",
            "detail": {"n": place},
            "at": datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=place),
        }
        event["link"] = previous = link(previous, event)
        events.append(event)
    return events


def _faults(events: list[dict[str, Any]], length: int) -> list[str]:
    return [str(f) for f in faults("app_1", events, {"app_1": STATES[length - 1]})]


@pytest.mark.parametrize("length", range(1, 7))
def test_an_untouched_chain_has_no_fault(length: int) -> None:
    assert _faults(_chain(length), length) == []


@given(length=st.integers(2, 6), data=st.data())
def test_any_removed_event_is_missed(length: int, data: st.DataObject) -> None:
    events = _chain(length)
    del events[data.draw(st.integers(0, length - 1))]
    assert _faults(events, length)


@given(length=st.integers(1, 6), name=st.sampled_from(COVERED), data=st.data())
def test_any_edited_column_shows(length: int, name: str, data: st.DataObject) -> None:
    events = _chain(length)
    event = events[data.draw(st.integers(0, length - 1))]
    edits = {"position": 99, "detail": {"n": -1}, "at": datetime(2026, 2, 1, tzinfo=UTC)}
    event[name] = edits.get(name, "edited")
    assert _faults(events, length)


@given(length=st.integers(2, 6), data=st.data())
def test_events_that_changed_places_show(length: int, data: st.DataObject) -> None:
    events = _chain(length)
    one = data.draw(st.integers(0, length - 2))
    first, second = events[one], events[one + 1]
    for name in (*COVERED, "link"):
        if name != "position":
            first[name], second[name] = second[name], first[name]
    assert _faults(events, length)


def test_an_added_event_shows() -> None:
    events = _chain(3)
    added = {**events[-1], "position": 4, "before": "approved", "after": "settled"}
    assert _faults([*events, added], 3)
