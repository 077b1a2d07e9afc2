"""The breaker: opens after failures in a row, lets one probe through, and believes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.port import Unreachable
from connectors.transport.breaker import Breaker, Breaking
from tests.connectors.transport.steps import Steps

BREAKING = Breaking(failures=3, seconds=30)


def broken(clock: Steps) -> Breaker:
    breaker = Breaker(BREAKING, clock)
    for _ in range(3):
        breaker.enter()
        breaker.failed()
    return breaker


def test_it_opens_after_failures_in_a_row_and_says_for_how_long() -> None:
    clock = Steps()
    breaker = broken(clock)
    clock.at += 10
    with pytest.raises(Unreachable) as caught:
        breaker.enter()
    assert (caught.value.code, caught.value.retry_after) == ("breaker", 20)


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker(BREAKING, Steps())
    for failed in (True, True, False, True, True):
        breaker.enter()
        breaker.failed() if failed else breaker.succeeded()
    breaker.enter()


def test_one_probe_finds_out_for_all() -> None:
    clock = Steps()
    breaker = broken(clock)
    clock.at += 30
    breaker.enter()
    with pytest.raises(Unreachable):
        breaker.enter()
    breaker.failed()
    with pytest.raises(Unreachable) as caught:
        breaker.enter()
    assert caught.value.retry_after == 30
    clock.at += 30
    breaker.enter()
    breaker.succeeded()
    breaker.enter()
    breaker.enter()


def test_a_probe_that_never_left_makes_room_for_another() -> None:
    clock = Steps()
    breaker = broken(clock)
    clock.at += 30
    breaker.enter()
    breaker.abandoned()
    breaker.enter()


@given(st.lists(st.sampled_from(["success", "failure", "nothing", "time"]), max_size=60))
def test_it_is_open_exactly_while_the_last_failures_are_too_many_and_fresh(events: list[str]) -> None:
    clock = Steps()
    breaker = Breaker(BREAKING, clock)
    failures, until = 0, 0.0
    for event in events:
        if event == "time":
            clock.at += 13
            continue
        try:
            breaker.enter()
        except Unreachable:
            assert clock() < until
            continue
        assert clock() >= until
        if event == "success":
            breaker.succeeded()
            failures, until = 0, 0.0
        elif event == "failure":
            breaker.failed()
            failures += 1
            until = clock() + 30 if failures >= 3 else until
        else:
            breaker.abandoned()
