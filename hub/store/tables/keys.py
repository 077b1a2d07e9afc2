"""Data keys of sealed fields: the one place that changes when their key-encryption key does."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from hub.store.tables.columns import utc


class DataKey(SQLModel, table=True):
    """A data key, wrapped; sealed fields name it by `id`. Never deleted; only its wrapping may change."""

    __tablename__ = "data_key"
    id: str = Field(primary_key=True)
    """Its commitment, in hexadecimal."""
    wrapped: bytes = Field(sa_type=LargeBinary)
    wrapped_by: str = Field(index=True)
    """The id of the key-encryption key, as `wrapped` says it too."""
    made_at: datetime = utc()
    rewrapped_at: datetime | None = utc(default=None, nullable=True)
