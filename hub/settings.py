"""Settings from the environment: `LOANHUB_*` variables, each with its remedy when it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What differs between deployments. Secrets come by file or environment, never by default."""

    model_config = SettingsConfigDict(env_prefix="LOANHUB_", extra="ignore", frozen=True)

    database_url: str = "sqlite:///loanhub.db"
    """`sqlite:///file` for the embedded database, `postgresql+psycopg://...` for a server."""
    config_dir: Path | None = None
    """Folder of partners, products, programmes and agreements; the packaged sandbox folder when empty."""
    key_dir: Path = Path("keys")
    """Folder of key rings, one folder a ring; see `loanhub keys new`."""
    exchange_dir: Path = Path("exchange")
    """Folder under which partners' daily files arrive, one folder a partner."""
    statement_dir: Path = Path("statements")
    api_keys_file: Path | None = None
    """JSON list of {"name", "sha256", "scopes"}; the keys themselves are never stored."""
    sandbox: bool = False
    """Allows published test keys, loopback partners and a settable clock. Never set it in service."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    workers_per_partner: Annotated[int, Field(ge=1, le=64)] = 4
    log_level: str = "INFO"

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url.startswith(("postgres://", "postgresql://")):
            return "postgresql+psycopg://" + url.split("://", 1)[1]
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("LOANHUB_DATABASE_URL begins with sqlite:/// or postgresql://")
        return url
