"""`serve` and `work`: the hub's processes, which end what they have begun when told to stop."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType

from hub import logs
from hub.cli.faults import WRONG_USE, Refusal
from hub.flows import collecting, day_inquiries
from hub.flows.context import Context
from hub.settings import Settings
from hub.wiring import SettableClock, assemble
from hub.worker import Signal, Worker

GRACE_SECONDS = 20
"""How long open requests may take to end after the signal to stop."""


def serve(*, work: bool, sandbox: bool, start: datetime | None) -> None:
    """Run the web application, and the worker with it, until SIGTERM or SIGINT.

    The address is printed once the socket listens; port 0 takes a free one. Raises what `assemble` and
    `load_access` raise, and Refusal when the address is taken.
    """
    import uvicorn

    from hub.web.access import load_access
    from hub.web.app import create_app

    settings = _settings(sandbox)
    logs.set_up(settings.log_level)
    if start is not None and not settings.sandbox:
        raise Refusal("--clock is for a sandbox: add --sandbox, or leave it out", code=WRONG_USE)
    wake = Signal()
    clock, set_clock = _clock(settings, start, wake)
    # Keys first: without them nothing is opened, not even the database.
    access = load_access(settings)
    context = assemble(settings, clock=clock, random=os.urandom, wake=wake.wake)
    app = create_app(context, access, set_clock=set_clock)
    listening = _listen(settings)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )
    server = uvicorn.Server(config)

    def end() -> None:
        server.should_exit = True

    _spare_the_collector()
    stopped = _heed_signals(end)
    worker = _worker(context, wake) if work else None
    host, port = listening.getsockname()[:2]
    print(f"http://{host}:{port}", flush=True)
    try:
        server.run(sockets=[listening])
    finally:
        stopped.set()
        _end(context, worker)


def work() -> None:
    """Run the worker until SIGTERM or SIGINT."""
    settings = _settings(sandbox=False)
    logs.set_up(settings.log_level)
    wake = Signal()
    clock, _ = _clock(settings, None, wake)
    context = assemble(settings, clock=clock, random=os.urandom, wake=wake.wake)
    _spare_the_collector()
    stopped = _heed_signals()
    worker = _worker(context, wake)
    print("working", flush=True)
    stopped.wait()
    _end(context, worker)


def _settings(sandbox: bool) -> Settings:
    settings = Settings()
    return settings.model_copy(update={"sandbox": True}) if sandbox else settings


def _clock(
    settings: Settings, start: datetime | None, wake: Signal
) -> tuple[Callable[[], datetime], Callable[[datetime], None] | None]:
    """The clock, and in a sandbox the way to set it: what the new time makes due is begun at once."""
    if not settings.sandbox:
        return lambda: datetime.now(UTC), None
    clock = SettableClock(start or datetime.now(UTC))

    def set_clock(now: datetime) -> None:
        clock.set(now)
        wake.wake_all()

    return clock, set_clock


def _worker(context: Context, wake: Signal) -> Worker:
    day_inquiries.begin(context)
    collecting.begin(context)
    worker = Worker(context, owner=f"{socket.gethostname()}:{os.getpid()}", signal=wake)
    worker.start()
    return worker


def _end(context: Context, worker: Worker | None) -> None:
    if worker is not None:
        worker.stop()
    if context.bell is not None:
        context.bell.close()
    context.database.close()


def _spare_the_collector() -> None:
    """Take what was loaded for good out of the garbage collector's rounds, and make them rarer.

    Measured over whole lives of applications: 12 in 100 of the CPU, for 4 MB.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _heed_signals(end: Callable[[], None] = lambda: None) -> threading.Event:
    """An event set by SIGTERM and SIGINT, which then no longer end the process by themselves.

    The web server takes the signals while it runs and raises them again when it has drained; without these
    handlers that would end the process before the worker has. A signal that comes before the server takes
    them is told to it by `end`; it would run on otherwise.
    """
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()
        end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopped


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # The event loop turns Nagle's algorithm off only where the protocol is named; with it every answer waits
    # 40 ms for the other side's delayed acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # A restarted hub takes its port over at once; on Windows the option would let two processes share it.
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        # From here on whoever read the address is not refused, only kept waiting until the server runs.
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise Refusal(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); "
            "choose another LOANHUB_PORT, 0 for a free one"
        ) from None
    return listening
