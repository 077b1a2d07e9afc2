"""The folder of a run: configuration with addresses, fresh keys for both sides, exchange folders."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml

from connectors.sandbox.process import Seat
from hub.config.load import KINDS, Configuration, load, sandbox_folder
from hub.demo.errors import Unable
from hub.settings import Settings
from signing.keystore import new_field_ring, new_pair, write_partner_keys, write_ring

SHARED_BYTES: Final = 16
"""Size of the secret both sides share; dialects without one leave it alone."""
KEY_DAYS: Final = 3650
_SCOPES: Final = ("frontend", "finance", "operator")


@dataclass(frozen=True)
class Premises:
    """Where a run takes place, and what it is given: `api_keys` by scope, `seats` for the partners' side."""

    root: Path
    catalogue: Configuration
    seats: tuple[Seat, ...]
    api_keys: Mapping[str, str]
    database_url: str

    @property
    def exchange(self) -> Path:
        """The folder under which the partners' daily files arrive."""
        return self.root / "exchange"

    @property
    def statements(self) -> Path:
        """The folder of the statements."""
        return self.root / "statements"

    @property
    def log(self) -> Path:
        """The hub's log."""
        return self.root / "hub.log"

    def environment(self) -> dict[str, str]:
        """Return the hub process's environment."""
        return {
            **os.environ,
            "LOANHUB_DATABASE_URL": self.database_url,
            "LOANHUB_CONFIG_DIR": str(self.root / "config"),
            "LOANHUB_TERMS": "at_start",
            "LOANHUB_BID_PRICES": "false",  # its day is too short to price, and its hub is to stay small
            "LOANHUB_KEY_DIR": str(self.root / "keys"),
            "LOANHUB_EXCHANGE_DIR": str(self.exchange),
            "LOANHUB_STATEMENT_DIR": str(self.statements),
            "LOANHUB_API_KEYS_FILE": str(self.root / "keys" / "api-keys.json"),
            "LOANHUB_HOST": "127.0.0.1",
            "LOANHUB_PORT": os.environ.get("LOANHUB_PORT", "0"),
            "LOANHUB_LOG_LEVEL": os.environ.get("LOANHUB_LOG_LEVEL", "WARNING"),
        }


def prepare(root: Path | None, *, partners_url: str, start: datetime) -> Premises:
    """Furnish a folder for a run that begins at `start`; its partners answer at `partners_url`/{partner}.

    Raises Unable when the folder is in use, ConfigRefused for a configuration that is not in order.
    """
    root = _new_folder(root)
    settings = Settings()
    source = settings.config_dir or sandbox_folder()
    catalogue = load(source)
    _write_configuration(source, root / "config", partners_url)
    seats = _write_keys(root, catalogue, start)
    given = "database_url" in settings.model_fields_set
    return Premises(
        root=root,
        catalogue=catalogue,
        seats=seats,
        api_keys=_write_api_keys(root / "keys" / "api-keys.json"),
        database_url=settings.database_url if given else f"sqlite:///{root / 'hub.db'}",
    )


def _new_folder(root: Path | None) -> Path:
    if root is None:
        root = Path("out") / f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    if root.exists() and any(root.iterdir()):
        raise Unable(f"{root} is not empty; choose another --out, or remove it first")
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)
    return root.resolve()


def _write_configuration(source: Path, target: Path, partners_url: str) -> None:
    target.mkdir()
    for kind in KINDS:
        if (source / f"{kind}.yaml").exists():
            shutil.copyfile(source / f"{kind}.yaml", target / f"{kind}.yaml")
    file = target / "partners.yaml"
    document: dict[str, list[dict[str, Any]]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    for partner in document["partners"]:
        partner["endpoint"] = f"{partners_url}/{partner['id']}"
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _write_keys(root: Path, catalogue: Configuration, start: datetime) -> tuple[Seat, ...]:
    """Make the rings of the hub, and those of the partners apart from them."""
    since = start - timedelta(days=1)
    write_ring(
        root / "keys" / "fields", new_field_ring("fields", now=since, random=os.urandom, days=KEY_DAYS)
    )
    seats = []
    for partner in catalogue.partners.values():
        ours, theirs = new_pair(
            partner.keys, now=since, random=os.urandom, shared_bytes=SHARED_BYTES, days=KEY_DAYS
        )
        write_partner_keys(root / "keys" / partner.keys, ours)
        write_partner_keys(root / "partners" / partner.keys, theirs)
        folder = partner.exchange_folder
        seats.append(
            Seat(
                partner.id,
                partner.connector,
                root / "partners" / partner.keys,
                partner.settings,
                None if folder is None else root / "exchange" / folder,
            )
        )
    return tuple(seats)


def _write_api_keys(file: Path) -> dict[str, str]:
    keys = {scope: secrets.token_urlsafe(24) for scope in _SCOPES}
    listed = [
        {"name": f"demo-{scope}", "sha256": sha256(key.encode()).hexdigest(), "scopes": [scope]}
        for scope, key in keys.items()
    ]
    file.touch(mode=0o600)
    file.write_text(json.dumps(listed, indent=2), encoding="utf-8")
    return keys
