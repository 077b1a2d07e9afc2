"""The throughput benchmark takes real requests, loses none, and says where a life's processor time goes."""

from __future__ import annotations

from benchmarks.throughput import GOAL_INTAKE, measure


def test_a_small_run_has_every_figure_with_its_floor_goal_and_verdict() -> None:
    found = measure("sqlite", requests=8, rounds=1, lives=2, sends=4, only="doors,life")
    assert found["figures"]["applications_per_second"] > 0
    assert found["floors"]["bare_endpoint_per_second"] > 0
    assert found["goals"]["applications"] == GOAL_INTAKE
    assert set(found["met"]) == {"applications", "callbacks"}
    life = found["figures"]["cpu_ms_per_life"]
    assert life["settled_share"] >= 0.5
    parts = [life[name] for name in ("crypto", "database", "python")]
    assert min(parts) > 0
    assert abs(sum(parts) - life["all_but_server"]) < 0.1
