"""Bid prices as they were made, and what the next ones are made from: the cases that were routed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, literal_column, select

from hub.domain.prices import PriceSet
from hub.store.once import insert_once
from hub.store.tables import T

_P, _D = T.price_set.c, T.routing_decision.c
_INSERT = insert_once(T.price_set, "version")
_LATEST = select(T.price_set).order_by(_P.version.desc()).limit(1)
# Spelled out, not bound: a partial index serves only a query that repeats its condition.
_FIRST: Final = literal_column("routing_decision.seq") == literal_column("1")
_WITHIN: Final = (_FIRST, _D.decided_at >= bindparam("since"), _D.decided_at < bindparam("until"))
_COUNT = select(func.count()).select_from(T.routing_decision).where(*_WITHIN)
_LAST_BEFORE = (
    select(_D.decided_at)
    .where(_FIRST, _D.decided_at < bindparam("until"))
    .order_by(_D.decided_at.desc())
    .limit(1)
)
_NUMBERED = (
    select(
        _D.application_id,
        _D.seq,
        func.row_number().over(order_by=(_D.decided_at, _D.application_id)).label("place"),
    )
    .where(*_WITHIN)
    .subquery()
)
_EVENLY = (
    select(T.routing_decision.c.body)
    .join(_NUMBERED, (_NUMBERED.c.application_id == _D.application_id) & (_NUMBERED.c.seq == _D.seq))
    .where(_NUMBERED.c.place % bindparam("every") == 0)
    .order_by(_NUMBERED.c.place)
)


def latest(tx: Connection) -> PriceSet | None:
    """Return the newest prices, expired or not; None before the first."""
    row = tx.execute(_LATEST).first()
    return None if row is None else _read(row)


def _read(row: Any) -> PriceSet:
    prices = {key: Decimal(price) for key, price in row.prices.items()}
    return PriceSet(row.version, row.made_at, row.expires_at, prices)


def keep(tx: Connection, made: PriceSet) -> bool:
    """Keep new prices; False when another process has made that version."""
    values = {
        "version": made.version,
        "made_at": made.made_at,
        "expires_at": made.expires_at,
        "prices": {key: str(price) for key, price in made.prices.items()},
    }
    return bool(tx.execute(_INSERT, values).rowcount)


def last_routed(tx: Connection, until: datetime) -> datetime | None:
    """When an application was last routed for the first time before a time."""
    found: datetime | None = tx.execute(_LAST_BEFORE, {"until": until}).scalar()
    return found


def routed(tx: Connection, since: datetime, until: datetime, most: int) -> tuple[int, list[Any]]:
    """Return how many applications were first routed in a time, and at most so many of their records."""
    bounds = {"since": since, "until": until}
    count = int(tx.execute(_COUNT, bounds).scalar() or 0)
    every = max(1, -(-count // most))
    return count, list(tx.execute(_EVENLY, {**bounds, "every": every}).scalars())
