"""The operators' door: what waits, what was set aside for a person, and the sandbox's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from contracts.messages import Strict
from hub.domain.matters import Kind, words
from hub.flows import desk
from hub.flows.context import Context
from hub.store import queries
from hub.web import examples
from hub.web.access import Guard, Scope
from hub.web.answers import answer
from hub.web.describe import answers, body, problems
from hub.web.parameters import ApplicationId, Cursor, Digits, Hub, Limit, Word, cursor_of, place_of
from hub.web.problems import Refused
from hub.web.shapes import desk as shapes
from hub.web.strict_json import read_json

router = APIRouter(prefix="/v1/operations", tags=["operations"])
sandbox = APIRouter(prefix="/v1/sandbox", tags=["sandbox"])
Operator = Annotated[str, Depends(Guard(Scope.OPERATOR))]

LOOK_EVERY_SECONDS: Final = 0.005
_MATTER: Final = tuple(shapes.MatterView.model_fields)
MatterId = Annotated[str, Path(pattern=Word, examples=[examples.MATTER["id"]])]


class Stated(Strict):
    """Why a person does it."""

    why: Annotated[str, Field(min_length=3, max_length=400, examples=["duplicate of yesterday's file"])]


class NewTime(Strict):
    """The time the sandbox shall have."""

    now: Annotated[AwareDatetime, Field(examples=["2026-01-31T16:00:00Z"])]


@router.get(
    "/backlog",
    summary="What waits",
    responses={
        **answers(200, shapes.Backlog, examples.BACKLOG, words="Counts at this moment."),
        **problems(401, 403),
    },
)
def backlog(who: Operator, hub: Hub) -> Response:
    """Count waiting and buried work, open matters, and applications by state."""
    now = hub.now()
    return answer({"at": now, **queries.backlog(hub.database, now=now)})


@router.get(
    "/matters",
    summary="What waits for a person",
    responses={
        **answers(200, shapes.MatterPage, examples.MATTERS, words="A page of matters."),
        **problems(401, 403, 422),
    },
)
def listed(
    who: Operator,
    hub: Hub,
    state: Annotated[Literal["open", "closed"], Query()] = "open",
    kind: Annotated[Kind | None, Query()] = None,
    partner: Annotated[str | None, Query(pattern=Word, examples=["city_bank"])] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List matters by id: parked messages, buried work, and whatever else calls for a person."""
    rows = queries.matters(
        hub.database,
        state=state,
        kind=None if kind is None else kind.value,
        partner=partner,
        after=place_of(cursor),
        limit=limit + 1,
    )
    page = [_view(row) for row in rows[:limit]]
    more = cursor_of(page[-1]["id"]) if len(rows) > limit else None
    return answer({"items": page, "next_cursor": more})


@router.get(
    "/matters/{matter_id}",
    summary="Read a matter",
    responses={
        **answers(200, shapes.MatterView, examples.MATTER, words="The matter and what became of it."),
        **problems(401, 403, 404, 422),
    },
)
def read(matter_id: MatterId, who: Operator, hub: Hub) -> Response:
    """Read one matter."""
    row = queries.matter(hub.database, matter_id)
    if row is None:
        raise Refused(404, "matter_unknown", "待办事项不存在", "there is no such matter")
    return answer(_view(row))


@router.post(
    "/matters/{matter_id}/dismiss",
    summary="Close a matter",
    openapi_extra=body(Stated, {"why": "duplicate of yesterday's file"}),
    responses={
        **answers(
            200,
            shapes.MatterView,
            {**examples.MATTER, "state": "closed", "closed_how": "dismissed", "closed_by": "operator:ann"},
            words="Closed. What it was about is not done; what it suspended goes on.",
        ),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def dismiss(request: Request, matter_id: MatterId, who: Operator, hub: Hub) -> Response:
    """Close a matter with a stated reason. Repeating it is harmless."""
    return await _act(desk.dismiss, request, matter_id, who, hub)


@router.post(
    "/matters/{matter_id}/replay",
    summary="Do again what a matter is about",
    openapi_extra=body(Stated, {"why": "the database is back"}),
    responses={
        **answers(
            200,
            shapes.MatterView,
            {**examples.MATTER, "state": "closed", "closed_how": "replayed", "closed_by": "operator:ann"},
            words="Queued again, with the same request number and bytes.",
        ),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def replay(request: Request, matter_id: MatterId, who: Operator, hub: Hub) -> Response:
    """Queue buried work, or a parked message, once more, with a stated reason. Repeating it is harmless."""
    return await _act(desk.replay, request, matter_id, who, hub)


async def _act(
    act: Callable[..., None], request: Request, matter_id: str, who: str, hub: Context
) -> Response:
    received = await read_json(request, Stated)

    def done() -> queries.Row:
        act(hub, matter_id, why=received.value.why, who=f"operator:{who}")
        return queries.matter(hub.database, matter_id) or {}

    return answer(_view(await run_in_threadpool(done)))


def _view(row: queries.Row) -> dict[str, Any]:
    return {name: {**row, **words(row["kind"])}[name] for name in _MATTER}


@router.get(
    "/applications/{application_id}/exchanges",
    summary="What passed between us and the partners",
    responses={
        **answers(200, shapes.ExchangePage, examples.EXCHANGES, words="Every try of every request."),
        **problems(401, 403, 404, 422),
    },
)
def exchanges(
    application_id: ApplicationId, who: Operator, hub: Hub, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List every exchange about an application's attempts: verdict, time and sizes, never content."""
    rows = queries.exchanges(hub.database, application_id, after=place_of(cursor), limit=limit + 1)
    if rows is None:
        raise Refused(404, "application_unknown", "申请不存在", "there is no such application")
    more = cursor_of(rows[limit - 1]["id"]) if len(rows) > limit else None
    return answer({"items": rows[:limit], "next_cursor": more})


@router.get(
    "/days",
    summary="Ends of business days",
    responses={
        **answers(200, shapes.Days, examples.DAYS, words="The newest first."),
        **problems(401, 403, 422),
    },
)
def days(who: Operator, hub: Hub, limit: Limit = 50) -> Response:
    """List the ends of business days with what each found."""
    return answer({"items": queries.days(hub.database, limit=limit)})


@router.get(
    "/daily-files",
    summary="Daily files that came",
    responses={
        **answers(200, shapes.DailyFiles, examples.DAILY_FILES, words="The newest first."),
        **problems(401, 403, 422),
    },
)
def daily_files(
    who: Operator,
    hub: Hub,
    partner: Annotated[str | None, Query(pattern=Word, examples=["city_bank"])] = None,
    limit: Limit = 50,
) -> Response:
    """List daily files with their versions; one that did not come is a matter of the kind missing_file."""
    return answer({"items": queries.daily_files(hub.database, partner=partner, limit=limit)})


@sandbox.get(
    "/quiet",
    summary="Wait until nothing is due",
    responses={
        **answers(
            200, shapes.Quiet, {"quiet": True}, words="Whether nothing is due, or being done, any more."
        ),
        **problems(401, 403, 422),
    },
)
def quiet(who: Operator, hub: Hub, seconds: Annotated[Digits, Query(ge=0, le=30)] = 10) -> Response:
    """Answer as soon as no work is due, or when the seconds are over: then there still is some."""
    end = time.monotonic() + seconds
    while not (found := queries.quiet(hub.database, now=hub.now())) and time.monotonic() < end:
        time.sleep(LOOK_EVERY_SECONDS)
    return answer({"quiet": found})


@sandbox.put(
    "/clock",
    summary="Set the sandbox's clock",
    openapi_extra=body(NewTime, {"now": "2026-01-31T16:00:00Z"}),
    responses={
        **answers(200, shapes.Clock, {"now": "2026-01-31T16:00:00Z"}, words="The time is now this."),
        **problems(400, 401, 403, 413, 415, 422),
    },
)
async def set_clock(request: Request, who: Operator) -> Response:
    """Set the time everything in the sandbox goes by. This address does not exist in service."""
    received = await read_json(request, NewTime)
    now = received.value.now.astimezone(UTC)
    setter: Callable[[datetime], None] = request.app.state.set_clock
    await run_in_threadpool(setter, now)
    return answer({"now": now})
