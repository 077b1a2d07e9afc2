"""The front end's door to money on its way: debit agreements, repayments, what became of each order."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from contracts.application import RepaymentWish, SigningWish
from hub.flows import repaying
from hub.store import queries
from hub.web import examples
from hub.web.access import Guard, Scope
from hub.web.answers import answer
from hub.web.describe import answers, body, problems
from hub.web.parameters import ApplicationId, Hub, IdempotencyKey
from hub.web.problems import Refused
from hub.web.shapes import money as shapes
from hub.web.strict_json import read_json

router = APIRouter(prefix="/v1", tags=["front end"])
Owner = Annotated[str, Depends(Guard(Scope.FRONTEND))]

_ORDER = tuple(shapes.MoneyOrderView.model_fields)


@router.post(
    "/applications/{application_id}/debit-agreement",
    status_code=202,
    summary="Sign the debit agreement",
    openapi_extra=body(SigningWish, examples.SIGNING),
    responses={
        **answers(202, shapes.SigningReceipt, examples.SIGNING_RECEIPT, words="Noted, durably."),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def sign(
    request: Request, application_id: ApplicationId, owner: Owner, hub: Hub, key: IdempotencyKey
) -> Response:
    """Have the bank send its code, or hand the code in. Where a channel collects, nothing is drawn before."""
    received = await read_json(request, SigningWish)
    digest = sha256(f"debit-agreement {application_id} {received.sha256}".encode()).hexdigest()
    reply = await run_in_threadpool(
        repaying.sign, hub, application_id, received.value, owner=owner, key=key, sha256=digest
    )
    return answer(reply.body, reply.status, {"Idempotency-Replayed": "true"} if reply.replayed else None)


@router.post(
    "/applications/{application_id}/repayment",
    status_code=202,
    summary="Repay",
    openapi_extra=body(RepaymentWish, examples.REPAYMENT),
    responses={
        **answers(202, shapes.RepaymentReceipt, examples.REPAYMENT_RECEIPT, words="Noted, durably."),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def repay(
    request: Request, application_id: ApplicationId, owner: Owner, hub: Hub, key: IdempotencyKey
) -> Response:
    """Have a term, a part of one or the whole loan taken from the borrower, one repayment at a time."""
    received = await read_json(request, RepaymentWish)
    digest = sha256(f"repayment {application_id} {received.sha256}".encode()).hexdigest()
    reply = await run_in_threadpool(
        repaying.repay, hub, application_id, received.value, owner=owner, key=key, sha256=digest
    )
    return answer(reply.body, reply.status, {"Idempotency-Replayed": "true"} if reply.replayed else None)


@router.get(
    "/applications/{application_id}/money-orders",
    summary="What became of the money",
    responses={
        **answers(200, shapes.MoneyOrders, examples.MONEY_ORDERS, words="Every order, in order."),
        **problems(401, 403, 404, 422),
    },
)
def money_orders(application_id: ApplicationId, owner: Owner, hub: Hub) -> Response:
    """Read every payout, debit and repayment ordered for the application."""
    found = queries.money_orders(hub.database, owner, application_id)
    if found is None:
        raise Refused(404, "application_unknown", "申请不存在", "there is no such application")
    orders = [{name: row[name] for name in _ORDER} for row in found]
    return answer({"application_id": application_id, "orders": orders})
