"""What a decision sees of the day, and the decision: the same for a live application and for a dry run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from contracts.messages import Applicant
from hub.domain import routing, rules
from hub.domain.calendar import business_day
from hub.domain.reasons import Reason
from hub.flows import bids, circumstances, eligibility
from hub.flows.context import Context
from hub.store import rows


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of the day for one application: who is out and why, its person's history, quotas
    in use, and the bid prices that are fresh.
    """

    out: eligibility.Out
    excluded: Mapping[str, Reason]
    history: Mapping[str, routing.History]
    used: Mapping[str, routing.QuotaUse]
    prices: Mapping[str, Decimal]


def look(context: Context, tx: Connection, application: Any, now: datetime) -> Seen:
    """Look the day up for a stored application, or for one that is only tried."""
    day, programmes = business_day(now), context.catalogue.programmes
    out = eligibility.out(context, tx, application.id, day)
    tried, waited = len(rows.attempts(tx, application.id)), now - application.created_at
    return Seen(
        out,
        circumstances.bounded(out.programmes, tried, waited, programmes),
        circumstances.history_of(tx, application, day),
        circumstances.usage(tx, programmes, day),
        bids.current(tx, now),
    )


def decide(
    context: Context, application: Any, applicant: Applicant, seen: Seen, now: datetime
) -> routing.Decision:
    """Decide on an application with what was seen."""
    programmes = context.catalogue.programmes
    case = circumstances.case_of(application, applicant, seen.history, seen.excluded, programmes)
    return rules.decided(context.router, seen.out.rules, case, seen.used, now=now, prices=seen.prices)
