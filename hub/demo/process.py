"""The hub in a process of its own, as `loanhub serve` runs it, and what processes have used."""

from __future__ import annotations

import os
import queue
import resource
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from hub.demo.errors import Unable
from hub.demo.premises import Premises

START_SECONDS = 60
STOP_SECONDS = 60
_LOG_LINES = 12


class HubProcess:
    """`loanhub serve --sandbox` as a child. Use it as a context manager; it is told to stop at the end."""

    def __init__(self, premises: Premises, *, start: datetime) -> None:
        self._log_file = premises.log
        command = [sys.executable, "-m", "hub.cli", "serve", "--work", "--sandbox"]
        with premises.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own command, no shell)
                [*command, "--clock", start.strftime("%Y-%m-%dT%H:%M:%S%z")],
                env=premises.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # Ctrl-C is for the demonstration, which then stops the hub in its own order.
                start_new_session=True,
            )
        try:
            self.url = self._first_line()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def stop(self) -> int:
        """Tell it to stop, wait until it has drained, and return its exit code."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _first_line(self) -> str:
        """The address it prints when it listens. Raises Unable with its last words when it does not start."""
        assert self._process.stdout is not None
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(self._process.stdout, lines), daemon=True).start()
        try:
            line = lines.get(timeout=START_SECONDS).strip()
        except queue.Empty:
            line = ""
        if not line.startswith("http://"):
            words = self._log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
            raise Unable("\n".join(["the hub did not start", *words]))
        return line


def _read(stream: IO[str], lines: queue.SimpleQueue[str]) -> None:
    lines.put(stream.readline())


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used so far: seconds of CPU, and the most memory it had at one time, in MB."""

    cpu_seconds: float
    peak_mb: float


def usage(pid: int | None = None) -> Usage | None:
    """Return the usage of a process, by default this one; None where the system does not tell of others."""
    root = Path("/proc") / ("self" if pid is None else str(pid))
    try:
        status = (root / "status").read_text()
        fields = (root / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _own_usage() if pid is None else None
    ticks = int(fields[11]) + int(fields[12])
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), peak / 1024)


def _own_usage() -> Usage:
    used = resource.getrusage(resource.RUSAGE_SELF)
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / scale)
