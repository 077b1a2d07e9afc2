"""The web application: every door, the description of them, and whether the hub is alive and ready."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import anyio.to_thread
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import Response

from contracts.application import DrawdownWish, RepaymentWish, SigningWish, Submission
from hub.flows.context import Context
from hub.store import queries
from hub.web import (
    describe,
    finance,
    frontend,
    handlers,
    money,
    operations,
    partners,
    portfolio,
    settling,
    terms,
)
from hub.web.access import Access
from hub.web.answers import answer
from hub.web.parameters import Hub
from hub.web.shapes.desk import Health

THREADS: Final = 12
"""Requests at work in the database at once: fewer than the connections it keeps, so none waits for one."""

_DESCRIPTION: Final = """
Amounts are integer fen in fields ending `_fen`; rates are annual fractions as decimal text; times are UTC,
business dates and months Asia/Shanghai. Every refusal is an RFC 9457 problem with a stable `code`.
Bodies are strict JSON: UTF-8, no repeated keys, no floats, no unknown fields, at most 64 KiB.
"""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def create_app(
    context: Context, access: Access, *, set_clock: Callable[[datetime], None] | None = None
) -> FastAPI:
    """Return the application over a hub's parts. `set_clock` is given in a sandbox only."""
    app = FastAPI(
        title="LoanHub",
        version=_version(),
        description=_DESCRIPTION.strip(),
        lifespan=_lifespan,
        redirect_slashes=False,
        redoc_url=None,
    )
    app.state.context = context
    app.state.access = access
    handlers.install(app)
    # A request is held against one route after the other: the busiest doors come first.
    for door in (partners, frontend, money, finance, settling, portfolio, operations, terms):
        app.include_router(door.router)
    if set_clock is not None:
        app.state.set_clock = set_clock
        app.include_router(operations.sandbox)
    _health(app)
    wishes: list[type[BaseModel]] = [DrawdownWish, SigningWish, RepaymentWish]
    bodies: list[type[BaseModel]] = [
        Submission,
        *wishes,
        operations.Stated,
        operations.NewTime,
        settling.Claim,
        settling.Left,
    ]
    describe.install(app, bodies)
    return app


def _health(app: FastAPI) -> None:
    words = {"ok": {"status": "ok"}}

    @app.get(
        "/healthz",
        tags=["health"],
        summary="Alive",
        responses={**describe.answers(200, Health, words["ok"]), **describe.problems()},
    )
    async def healthz() -> Response:
        """Answer as long as the process lives."""
        return answer(words["ok"])

    @app.get(
        "/readyz",
        tags=["health"],
        summary="Ready to serve",
        responses={**describe.answers(200, Health, words["ok"]), **describe.problems()},
    )
    def readyz(hub: Hub) -> Response:
        """Answer 200 when the database answers, else 503."""
        queries.ping(hub.database)
        return answer(words["ok"])


def _version() -> str:
    try:
        return version("loanhub")
    except PackageNotFoundError:
        return "0"
