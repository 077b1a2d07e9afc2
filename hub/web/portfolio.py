"""Finance's view of everything at once: loans, partners and routing decisions."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from hub.store import portfolio
from hub.web import examples
from hub.web.access import Guard, Scope
from hub.web.answers import answer
from hub.web.describe import answers, problems
from hub.web.parameters import Cursor, Hub, Limit, bad_cursor, cursor_of, place_of
from hub.web.shapes.portfolio import DecisionPage, LoanPage, PartnerSums

router = APIRouter(prefix="/v1", tags=["finance"])
Finance = Annotated[str, Depends(Guard(Scope.FINANCE))]

_LOAN: Final = {
    "id": examples.LOAN["id"],
    "application_id": examples.APPLICATION_ID,
    "partner": "city_bank",
    "loan_no": examples.LOAN["loan_no"],
    "draw_no": "draw_019b8f5c7d2e7a41b0c2d3e4f5061731",
    "attempt": 1,
    "programme": "city_bank_local",
    "cost_rate": "0.047200",
    "principal_fen": 1_200_000,
    "outstanding_fen": 1_107_984,
    "disbursed_on": "2026-01-05",
    "state": "active",
    "next_due_on": "2026-03-05",
}
_PARTNER: Final = {
    "partner": "city_bank",
    "applications": 120,
    "approvals": 108,
    "declined": 12,
    "alive": 107,
    "loans": 105,
    "principal_fen": 126_000_000,
    "outstanding_fen": 98_000_000,
}
_DECISION: Final = {
    "application_id": examples.APPLICATION_ID,
    "seq": 1,
    "decided_at": "2026-01-05T02:00:00Z",
    "chosen": "city_bank_local",
    "decision": {},
}


@router.get(
    "/loans",
    summary="List all loans",
    responses={
        **answers(200, LoanPage, {"items": [_LOAN], "next_cursor": None}, words="A page of loans."),
        **problems(401, 403, 422),
    },
)
def loans(who: Finance, hub: Hub, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List the loans of every platform by id, to be compared with the partners' books."""
    rows = portfolio.loans(hub.database, after=place_of(cursor), limit=limit + 1)
    page = rows[:limit]
    more = cursor_of(page[-1]["id"]) if len(rows) > limit else None
    return answer({"items": page, "next_cursor": more})


@router.get(
    "/partners",
    summary="Partners in sum",
    responses={
        **answers(200, PartnerSums, {"items": [_PARTNER]}, words="Every partner that was asked."),
        **problems(401, 403),
    },
)
def partners(who: Finance, hub: Hub) -> Response:
    """Sum up what each partner was asked, approved and lent."""
    return answer({"items": portfolio.partners(hub.database)})


@router.get(
    "/routing-decisions",
    summary="List all routing decisions",
    responses={
        **answers(
            200, DecisionPage, {"items": [_DECISION], "next_cursor": None}, words="A page of decisions."
        ),
        **problems(401, 403, 422),
    },
)
def decisions(who: Finance, hub: Hub, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List routing decisions with their whole record, to be weighed against other ways to choose."""
    rows = portfolio.decisions(hub.database, after=_place(cursor), limit=limit + 1)
    page = [
        {
            "application_id": row["application_id"],
            "seq": row["seq"],
            "decided_at": row["decided_at"],
            "chosen": row["chosen"],
            "decision": row["body"],
        }
        for row in rows[:limit]
    ]
    last = page[-1] if len(rows) > limit else None
    more = None if last is None else cursor_of(f"{last['application_id']}:{last['seq']}")
    return answer({"items": page, "next_cursor": more})


def _place(cursor: str | None) -> tuple[str, int] | None:
    """Return the application and number a cursor stands for; raises Refused for one that is not ours."""
    place = place_of(cursor)
    if place is None:
        return None
    application, _, number = place.rpartition(":")
    if not application or not (number.isascii() and number.isdigit() and len(number) < 10):
        raise bad_cursor()
    return application, int(number)
