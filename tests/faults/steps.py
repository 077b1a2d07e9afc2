"""The step boundaries of the hub's flows: found by wrapping the seams they go through, and died at.

A flow touches the world in a few places only: it commits, dials a partner, moves a file, answers a request.
Each is wrapped here, in a hub process of the kill loop and nowhere else; a boundary is named after the flow
that goes through the seam. A run that dies nowhere writes down every boundary it passes: that is the list
of points, which no hand keeps.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, Final

from sqlalchemy import Connection

import hub.web.app as web
from connectors.exchange import folder as exchange
from connectors.transport import Transport
from hub.cli import closing
from hub.store.session import Database

_FLOWS: Final = (
    "hub/flows/",
    "hub/cli/closing.py",
    "hub/worker.py",
    "hub/wiring.py",
    "hub/store/migrate.py",
    "hub/store/datakeys.py",
)
_HELPERS: Final = frozenset({"first_answer", "_retry", "_guard"})


@dataclass(frozen=True, slots=True)
class Death:
    """Where to die: at which boundary, and at which time it is passed, the first being 1."""

    point: str
    time: int = 1


class Steps:
    """Counts the boundaries a process passes, notes each new one, and dies where it is told to."""

    def __init__(self, trace: Path, death: Death | None) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._death = death
        self._passed: Counter[str] = Counter()

    def at(self, point: str) -> None:
        """Pass a boundary."""
        self._passed[point] += 1
        # One write of one line: whole even when the next thing that happens is the end.
        os.write(self._trace, f"{point}\n".encode())
        if self._death == Death(point, self._passed[point]):
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Wrap the seams of this process."""
        self._wrap_commits()
        self._wrap(Transport, "send", "send")
        self._wrap(exchange, "_copy", "link file")
        self._wrap(exchange, "_move", "move file")
        self._wrap(closing, "write_whole", "write file")
        self._wrap(Path, "replace", "rename file")
        create = web.create_app

        @wraps(create)
        def created(*given: Any, **named: Any) -> Any:
            return _Answered(create(*given, **named), self.at)

        web.create_app = created  # type: ignore[assignment]

    def _wrap(self, owner: Any, name: str, words: str) -> None:
        inner = getattr(owner, name)

        @wraps(inner)
        def stepped(*given: Any, **named: Any) -> Any:
            flow = _flow(sys._getframe(1))
            self.at(f"{flow}: before {words}")
            found = inner(*given, **named)
            self.at(f"{flow}: after {words}")
            return found

        setattr(owner, name, stepped)

    def _wrap_commits(self) -> None:
        inner = Database.write

        @contextmanager
        def write(database: Database) -> Iterator[Connection]:
            flow = _flow(sys._getframe(2))
            with inner(database) as tx:
                yield tx
                self.at(f"{flow}: before commit")
            self.at(f"{flow}: after commit")

        Database.write = write  # type: ignore[method-assign]


class _Answered:
    """The web application with a boundary on both sides of every answer to what changes something."""

    def __init__(self, app: Any, at: Callable[[str], None]) -> None:
        self._app, self._at = app, at
        self.state = app.state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return

        async def heard() -> Any:
            message = await receive()
            if message["type"] == "http.request":
                self._at(f"{_address(scope['path'])}: after request")
            return message

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._at(f"{_address(scope['path'])}: before answer")
            await send(message)
            if message["type"] == "http.response.body":
                self._at(f"{_address(scope['path'])}: after answer")

        await self._app(scope, heard, told)


def _address(path: str) -> str:
    """Return a path of the interface without the numbers in it."""
    return "POST " + "/".join("*" if any(c.isdigit() for c in part[2:]) else part for part in path.split("/"))


def _flow(frame: FrameType | None) -> str:
    """Return the flow a call comes from: the nearest function of the flows, with what it is about."""
    while frame is not None:
        file = frame.f_code.co_filename.replace("\\", "/")
        name = frame.f_code.co_qualname
        if any(part in file for part in _FLOWS) and name not in _HELPERS and "<lambda>" not in name:
            return f"{Path(file).stem}.{name}{_about(frame)}"
        frame = frame.f_back
    return "start"


def _about(frame: FrameType) -> str:
    """Return what tells one use of a function from another: ask, job, kind of callback or queue."""
    names = frame.f_locals
    for found in (
        getattr(names.get("ask"), "kind", None),
        getattr(names.get("job"), "kind", None),
        names.get("kind"),
        str(names["queue"]).partition(":")[0] if "queue" in names else None,
    ):
        if isinstance(found, str):
            failure = names.get("failure")
            return f"({found}{'' if failure is None else ', ' + type(failure).__name__.lower()})"
    return ""
