"""Quotas: how much of a programme is taken, reserved and given back, each in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import BigInteger, Connection, bindparam, select, text, update

from contracts.programme import Quota
from hub.domain.routing import QuotaUse
from hub.store.tables import T

TOTAL = "total"
# Stands for "no limit": no sum of amounts comes near it.
_UNLIMITED = 2**62

_Q = T.quota.c
_FEN = bindparam("fen", type_=BigInteger())
_USED = select(_Q.programme, _Q.bucket, _Q.used_fen).where(
    _Q.programme.in_(bindparam("programmes", expanding=True)),
    _Q.bucket.in_(bindparam("buckets", expanding=True)),
)


# Text, as the inserts of hub.store.once are.
_TAKE = text(
    "INSERT INTO quota (programme, bucket, used_fen) VALUES (:of, :in_bucket, :fen)"
    " ON CONFLICT (programme, bucket) DO UPDATE SET used_fen = quota.used_fen + :fen"
    " WHERE quota.used_fen + :fen <= :most RETURNING used_fen"
).bindparams(_FEN, bindparam("most", type_=BigInteger()))
_RELEASE = (
    update(T.quota)
    .where(_Q.programme == bindparam("of"), _Q.bucket == bindparam("in_bucket"))
    .values(used_fen=_Q.used_fen - _FEN)
)


def _buckets(day: date) -> tuple[str, str, str]:
    """Always taken in this order: two transactions that lock them crosswise would wait for each other."""
    return day.isoformat(), day.strftime("%Y-%m"), TOTAL


def usage(tx: Connection, programmes: Iterable[str], day: date) -> dict[str, QuotaUse]:
    """Return what is taken of each programme on a business day, in its month and in all, in fen."""
    names, buckets = list(programmes), _buckets(day)
    rows = tx.execute(_USED, {"programmes": names, "buckets": buckets})
    used = {(programme, bucket): fen for programme, bucket, fen in rows}
    return {name: QuotaUse(*(used.get((name, bucket), 0) for bucket in buckets)) for name in names}


def reserve(tx: Connection, programme: str, quota: Quota, fen: int, day: date) -> bool:
    """Take `fen` of every bucket, or say False: then roll the transaction back and route again."""
    limits = (quota.daily_fen, quota.monthly_fen, quota.total_fen)
    for bucket, limit in zip(_buckets(day), limits, strict=True):
        most = _UNLIMITED if limit is None else limit
        values = {"of": programme, "in_bucket": bucket, "fen": fen, "most": most}
        taken = tx.execute(_TAKE, values).scalar()
        # A bucket's first taking is an insert, which no condition holds back.
        if taken is None or taken > most:
            return False
    return True


def release(tx: Connection, programme: str, fen: int, day: date) -> None:
    """Give back what an attempt that came to nothing had taken on a day."""
    tx.execute(_RELEASE, [{"of": programme, "in_bucket": bucket, "fen": fen} for bucket in _buckets(day)])
