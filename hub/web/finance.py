"""Finance's door: months and their closing, settlements, statements, the journal and the trial balance."""

from __future__ import annotations

from dataclasses import asdict
from io import BytesIO
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query
from starlette.responses import Response

from contracts.agreement import Base
from contracts.statement import Statement
from hub.domain import settlement
from hub.domain.ledger import CHART
from hub.domain.sharing import LineKind
from hub.domain.statement import to_csv
from hub.flows import closing
from hub.flows.explaining import explanation
from hub.store import queries
from hub.web import examples
from hub.web.access import Guard, Scope
from hub.web.answers import answer
from hub.web.describe import answers, problems
from hub.web.parameters import Cursor, Hub, Limit, MonthPath, MonthQuery, Word, cursor_of, number_of, place_of
from hub.web.problems import Refused
from hub.web.shapes import books as shapes

router = APIRouter(prefix="/v1", tags=["finance"])
Finance = Annotated[str, Depends(Guard(Scope.FINANCE))]
StatementId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_]{1,64}$", examples=[examples.STATEMENT_HEAD["id"]])]

_HEAD: Final = tuple(shapes.StatementHead.model_fields)
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


@router.post(
    "/months/{month}/close",
    summary="Close a month",
    responses={
        **answers(200, shapes.Closed, examples.CLOSED, words="Closed for ever; these are its statements."),
        **problems(401, 403, 409, 422),
    },
)
def close(month: MonthPath, who: Finance, hub: Hub) -> Response:
    """Close a month that has ended and make its statements. What comes later goes to the next month."""
    made = closing.close(hub, month, who=f"finance:{who}")
    return answer({"month": month, "statements": [_pick(head, _HEAD) for head in made]})


@router.get(
    "/settlements/{month}",
    summary="Who owes whom",
    responses={
        **answers(200, shapes.SettlementView, examples.SETTLEMENT, words="Provisional while open."),
        **problems(401, 403, 422),
    },
)
def settlements(month: MonthPath, who: Finance, hub: Hub) -> Response:
    """Read the positions and netted dues of a month with the totals they come from."""
    rows = queries.settlement(hub.database, month)
    totals = [
        settlement.Total(
            row["party"],
            row["counterparty"],
            LineKind(row["kind"]),
            Base(row["base"]),
            row["lines"],
            row["amount_fen"],
        )
        for row in rows
    ]
    closed = queries.month(hub.database, month)
    return answer(
        {
            "month": month,
            "state": "open" if closed is None else closed["state"],
            "positions": [
                {**asdict(position), "net_fen": position.net_fen} for position in settlement.positions(totals)
            ],
            "dues": [asdict(due) for due in settlement.netted(totals)],
            "totals": rows,
        }
    )


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


_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PDF: Final = "application/pdf"
_FORMATS: Final = ("application/json", "text/csv", _XLSX, _PDF)
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/statements/{statement_id}.csv",
    summary="A statement's lines as CSV",
    response_class=Response,
    responses={
        200: {"description": "Every line, then the control figures.", "content": {"text/csv": _FILE}},
        **problems(401, 403, 404, 422),
    },
)
def statement_csv(statement_id: StatementId, who: Finance, hub: Hub) -> Response:
    """Make the statement again from its lines and write it as CSV; the same bytes for ever."""
    made = closing.statement(hub, statement_id)
    return _file(made, to_csv(made), "text/csv; charset=utf-8", "csv")


@router.get(
    "/statements/{statement_id}.xlsx",
    summary="A statement's lines as a workbook",
    response_class=Response,
    responses={
        200: {"description": "Lines and a summary that adds them up again.", "content": {_XLSX: _FILE}},
        **problems(401, 403, 404, 422),
    },
)
def statement_xlsx(statement_id: StatementId, who: Finance, hub: Hub) -> Response:
    """Make the statement again from its lines and write it as XLSX; the same bytes for ever."""
    from hub.flows.statement_files import to_xlsx  # 9 MB, for the few that are asked for one

    made = closing.statement(hub, statement_id)
    content = BytesIO()
    to_xlsx(made, content)
    return _file(made, content.getvalue(), _XLSX, "xlsx")


@router.get(
    "/statements/{statement_id}.pdf",
    summary="A statement as PDF",
    response_class=Response,
    responses={
        200: {"description": "Control totals, and every line.", "content": {_PDF: _FILE}},
        **problems(401, 403, 404, 422),
    },
)
def statement_pdf(statement_id: StatementId, who: Finance, hub: Hub) -> Response:
    """Make the statement again from its lines and write it as PDF; the same bytes for ever."""
    from hub.flows.statement_pdf import to_pdf  # 20 MB, for the few that are asked for one

    made = closing.statement(hub, statement_id)
    content = BytesIO()
    to_pdf(made, content)
    return _file(made, content.getvalue(), _PDF, "pdf")


@router.get(
    "/statements/{statement_id}",
    summary="Read a statement",
    responses={
        **answers(
            200,
            shapes.StatementView,
            examples.STATEMENT,
            words="Control totals and dues; CSV, XLSX or PDF in Accept gives every line.",
            files=("text/csv", _XLSX, _PDF),
        ),
        **problems(401, 403, 404, 406, 422),
    },
)
def statement(
    statement_id: StatementId,
    who: Finance,
    hub: Hub,
    accept: Annotated[str, Header(examples=["application/json"])] = "*/*",
) -> Response:
    """Read a statement in the format asked for."""
    wanted = _format(accept)
    if wanted == "text/csv":
        return statement_csv(statement_id, who, hub)
    if wanted == _XLSX:
        return statement_xlsx(statement_id, who, hub)
    if wanted == _PDF:
        return statement_pdf(statement_id, who, hub)
    row = queries.statement(hub.database, statement_id)
    if row is None:
        raise Refused(404, "statement_unknown", "结算单不存在", "there is no such statement")
    return answer(_pick(row, _STATEMENT))


def _format(accept: str) -> str:
    """Return the first format of an Accept header that we have; raises Refused with 406."""
    for part in accept.split(","):
        kind = part.partition(";")[0].strip().lower()
        for known in _FORMATS:
            if kind in (known, "*/*", known.partition("/")[0] + "/*"):
                return known
    raise HTTPException(406)


def _file(made: Statement, content: bytes, media_type: str, suffix: str) -> Response:
    name = f"{made.period}-{made.party}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


@router.get(
    "/lines/{ref}/explanation",
    summary="Why a line is what it is",
    responses={
        **answers(200, shapes.ExplanationView, examples.EXPLANATION, words="Step by step, to the entry."),
        **problems(401, 403, 404, 422),
    },
)
def explanation_of(
    ref: Annotated[str, Path(max_length=200, examples=[examples.EXPLANATION["ref"]])], who: Finance, hub: Hub
) -> Response:
    """Explain a line of a statement: movement, clause, numbers, rounding, entry."""
    found = explanation(hub, ref)
    return answer(
        {
            "ref": ref,
            "clause": found.line.clause,
            "amount_fen": found.line.amount_fen,
            "agrees": found.agrees,
            "steps": [asdict(step) for step in found.steps],
            "postings": [asdict(posting) for posting in found.postings],
        }
    )


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
            **_pick(row, _ENTRY),
            "postings": [_pick(posting, _POSTING) for posting in row["postings"]],
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


def _pick(row: queries.Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}
