"""Decisions that change nothing: told from their record, tried on an application, replayed under a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from contracts.application import Submission
from contracts.programme import Programme
from hub.config.load import Configuration
from hub.domain import admission
from hub.domain.calendar import business_day, end_of
from hub.domain.lifecycle import ApplicationState
from hub.domain.reasons import Reason, because
from hub.domain.replay import Comparison, Draft, compared
from hub.domain.routing import Decision, Router
from hub.domain.routing.learning import Belief, belief
from hub.flows import deciding, outbound
from hub.flows.context import Context
from hub.flows.errors import NotKnown
from hub.store import past


@dataclass(frozen=True, slots=True)
class Explained:
    """A recorded decision, and whether its record gives it again."""

    decision: Decision
    agrees: bool


def recorded(context: Context, application_id: str) -> list[Explained]:
    """Return every decision on an application. Raises NotKnown when none was made."""
    with context.database.read() as tx:
        found, kept = past.decisions(tx, application_id), past.programmes(tx)
    if not found:
        raise NotKnown(
            "decision_unknown", "没有该申请的路由决策", "no decision was made on such an application"
        )
    return [Explained(one, again(one, kept) == one) for one in found]


def again(decision: Decision, kept: dict[tuple[str, int], Programme]) -> Decision:
    """Make a decision again from its record alone and the programme versions it names."""
    named = {(one.programme, one.version) for one in decision.candidates}
    named |= {(one.programme, one.version) for one in decision.refusals}
    router = Router([kept[key] for key in sorted(named)])
    return router.decide(decision.case, decision.usage, now=decision.decided_at, prices=decision.prices)


def dry_run(context: Context, submission: Submission) -> tuple[tuple[Reason, ...], Decision | None]:
    """Return what would become of an application now: the reasons against admitting it, or the decision.

    Nothing is written or reserved. Raises NotKnown for a product there is not.
    """
    now = context.now()
    product = context.catalogue.products.get(submission.product)
    if product is None:
        raise NotKnown("product_unknown", "产品不存在", "there is no such product", field="product")
    today = business_day(now)
    case = admission.Case.of(submission, today=today)
    reasons = admission.admit(case, product, today=today)
    if reasons:
        return reasons, None
    row: dict[str, Any] = outbound.application_row(
        context, submission, "dry_run", "", case.age, ApplicationState.SUBMITTED, None, now
    )
    application = SimpleNamespace(**row)
    with context.database.read() as tx:
        seen = deciding.look(context, tx, application, now)
    return (), deciding.decide(context, application, submission.applicant, seen, now)


def replay(
    context: Context, first: date, last: date, draft: Configuration
) -> tuple[Comparison, dict[str, Belief]]:
    """Replay the first decisions of business days under a draft; with what is believed of each partner.

    Beliefs are of the day after the last. Nothing is written.
    """
    since, until = end_of(first - timedelta(days=1)), end_of(last)

    def without_terms(programme: Programme, day: date) -> Reason | None:
        try:
            draft.agreement(programme.agreement, day)
        except LookupError:
            return because("no_agreement", "agreement")
        return None

    with context.database.read() as tx:
        after = last + timedelta(days=1)
        beliefs = {name: belief(seen, after) for name, seen in past.outcomes(tx, until).items()}
        approval: dict[str, Decimal] = {name: one.mean for name, one in beliefs.items()}
        under = Draft(Router(draft.programmes), draft.rules, without_terms)
        found = compared(past.first_decisions(tx, since, until), past.programmes(tx), under, approval)
    return found, beliefs
