"""The short form of the kill loop, and proof that its comparison finds what it looks for."""

from __future__ import annotations

from tests.faults import kill_loop

POINTS = 60


def test_every_flow_is_gone_through_and_a_death_at_any_boundary_changes_no_book() -> None:
    outcome = kill_loop.run("sqlite", range(1), most=3)
    assert outcome.violations == ()
    assert outcome.met
    assert outcome.points >= POINTS
    assert outcome.figures["killed"] == outcome.runs == 3
