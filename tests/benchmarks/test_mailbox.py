"""The mailbox benchmark measures every shape on every database at hand, and says what was met."""

from __future__ import annotations

from benchmarks.mailbox import SHAPES, measure


def test_every_shape_has_its_figures_floor_goal_and_verdict() -> None:
    found = measure((64, 128), jobs=64)
    parts = (found["figures"], found["floors"], found["goals"], found["met"])
    assert {f"sqlite: claim, {shape}" for shape in SHAPES} | {"sqlite: through"} <= set(found["figures"])
    assert len({frozenset(part) for part in parts}) == 1
    for name, figure in found["figures"].items():
        floor, goal, met = (found[part][name] for part in ("floors", "goals", "met"))
        assert floor > 0
        if "growth" in figure:
            assert met is (figure["growth"] <= goal)
        else:
            assert met is (figure["ratio"] >= goal)
