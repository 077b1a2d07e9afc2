"""Who is out before routing begins: who had the application, is suspended, or has no terms for the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from contracts.programme import Programme
from contracts.rules import RuleProgram
from hub.domain import routing
from hub.domain.activation import Version
from hub.domain.lifecycle import AttemptState
from hub.domain.matters import words
from hub.domain.reasons import Reason, because
from hub.flows.activating import InUse, in_use
from hub.flows.context import Context
from hub.store import matters, rows

_SUSPENDED = "partner_suspended"


@dataclass(frozen=True, slots=True)
class Out:
    """Programmes that are out, each with why, and whether nothing may be voided just now."""

    programmes: dict[str, Reason]
    no_voiding: bool
    rules: RuleProgram
    """The rules of the house that are in use."""

    def holds(self, decision: routing.Decision) -> bool:
        """Whether an application without a partner waits: a suspended one might have funded it."""
        if decision.chosen is not None:
            return False
        return self.no_voiding or any(
            {why.code for why in refusal.reasons} == {_SUSPENDED} for refusal in decision.refusals
        )


def out(context: Context, tx: Connection, application_id: str, day: date) -> Out:
    """Look up who is out for an application on a business day."""
    tried = {
        attempt.partner: because(
            "declined_before" if attempt.state == AttemptState.DECLINED else "failed_before", "partner"
        )
        for attempt in rows.attempts(tx, application_id)
    }
    suspended, used = matters.suspended(tx), in_use(context, tx)
    found: dict[str, Reason] = {}
    for programme in context.catalogue.programmes:
        kind = suspended.get(programme.partner)
        if programme.partner in tried:
            found[programme.id] = tried[programme.partner]
        elif (why := _without_terms(context, programme, used, day)) is not None:
            found[f"{programme.id}@{programme.version}"] = why
        elif kind is not None:
            found[programme.id] = because(_SUSPENDED, "partner", actual=words(kind)["en"])
    return Out(found, no_voiding=None in suspended, rules=used.rules)


def _without_terms(context: Context, programme: Programme, used: InUse, day: date) -> Reason | None:
    """Why a loan disbursed on a day would have no terms that are in use; None when it has."""
    if not used.has(Version.of(programme)):
        return because("terms_not_active", "version", actual=Version.of(programme))
    try:
        agreement = context.catalogue.agreement(programme.agreement, day)
    except LookupError:
        return because("no_agreement", "agreement")
    if not used.has(Version.of(agreement)):
        return because("terms_not_active", "agreement", actual=Version.of(agreement))
    return None
