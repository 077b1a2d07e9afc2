"""SFTP: a partner's folder on its server, fetched into a mirror by a thread of its own, and uploads to it."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from connectors.exchange import verbs
from connectors.exchange.mirror import After, Mirror, decide
from connectors.exchange.names import Marker, Settling, plain
from connectors.exchange.session import Account, check_account, run, session
from connectors.exchange.verbs import Place
from connectors.port import Unreadable

__all__ = ["Account", "After", "Place", "Sftp", "upload"]


def upload(account: Account, folder: str, name: str, content: bytes, *, replace: bool = False) -> None:
    """Put a file on the server so that its name appears only once it is whole; resumes where it broke off.

    Raises FileExistsError when a file of that name has other content, unless `replace` restates it; a
    ConnectorFailure when the server cannot be used: Unreachable means the name has not appeared; Forged when
    the server is another one.
    """
    target = PurePosixPath(folder) / plain(name)

    async def visit() -> None:
        async with session(account) as sftp:
            await verbs.put(sftp, target, content, replace)

    run(visit, account.visit_seconds)


class Sftp:
    """An Exchange over SFTP. `complete` never waits: a visit in the background fills the mirror it lists."""

    def __init__(
        self,
        account: Account,
        place: Place,
        root: Path,
        *,
        poll_seconds: float = 60,
        settling: Settling | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`root` is the mirror's folder, the partner's own; `poll_seconds` the least time between visits."""
        check_account(account)
        self._account = account
        self._place = place
        self._mirror = Mirror(root, place.max_bytes)
        self._poll = poll_seconds
        self._settling = settling or Settling(poll_seconds, monotonic)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._visitor: threading.Thread | None = None
        self._next = monotonic()
        self._trouble: Exception | None = None

    def complete(self) -> list[str]:
        """Return the files fetched and not taken. Raises what went wrong with the last visit, once."""
        with self._lock:
            if self._monotonic() >= self._next and (self._visitor is None or not self._visitor.is_alive()):
                self._next = self._monotonic() + self._poll
                self._visitor = threading.Thread(target=self._visit_quietly, name="sftp", daemon=True)
                self._visitor.start()
            trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble
        return self._mirror.inbox.complete()

    def read(self, name: str) -> bytes:
        """Return the bytes of a file fetched."""
        return self._mirror.inbox.read(name)

    def take(self, name: str) -> None:
        """Let go of a stored file; at the partner it is put away at the next visit, if at all."""
        self._mirror.inbox.take(name)

    def visit(self) -> None:
        """Fetch what is new, now, and return when it is here.

        Raises Unreachable, Rejected or Forged when there was no visit, and Unreadable, after all others were
        fetched, when there was something wrong with a file.
        """
        self._mirror.prepare()
        with _lock(self._mirror) as alone:
            if alone:
                run(self._visit, self._account.visit_seconds)

    def join(self) -> None:
        """Wait for the visit under way, if any."""
        visitor = self._visitor
        if visitor is not None:
            visitor.join()

    def _visit_quietly(self) -> None:
        try:
            self.visit()
        except Exception as trouble:
            # Whatever it was, the next `complete` tells it where somebody listens.
            with self._lock:
                self._trouble = trouble

    async def _visit(self) -> None:
        async with session(self._account) as sftp:
            remote = await verbs.find(sftp, self._place)
            if not self._place.marker:
                settled = self._settling.settled({file.name: file.stamp for file in remote})
                remote = [file for file in remote if file.name in settled]
            plan = decide(remote, self._mirror.seen(), self._mirror.inbox.complete(), self._place.after)
            wrong: list[str] = []
            for file in plan.fetch:
                try:
                    await verbs.fetch(sftp, file, self._place, self._mirror)
                except Unreadable as unreadable:
                    wrong.append(f"{file.name}: {unreadable.reason}")
            for file in plan.retire:
                await verbs.retire(sftp, file, Marker(self._place.marker))
        if wrong:
            raise Unreadable("; ".join(wrong))


@contextmanager
def _lock(mirror: Mirror) -> Iterator[bool]:
    """Yield whether no other process visits for the same mirror."""
    descriptor = mirror.lock()
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
