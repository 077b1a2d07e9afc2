"""Inserts of what is there once: the second of its key changes nothing.

They are text because SQLAlchemy compiles its own `ON CONFLICT` anew for every execution, which costs more
than the insert; SQLite and PostgreSQL read the same words.
"""

from __future__ import annotations

from sqlalchemy import Table, TextClause, bindparam, text


def insert_once(table: Table, *key: str) -> TextClause:
    """Insert a row, every column given, or do nothing when its key is taken: `rowcount` tells which."""
    names = [column.name for column in table.columns]
    values = ", ".join(f":{name}" for name in names)
    return text(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})"  # noqa: S608 - our own names
        f" ON CONFLICT ({', '.join(key)}) DO NOTHING"
    ).bindparams(*(bindparam(column.name, type_=column.type) for column in table.columns))
