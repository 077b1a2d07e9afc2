"""Wiring: where a partner's files arrive, as its configuration says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.exchange import Folder
from connectors.exchange.sftp import Sftp
from connectors.sandbox.sftp import throwaway_key
from contracts.programme import Partner
from hub.settings import Settings
from hub.wiring import NotReady, exchange_of

PRIVATE, PUBLIC = throwaway_key()
SFTP: dict[str, Any] = {
    "kind": "sftp",
    "host": "files.example",
    "user": "loanhub",
    "key": "id_ed25519",
    "host_keys": (PUBLIC,),
    "path": "/upload/loanhub",
}


def partner(**more: Any) -> Partner:
    base = {
        "id": "alpha",
        "name_zh": "甲",
        "name_en": "Alpha",
        "kind": "bank",
        "contact": "0",
        "keys": "alpha",
    }
    return Partner.model_validate({**base, "connector": "plain", **more}, strict=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(key_dir=tmp_path / "keys", exchange_dir=tmp_path / "exchange")


def write_secret(settings: Settings, name: str, content: bytes, mode: int = 0o600) -> None:
    file = settings.key_dir / "alpha" / "sftp" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    file.chmod(mode)


def test_a_partner_may_have_a_folder_a_server_or_neither(settings: Settings) -> None:
    write_secret(settings, "id_ed25519", PRIVATE)
    assert exchange_of(settings, partner(), ".ok") is None
    folder = exchange_of(settings, partner(exchange_folder="in"), ".flag")
    assert folder == Folder(settings.exchange_dir / "in", ".flag")
    assert isinstance(exchange_of(settings, partner(exchange=SFTP), ".ok"), Sftp)


def test_a_password_may_stand_in_a_file(settings: Settings) -> None:
    write_secret(settings, "password", b"secret\n")
    account = {**SFTP, "key": None, "password": "password"}
    assert isinstance(exchange_of(settings, partner(exchange=account), ".ok"), Sftp)


def test_a_login_that_is_missing_open_to_others_or_rubbish_is_told_with_its_remedy(
    settings: Settings,
) -> None:
    with pytest.raises(NotReady, match="put the SFTP login there"):
        exchange_of(settings, partner(exchange=SFTP), ".ok")
    write_secret(settings, "id_ed25519", b"rubbish", 0o644)
    with pytest.raises(NotReady, match="chmod 600"):
        exchange_of(settings, partner(exchange=SFTP), ".ok")
    (settings.key_dir / "alpha" / "sftp" / "id_ed25519").chmod(0o600)
    with pytest.raises(NotReady, match="own key is not one that can be read") as caught:
        exchange_of(settings, partner(exchange=SFTP), ".ok")
    assert "rubbish" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"key": None},
        {"password": "password"},
        {"host_keys": ()},
        {"host_keys": ("AAAA",)},
        {"path": "upload"},
        {"key": "../id"},
        {"host": "a b"},
        {"port": 0},
        {"kind": "ftp"},
        {"poll_seconds": 1},
    ],
)
def test_an_account_that_cannot_be_meant_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        partner(exchange={**SFTP, **change})


def test_files_arrive_in_one_place() -> None:
    with pytest.raises(ValidationError, match="either exchange_folder or exchange"):
        partner(exchange=SFTP, exchange_folder="in")
