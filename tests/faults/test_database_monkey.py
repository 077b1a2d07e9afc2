"""The short form of the database monkey, on a PostgreSQL of its own."""

from __future__ import annotations

import pytest

from tests.faults import database_monkey
from tests.faults.postgres import NoPostgres


def test_a_database_killed_under_load_loses_nothing_acknowledged() -> None:
    try:
        outcome = database_monkey.run([5], times=1)
    except NoPostgres as why:
        pytest.skip(str(why))
    assert outcome.violations == ()
    assert outcome.met
    assert outcome.figures["applications"] > 0
