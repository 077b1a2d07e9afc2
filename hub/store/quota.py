"""Quotas: how much of a programme is taken, reserved and given back, each in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import Connection, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from contracts.programme import Quota
from hub.domain.routing import QuotaUse
from hub.store.tables import T

TOTAL = "total"


def _buckets(day: date) -> tuple[str, str, str]:
    return day.isoformat(), day.strftime("%Y-%m"), TOTAL


def usage(tx: Connection, programmes: Iterable[str], day: date) -> dict[str, QuotaUse]:
    """Return what is taken of each programme on a business day, in its month and in all, in fen."""
    q = T.quota.c
    daily, monthly, total = _buckets(day)
    rows = tx.execute(select(q.programme, q.bucket, q.used_fen).where(q.bucket.in_((daily, monthly, total))))
    used = {(programme, bucket): fen for programme, bucket, fen in rows}
    return {
        programme: QuotaUse(
            daily_fen=used.get((programme, daily), 0),
            monthly_fen=used.get((programme, monthly), 0),
            total_fen=used.get((programme, total), 0),
        )
        for programme in programmes
    }


def reserve(tx: Connection, programme: str, quota: Quota, fen: int, day: date) -> bool:
    """Take `fen` of every bucket, or say False: then roll the transaction back and route again."""
    daily, monthly, total = _buckets(day)
    limits: Mapping[str, int | None] = {
        daily: quota.daily_fen,
        monthly: quota.monthly_fen,
        total: quota.total_fen,
    }
    return all(_take(tx, programme, bucket, fen, limit) for bucket, limit in limits.items())


def _take(tx: Connection, programme: str, bucket: str, fen: int, limit: int | None) -> bool:
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    used = T.quota.c.used_fen + fen
    fits = literal(value=True) if limit is None else used <= limit
    statement = (
        dialect.insert(T.quota)
        .values(programme=programme, bucket=bucket, used_fen=fen)
        .on_conflict_do_update(index_elements=["programme", "bucket"], set_={"used_fen": used}, where=fits)
        .returning(T.quota.c.used_fen)
    )
    taken = tx.execute(statement).scalar()
    return taken is not None and (limit is None or taken <= limit)


def release(tx: Connection, programme: str, fen: int, day: date) -> None:
    """Give back what an attempt that came to nothing had taken."""
    q = T.quota.c
    tx.execute(
        update(T.quota)
        .where(q.programme == programme, q.bucket.in_(_buckets(day)))
        .values(used_fen=q.used_fen - fen)
    )
