"""The mailbox benchmark measures every shape on every database at hand, and says what was met."""

from __future__ import annotations

from benchmarks.mailbox import SHAPES, measure


def test_every_shape_has_its_figures_floor_goal_and_verdict() -> None:
    found = measure((64, 128), jobs=64)
    assert {result["database"] for result in found["results"]} >= {"sqlite"}
    for result in found["results"]:
        assert set(result["claims"]) == set(SHAPES)
        for claim in result["claims"].values():
            assert claim["floor_milliseconds"] > 0
            assert claim["met"] is (claim["growth"] <= claim["goal"])
        through = result["throughput"]
        assert through["met"] is (through["ratio"] >= through["goal"])
    assert found["met"] in (True, False)
