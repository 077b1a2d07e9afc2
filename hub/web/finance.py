"""Finance's door: months and their closing, settlements, statements, the journal and the trial balance."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from hub.domain.ledger import CHART
from hub.store import queries
from hub.web import examples, shapes
from hub.web.access import Guard, Scope
from hub.web.answers import answer
from hub.web.describe import answers, problems
from hub.web.parameters import Cursor, Hub, Limit, MonthQuery, Word, cursor_of, number_of, place_of
from hub.web.problems import Refused

router = APIRouter(prefix="/v1", tags=["finance"])
Finance = Annotated[str, Depends(Guard(Scope.FINANCE))]

_STATEMENT: Final = tuple(shapes.StatementView.model_fields)
_ENTRY: Final = tuple(name for name in shapes.EntryView.model_fields if name != "postings")
_POSTING: Final = tuple(shapes.PostingView.model_fields)


@router.get(
    "/months",
    summary="Business months",
    responses={
        **answers(200, shapes.Months, examples.MONTHS, words="Months with entries, newest first."),
        **problems(401, 403),
    },
)
def months(who: Finance, hub: Hub) -> Response:
    """List the months of the books."""
    return answer({"items": queries.months(hub.database)})


@router.get(
    "/statements",
    summary="List statements",
    responses={
        **answers(200, shapes.StatementPage, examples.STATEMENTS, words="A page of statements."),
        **problems(401, 403, 422),
    },
)
def statements(
    who: Finance,
    hub: Hub,
    month: MonthQuery = None,
    party: Annotated[str | None, Query(pattern=Word, examples=["city_bank"])] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List statements with their control totals."""
    rows = queries.statements(hub.database, month=month, party=party, after=place_of(cursor), limit=limit + 1)
    page = rows[:limit]
    more = cursor_of(page[-1]["id"]) if len(rows) > limit else None
    return answer({"items": page, "next_cursor": more})


@router.get(
    "/statements/{statement_id}",
    summary="Read a statement",
    responses={
        **answers(
            200,
            shapes.StatementView,
            {**examples.STATEMENT_HEAD, "body": {}},
            words="The statement with its body.",
        ),
        **problems(401, 403, 404, 422),
    },
)
def statement(
    statement_id: Annotated[str, Path(pattern=Word, examples=[examples.STATEMENT_HEAD["id"]])],
    who: Finance,
    hub: Hub,
) -> Response:
    """Read one statement."""
    row = queries.statement(hub.database, statement_id)
    if row is None:
        raise Refused(404, "statement_unknown", "结算单不存在", "there is no such statement")
    return answer({name: row[name] for name in _STATEMENT})


@router.get(
    "/journal",
    summary="Journal entries",
    responses={
        **answers(200, shapes.JournalPage, examples.JOURNAL, words="Entries in the order they were written."),
        **problems(401, 403, 422),
    },
)
def journal(
    who: Finance, hub: Hub, month: MonthQuery = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """Read double entries with their postings; each sums to zero."""
    rows = queries.journal(hub.database, month=month, after=number_of(cursor), limit=limit + 1)
    page = [
        {
            **{name: row[name] for name in _ENTRY},
            "postings": [{name: posting[name] for name in _POSTING} for posting in row["postings"]],
        }
        for row in rows[:limit]
    ]
    more = cursor_of(page[-1]["seq"]) if len(rows) > limit else None
    return answer({"items": page, "next_cursor": more})


@router.get(
    "/trial-balance",
    summary="Trial balance",
    responses={
        **answers(200, shapes.TrialBalance, examples.TRIAL_BALANCE, words="Every account of every party."),
        **problems(401, 403, 422),
    },
)
def trial_balance(who: Finance, hub: Hub, month: MonthQuery = None) -> Response:
    """Read debits, credits and balances, up to the end of a month when one is given."""
    rows = queries.trial_balance(hub.database, month=month)
    items = []
    for row in rows:
        account = CHART.get(row["account"])
        names = (row["account"], row["account"]) if account is None else (account.zh, account.en)
        items.append({"account": row["account"], "zh": names[0], "en": names[1], **row})
    debit = sum(row["debit_fen"] for row in rows)
    credit = sum(row["credit_fen"] for row in rows)
    return answer(
        {
            "month": month,
            "items": items,
            "debit_fen": debit,
            "credit_fen": credit,
            "difference_fen": debit - credit,
        }
    )
