"""The operators' door to terms: which versions there are, and two persons putting one in use."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from hub.domain.activation import Kind, Step, Version
from hub.flows import activating
from hub.flows.context import Context
from hub.web import examples
from hub.web.answers import answer
from hub.web.describe import answers, body, problems
from hub.web.operations import Operator, Stated
from hub.web.parameters import Digits, Hub, Word
from hub.web.shapes import desk as shapes
from hub.web.strict_json import read_json

router = APIRouter(prefix="/v1/operations/terms", tags=["operations"])
Name = Annotated[str, Path(pattern=Word, examples=["city_bank_standard"])]
Number = Annotated[Digits, Path(ge=1, examples=[1])]
_WHY = {"why": "signed supplement of January"}


@router.get(
    "",
    summary="Versions of terms",
    responses={
        **answers(200, shapes.TermsList, examples.TERMS, words="Every version ever applied."),
        **problems(401, 403),
    },
)
def listed(who: Operator, hub: Hub) -> Response:
    """List programmes, agreements and rules by version: kept, draft or active, by whom and why."""
    return answer({"items": activating.listed(hub)})


@router.post(
    "/{kind}/{name}/{version}/draft",
    summary="Put a version forward",
    openapi_extra=body(Stated, _WHY),
    responses={
        **answers(200, shapes.TermsView, examples.DRAFT, words="Drafted; another person may activate it."),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def draft(
    request: Request, kind: Kind, name: Name, version: Number, who: Operator, hub: Hub
) -> Response:
    """Put a version forward with a stated reason. Repeating it is harmless."""
    return await _take(Step.DRAFT, request, Version(kind, name, version), who, hub)


@router.post(
    "/{kind}/{name}/{version}/activate",
    summary="Activate a version",
    openapi_extra=body(Stated, _WHY),
    responses={
        **answers(200, shapes.TermsView, examples.TERMS_ACTIVE, words="In use from now on."),
        **problems(400, 401, 403, 404, 409, 413, 415, 422),
    },
)
async def activate(
    request: Request, kind: Kind, name: Name, version: Number, who: Operator, hub: Hub
) -> Response:
    """Activate what another person has drafted, with a stated reason. Repeating it is harmless."""
    return await _take(Step.ACTIVATE, request, Version(kind, name, version), who, hub)


async def _take(step: Step, request: Request, version: Version, who: str, hub: Context) -> Response:
    received = await read_json(request, Stated)

    def done() -> dict[str, Any]:
        activating.take(hub, version, step, who=f"operator:{who}", why=received.value.why)
        return next(row for row in activating.listed(hub) if row["terms"] == str(version))

    return answer(await run_in_threadpool(done))
