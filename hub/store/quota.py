"""Quotas: what is taken of a programme, reserved with a decision, confirmed, given back or expired.

A reservation names what it took, so that it is given back once and exactly. Each taking is one conditional
statement: however many routers run, on however many machines, none takes what another has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, bindparam, insert, select, text, update

from contracts.programme import Programme
from contracts.quota import Measure
from hub.domain.routing import QuotaUse
from hub.domain.routing.quotas import bucket_of, buckets
from hub.store.tables import T

# Stands for "no limit": no sum of amounts comes near it.
_UNLIMITED: Final = 2**62

_Q, _R = T.quota.c, T.reservation.c
_USED = select(_Q.programme, _Q.bucket, _Q.used_fen).where(
    _Q.programme.in_(bindparam("programmes", expanding=True)),
    _Q.bucket.in_(bindparam("buckets", expanding=True)),
)
# Text, as the inserts of hub.store.once are. The first taking of a bucket has the same condition as the rest.
_TAKE = text(
    "INSERT INTO quota (programme, bucket, used_fen)"
    " SELECT CAST(:of AS VARCHAR), CAST(:in_bucket AS VARCHAR), CAST(:units AS BIGINT)"
    " WHERE CAST(:units AS BIGINT) <= CAST(:most AS BIGINT)"
    " ON CONFLICT (programme, bucket) DO UPDATE SET used_fen = quota.used_fen + CAST(:units AS BIGINT)"
    " WHERE quota.used_fen + CAST(:units AS BIGINT) <= CAST(:most AS BIGINT) RETURNING used_fen"
)
_GIVE_BACK = (
    update(T.quota)
    .where(_Q.programme == bindparam("of"), _Q.bucket == bindparam("in_bucket"))
    .values(used_fen=_Q.used_fen - bindparam("units", type_=BigInteger()))
)
_RESERVE = insert(T.reservation)
_MOVE = (
    update(T.reservation)
    .where(_R.id == bindparam("of_id"), _R.state == bindparam("before"))
    .values(state=bindparam("after"), ended_at=bindparam("at"), expires_at=None)
    .returning(_R.programme, _R.charged)
)
_KEEP_UNTIL = (
    update(T.reservation)
    .where(_R.id == bindparam("of_id"), _R.state == "reserved")
    .values(expires_at=bindparam("until"))
    .returning(_R.id)
)
_DUE = select(_R.id).where(_R.state == "reserved", _R.expires_at <= bindparam("at")).order_by(_R.id)


class Standing(StrEnum):
    """What became of a reservation. Only a reserved one moves, once."""

    RESERVED = "reserved"
    CONFIRMED = "confirmed"  # the loan was paid out: taken for good
    RELEASED = "released"  # the attempt came to nothing, proven
    EXPIRED = "expired"  # nobody drew while the approval was valid


@dataclass(frozen=True, slots=True)
class Loan:
    """What of a loan a quota counts."""

    amount_fen: int
    term_months: int
    region: str
    product: str


def usage(tx: Connection, programmes: Iterable[Programme], day: date) -> dict[str, QuotaUse]:
    """Return what is taken of each programme on a business day, in its month, in all, and by its rules.

    Versions of one programme share what is taken; a rule keeps its count while it keeps its code.
    """
    listed = list(programmes)
    rules = {(p.id, rule.code): rule for p in listed for rule in p.quota.rules}
    base = buckets(day)
    wanted = {*base, *(bucket_of(rule, day) for rule in rules.values())}
    names = sorted({p.id for p in listed})
    rows = tx.execute(_USED, {"programmes": names, "buckets": sorted(wanted)})
    used = {(programme, bucket): units for programme, bucket, units in rows}
    by_rule: dict[str, dict[str, int]] = {name: {} for name in names}
    for (name, code), rule in rules.items():
        by_rule[name][code] = used.get((name, bucket_of(rule, day)), 0)
    return {name: _use([used.get((name, bucket), 0) for bucket in base], by_rule[name]) for name in names}


def _use(taken: Sequence[int], rules: Mapping[str, int]) -> QuotaUse:
    daily, monthly, total = taken
    return QuotaUse(daily, monthly, total, rules)


def reserve(tx: Connection, key: str, programme: Programme, loan: Loan, *, day: date, now: datetime) -> bool:
    """Take what a loan needs under the key of its attempt, or say False: then roll back and route again.

    Every limit of the whole programme and every strict rule must have room. A rule that is not strict is
    passed over when it has none; when rules apply and none has room, there is none.
    """
    quota = programme.quota
    limits = (quota.daily_fen, quota.monthly_fen, quota.total_fen)
    taken: list[list[Any]] = []
    for bucket, limit in zip(buckets(day), limits, strict=True):
        most = _UNLIMITED if limit is None else limit
        if not _take(tx, programme.id, bucket, loan.amount_fen, most):
            return False
        taken.append([bucket, loan.amount_fen, Measure.AMOUNT.value])
    rules = [r for r in quota.rules if r.applies(loan.term_months, loan.region, loan.product)]
    # Always in one order: two transactions that lock buckets crosswise would wait for each other.
    for rule in sorted(rules, key=lambda rule: rule.code):
        units = rule.units(loan.amount_fen)
        if _take(tx, programme.id, bucket_of(rule, day), units, rule.most):
            taken.append([bucket_of(rule, day), units, rule.measure.value])
        elif rule.strict:
            return False
    if rules and len(taken) == len(limits):
        return False
    row = {"id": key, "programme": programme.id, "state": Standing.RESERVED.value, "charged": taken}
    tx.execute(_RESERVE, row | {"made_at": now, "expires_at": None, "ended_at": None})
    return True


def confirm(tx: Connection, key: str, *, lent_fen: int, now: datetime) -> bool:
    """The loan was paid out: what it took stays taken, and what was reserved beyond it goes back.

    False when nothing was reserved any more: the loan is a fact all the same.
    """
    charged = _end(tx, key, Standing.CONFIRMED, now)
    if charged is None:
        return False
    programme, taken = charged
    beyond = [(bucket, units - lent_fen) for bucket, units, of in taken if of == Measure.AMOUNT]
    _give_back(tx, programme, [(bucket, units) for bucket, units in beyond if units > 0])
    return True


def release(tx: Connection, key: str, *, now: datetime) -> bool:
    """Give back what an attempt that came to nothing had taken; False when that was done before."""
    return _undo(tx, key, Standing.RELEASED, now)


def keep_until(tx: Connection, key: str, until: datetime | None) -> bool:
    """Let a reservation expire at a time, or with None not at all; False when it has ended."""
    return tx.execute(_KEEP_UNTIL, {"of_id": key, "until": until}).first() is not None


def due(tx: Connection, now: datetime) -> list[str]:
    """Return the keys of reservations whose time is over."""
    return list(tx.execute(_DUE, {"at": now}).scalars())


def expire(tx: Connection, keys: Sequence[str], *, now: datetime) -> int:
    """Give back what expired reservations hold; returns how many. One that ended meanwhile is left alone."""
    return sum(_undo(tx, key, Standing.EXPIRED, now) for key in sorted(keys))


def _undo(tx: Connection, key: str, standing: Standing, now: datetime) -> bool:
    charged = _end(tx, key, standing, now)
    if charged is None:
        return False
    programme, taken = charged
    _give_back(tx, programme, [(bucket, units) for bucket, units, _ in taken])
    return True


def _end(tx: Connection, key: str, standing: Standing, now: datetime) -> tuple[str, list[Any]] | None:
    values = {"of_id": key, "before": Standing.RESERVED.value, "after": standing.value, "at": now}
    row = tx.execute(_MOVE, values).first()
    return None if row is None else (row.programme, row.charged)


def _take(tx: Connection, programme: str, bucket: str, units: int, most: int) -> bool:
    values: Mapping[str, object] = {"of": programme, "in_bucket": bucket, "units": units, "most": most}
    return tx.execute(_TAKE, values).first() is not None


def _give_back(tx: Connection, programme: str, taken: Sequence[tuple[str, int]]) -> None:
    if taken:
        rows = [{"of": programme, "in_bucket": bucket, "units": units} for bucket, units in taken]
        tx.execute(_GIVE_BACK, rows)
