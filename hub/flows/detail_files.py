"""The sub-ledger of a closed month as Parquet: every share line, written as a stream with its own proof.

Beside the file stands a manifest: control totals by kind and by party, a hash over the content of the lines
in order, and the hash of the file's bytes. The content hash is the same whatever the engine or its version;
the file's own follows the writer's version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from hub.domain.sharing import ShareLine
from hub.flows.context import Context
from hub.flows.errors import WrongState
from hub.flows.statement_package import write_whole
from hub.store import ledgers

FORM: Final = "loanhub-detail-1"
GROUP: Final = 50_000
"""Lines of a row group; so many are in memory at once."""

SCHEMA: Final = pa.schema(
    [
        ("ref", pa.string()),
        ("agreement", pa.string()),
        ("loan_id", pa.string()),
        ("event", pa.string()),
        ("serial", pa.string()),
        ("on", pa.date32()),
        ("period", pa.int32()),
        ("kind", pa.string()),
        ("clause", pa.string()),
        ("party", pa.string()),
        ("counterparty", pa.string()),
        ("base", pa.string()),
        ("base_fen", pa.int64()),
        ("amount_fen", pa.int64()),
        ("owed_fen", pa.int64()),
        ("mirrors", pa.string()),
        ("basis", pa.string()),
    ]
)


@dataclass
class _Totals:
    """What the lines come to while they go by."""

    lines: int = 0
    amount_fen: int = 0
    by_kind: dict[str, list[int]] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.digest = sha256()

    def take(self, line: ShareLine, body: Mapping[str, object]) -> None:
        """Count a line, and hash its whole content."""
        self.lines += 1
        self.amount_fen += line.amount_fen
        kind = self.by_kind.setdefault(line.kind.value, [0, 0])
        kind[0] += 1
        kind[1] += line.amount_fen
        for party, fen in ((line.party, line.owed_fen), (line.counterparty, -line.owed_fen)):
            self.owed[party] = self.owed.get(party, 0) + fen
        self.digest.update(
            json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        )


def export(
    context: Context, month: str, folder: Path, *, progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """Write `<month>-detail.parquet` and its manifest into a folder; returns the manifest.

    Raises WrongState for a month that is not closed: its detail would still grow. The totals by party are
    what the month's statements say is due to each.
    """
    if not ledgers.closed(context.database, month):
        raise WrongState("month_open", f"{month} 尚未结账", f"{month} is not closed; close it first")
    totals, file = _Totals(), folder / f"{month}-detail.parquet"

    def write(draft: Path) -> None:
        with pq.ParquetWriter(draft, SCHEMA, compression="zstd") as writer:
            for group in _groups(ledgers.lines(context.database, month), totals):
                writer.write_table(group, row_group_size=GROUP)
                if progress is not None:
                    progress(totals.lines)

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(file, write)
    made: dict[str, Any] = {
        "form": FORM,
        "month": month,
        "lines": totals.lines,
        "amount_fen": totals.amount_fen,
        "kinds": {
            kind: {"lines": count, "amount_fen": fen} for kind, (count, fen) in sorted(totals.by_kind.items())
        },
        "owed_fen": dict(sorted(totals.owed.items())),
        "content_sha256": totals.digest.hexdigest(),
        "file": {"name": file.name, "bytes": file.stat().st_size, "sha256": _hash(file)},
    }
    text = json.dumps(made, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    write_whole(folder / f"{month}-detail.json", lambda draft: draft.write_text(text, encoding="utf-8"))
    return made


def _groups(bodies: Iterator[Mapping[str, Any]], totals: _Totals) -> Iterator[pa.Table]:
    rows: list[dict[str, object]] = []
    for body in bodies:
        line = ShareLine.from_json(body)
        totals.take(line, body)
        rows.append(_row(line, body))
        if len(rows) == GROUP:
            yield pa.Table.from_pylist(rows, schema=SCHEMA)
            rows = []
    if rows:
        yield pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(line: ShareLine, body: Mapping[str, Any]) -> dict[str, object]:
    basis = json.dumps(body["basis"], ensure_ascii=False, sort_keys=True)
    own = {"on": line.on, "owed_fen": line.owed_fen, "basis": basis}
    return {name: own.get(name, body.get(name)) for name in SCHEMA.names}


def _hash(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as content:
        while piece := content.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
