"""A file of 1 GiB sealed and opened again: how fast, and how much memory its own process needed."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing.keystore import new_field_ring
from signing.streams import CHUNK_BYTES, open_stream, seal_stream

MIB = 1 << 20
SMALL_MIB = 16
# Memory may grow by this much between the small file and the large one: allocators are not that exact.
TOLERANCE_MIB = 8.0
NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)


@dataclass(frozen=True)
class StreamFigure:
    """Sizes in MiB; speeds in MiB per second of processor time; `growth_mib` is peak over peak of 16 MiB."""

    name: str
    size_mib: int
    seal_mib_per_second: float
    open_mib_per_second: float
    bare_gcm_mib_per_second: float
    peak_mib: float
    growth_mib: float
    met: bool

    def line(self) -> str:
        """The figure for a person."""
        speeds = f"seal {self.seal_mib_per_second:,.0f} MiB/s, open {self.open_mib_per_second:,.0f} MiB/s"
        memory = f"{self.growth_mib:+.1f} MiB of memory against {SMALL_MIB} MiB"
        return f"{self.name}: {speeds}, {memory}, met {self.met}"


def stream_figure(size_mib: int) -> StreamFigure:
    """Seal and open a small and a large file, each in a process of its own, and compare their peaks."""
    small, large = _in_a_process(SMALL_MIB), _in_a_process(size_mib)
    growth = large["peak_mib"] - small["peak_mib"]
    return StreamFigure(
        f"file of {size_mib} MiB",
        size_mib,
        round(large["seal"], 1),
        round(large["open"], 1),
        round(large["bare"], 1),
        round(large["peak_mib"], 1),
        round(growth, 1),
        growth <= TOLERANCE_MIB,
    )


def _in_a_process(size_mib: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.signing_cases.streams", str(size_mib)]
    root = Path(__file__).resolve().parent.parent.parent
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(run.stdout)
    return found


def _bare(size_mib: int) -> float:
    """MiB per second of the library alone, over and over on one chunk."""
    cipher, chunk, nonce = AESGCM(bytes(32)), bytes(CHUNK_BYTES), bytes(12)
    start = time.process_time()
    for _ in range(size_mib):
        cipher.encrypt(nonce, chunk, b"")
    return size_mib / (time.process_time() - start)


def main() -> int:
    """Run once in this process and print one JSON object."""
    size_mib = int(sys.argv[1])
    ring = new_field_ring("files", now=NOW, random=os.urandom)
    with tempfile.TemporaryDirectory() as folder:
        plain, sealed, opened = (Path(folder) / name for name in ("plain", "sealed", "opened"))
        with plain.open("wb") as file:
            for at in range(size_mib):
                file.write(hashlib.sha256(str(at).encode()).digest() * (MIB // 32))
        start = time.process_time()
        with plain.open("rb") as source, sealed.open("wb") as sink:
            seal_stream(source, sink, ring, context="benchmark", now=NOW, random=os.urandom)
        middle = time.process_time()
        with sealed.open("rb") as source, opened.open("wb") as sink:
            open_stream(source, sink, ring, context="benchmark")
        end = time.process_time()
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if _digest(plain) != _digest(opened):
            raise SystemExit("the opened file is not the one that was sealed")
    speeds = {"seal": size_mib / (middle - start), "open": size_mib / (end - middle), "bare": _bare(64)}
    print(json.dumps({**speeds, "peak_mib": peak_mib}))
    return 0


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


if __name__ == "__main__":
    sys.exit(main())
