"""The terms under which the hub works, one row for each version ever applied."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from hub.store.tables.columns import APPEND_ONLY, json, utc


class ConfigVersion(SQLModel, table=True):
    """A version of a partner, product, programme or agreement, as it was applied; never changed."""

    __tablename__ = "config_version"
    __table_args__ = APPEND_ONLY
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    sha256: str
    body: dict[str, Any] = json()
    applied_at: datetime = utc()


class TermsStep(SQLModel, table=True):
    """What a person did to a version of a programme, an agreement or the rules: drafted it, activated it."""

    __tablename__ = "terms_step"
    __table_args__ = APPEND_ONLY
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    step: str = Field(primary_key=True)
    """One of `hub.domain.activation.Step`; each is taken once."""
    who: str
    why: str
    at: datetime = utc()
