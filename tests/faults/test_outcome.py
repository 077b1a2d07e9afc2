"""An outcome is met only when something was run and nothing went wrong."""

from __future__ import annotations

import json

import pytest

from tests.faults.outcome import Outcome


def test_an_outcome_says_all_it_has_as_json() -> None:
    outcome = Outcome("orders", 6, 720, (0, 719), figures={"orders_per_second": 12.5})
    said = json.loads(json.dumps(outcome.to_json()))
    assert said["seeds"] == [0, 719]
    assert said["figures"] == {"orders_per_second": 12.5}
    assert said["met"] is True


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("x", 1, 0, (0, 0)),
        Outcome("x", 1, 1, (0, 0), lost=1),
        Outcome("x", 1, 1, (0, 0), duplicate=1),
        Outcome("x", 1, 1, (0, 0), violations=("seed 0: two loans",)),
    ],
    ids=["nothing run", "lost", "duplicate", "violation"],
)
def test_an_outcome_that_proves_nothing_or_found_something_is_not_met(outcome: Outcome) -> None:
    assert not outcome.met
