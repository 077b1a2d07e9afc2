"""The simulators behind one HTTP address; callbacks go out by thread pool, files into folders."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import httpx
import uvicorn

from connectors.exchange import Folder, Marker
from connectors.port import Answer, Call, Request, Simulator
from connectors.sandbox.faults import (
    CONTROL,
    FAILURE,
    GATEWAY_PAGE,
    Fault,
    Switches,
    control,
    damaged,
    too_fast,
)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_UNHEARD = Answer(0, {}, b"")
_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class LoanLine:
    """One line of a partner's books, as plain values; amounts are fen."""

    partner: str
    loan_no: str
    subject: str
    principal_fen: int
    outstanding_fen: int


class Sandbox:
    """All partners of a run. `serve` opens it to the hub; `pump` lets what is due happen."""

    def __init__(
        self,
        simulators: Mapping[str, Simulator],
        *,
        hub_url: str,
        clock: Callable[[], datetime],
        folders: Mapping[str, Folder] | None = None,
        workers: int = 8,
    ) -> None:
        """`simulators` and `folders` by partner id; callbacks go to `hub_url` and the path of each call."""
        self._simulators = dict(simulators)
        self._folders = dict(folders or {})
        self._hub_url = hub_url.rstrip("/")
        self._clock = clock
        self._switches = {name: Switches() for name in self._simulators}
        self._restating: set[str] = set()
        self._pumping = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="sandbox")
        limits = httpx.Limits(max_connections=workers, max_keepalive_connections=workers)
        self._client = httpx.Client(trust_env=False, timeout=httpx.Timeout(30.0), limits=limits)

    def pump(self, now: datetime, *, rounds: int = 3) -> int:
        """Deliver every callback and file due by `now`; return how many arrived.

        A callback that is not acknowledged is sent again at once, in at most `rounds` rounds, and then with
        the next pump. Callbacks of one kind that follow each other travel side by side, kinds one after the
        other.
        """
        arrived = 0
        with self._pumping:
            for name, simulator in self._simulators.items():
                for _ in range(rounds):
                    due = simulator.callbacks(now=now)
                    if not due:
                        break
                    if self._switches[name].take(Fault.REORDER):
                        due.reverse()
                    arrived += sum(self._deliver_run(name, simulator, run) for run in _runs(due))
                arrived += self._place(name, simulator, now)
        return arrived

    def next_due(self) -> datetime | None:
        """Return when the next thing falls due at any partner; None when nothing ever will."""
        due = [at for at in (simulator.next_due() for simulator in self._simulators.values()) if at]
        return min(due, default=None)

    def books(self) -> list[LoanLine]:
        """Return every loan in the partners' own books."""
        return [
            LoanLine(name, loan.loan_no, loan.subject, loan.principal_fen, loan.outstanding_fen)
            for name, simulator in self._simulators.items()
            for loan in simulator.books()
        ]

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request to /{partner}/... as that partner would."""
        _, name, rest = path.split("/", 2) if path.count("/") >= 2 else ("", "", "")
        simulator = self._simulators.get(name)
        if simulator is None:
            return Answer(404, {"content-type": "text/plain"}, b"no such partner")
        return simulator.handle(Request(method, f"/{rest}", headers, body), now=self._clock())

    async def app(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """The ASGI application. Answers are computed on the event loop: they are short and never wait."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["raw_path"].decode("latin-1")
        too_long = Answer(413, {}, b"")
        answer = too_long if body is None else await self._played(scope["method"], path, headers, body)
        if answer is None:
            # Silence until the caller has had enough.
            while (await receive())["type"] != "http.disconnect":
                continue
            return
        pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers.items()]
        pairs.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body})

    async def _played(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """Answer as the partner would with what is switched on; None is silence."""
        _, _, rest = path.partition("/")
        name, _, inner = rest.partition("/")
        if name == CONTROL and inner in self._switches:
            return control(self._switches[inner], method, body)
        switches = self._switches.get(name)
        if switches is None:
            return self.answer(method, path, headers, body)
        if late := switches.take(Fault.DELAY):
            await asyncio.sleep(late.seconds)
        if switches.take(Fault.SILENT_BEFORE):
            return None
        if slow := switches.take(Fault.SLOW_DOWN):
            return too_fast(slow.seconds)
        answer = self.answer(method, path, headers, body)
        if switches.take(Fault.SILENT_AFTER):
            return None
        if switches.take(Fault.GARBAGE):
            return GATEWAY_PAGE
        if switches.take(Fault.BROKEN):
            return FAILURE
        if switches.take(Fault.WRONG_SIGNATURE):
            return replace(answer, body=damaged(answer.body))
        return answer

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serve on loopback in a thread of its own and yield the address, without a partner's name."""
        # Named TCP, so that the event loop turns Nagle's algorithm off: with it every answer waits 40 ms.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
        config = uvicorn.Config(
            self.app,
            interface="asgi3",
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=75,
            server_header=False,
            date_header=False,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="sandbox-http", daemon=True
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            listening.close()

    def close(self) -> None:
        """Stop delivering."""
        self._pool.shutdown()
        self._client.close()

    def partner(self, name: str) -> Simulator:
        """Return the partner as it is played, for whoever compares its books."""
        return self._simulators[name]

    def switches(self, name: str) -> Switches:
        """Return a partner's fault switches."""
        return self._switches[name]

    def _deliver_run(self, name: str, simulator: Simulator, run: Sequence[tuple[str, Call]]) -> int:
        return sum(self._pool.map(lambda item: self._deliver(name, simulator, *item), run))

    def _deliver(self, name: str, simulator: Simulator, kind: str, call: Call) -> bool:
        switches = self._switches[name]
        if switches.take(Fault.LOST_CALLBACK):
            return False
        if switches.take(Fault.CALLBACK_ONCE):
            # The partner does not look at the answer, and so never has a reason to send it again.
            return self._post(call).status == 200
        if switches.take(Fault.FORGED_CALLBACK):
            answer = self._post(replace(call, body=damaged(call.body)))
        else:
            answer = self._post(call)
        if switches.take(Fault.DUPLICATE):
            self._post(call)
        return simulator.accepts(kind, call, answer, now=self._clock())

    def _post(self, call: Call) -> Answer:
        try:
            heard = self._client.request(
                call.method, self._hub_url + call.path, headers=dict(call.headers), content=call.body
            )
            return Answer(heard.status_code, dict(heard.headers), heard.content)
        except httpx.TransportError:
            return _UNHEARD

    def _place(self, name: str, simulator: Simulator, now: datetime) -> int:
        folder = self._folders.get(name)
        restate: Callable[[], None] | None = getattr(simulator, "restate", None)
        if restate is not None and self._switches[name].take(Fault.RESTATED_FILE):
            restate()
            self._restating.add(name)
        placed: Sequence[tuple[str, bytes]] = simulator.files(now=now)
        if folder is None:
            return 0
        for file, content in placed:
            if name in self._restating:
                # A partner that corrects itself writes over what nobody has fetched yet.
                (folder.root / file).unlink(missing_ok=True)
            folder.place(file, content, durable=False)
        return sum(not Marker(folder.marker).is_marker(file) for file, _ in placed)


def _runs(due: Iterable[tuple[str, Call]]) -> Iterator[list[tuple[str, Call]]]:
    """Yield what follows each other and is of one kind, together."""
    for _, run in groupby(due, key=itemgetter(0)):
        yield list(run)


async def _body(receive: Receive) -> bytes | None:
    """Return the request's body, or None when it is too long."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > _MOST_BYTES:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
