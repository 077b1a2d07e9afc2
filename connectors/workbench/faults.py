"""Why the workbench cannot go on; the message says what to do."""

from __future__ import annotations


class Unworkable(Exception):
    """A wish that cannot be fulfilled as it stands."""
