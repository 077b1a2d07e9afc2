"""How files pass between a partner and us: one small protocol, by watched folder or by SFTP.

The SFTP side, which needs its library, is imported by its own name: `connectors.exchange.sftp`.
"""

from __future__ import annotations

from typing import Protocol

from connectors.exchange.folder import Folder
from connectors.exchange.names import Marker, Settling

__all__ = ["Exchange", "Folder", "Marker", "Settling"]


class Exchange(Protocol):
    """Where one partner's files arrive. Safe to share between threads; no call waits for the partner."""

    # The names of the files that are complete and not taken yet, in name order. A restated file comes again
    # under its name. Raises a ConnectorFailure or Forged when the partner's side cannot be used just now.
    def complete(self) -> list[str]: ...

    # A complete file's bytes. Raises Unreadable for what no partner needs to send.
    def read(self, name: str) -> bytes: ...

    # The file has been stored: it is not to come again unless its content changes.
    def take(self, name: str) -> None: ...
