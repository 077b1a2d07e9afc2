"""What has been decided: recorded routings, the programmes they used, and what partners answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select

from contracts.programme import Programme
from hub.domain.calendar import business_day
from hub.domain.lifecycle import AttemptState
from hub.domain.routing import Decision
from hub.domain.routing.learning import Outcomes
from hub.store.tables import T

_D, _A, _C = T.routing_decision.c, T.attempt.c, T.config_version.c
_FIRST = (
    select(_D.body)
    .where(_D.seq == 1, _D.decided_at >= bindparam("since"), _D.decided_at < bindparam("until"))
    .order_by(_D.decided_at, _D.application_id)
)
_OF = select(_D.body).where(_D.application_id == bindparam("application")).order_by(_D.seq)
_PROGRAMMES = select(_C.body).where(_C.kind == "programme")
_UNDECIDED = (
    AttemptState.WRITTEN.value,
    AttemptState.ACCEPTED.value,
    AttemptState.UNCERTAIN.value,
    AttemptState.CANCELLED.value,
    AttemptState.FAILED.value,
)
_ANSWERED = select(_A.partner, _A.state, _A.asked_at).where(
    _A.asked_at < bindparam("until"), _A.state.not_in(_UNDECIDED)
)


def first_decisions(tx: Connection, since: datetime, until: datetime) -> Iterator[Decision]:
    """The first decision of every application decided in a time, in the order they were made."""
    for body in tx.execute(_FIRST, {"since": since, "until": until}).scalars():
        yield Decision.from_json(body)


def decisions(tx: Connection, application_id: str) -> list[Decision]:
    """Every decision of an application, in order."""
    return [Decision.from_json(body) for body in tx.execute(_OF, {"application": application_id}).scalars()]


def programmes(tx: Connection) -> dict[tuple[str, int], Programme]:
    """Every programme version ever applied."""
    found = (Programme.model_validate_json(json.dumps(body)) for body in tx.execute(_PROGRAMMES).scalars())
    return {(one.id, one.version): one for one in found}


def outcomes(tx: Connection, until: datetime) -> dict[str, list[Outcomes]]:
    """By partner, how many it approved and declined of what it was asked before a time, by day of asking.

    What is not decided, was withdrawn or failed technically says nothing about its will to lend.
    """
    counts: dict[str, dict[date, list[int]]] = {}
    for row in tx.execute(_ANSWERED, {"until": until}):
        day = counts.setdefault(row.partner, {}).setdefault(business_day(row.asked_at), [0, 0])
        day[row.state == AttemptState.DECLINED] += 1
    return {
        partner: [Outcomes(day, yes, no) for day, (yes, no) in sorted(days.items())]
        for partner, days in counts.items()
    }
