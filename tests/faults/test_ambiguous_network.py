"""The short form of the ambiguous network: all that is promised of ten thousand, of a few."""

from __future__ import annotations

from tests.faults import ambiguous_network


def test_a_bad_road_lends_to_nobody_twice_and_leaves_nobody_waiting() -> None:
    outcome = ambiguous_network.run("sqlite", [3], applications=12)
    assert outcome.violations == ()
    assert outcome.met
    assert outcome.figures["rerouted_while_unknown"] == 0
    assert 15 < float(outcome.figures["faulty_percent"]) < 55
