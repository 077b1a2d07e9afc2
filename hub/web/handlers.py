"""Every exception of the app becomes a problem; what nobody foresaw becomes one without details."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import logs
from hub.flows import errors
from hub.store.queries import UNAVAILABLE
from hub.web.faults import of_parameters
from hub.web.problems import Refused, from_flow, response, unavailable

log = logs.get(__name__)

_PLAIN: Final[Mapping[int, tuple[str, str, str]]] = {
    404: ("not_found", "没有这个地址", "there is nothing at this address"),
    405: ("method_not_allowed", "该地址不支持此方法", "this address does not take this method"),
    406: ("not_acceptable", "没有所需格式", "there is no such format; ask for JSON"),
}


def install(app: FastAPI) -> None:
    """Answer every exception of the app with a problem."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return response(error, request.url.path)

    @app.exception_handler(errors.FlowError)
    async def flow(request: Request, error: errors.FlowError) -> Response:
        return response(from_flow(error), request.url.path)

    async def no_database(request: Request, error: Exception) -> Response:
        log.error("database unavailable", error=type(error).__name__)
        return response(unavailable(), request.url.path)

    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, no_database)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        code, zh, en = _PLAIN.get(error.status_code, ("refused", "请求未被接受", "the request was refused"))
        return response(Refused(error.status_code, code, zh, en, headers=error.headers), request.url.path)

    @app.exception_handler(RequestValidationError)
    async def parameters(request: Request, error: RequestValidationError) -> Response:
        return response(of_parameters(error.errors()), request.url.path)

    app.add_middleware(Guardrail)


class Guardrail:
    """Turns whatever else goes wrong into a 500 problem; the log names the place, never the values.

    Exceptions of drivers and validators carry personal values in their text, so neither their message nor a
    traceback with it is written.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return
        except Exception as error:
            log.error("unhandled", error=type(error).__name__, at=_places(error), method=scope["method"])
            if started:
                return
            broken = Refused(
                500,
                "internal_error",
                "处理时发生错误，请勿更换 Idempotency-Key，稍后重试",
                "something went wrong here; try again later with the same Idempotency-Key",
            )
            await response(broken, scope["path"])(scope, receive, send)


def _places(error: BaseException) -> list[str]:
    """The last calls before the exception, as file:line:function."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}:{frame.name}" for frame in frames]
