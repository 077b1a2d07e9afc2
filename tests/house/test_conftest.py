"""The database fixtures give an empty database each time, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, inspect, text


@pytest.mark.parametrize("turn", [1, 2])
def test_database_is_empty_each_time(database_url: str, turn: int) -> None:
    engine = create_engine(database_url)
    try:
        assert inspect(engine).get_table_names() == []
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE left_behind (turn INTEGER NOT NULL)"))
            connection.execute(text("INSERT INTO left_behind VALUES (:turn)"), {"turn": turn})
    finally:
        engine.dispose()
