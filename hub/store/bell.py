"""Waking workers in other processes: LISTEN and NOTIFY, beside the mailbox and never instead of it.

A notification says only that a queue may have work. One that is lost costs the pause after which a sleeping
worker looks anyway. They are sent from a thread of their own and at most every `SPACING` seconds, because
PostgreSQL lets transactions that notify commit only one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import psycopg
from sqlalchemy.engine import make_url

from hub import logs

log = logs.get(__name__)

CHANNEL: Final = "loanhub_work"
SPACING: Final = 0.02
"""Seconds between two notifications of a process; what is rung meanwhile goes into the next."""
LOOK_UP: Final = 1.0
"""Seconds after which a listener looks whether it is to end, and a lost connection is made anew."""
_NOTIFY: Final = "SELECT pg_notify(%s, queue) FROM unnest(%s::text[]) AS queue"


class Bell:
    """Rings for the workers of other processes, and listens for theirs. Thread-safe."""

    def __init__(self, url: str) -> None:
        """`url` is the database's, on PostgreSQL."""
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._rung: set[str] = set()
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._own_pid = 0
        self._begin("bell-rings", self._ring_all)

    def ring(self, queue: str) -> None:
        """Let every worker know that a queue may have work; returns at once."""
        with self._lock:
            self._rung.add(queue)
        self._due.set()

    def listen(self, heard: Callable[[str], None], heard_all: Callable[[], None]) -> None:
        """Call `heard` with each queue others rang for, `heard_all` when some may have been missed."""
        self._begin("bell-listens", lambda: self._listen(heard, heard_all))

    def close(self) -> None:
        """End the threads; a last notification may remain unsent."""
        self._ended.set()
        self._due.set()
        for thread in self._threads:
            thread.join()

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._outlive, args=(work,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _outlive(self, work: Callable[[], None]) -> None:
        """Do `work`, again after its connection was lost, until the end."""
        while not self._ended.is_set():
            try:
                work()
            except psycopg.Error as error:
                log.warning("the bell lost its connection", error=type(error).__name__)
                self._ended.wait(LOOK_UP)

    def _ring_all(self) -> None:
        self._due.wait()
        if self._ended.is_set():
            return
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            self._own_pid = connection.info.backend_pid
            while not self._ended.is_set():
                self._due.clear()
                with self._lock:
                    rung, self._rung = self._rung, set()
                if rung:
                    connection.execute(_NOTIFY, (CHANNEL, sorted(rung)))
                self._ended.wait(SPACING)
                self._due.wait()

    def _listen(self, heard: Callable[[str], None], heard_all: Callable[[], None]) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            heard_all()  # whatever was rung while nobody listened
            while not self._ended.is_set():
                for told in connection.notifies(timeout=LOOK_UP, stop_after=1):
                    if told.pid != self._own_pid:
                        heard(told.payload)
