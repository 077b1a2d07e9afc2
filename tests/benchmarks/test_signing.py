"""The benchmark says honestly whether a goal was met."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from benchmarks.measure import Case, measure, one_object
from benchmarks.signing import GROUPS
from benchmarks.signing_cases.gm import gm_cases
from benchmarks.signing_cases.library import library_cases
from benchmarks.signing_cases.profiles import profile_cases
from benchmarks.signing_cases.scenes import JSON
from benchmarks.signing_cases.sm2 import openssl_speed
from benchmarks.signing_cases.streams import stream_figure
from signing.profile import built_in_profiles


@pytest.mark.parametrize(
    ("floor", "goal", "met"), [(1.0, 0.6, True), (1e12, 0.6, False), (None, 0.6, None), (1.0, None, None)]
)
def test_a_goal_is_met_missed_or_not_measured(
    floor: float | None, goal: float | None, met: bool | None
) -> None:
    figure = measure(Case("nothing", lambda: None, "floor", floor, goal), seconds=0.01, rounds=2)
    assert figure.met is met
    assert figure.per_second > 1


def test_a_floor_is_measured_in_the_same_run() -> None:
    with ExitStack() as stack:
        cases = [*gm_cases(stack), *library_cases(stack)]
        figures = [measure(case, seconds=0.005, rounds=1) for case in cases]
    assert all(figure.floor_per_second for figure in figures)
    assert {gm_cases, library_cases} <= set(GROUPS)


def test_every_built_in_profile_is_measured_and_its_floor_runs() -> None:
    with ExitStack() as stack:
        cases = list(profile_cases(stack))
        for case in cases:
            case.ours()
            assert callable(case.floor)
            case.floor()
    assert {case.name for case in cases if case.goal} == {f"seal {name}" for name in built_in_profiles()}
    assert len(JSON) == len(bytes(2048))


def test_a_small_file_needs_no_more_memory_than_a_smaller_one() -> None:
    figure = stream_figure(24)
    assert figure.met
    assert figure.seal_mib_per_second > 1


def test_a_command_that_cannot_tell_gives_nothing() -> None:
    assert openssl_speed("no-such-algorithm") is None


def test_the_object_names_each_figure_floor_goal_and_verdict() -> None:
    cases = [Case("with", lambda: None, "bare", 1.0, 0.6), Case("without", lambda: None, "none", None)]
    found = one_object("some", [measure(case, seconds=0.005, rounds=1) for case in cases])
    assert set(found["figures"]) == {"with", "without"}
    assert (found["floors"], found["goals"], found["met"]) == ({"with": 1.0}, {"with": 0.6}, {"with": True})
