"""What tables are made of: fen with their CHECKs, aware times, row numbers, and the append-only mark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Identity, Integer
from sqlmodel import Field

from hub.store.types import RateText, UtcTime

MOST_FEN: Final = 1_000_000_000_000_000
"""Ten trillion yuan; sums of a thousand such amounts still fit in 64 bits."""
APPEND_ONLY: Final[dict[str, dict[str, bool]]] = {"info": {"append_only": True}}
"""Ends the `__table_args__` of a table whose rows never change; a migration gives it its triggers."""

# SQLite numbers rows only in a column declared plain INTEGER PRIMARY KEY.
_SERIAL = BigInteger().with_variant(Integer, "sqlite")


def fen(*names: str, low: int = 0) -> Iterator[CheckConstraint]:
    """CHECKs that amounts are whole and lie between `low` and `MOST_FEN`; an empty amount passes."""
    for name in names:
        yield CheckConstraint(f"{name} BETWEEN {low} AND {MOST_FEN}", name=f"{name}_range")
        # An integer column of SQLite takes text and floats unless told otherwise; PostgreSQL never does.
        whole = CheckConstraint(f"typeof({name}) IN ('integer', 'null')", name=f"{name}_whole")
        yield whole.ddl_if(dialect="sqlite")


def utc(**kwargs: Any) -> Any:
    """A time, aware and UTC."""
    return Field(sa_type=cast(Any, UtcTime), **kwargs)


def rate() -> Any:
    """An annual rate as a fraction, exact."""
    return Field(sa_type=cast(Any, RateText))


def big(**kwargs: Any) -> Any:
    """A 64-bit integer."""
    return Field(sa_type=BigInteger, **kwargs)


def count() -> Any:
    """A number that counts upwards from nothing, in rows inserted without it as well."""
    return Field(default=0, sa_column_kwargs={"server_default": "0"})


def json(*, nullable: bool = False) -> Any:
    """A JSON value; None is an empty column, not the JSON word null."""
    return Field(sa_column=Column(JSON(none_as_null=True), nullable=nullable))


def row_number() -> Any:
    """The row's number, given by the database."""
    return Field(default=None, sa_column=Column(_SERIAL, Identity(), primary_key=True))
