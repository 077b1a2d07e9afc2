"""The pace: no more a second than agreed whatever comes, queries of one thing apart, pauses kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.port import Unreachable
from connectors.transport.pacing import Pace, Pacer
from tests.connectors.transport.steps import Steps


@given(st.lists(st.floats(0, 2), max_size=60), st.integers(1, 5), st.sampled_from([0.5, 1.0, 4.0]))
def test_no_second_holds_more_than_agreed(gaps: list[float], burst: int, rate: float) -> None:
    clock = Steps()
    pacer = Pacer(Pace(per_second=rate, burst=burst, patience=0.7), clock, clock.sleep)
    sent: list[float] = []
    refused: list[float] = []
    for gap in gaps:
        clock.at += gap
        try:
            pacer.wait(None)
        except Unreachable as refusal:
            refused.append(refusal.retry_after or 0.0)
        else:
            sent.append(clock.at)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= burst + (sent[last] - sent[first]) * rate + 1e-6
    assert all(pause > 0.7 for pause in refused)
    assert all(pause <= 0.7 for pause in clock.slept)


def test_the_same_thing_is_not_asked_again_too_soon_and_another_is() -> None:
    clock = Steps()
    pacer = Pacer(Pace(spacing=30), clock, clock.sleep)
    pacer.wait("draw_1")
    pacer.wait("draw_2")
    pacer.wait(None)
    clock.at += 12
    with pytest.raises(Unreachable) as caught:
        pacer.wait("draw_1")
    assert (caught.value.code, caught.value.retry_after) == ("pace", 18)
    clock.at += 18
    pacer.wait("draw_1")


def test_a_pause_the_partner_asked_for_is_kept_for_everybody() -> None:
    clock = Steps()
    pacer = Pacer(Pace(), clock, clock.sleep)
    pacer.pause(60)
    pacer.pause(10)
    with pytest.raises(Unreachable) as caught:
        pacer.wait(None)
    assert caught.value.retry_after == 60
    pacer.wait(None, again=True)
    clock.at += 60
    pacer.wait(None)


def test_what_is_long_past_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.transport.pacing._MOST_REMEMBERED", 3)
    clock = Steps()
    pacer = Pacer(Pace(spacing=5), clock, clock.sleep)
    for number in range(9):
        pacer.wait(f"q{number}")
        clock.at += 4
    assert len(pacer._asked) <= 4


@pytest.mark.parametrize("pace", [Pace(per_second=0), Pace(per_second=1, burst=0)])
def test_a_pace_that_is_none_is_refused(pace: Pace) -> None:
    with pytest.raises(ValueError, match="pace"):
        Pacer(pace, Steps(), lambda seconds: None)
