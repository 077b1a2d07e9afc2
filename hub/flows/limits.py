"""What a partner says of a credit limit: kept under its number, and obeyed when the borrower draws."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, insert

from contracts.messages import LimitTold
from hub.domain.lifecycle import NotYet
from hub.domain.limits import REFUSED, Limit, TwoWords, newer
from hub.flows.context import Cause, Context, record
from hub.flows.errors import OverLimit, WrongState
from hub.flows.parking import Contradiction
from hub.store import rows
from hub.store.tables import T

_INSERT = insert(T.credit_limit)


def limit_told(context: Context, tx: Connection, partner: str, fact: LimitTold, cause: Cause) -> None:
    """Keep the partner's newest word on a limit, with an event for each attempt under its number.

    Raises NotYet while no approval has the number, Contradiction for two words at one time.
    """
    attempts = rows.attempts_under(tx, partner, fact.credit_no)
    if not attempts:
        raise NotYet(f"no approval has the number {fact.credit_no}")
    told = Limit(
        fact.state.value,
        fact.total_fen,
        fact.available_fen,
        fact.valid_until,
        fact.occurred_at or cause.now,
    )
    known = rows.credit_limit(tx, partner, fact.credit_no)
    try:
        if not newer(known, told):
            return
    except TwoWords as two:
        raise Contradiction(str(two)) from None
    c = T.credit_limit.c
    tx.execute(delete(T.credit_limit).where(c.partner == partner, c.credit_no == fact.credit_no))
    tx.execute(_INSERT, {"partner": partner, "credit_no": fact.credit_no, **asdict(told)})
    if known is not None and _words(known) == _words(told):
        return
    for attempt in attempts:
        what = f"limit_{told.state}"
        record(
            tx,
            attempt.application_id,
            "attempt",
            attempt.id,
            what,
            attempt.state,
            attempt.state,
            cause,
            {"total_fen": told.total_fen, "available_fen": told.available_fen},
        )


def _words(limit: Limit) -> tuple[object, ...]:
    return limit.state, limit.total_fen, limit.available_fen, limit.valid_until


def most_to_draw(tx: Connection, attempt: Any, asked_fen: int) -> int:
    """What may be drawn at most under an approval, in fen: what was approved, and what is left of it.

    Raises WrongState while the partner lets nothing be drawn, OverLimit where nothing is left.
    """
    limit = rows.credit_limit(tx, attempt.partner, attempt.credit_no)
    most = int(min(attempt.limit_fen, asked_fen))
    if limit is None:
        return most
    if limit.state in REFUSED:
        raise WrongState(*REFUSED[limit.state])
    if limit.available_fen == 0:
        raise OverLimit("limit_used_up", "额度已用尽", "nothing is left of the limit", field="amount_fen")
    return min(most, limit.available_fen)
