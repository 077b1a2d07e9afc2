"""The platform front end's door: applications in, their state, history, routing, plan, and the calculator."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from contracts.application import DrawdownWish, Submission
from contracts.money import Rate
from contracts.programme import CostConvention, RepaymentMethod
from hub.domain import schedule
from hub.domain.calendar import business_day
from hub.domain.lifecycle import ApplicationState
from hub.domain.waiting import waiting_for
from hub.flows import outbound
from hub.flows.idempotency import Reply
from hub.store import queries
from hub.web import examples
from hub.web.access import Guard, Scope
from hub.web.answers import answer
from hub.web.describe import answers, body, problems
from hub.web.parameters import ApplicationId, Cursor, Digits, Hub, IdempotencyKey, Limit, cursor_of, place_of
from hub.web.problems import Refused
from hub.web.shapes import applications as shapes
from hub.web.strict_json import read_json

router = APIRouter(prefix="/v1", tags=["front end"])
Owner = Annotated[str, Depends(Guard(Scope.FRONTEND))]

_LOAN = tuple(shapes.LoanView.model_fields)
_ATTEMPT = tuple(shapes.AttemptView.model_fields)
_HEAD = tuple(name for name in shapes.ApplicationHead.model_fields if name not in ("reasons", "waiting_for"))
_EVENT = tuple(shapes.EventView.model_fields)
_TERM = tuple(shapes.PlanTermView.model_fields)


@router.post(
    "/applications",
    status_code=201,
    summary="Submit an application",
    openapi_extra=body(Submission, examples.SUBMISSION),
    responses={
        **answers(201, shapes.Receipt, examples.RECEIPT, words="Taken in, durably."),
        **problems(400, 401, 403, 409, 413, 415, 422),
    },
)
async def submit(request: Request, owner: Owner, hub: Hub, key: IdempotencyKey) -> Response:
    """Take an application in. The same Idempotency-Key and body return the first answer."""
    received = await read_json(request, Submission)
    reply = await run_in_threadpool(
        outbound.submit, hub, received.value, owner=owner, key=key, sha256=received.sha256
    )
    return _replied(reply)


@router.post(
    "/applications/{application_id}/drawdown",
    status_code=202,
    summary="Draw under an approval",
    openapi_extra=body(DrawdownWish, examples.DRAWDOWN),
    responses={
        **answers(202, shapes.DrawdownReceipt, examples.DRAWDOWN_RECEIPT, words="Noted, durably."),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def draw(
    request: Request, application_id: ApplicationId, owner: Owner, hub: Hub, key: IdempotencyKey
) -> Response:
    """Tell the partner that approved to disburse."""
    received = await read_json(request, DrawdownWish)
    # A key belongs to one request: the same body about another application is another request.
    digest = sha256(f"drawdown {application_id} {received.sha256}".encode()).hexdigest()
    reply = await run_in_threadpool(
        outbound.request_drawdown, hub, application_id, received.value, owner=owner, key=key, sha256=digest
    )
    return _replied(reply)


def _replied(reply: Reply) -> Response:
    headers = {"Idempotency-Replayed": "true"} if reply.replayed else None
    return answer(reply.body, reply.status, headers)


@router.get(
    "/applications",
    summary="List your applications",
    responses={
        **answers(200, shapes.ApplicationPage, examples.APPLICATIONS, words="A page, newest first."),
        **problems(401, 403, 422),
    },
)
def listed(
    owner: Owner,
    hub: Hub,
    state: ApplicationState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the key's own applications, newest first."""
    wanted = None if state is None else state.value
    rows = queries.applications(hub.database, owner, state=wanted, before=place_of(cursor), limit=limit + 1)
    page = rows[:limit]
    more = cursor_of(page[-1]["id"]) if len(rows) > limit else None
    return answer({"items": [_head(row) for row in page], "next_cursor": more})


@router.get(
    "/applications/{application_id}",
    summary="Read an application",
    responses={
        **answers(200, shapes.ApplicationView, examples.APPLICATION, words="Personal values are masked."),
        **problems(401, 403, 404, 422),
    },
)
def read(application_id: ApplicationId, owner: Owner, hub: Hub) -> Response:
    """Read an application, its attempts and its loan."""
    row = queries.application(hub.database, owner, application_id)
    if row is None:
        raise _unknown()
    applicant = hub.vault.applicant(row["sealed"], row["id"])
    loan = row["loan"]
    return answer(
        {
            **_head(row),
            "applicant": applicant.model_dump(mode="json"),
            "attempts": [_pick(attempt, _ATTEMPT) for attempt in row["attempts"]],
            "loan": None if loan is None else _pick(loan, _LOAN),
        }
    )


@router.get(
    "/applications/{application_id}/timeline",
    summary="What happened to an application",
    responses={
        **answers(200, shapes.Timeline, examples.TIMELINE, words="Every change, in order."),
        **problems(401, 403, 404, 422),
    },
)
def timeline(application_id: ApplicationId, owner: Owner, hub: Hub) -> Response:
    """Read every change of the application, its attempts and its loan."""
    events = queries.timeline(hub.database, owner, application_id)
    if events is None:
        raise _unknown()
    return answer({"application_id": application_id, "events": [_pick(event, _EVENT) for event in events]})


@router.get(
    "/applications/{application_id}/routing-decision",
    summary="Why this partner and none of the others",
    responses={
        **answers(200, shapes.Decisions, examples.DECISIONS, words="The latest decision and all of them."),
        **problems(401, 403, 404, 422),
    },
)
def routing_decision(application_id: ApplicationId, owner: Owner, hub: Hub) -> Response:
    """Read the routing decisions with candidates, costs, and a reason for every programme not chosen."""
    rows = queries.decisions(hub.database, owner, application_id)
    if rows is None:
        raise _unknown()
    found = [{**_pick(row, ("seq", "decided_at", "chosen")), "decision": row["body"]} for row in rows]
    latest = found[-1] if found else None
    return answer({"application_id": application_id, "latest": latest, "all": found})


@router.get(
    "/applications/{application_id}/drawdown",
    summary="What became of the drawdown",
    responses={
        **answers(200, shapes.DrawdownView, examples.DRAWDOWN_STATE, words="The latest drawdown."),
        **problems(401, 403, 404, 409, 422),
    },
)
def drawdown(application_id: ApplicationId, owner: Owner, hub: Hub) -> Response:
    """Read the latest drawdown and the loan it led to."""
    row = queries.application(hub.database, owner, application_id)
    if row is None:
        raise _unknown()
    drawn = next((attempt for attempt in reversed(row["attempts"]) if attempt["draw_no"]), None)
    if drawn is None:
        raise Refused(409, "not_drawn", "尚未支用", "nothing has been drawn yet")
    loan = row["loan"]
    return answer(
        {
            "application_id": application_id,
            "draw_no": drawn["draw_no"],
            "partner": drawn["partner"],
            "amount_fen": drawn["drawn_fen"],
            "attempt_state": drawn["state"],
            "loan": None if loan is None else _pick(loan, _LOAN),
        }
    )


@router.get(
    "/applications/{application_id}/repayment-plan",
    summary="The repayment plan",
    responses={
        **answers(200, shapes.Plan, examples.PLAN, words="Due and paid, term by term."),
        **problems(401, 403, 404, 409, 422),
    },
)
def repayment_plan(application_id: ApplicationId, owner: Owner, hub: Hub) -> Response:
    """Read the plan of the loan and what has been paid of it."""
    found = queries.repayment_plan(hub.database, owner, application_id)
    if found is None:
        if queries.application(hub.database, owner, application_id) is None:
            raise _unknown()
        raise Refused(409, "not_disbursed", "尚未放款", "the loan has not been disbursed yet")
    loan, terms = found
    return answer(
        {
            "application_id": application_id,
            "loan": _pick(loan, _LOAN),
            "terms": [_pick(term, _TERM) for term in terms],
        }
    )


@router.get(
    "/calculator",
    summary="What a loan would cost",
    responses={
        **answers(200, shapes.Quote, examples.QUOTE, words="The plan and its all-in annual cost."),
        **problems(401, 403, 422),
    },
)
def calculator(
    owner: Owner,
    hub: Hub,
    amount_fen: Annotated[Digits, Query(ge=1, le=20_000_000_00, examples=[1_200_000])],
    term_months: Annotated[Digits, Query(ge=1, le=schedule.MONTHS_MAX, examples=[12])],
    method: RepaymentMethod,
    annual_rate: Annotated[Rate, Query(examples=["0.1800"])],
) -> Response:
    """Calculate a repayment plan for a disbursement today (Asia/Shanghai), without fees."""
    items = schedule.plan(amount_fen, annual_rate, term_months, method, disbursed_on=business_day(hub.now()))
    return answer(_quote(amount_fen, annual_rate, method, items))


def _quote(
    amount_fen: int, annual_rate: Decimal, method: RepaymentMethod, items: tuple[schedule.PlanItem, ...]
) -> dict[str, Any]:
    total = sum(item.total_fen for item in items)
    return {
        "amount_fen": amount_fen,
        "term_months": len(items),
        "method": method,
        "annual_rate": annual_rate,
        "first_instalment_fen": items[0].total_fen,
        "total_interest_fen": sum(item.interest_fen for item in items),
        "total_fen": total,
        "all_in_annual_cost": schedule.plan_cost(amount_fen, items, convention=CostConvention.COMPOUND),
        "all_in_annual_cost_simple": schedule.plan_cost(amount_fen, items, convention=CostConvention.SIMPLE),
        "terms": [
            {
                "period": item.period,
                "due_on": item.due_on,
                "principal_fen": item.principal_fen,
                "interest_fen": item.interest_fen,
                "total_fen": item.total_fen,
            }
            for item in items
        ],
    }


def _head(row: queries.Row) -> dict[str, Any]:
    return {**_pick(row, _HEAD), "reasons": row["reason"] or [], "waiting_for": waiting_for(row["state"])}


def _pick(row: queries.Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _unknown() -> Refused:
    return Refused(404, "application_unknown", "申请不存在", "there is no such application")
