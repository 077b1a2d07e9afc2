"""A statement as it is handed out: CSV, XLSX and PDF, and a signed manifest of the three."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from contracts.statement import Statement
from hub.domain.statement import to_csv
from hub.domain.statement_manifest import manifest
from hub.flows.statement_files import to_xlsx
from hub.flows.statement_pdf import to_pdf
from signing.keys import KeyRing
from signing.papers import sign_paper, signer

Progress = Callable[[str, int], None]
"""Is told the kind of file being written and how many lines of it are."""


def write_package(
    statement: Statement,
    folder: Path,
    *,
    ring: KeyRing | None,
    now: datetime,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """Write a statement's files into a folder, each in one step; returns their names.

    The same statement and key give the same bytes (ECDSA and SM2 signatures differ each time). Without a
    ring there is no manifest. Raises KeyUnavailable.
    """
    stem = f"{statement.period}-{statement.party}"
    tell = progress or _nobody
    files: dict[str, Callable[[Path], object]] = {
        f"{stem}.csv": lambda draft: draft.write_bytes(to_csv(statement)),
        f"{stem}.xlsx": lambda draft: to_xlsx(statement, draft, progress=partial(tell, "xlsx")),
        f"{stem}.pdf": lambda draft: to_pdf(statement, draft, progress=partial(tell, "pdf")),
    }
    for name, write in files.items():
        write_whole(folder / name, write)
    if ring is None:
        return tuple(files)
    contents = {name: (folder / name).read_bytes() for name in files}
    made = manifest(statement, contents, signer(ring, now))
    signed = sign_paper(made, ring, now)
    write_whole(folder / f"{stem}.manifest.json", lambda draft: draft.write_bytes(made))
    write_whole(folder / f"{stem}.manifest.sig", lambda draft: draft.write_bytes(signed.value))
    return (*files, f"{stem}.manifest.json", f"{stem}.manifest.sig")


def _nobody(kind: str, done: int) -> None:
    """Tell nobody."""


def write_whole(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and move it there: nobody ever sees a part of it."""
    draft = file.with_name(f".{file.name}.part")
    write(draft)
    draft.replace(file)
