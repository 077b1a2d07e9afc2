"""The operators' door: what waits, what was set aside for a person, and the sandbox's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from contracts.messages import Strict
from hub.flows import dismissal
from hub.store import queries
from hub.web import examples
from hub.web.access import Guard, Scope
from hub.web.answers import answer
from hub.web.describe import answers, body, problems
from hub.web.parameters import Cursor, Digits, Hub, Limit, Word, cursor_of, place_of
from hub.web.shapes import desk as shapes
from hub.web.strict_json import read_json

router = APIRouter(prefix="/v1/operations", tags=["operations"])
sandbox = APIRouter(prefix="/v1/sandbox", tags=["sandbox"])
Operator = Annotated[str, Depends(Guard(Scope.OPERATOR))]

LOOK_EVERY_SECONDS: Final = 0.005
_PARKED: Final = tuple(shapes.ParkedView.model_fields)


class Dismissal(Strict):
    """Why a person closes a parked message."""

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
    """Count waiting and buried work, parked messages, and applications by state."""
    now = hub.now()
    return answer({"at": now, **queries.backlog(hub.database, now=now)})


@router.get(
    "/parked",
    summary="Messages set aside for a person",
    responses={
        **answers(200, shapes.ParkedPage, examples.PARKED_PAGE, words="A page of parked messages."),
        **problems(401, 403, 422),
    },
)
def parked(
    who: Operator,
    hub: Hub,
    state: Annotated[Literal["open", "dismissed"], Query()] = "open",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List messages that contradict the record, by id."""
    rows = queries.parked(hub.database, state=state, after=place_of(cursor), limit=limit + 1)
    page = [{name: row[name] for name in _PARKED} for row in rows[:limit]]
    more = cursor_of(page[-1]["id"]) if len(rows) > limit else None
    return answer({"items": page, "next_cursor": more})


@router.post(
    "/parked/{parked_id}/dismiss",
    summary="Close a parked message",
    openapi_extra=body(Dismissal, {"why": "duplicate of yesterday's file"}),
    responses={
        **answers(
            200,
            shapes.ParkedView,
            {**examples.PARKED, "state": "dismissed", "closed_by": "ops", "closed_why": "duplicate"},
            words="Closed; nothing of it was applied.",
        ),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def dismiss(
    request: Request,
    parked_id: Annotated[str, Path(pattern=Word, examples=[examples.PARKED["id"]])],
    who: Operator,
    hub: Hub,
) -> Response:
    """Close a parked message with a stated reason. Repeating it is harmless."""
    received = await read_json(request, Dismissal)
    why = received.value.why

    def close() -> queries.Row | None:
        dismissal.dismiss(hub, parked_id, why=why, who=f"operator:{who}")
        return queries.parked_one(hub.database, parked_id)

    row = await run_in_threadpool(close) or {}
    return answer({name: row[name] for name in _PARKED})


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
