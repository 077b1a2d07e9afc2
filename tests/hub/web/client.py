"""A caller of the web application: the real ASGI protocol, without sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

FRONTEND = "sandbox-frontend-key"
FINANCE = "sandbox-finance-key"
OPERATOR = "sandbox-operator-key"


@dataclass(frozen=True)
class Said:
    """An answer: status, headers with lower-case names, and the body's bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def fields(self) -> set[str]:
        """The fields a problem names."""
        return {fault["field"] for fault in self.json()["errors"]}

    @property
    def code(self) -> str:
        """The code of a problem, whose form is checked on the way."""
        problem = self.json()
        assert self.headers["content-type"] == "application/problem+json"
        assert set(problem) == {"type", "title", "status", "detail", "instance", "code", "errors"}
        assert problem["status"] == self.status
        assert problem["type"] == f"urn:loanhub:problem:{problem['code']}"
        code: str = problem["code"]
        return code


class Caller:
    """Calls an application as one key's holder."""

    def __init__(self, app: FastAPI, key: str | None = FRONTEND) -> None:
        self.app = app
        self.key = key

    def get(self, path: str, **headers: str) -> Said:
        """GET a path."""
        return self.call("GET", path, headers=_spelled(headers))

    def post(self, path: str, body: object = b"", **headers: str) -> Said:
        """POST a body: bytes as they are, anything else as JSON."""
        return self.call("POST", path, body, _spelled(headers))

    def put(self, path: str, body: object) -> Said:
        """PUT a body."""
        return self.call("PUT", path, body)

    def call(
        self, method: str, path: str, body: object = b"", headers: Mapping[str, str] | None = None
    ) -> Said:
        """Send one request and return the answer."""
        return asyncio.run(self._send(method, path, body, headers or {}))

    def together(self, requests: Sequence[tuple[str, str, object, Mapping[str, str]]]) -> list[Said]:
        """Send several requests at once."""

        async def all_of_them() -> list[Said]:
            return list(await asyncio.gather(*(self._send(*request) for request in requests)))

        return asyncio.run(all_of_them())

    async def _send(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Said:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        sent = {"host": "hub", "content-length": str(len(raw))}
        if method != "GET":
            sent["content-type"] = "application/json"
        if self.key is not None:
            sent["authorization"] = f"Bearer {self.key}"
        sent.update({name.lower(): value for name, value in headers.items()})
        bare, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(bare),
            "raw_path": bare.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("hub", 80),
        }
        return await _exchange(self.app, scope, raw)


async def _exchange(app: FastAPI, scope: dict[str, Any], raw: bytes) -> Said:
    pieces = [raw[at : at + 65536] for at in range(0, len(raw), 65536)] or [b""]
    started: dict[str, Any] = {}
    content: list[bytes] = []

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            content.append(message.get("body", b""))

    await app(scope, receive, send)
    headers = {name.decode().lower(): value.decode() for name, value in started["headers"]}
    return Said(started["status"], headers, b"".join(content))


def _spelled(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
