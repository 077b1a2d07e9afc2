"""An SFTP server on loopback for the sandbox and the tests: one folder, throwaway keys, faults on request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh


@dataclass(slots=True)
class Faults:
    """What goes wrong. `drop_after` bytes in either direction the connection breaks, once."""

    drop_after: int | None = None

    def passes(self, size: int) -> bool:
        """Count bytes; False when the connection is to break now."""
        if self.drop_after is None:
            return True
        self.drop_after -= size
        if self.drop_after >= 0:
            return True
        self.drop_after = None
        return False


@dataclass(frozen=True, slots=True)
class Login:
    """Who may log in: by the private half of `key`, an OpenSSH public key, or by `password`."""

    user: str
    key: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Served:
    """Where the server listens, and the public host key to pin."""

    host: str
    port: int
    host_key: str


def throwaway_key() -> tuple[bytes, str]:
    """Return a new private key in OpenSSH form and its public key."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    return key.export_private_key(), key.export_public_key().decode().strip()


@contextmanager
def serve_sftp(root: Path, login: Login, *, port: int = 0, faults: Faults | None = None) -> Iterator[Served]:
    """Serve a folder in a thread of its own until left. What the client sees as `/` is `root`."""
    private, public = throwaway_key()
    started = threading.Event()
    failed: list[BaseException] = []
    ports: list[int] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    open_: set[asyncssh.SSHServerConnection] = set()

    async def serve() -> None:
        async with await asyncssh.listen(
            "127.0.0.1",
            port,
            server_host_keys=[asyncssh.import_private_key(private)],
            server_factory=lambda: _Door(login, open_),
            sftp_factory=lambda channel: _Folder(channel, root, faults or Faults()),
            allow_scp=False,
        ) as listener:
            ports.append(listener.get_port())
            started.set()
            await stop.wait()
        for connection in open_:
            connection.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in open_))

    def run() -> None:
        try:
            loop.run_until_complete(serve())
            _end_tasks(loop)
        except BaseException as error:
            failed.append(error)
        finally:
            loop.close()
            started.set()

    thread = threading.Thread(target=run, name="sandbox-sftp", daemon=True)
    thread.start()
    started.wait(timeout=15)
    if failed or not ports:
        raise RuntimeError("the SFTP server did not start") from (failed[0] if failed else None)
    try:
        yield Served("127.0.0.1", ports[0], public)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=15)


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Let sessions that clients left open end, so that nothing outlives the loop."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())


class _Door(asyncssh.SSHServer):
    def __init__(self, login: Login, open_: set[asyncssh.SSHServerConnection]) -> None:
        self._login = login
        self._open = open_

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._open.add(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return self._login.key is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        known = self._login.key
        return username == self._login.user and known is not None and key == asyncssh.import_public_key(known)

    def password_auth_supported(self) -> bool:
        return self._login.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        return username == self._login.user and password == self._login.password


class _Folder(asyncssh.SFTPServer):
    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], root: Path, faults: Faults) -> None:
        super().__init__(channel, chroot=str(root).encode())
        self._faults = faults

    def read(self, file_obj: object, offset: int, size: int) -> bytes | Awaitable[bytes]:
        self._count(size)
        return super().read(file_obj, offset, size)

    def write(self, file_obj: object, offset: int, data: bytes) -> int | Awaitable[int]:
        self._count(len(data))
        return super().write(file_obj, offset, data)

    def _count(self, size: int) -> None:
        if not self._faults.passes(size):
            self.connection.abort()
            raise asyncssh.SFTPConnectionLost("dropped on request")
