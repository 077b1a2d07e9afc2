"""The short form: a few orders of a loan's life over four processes, on both engines, end in one state."""

from __future__ import annotations

import pytest

from benchmarks.servers import server
from tests.faults import orders

FEW = orders.ORDERS[:: len(orders.ORDERS) // 6]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_some_orders_with_repetitions_over_four_processes_end_in_one_state(engine: str) -> None:
    where = server()
    if engine == "postgres" and where is None:
        pytest.skip("no PostgreSQL answers")
    outcome = orders.run(engine, FEW, where)
    assert outcome.violations == ()
    assert outcome.figures["ends"] == 1
    assert outcome.runs == len(FEW)
