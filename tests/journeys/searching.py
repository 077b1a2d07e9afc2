"""Searching everything a run leaves behind for values that must be nowhere in plain text."""

from __future__ import annotations

import json
import zipfile
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url


def forms(value: str) -> Iterator[bytes]:
    """Yield the ways a value may stand in bytes: as it is, escaped in JSON, in UTF-16, and inside base64."""
    plain = value.encode()
    yield plain
    yield from (json.dumps(value)[1:-1].encode(), value.encode("utf-16-le"))
    for shift in range(3):
        # Inside base64 a value looks one of three ways; its ends mix with what stands beside it.
        first, last = (0, 2, 3)[shift], len(plain) + shift
        yield b64encode(b"\0" * shift + plain)[first + (shift > 0) : last * 8 // 6]


def leaks(values: Collection[str], places: Mapping[str, bytes]) -> list[str]:
    """Return where which value stands, by the value's first two characters."""
    wanted = [(value, form) for value in values for form in set(forms(value)) if len(form) > 5]
    return [
        f"{value[:2]}... in {place}"
        for place, content in places.items()
        for value, form in wanted
        if form in content
    ]


def files_below(root: Path, *, but: Collection[str] = ()) -> dict[str, bytes]:
    """Return the content of every file below a folder, workbooks unpacked; `but` are folders left out."""
    found: dict[str, bytes] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if not path.is_file() or name.split("/")[0] in but:
            continue
        found[name] = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                found.update({f"{name}/{part}": book.read(part) for part in book.namelist()})
    return found


def tables_of(url: str) -> dict[str, bytes]:
    """Return every row of a PostgreSQL database as the server holds it, by table."""
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    found = {}
    with psycopg.connect(dsn) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            copy = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(name))
            with connection.cursor().copy(copy) as rows:
                found[f"table {name}"] = b"".join(bytes(row) for row in rows)
    return found
