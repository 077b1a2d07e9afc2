"""Why a demonstration could not be held at all; one that ran and failed its checks is a result."""

from __future__ import annotations


class Unable(Exception):
    """The run cannot go on; the message says what happened and what to do."""
