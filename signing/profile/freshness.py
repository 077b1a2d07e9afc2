"""Declarations of what protects a leg against replay."""

from __future__ import annotations

from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from signing.profile.base import Declared, Slot


class Timestamp(Declared):
    """When the sender says it signed. ``format`` is strptime's, or ``epoch-s`` / ``epoch-ms``."""

    slot: Slot
    format: str
    zone: str = "Asia/Shanghai"

    @cached_property
    def tz(self) -> ZoneInfo:
        """The zone the text is written in; meaningless for the epoch formats."""
        return ZoneInfo(self.zone)


class Nonce(Declared):
    """What makes a message unique: the caller's message id, or random hexadecimal of 32 characters."""

    slot: Slot
    source: Literal["message_id", "random"] = "message_id"


class Replay(Declared):
    """Freshness. Ages in seconds; the nonce is handed up, for whoever keeps the database to hold unique."""

    timestamp: Timestamp | None = None
    nonce: Nonce | None = None
    max_age_s: int = Field(default=300, gt=0)
    max_ahead_s: int = Field(default=10, ge=0)
    unsigned: str | None = Field(default=None, min_length=8)  # why the dialect leaves its freshness unsigned
