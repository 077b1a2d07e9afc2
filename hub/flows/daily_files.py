"""Taking in partners' daily files from their folders, each content once."""

from __future__ import annotations

from connectors.port import Unreadable
from hub import logs
from hub.flows.context import Context
from hub.flows.inbound import take_file

log = logs.get(__name__)


def collect(context: Context) -> int:
    """Take in every complete file; returns how many. A file is moved away only after it is kept."""
    taken = 0
    for partner, desk in context.desks.items():
        if desk.folder is None:
            continue
        for name in desk.folder.complete():
            try:
                content = desk.folder.read(name)
            except Unreadable as unreadable:
                log.error("daily file refused", partner=partner, file=name, why=unreadable.reason)
                continue
            take_file(context, partner, name, content)
            desk.folder.take(name)
            taken += 1
    return taken
