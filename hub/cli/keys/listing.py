"""`keys list`: each key with its state, use, dates and fingerprint, never its material, and a warning."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from hub.cli.faults import CHECKS_FAILED
from hub.cli.keys.rings import all_rings, read
from hub.settings import Settings
from signing.errors import KeyUnavailable
from signing.inventory import Item, inventory
from signing.keys import KeyState
from signing.keystore import load_ring

_WIDE = 150
_SHOWN = 16  # characters of a fingerprint in the table; --json has all 64
_STYLES = {KeyState.PRE_ACTIVE: "cyan", KeyState.ACCEPT_ONLY: "dim", KeyState.REVOKED: "red"}


def list_(rings: Sequence[str], *, as_json: bool, within_days: int, now: datetime) -> int:
    """Print the keys of some rings or of all; returns the exit code.

    It is 0 when all is in order, else 3: a key in use ends within so many days, or a ring cannot be read.
    """
    key_dir = Settings().key_dir
    found: list[tuple[str, Item]] = []
    faults: list[tuple[str, str]] = []
    for name, folder in all_rings(key_dir) if not rings else [(one, read(key_dir, one)[0]) for one in rings]:
        try:
            ring = load_ring(folder, environ=os.environ)
            found += [(name, item) for item in inventory(ring, now, within_days=within_days)]
        except KeyUnavailable as fault:
            faults.append((name, str(fault)))
    warned = [(name, item) for name, item in found if item.warning is not None]
    if as_json:
        print(json.dumps(_document(found, faults, now), indent=2))
    else:
        _show(found, faults, empty=f"{key_dir} holds no ring; make one with `loanhub keys new --help`")
        for name, item in warned:
            print(f"warning: {name} {item.key_id} {item.warning}", file=sys.stderr)
        for name, why in faults:
            print(f"warning: {name} cannot be read: {why}", file=sys.stderr)
    return CHECKS_FAILED if warned or faults else 0


def _document(
    found: Sequence[tuple[str, Item]], faults: Sequence[tuple[str, str]], now: datetime
) -> dict[str, Any]:
    keys = [{"ring": name, **{k: _plain(v) for k, v in asdict(item).items()}} for name, item in found]
    return {
        "as_of": now.isoformat(),
        "keys": keys,
        "unreadable": [{"ring": name, "fault": fault} for name, fault in faults],
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _show(found: Sequence[tuple[str, Item]], faults: Sequence[tuple[str, str]], empty: str) -> None:
    if not found and not faults:
        print(empty)
        return
    table = Table(box=SIMPLE_HEAD, header_style="")
    for column in ("ring", "key", "kind", "use", "state", "from", "until"):
        table.add_column(column, no_wrap=True)
    table.add_column("days left", justify="right")
    table.add_column("SHA-256", no_wrap=True)
    for name, item in found:
        state = f"{item.state}, primary" if item.primary else item.state
        style = "yellow" if item.warning else _STYLES.get(KeyState(item.state), "")
        days = "" if item.days_left is None else str(item.days_left)
        dates = (_day(item.not_before), _day(item.not_after))
        cells = (name, item.key_id, item.kind, item.use, state, *dates, days, item.fingerprint[:_SHOWN])
        table.add_row(*cells, style=style)
    console = Console(highlight=False)
    # In a pipe there is no screen to fit: cut columns would be of no use to grep.
    wide = console if console.is_terminal else Console(highlight=False, width=_WIDE)
    wide.print(table)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
