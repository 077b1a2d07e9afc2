"""A PostgreSQL of the program's own: found, made, started, killed -9, started again; never another one."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy.engine import URL

from tests.faults.city import free_port

_PLACES: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_SMALL: Final = {"shared_buffers": "32MB", "max_wal_size": "32MB", "min_wal_size": "4MB"}
_START_SECONDS: Final = 120
_LOOK_SECONDS: Final = 0.02


class NoPostgres(Exception):
    """None is installed, or it cannot be run here; the message says why."""


def binaries() -> Path:
    """Return the folder of the newest server installed. Raises NoPostgres."""
    found = [path for place in _PLACES for path in Path("/").glob(place[1:]) if (path / "initdb").exists()]
    if found:
        return max(
            found,
            key=lambda path: [int(n) for n in "".join(c if c.isdigit() else " " for c in str(path)).split()],
        )
    named = shutil.which("initdb")
    if named is None:
        raise NoPostgres("initdb is not installed")
    return Path(named).resolve().parent


class Server:
    """One server in a folder, run by an unprivileged user; fsync is on."""

    def __init__(self, root: Path) -> None:
        """`root` is an empty folder of the server's own; its owner is changed to whoever runs the server."""
        self._bin = binaries()
        self._owner = _owner()
        self._data, self._log = root / "data", root / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        if self._owner is not None:
            shutil.chown(root, self._owner)
        words = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--wal-segsize=1")
        made = self._begin("initdb", f"--pgdata={self._data}", *words)
        if made.wait():
            raise NoPostgres(self._said("initdb failed"))

    @property
    def url(self) -> URL:
        """Return the address of the server."""
        driver, host = "postgresql+psycopg", "127.0.0.1"
        return URL.create(driver, "postgres", host=host, port=self.port, database="postgres")

    def start(self) -> None:
        """Start it and return when it answers; it recovers first, if it was killed. Raises NoPostgres.

        It is a child of this process: a dead one that nobody buries would hold its own lock file.
        """
        own = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": ""}
        words = [word for name, value in {**_SMALL, **own}.items() for word in ("-c", f"{name}={value}")]
        self._process = self._begin("postgres", "-D", str(self._data), *words)
        end = time.monotonic() + _START_SECONDS
        address = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                psycopg.connect(address, connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if not self.alive() or time.monotonic() > end:
                    raise NoPostgres(self._said("the server does not start")) from None
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LOOK_SECONDS)

    def kill(self) -> None:
        """Kill -9 the server with all its processes, as a power cut does."""
        if self._process is None:
            return
        for pid in (self._process.pid, *_children(self._process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def alive(self) -> bool:
        """Whether the server runs."""
        return self._process is not None and self._process.poll() is None

    def _begin(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [str(self._bin / program), *words],
                user=self._owner,
                group=self._owner,
                extra_groups=None if self._owner is None else [],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _said(self, words: str) -> str:
        return "\n".join([words, *self._log.read_text(errors="replace").splitlines()[-8:]])


def _owner() -> str | None:
    """Return who is to run the server: nobody special unless this is root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _children(main: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if parent == main:
            found.append(int(folder.name))
    return found


@contextmanager
def server(folder: Path | None = None) -> Iterator[Server]:
    """A running server, killed at the end; in `folder` when given. Raises NoPostgres."""
    with tempfile.TemporaryDirectory(prefix="loanhub-postgres-", dir=folder) as place:
        own = Server(Path(place))
        try:
            own.start()
            yield own
        finally:
            own.kill()


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of that size in memory. Raises NoPostgres where none may be mounted."""
    with tempfile.TemporaryDirectory(prefix="loanhub-disk-") as place:
        mount, umount = shutil.which("mount"), shutil.which("umount")
        if os.geteuid() != 0 or mount is None or umount is None:
            raise NoPostgres("a small file system can be mounted by root only")
        words = [mount, "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "loanhub-disk", place]
        made = subprocess.run(words, capture_output=True, text=True, check=False)
        if made.returncode:
            raise NoPostgres(f"a small file system cannot be mounted: {made.stderr.strip()}")
        try:
            yield Path(place)
        finally:
            subprocess.run([umount, "--lazy", place], check=False)
