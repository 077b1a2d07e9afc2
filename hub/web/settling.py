"""Finance's door to settling: a statement goes on step by step, and single lines are disputed and decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from contracts.messages import Strict
from contracts.money import SignedFen
from hub.flows import disputes, paying, settling
from hub.store import paid, settled
from hub.web import settling_examples as examples
from hub.web.access import Guard, Scope
from hub.web.answers import answer
from hub.web.describe import answers, body, problems
from hub.web.finance import StatementId
from hub.web.operations import Stated
from hub.web.parameters import Hub, MonthPath, Word
from hub.web.problems import Refused
from hub.web.shapes import settling as shapes
from hub.web.strict_json import read_json

router = APIRouter(prefix="/v1", tags=["finance"])
Finance = Annotated[str, Depends(Guard(Scope.FINANCE))]
Step = Annotated[Literal["review", "confirm", "return", "approve"], Path(examples=["review"])]
Decision = Annotated[Literal["agree", "reject"], Path(examples=["agree"])]
DisputeId = Annotated[str, Path(pattern=Word, examples=[examples.DISPUTE["id"]])]
PaymentId = Annotated[str, Path(pattern=Word, examples=[examples.PAYMENTS["items"][0]["id"]])]
_DECISIONS = {"agree": "agreed", "reject": "rejected"}


class Claim(Strict):
    """A line that is wrong, what its due should be on this statement in fen, and why."""

    line: Annotated[str, Field(min_length=1, max_length=200, examples=[examples.DISPUTE["line"]])]
    claimed_fen: SignedFen
    reason: Annotated[str, Field(min_length=3, max_length=400, examples=["rate of the old version"])]


@router.get(
    "/statements/{statement_id}/standing",
    summary="Where a statement stands",
    responses={
        **answers(200, shapes.StandingView, examples.STANDING, words="With its history and its disputes."),
        **problems(401, 403, 404, 422),
    },
)
def standing(statement_id: StatementId, who: Finance, hub: Hub) -> Response:
    """Read where a statement stands, who brought it there and why, and what is in dispute."""
    found = settled.history(hub.database, statement_id)
    if found is None:
        raise Refused(404, "statement_unknown", "结算单不存在", "there is no such statement")
    return answer(found)


@router.post(
    "/statements/{statement_id}/steps/{step}",
    summary="Bring a statement further",
    openapi_extra=body(Stated, {"why": "compared with the bank's own figures"}),
    responses={
        **answers(200, shapes.StandingView, examples.STANDING, words="Where it stands now."),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def bring(request: Request, statement_id: StatementId, step: Step, who: Finance, hub: Hub) -> Response:
    """Review, confirm for the party, send back or approve a statement, with a reason; its amounts stay.

    The one who approves is not the one who reviewed. Repeating it is harmless.
    """
    received = await read_json(request, Stated)

    def act() -> None:
        event = settling.STEPS[step]
        settling.step(hub, statement_id, event, who=f"finance:{who}", why=received.value.why)

    return await _then(act, statement_id, hub)


@router.post(
    "/statements/{statement_id}/disputes",
    summary="Dispute a line",
    openapi_extra=body(
        Claim, {"line": examples.DISPUTE["line"], "claimed_fen": 14_167, "reason": "rate of the old version"}
    ),
    responses={
        **answers(200, shapes.StandingView, examples.STANDING, words="With the dispute, and its deadline."),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def dispute(request: Request, statement_id: StatementId, who: Finance, hub: Hub) -> Response:
    """Say that a line is wrong and what it should be. No more than one dispute about a line is open."""
    claim = (await read_json(request, Claim)).value

    def act() -> None:
        disputes.dispute(
            hub, statement_id, claim.line, claim.claimed_fen, who=f"finance:{who}", reason=claim.reason
        )

    return await _then(act, statement_id, hub)


@router.post(
    "/statements/{statement_id}/disputes/{dispute_id}/{decision}",
    summary="Decide a dispute",
    openapi_extra=body(Stated, {"why": "the old version ended in December"}),
    responses={
        **answers(200, shapes.StandingView, examples.STANDING, words="Decided; see the next statement."),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def decide(
    request: Request,
    statement_id: StatementId,
    dispute_id: DisputeId,
    decision: Decision,
    who: Finance,
    hub: Hub,
) -> Response:
    """Agree to a dispute or reject it. What is agreed is a new line of the month now open."""
    received = await read_json(request, Stated)

    def act() -> None:
        disputes.decide(hub, dispute_id, _DECISIONS[decision], who=f"finance:{who}", why=received.value.why)

    return await _then(act, statement_id, hub)


async def _then(act: Callable[[], None], statement_id: str, hub: Any) -> Response:
    def done() -> object:
        act()
        return settled.history(hub.database, statement_id)

    return answer(await run_in_threadpool(done))


class Left(Strict):
    """A payment was made on a business day."""

    on: Annotated[date, Field(strict=False, examples=["2026-02-05"])]
    why: Annotated[str, Field(min_length=3, max_length=400, examples=["bank's receipt 17"])]


_PAYMENTS = {
    **answers(200, shapes.Payments, examples.PAYMENTS, words="By debtor and creditor."),
    **problems(401, 403, 409, 422),
}


@router.get("/months/{month}/payments", summary="Payments of a month", responses=_PAYMENTS)
def payments(month: MonthPath, who: Finance, hub: Hub) -> Response:
    """List what was instructed for a month, and what became of it."""
    return answer({"items": paid.payments(hub.database, month)})


@router.post("/months/{month}/payments", summary="Instruct payments", responses=_PAYMENTS)
def instruct(month: MonthPath, who: Finance, hub: Hub) -> Response:
    """Instruct what is due between parties whose statements are approved. Repeating it is harmless."""
    paying.instruct(hub, month, who=f"finance:{who}")
    return answer({"items": paid.payments(hub.database, month)})


@router.get(
    "/months/{month}/payments.csv",
    summary="Payment instruction file",
    response_class=Response,
    responses={
        200: {
            "description": "What is instructed and not paid yet, with count, totals and hash.",
            "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(401, 403, 422),
    },
)
def instruction(month: MonthPath, who: Finance, hub: Hub) -> Response:
    """Write the payment instruction of a month as CSV; docs/settlement.md has its layout."""
    headers = {"Content-Disposition": f'attachment; filename="{month}-payments.csv"'}
    return Response(paying.instruction(hub, month), media_type="text/csv; charset=utf-8", headers=headers)


@router.post(
    "/months/{month}/payments/{payment_id}/paid",
    summary="Note a payment as made",
    openapi_extra=body(Left, {"on": "2026-02-05", "why": "bank's receipt 17"}),
    responses={**_PAYMENTS, **problems(400, 401, 403, 404, 409, 413, 415, 422)},
)
async def left(request: Request, month: MonthPath, payment_id: PaymentId, who: Finance, hub: Hub) -> Response:
    """Note that a payment left on a day, and post it in the books. Repeating it is harmless."""
    told = (await read_json(request, Left)).value

    def done() -> object:
        paying.pay(hub, payment_id, on=told.on, who=f"finance:{who}", why=told.why)
        return {"items": paid.payments(hub.database, month)}

    return answer(await run_in_threadpool(done))
