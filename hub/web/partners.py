"""The partners' door: the raw bytes of a callback in, an answer in the partner's own words out."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from hub.flows import door
from hub.web.describe import problems
from hub.web.parameters import Hub
from hub.web.strict_json import read_bytes

MAX_BYTES: Final = 512 * 1024
"""A plan of 360 terms, sealed and in base64, takes less than a fifth of this."""

router = APIRouter(prefix="/v1/partners", tags=["partners"])
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["city_bank"])]
Kind = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["credit"])]


@router.post(
    "/{partner}/callbacks/{kind}",
    summary="A partner tells a fact",
    response_class=Response,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The partner's own dialect, signed; at most 512 KiB.",
            "content": {
                "*/*": {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "biz_content=...&sign=...",
                }
            },
        }
    },
    responses={
        200: {
            "description": "The partner's own acknowledgement; refusals too are in the partner's words.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}, "example": "success"}},
        },
        **problems(404, 413, 422),
    },
)
async def callback(request: Request, partner: Name, kind: Kind, hub: Hub) -> Response:
    """Verify a callback, keep its bytes, acknowledge it. Its signature is what authenticates it."""
    raw = await read_bytes(request, MAX_BYTES)
    scope = request.scope
    path = scope.get("raw_path", scope["path"].encode()).decode("ascii", "replace")
    if scope["query_string"]:
        path += "?" + scope["query_string"].decode("ascii", "replace")
    said = await run_in_threadpool(
        door.callback,
        hub,
        partner,
        kind,
        method=request.method,
        path=path,
        headers=request.headers,
        body=raw,
    )
    return Response(said.body, said.status, dict(said.headers))
