"""Settings from the environment: `LOANHUB_*` variables, each with its remedy when it is wrong."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _upper(level: object) -> object:
    return level.upper() if isinstance(level, str) else level


LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]


class Settings(BaseSettings):
    """What differs between deployments. Secrets come by file or environment, never by default."""

    # The database's address may hold a password: no error and no repr shows it.
    model_config = SettingsConfigDict(
        env_prefix="LOANHUB_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: Annotated[str, Field(repr=False)] = "sqlite:///loanhub.db"
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
    intake_backlog: Annotated[int, Field(ge=1)] = 20_000
    """Applications and drawdowns that may wait before new applications are answered 503 with Retry-After."""
    inbox_backlog: Annotated[int, Field(ge=1)] = 200_000
    """Messages that may wait to be applied before partners are asked to send theirs again later."""
    day_end: time = time(0, 30)
    """The Asia/Shanghai time at which the day before is ended."""
    voids_per_hour: Annotated[int, Field(ge=1)] | None = None
    """So many applications without a partner in an hour, and none is voided until a person has looked."""
    bid_prices: bool = True
    """Whether bid prices of scarce quotas are made here; without them the cheapest is first."""
    sandbox: bool = False
    """Allows published test keys, loopback partners and a settable clock. Never set it in service."""
    terms: Literal["two_persons", "at_start"] | None = None
    """When configured terms are in use: once one person has drafted and another activated them, or from the
    start. The latter is what a sandbox does when nothing is said; elsewhere it is refused unless every
    partner is on this machine."""

    @property
    def two_persons(self) -> bool:
        """Whether terms are used only once a second person has activated them."""
        return not self.sandbox if self.terms is None else self.terms == "two_persons"

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    log_level: LogLevel = "INFO"

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url.startswith(("postgres://", "postgresql://")):
            return "postgresql+psycopg://" + url.split("://", 1)[1]
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("LOANHUB_DATABASE_URL begins with sqlite:/// or postgresql://")
        if url.partition("?")[0] in ("sqlite:///", "sqlite:///:memory:"):
            raise ValueError("LOANHUB_DATABASE_URL names a file, as in sqlite:///loanhub.db")
        return url
