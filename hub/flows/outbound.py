"""From the platform to a partner: submit, route, and write each request once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import IntegrityError

from contracts.application import DrawdownWish, Submission
from contracts.messages import ApplyForCredit, RequestDrawdown
from contracts.sensitive import BankCard, PersonName
from hub import logs
from hub.domain import admission, routing
from hub.domain.calendar import business_day
from hub.domain.chain import START
from hub.domain.lifecycle import ApplicationState, AttemptState
from hub.domain.reasons import because
from hub.flows import absences, circumstances, collecting, deciding, limits, requests
from hub.flows.context import Cause, Context, event_row, move
from hub.flows.errors import NotKnown, NumberTaken, OverLimit, WrongState
from hub.flows.idempotency import Reply, answer_row, at_work, first_answer, kept_answer
from hub.flows.pressure import full
from hub.store import mailbox, quota, rows
from hub.store.intake import insert_together
from hub.store.mailbox import Job
from hub.store.tables import T

log = logs.get(__name__)

_ATTEMPT = insert(T.attempt)
_DECISION = insert(T.routing_decision)


def submit(context: Context, submission: Submission, *, owner: str, key: str, sha256: str) -> Reply:
    """Take an application in: admit it or decline it with every reason, durably, and answer.

    Raises KeyReused, StillRunning, NotKnown (the product), NumberTaken or Busy.
    """
    now = context.now()
    product = context.catalogue.products.get(submission.product)
    if product is None:
        raise NotKnown("product_unknown", "产品不存在", "there is no such product", field="product")
    case = admission.Case.of(submission, today=business_day(now))
    reasons = admission.admit(case, product, today=business_day(now))
    if not reasons and not context.pressure.takes_application(context.database, now):
        return _taken_in_before(context, submission, owner, key, sha256, otherwise=full())
    application_id = context.id("app", now)
    state = ApplicationState.DECLINED if reasons else ApplicationState.SUBMITTED
    reason = [r.to_json() for r in reasons] or None
    cause = Cause(f"platform:{owner}", "api", now)
    reply = Reply(201, {"id": application_id, "state": state.value, "reasons": reason or []}, replayed=False)
    row = application_row(context, submission, application_id, owner, case.age, state, reason, now)
    first = event_row(
        (0, START), application_id, "application", application_id, "submitted", None, state, cause
    )
    kept = answer_row(reply, owner=owner, key=key, sha256=sha256, now=now)
    new: tuple[tuple[Table, dict[str, Any]], ...] = (
        (T.idempotency, kept),
        (T.application, row),
        (T.event, first),
    )
    if not reasons:
        job = mailbox.free(queue=mailbox.LOCAL, kind="route", ref=application_id, now=now)
        new = (*new, (T.work, job))
    try:
        with at_work(owner, key):
            context.database.run(lambda tx: insert_together(tx, new), repeatable=True, single=True)
    except IntegrityError:
        odd = LookupError("the database refused an application whose key and number are free")
        return _taken_in_before(context, submission, owner, key, sha256, otherwise=odd)
    context.wake(mailbox.LOCAL)
    return reply


def _taken_in_before(
    context: Context, submission: Submission, owner: str, key: str, sha256: str, *, otherwise: Exception
) -> Reply:
    """Why an application was not written: its key has its answer, or its number its application.

    Asked only when the database or the back-pressure refused, for a new application is the rule. Raises
    `otherwise` when both are free.
    """
    with context.database.read() as tx:
        kept = kept_answer(tx, owner=owner, key=key, sha256=sha256)
        if kept is not None:
            return kept
        taken = rows.application_no(tx, owner, submission.platform_no)
    if taken is None:
        raise otherwise
    raise NumberTaken(
        "platform_no_taken",
        f"该编号已用于申请 {taken}",
        f"this number is taken by application {taken}",
        field="platform_no",
    )


def application_row(
    context: Context,
    submission: Submission,
    application_id: str,
    owner: str,
    age: int,
    state: str,
    reason: list[dict[str, str]] | None,
    now: datetime,
) -> dict[str, Any]:
    """The row of a new application, the applicant sealed."""
    applicant, vault = submission.applicant, context.vault
    return {
        "id": application_id,
        "owner": owner,
        **submission.model_dump(
            include={"platform_no", "product", "amount_fen", "term_months", "annual_rate", "purpose"}
        ),
        "method": submission.method.value,
        "region": applicant.region,
        "age": age,
        "state": state,
        "reason": reason,
        "facts": circumstances.told(submission),
        "sealed": vault.seal_applicant(applicant, application_id),
        "id_index": vault.index("id_number", applicant.id_number),
        "mobile_index": vault.index("mobile", applicant.mobile),
        "card_index": vault.index("bank_card", applicant.bank_card),
        "created_at": now,
        "updated_at": now,
    }


def request_drawdown(
    context: Context, application_id: str, wish: DrawdownWish, *, owner: str, key: str, sha256: str
) -> Reply:
    """The borrower draws: durably noted, then sent to the partner that approved.

    Raises NotKnown, WrongState, OverLimit, KeyReused or StillRunning.
    """
    now = context.now()

    def work(tx: Connection) -> tuple[int, dict[str, Any]]:
        application = rows.application_of(tx, application_id, owner)
        if application is None:
            raise NotKnown("application_unknown", "申请不存在", "there is no such application")
        attempt = _drawable(tx, application, wish)
        cause = Cause(f"platform:{owner}", "api", now)
        move(tx, "application", application, "drawdown_requested", cause)
        move(
            tx,
            "attempt",
            attempt,
            "draw",
            cause,
            drawn_fen=wish.amount_fen,
            merchant=wish.merchant,
            draw_no=context.id("drw", now),
            asked_at=now,
            queries=0,
            **absences.ANEW,
        )
        mailbox.put(tx, queue=mailbox.LOCAL, kind="draw", ref=attempt.id, now=now)
        return 202, {"id": application_id, "state": "drawing", "amount_fen": wish.amount_fen}

    reply = first_answer(context, owner=owner, key=key, sha256=sha256, now=now, work=work)
    context.wake(mailbox.LOCAL)
    return reply


def _drawable(tx: Connection, application: Any, wish: DrawdownWish) -> Any:
    """Return the approved attempt under which the wish may be drawn, its quota held; else raise why not."""
    tried = rows.attempts(tx, application.id)
    attempt = next((one for one in tried if one.state == AttemptState.APPROVED), None)
    if attempt is None or application.state != ApplicationState.APPROVED:
        raise WrongState(
            "not_approved",
            f"申请当前状态为 {application.state}，不能支用",
            f"the application is '{application.state}'; only an approved one can be drawn",
        )
    limit = limits.most_to_draw(tx, attempt, application.amount_fen)
    if wish.amount_fen > limit:
        raise OverLimit(
            "over_limit",
            f"超过可用额度 {limit} 分",
            f"at most {limit} fen can be drawn",
            field="amount_fen",
        )
    if wish.merchant is not None and attempt.disbursed_by is None:
        raise OverLimit(
            "no_entrusted_payment",
            "该资金方不支持受托支付",
            "this partner pays the borrower itself; leave merchant out",
            field="merchant",
        )
    if attempt.collected_by is not None and collecting.agreement_no(tx, application.id) is None:
        raise WrongState(
            "debit_unsigned", "请先签约代扣", "the borrower signs the debit agreement before drawing"
        )
    if not quota.keep_until(tx, attempt.id, None):
        raise WrongState(
            "approval_expired",
            "授信已过有效期",
            "the approval has expired; apply again",
            field="amount_fen",
        )
    return attempt


# Routing


@dataclass(frozen=True)
class _Plan:
    """What routing decided, with the request ready to be kept."""

    decision: routing.Decision
    attempt_id: str
    ask: ApplyForCredit | None
    kept: mailbox.Kept | None


def route(context: Context, job: Job) -> None:
    """Choose the cheapest allowed programme, reserve its quota, and fix the request's bytes, all at once.

    When another router took the quota meanwhile, or an approval expired, route again with what is left.
    """
    while not _route_once(context, job):
        log.info("quota changed meanwhile, routing again", application=job.ref)


def _route_once(context: Context, job: Job) -> bool:
    now = context.now()
    with context.database.read() as tx:
        application = rows.application(tx, job.ref, lock=False)
        seen = deciding.look(context, tx, application, now)
        over = quota.due(tx, now)
    if over:
        context.database.run(lambda tx: quota.expire(tx, over, now=now), repeatable=True)
        return False
    plan = _plan(context, application, seen, now)
    if seen.out.holds(plan.decision):
        log.warning("put off: a suspension keeps it from its partner", application=job.ref)
        context.database.run(lambda tx: requests.put_off(tx, job, now), repeatable=True)
        return True

    def decide(tx: Connection) -> bool:
        application = rows.application(tx, job.ref)
        if application.state == ApplicationState.SUBMITTED and not _carry_out(
            context, tx, application, plan, now
        ):
            tx.rollback()
            return False
        mailbox.done(tx, job)
        return True

    decided = context.database.run(decide, repeatable=True)
    if decided and plan.kept is not None:
        context.wake(requests.queue_of(plan.kept.partner))
    return decided


def _plan(context: Context, application: Any, seen: deciding.Seen, now: datetime) -> _Plan:
    applicant = context.vault.applicant(application.sealed, application.id)
    decision = deciding.decide(context, application, applicant, seen, now)
    attempt_id = context.id("att", now)
    if decision.chosen is None:
        return _Plan(decision, attempt_id, None, None)
    chosen = decision.candidates[0]
    ask = ApplyForCredit(
        subject=attempt_id,
        product=application.product,
        amount_fen=application.amount_fen,
        term_months=application.term_months,
        method=application.method,
        annual_rate=application.annual_rate,
        purpose=application.purpose,
        applicant=applicant,
    )
    return _Plan(
        decision, attempt_id, ask, requests.written(context, context.desks[chosen.partner], ask, now)
    )


def _carry_out(context: Context, tx: Connection, application: Any, plan: _Plan, now: datetime) -> bool:
    """Write the decision and its attempt; False when the quota is gone."""
    cause = Cause("hub", "worker", now)
    seq = len(rows.attempts(tx, application.id)) + 1
    decision = plan.decision
    if decision.chosen is not None and plan.kept is not None:
        first = decision.candidates[0]
        chosen = context.catalogue.programme(first.programme, first.version)
        day = business_day(now)
        loan = quota.Loan(
            application.amount_fen, application.term_months, application.region, application.product
        )
        if not quota.reserve(tx, plan.attempt_id, chosen, loan, day=day, now=now):
            return False
        agreement = context.catalogue.agreement(chosen.agreement, day)
        tx.execute(
            _ATTEMPT,
            {
                "id": plan.attempt_id,
                "application_id": application.id,
                "seq": seq,
                "partner": chosen.partner,
                "programme": chosen.id,
                "programme_version": chosen.version,
                "agreement": agreement.id,
                "agreement_version": agreement.version,
                "state": AttemptState.WRITTEN.value,
                "amount_fen": application.amount_fen,
                "cost_fen": first.cost.fen,
                "cost_rate": first.cost.annual_rate,
                "quota_day": day,
                "disbursed_by": chosen.disbursed_by,
                "collected_by": chosen.collected_by,
                "custody": chosen.custody,
                "asked_at": now,
                "queries": 0,
                "updated_at": now,
            },
        )
        requests.keep(tx, plan.kept, now)
        detail = {"programme": chosen.id, "partner": chosen.partner, "attempt": plan.attempt_id}
        move(tx, "application", application, "routed", cause, detail=detail)
    else:
        reasons = [because("no_partner", "partner").to_json()]
        move(tx, "application", application, "no_partner", cause, reason=reasons)
    tx.execute(
        _DECISION,
        {
            "application_id": application.id,
            "seq": seq,
            "chosen": decision.chosen,
            "body": decision.to_json(),
            "decided_at": now,
        },
    )
    return True


def draw(context: Context, job: Job) -> None:
    """Fix the bytes of a drawdown request and queue it."""
    now = context.now()
    with context.database.read() as tx:
        attempt = rows.attempt(tx, job.ref)
        application = rows.application(tx, attempt.application_id, lock=False)
    payee, bank_card = _paid_into(context, attempt, application)
    ask = RequestDrawdown(
        subject=attempt.draw_no,
        credit_no=attempt.credit_no,
        amount_fen=attempt.drawn_fen,
        term_months=application.term_months,
        method=application.method,
        annual_rate=application.annual_rate,
        payee=payee,
        bank_card=bank_card,
    )
    kept = requests.written(context, context.desks[attempt.partner], ask, now)

    def fix(tx: Connection) -> None:
        requests.keep(tx, kept, now)
        mailbox.done(tx, job)

    context.database.run(fix, repeatable=True)
    context.wake(requests.queue_of(attempt.partner))


def _paid_into(context: Context, attempt: Any, application: Any) -> tuple[PersonName, BankCard]:
    """Whose account the funder pays into: the borrower's, or that of whoever passes the money on."""
    holder = attempt.disbursed_by or attempt.custody
    if holder is None:
        applicant = context.vault.applicant(application.sealed, application.id)
        return applicant.name, applicant.bank_card
    settings = context.desks[holder].partner.settings
    return PersonName(settings["account_name"]), BankCard(settings["account_no"])
