"""Where the fault programs take place: five invented partners of five dialects, their keys, their sandbox."""

from __future__ import annotations

import copy
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from connectors import registry
from connectors.digest_form import connector as digest_form
from connectors.exchange import Folder
from connectors.port import Partner
from connectors.sandbox import Habits, Sandbox
from hub.config.load import sandbox_folder
from hub.demo.premises import Premises, prepare
from signing.keystore import load_partner_keys, write_partner_keys
from signing.pairing import pair_for
from signing.profile import load_profile
from tests.faults.clock import SharedClock

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
START: Final = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
HABITS: Final = Habits(decides_after=timedelta(seconds=6), pays_after=timedelta(seconds=8))
HOMES: Final[Mapping[str, str]] = {
    "citybank": "310115",
    "sunfin": "440305",
    "harvest_trust": "510104",
    "north": "370102",
    "south": "420106",
}
"""The region in which each partner is the cheapest; elsewhere it is dearer, but lends as well."""
_NEW: Final = (
    ("north", "digest_form", "北原银行（虚构）", "North Bank (fictional)"),
    ("south", "x_ca_hmac", "南湾消费金融（虚构）", "South Finance (fictional)"),
)
_AGREEMENTS: Final = {
    "citybank": "citybank_joint_2025",
    "sunfin": "sunfin_standard_2025",
    "harvest_trust": "harvest_trust_2025",
    "north": "north_2025",
    "south": "south_2025",
}


@dataclass(frozen=True)
class City:
    """The premises of a hub and the ports of both sides, which stay the same however often either starts."""

    premises: Premises
    hub_port: int
    partners_port: int
    callbacks_port: int
    """Where partners call the hub: its own port, or that of a road to it."""

    @property
    def hub_url(self) -> str:
        """Where the hub listens."""
        return f"http://127.0.0.1:{self.hub_port}"

    def environment(self, database_url: str) -> dict[str, str]:
        """Return the settings of a hub process on that database."""
        return self.premises.environment() | {
            "LOANHUB_DATABASE_URL": database_url,
            "LOANHUB_PORT": str(self.hub_port),
            "LOANHUB_SANDBOX": "true",
        }

    def clear_files(self) -> None:
        """Forget every daily file and statement of an earlier run."""
        for folder in (self.premises.exchange, self.premises.statements):
            shutil.rmtree(folder, ignore_errors=True)

    def partners(self, clock: SharedClock, seed: int) -> Sandbox:
        """Return new partners that know nobody yet, with empty books."""
        simulators = {
            seat.partner: registry.simulator(
                seat.dialect,
                Partner(seat.partner, load_partner_keys(seat.keys), seat.settings),
                random=os.urandom,
                seed=seed,
                habits=HABITS,
            )
            for seat in self.premises.seats
        }
        folders = {s.partner: Folder(s.files) for s in self.premises.seats if s.files is not None}
        return Sandbox(
            simulators,
            hub_url=f"http://127.0.0.1:{self.callbacks_port}",
            clock=clock,
            folders=folders,
            workers=4,
        )


def build(root: Path, *, dial: int | None = None, callbacks: int | None = None) -> City:
    """Furnish a folder. On port `dial` the hub finds its partners, on `callbacks` they find the hub; where a
    port is not given, directly.
    """
    hub_port, partners_port = free_port(), free_port()
    config = root / "plan"
    _write_configuration(config)
    with _given(LOANHUB_CONFIG_DIR=str(config), LOANHUB_LOG_LEVEL="ERROR"):
        premises = prepare(
            root / "city", partners_url=f"http://127.0.0.1:{dial or partners_port}", start=START
        )
    _write_own_keys(premises)
    return City(premises, hub_port, partners_port, callbacks or hub_port)


def _write_own_keys(premises: Premises) -> None:
    """Give those dialects their keys that want others than RSA keys and one short secret."""
    since = START - timedelta(days=1)
    for name, profile in (("north", digest_form.profile()), ("south", load_profile("x-ca-hmac"))):
        ours, theirs = pair_for(profile, name, now=since, days=3650, random=os.urandom)
        for side, keys in (("keys", ours), ("partners", theirs)):
            folder = premises.root / side / name
            shutil.rmtree(folder)
            write_partner_keys(folder, keys)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _given(**variables: str) -> Iterator[None]:
    before = {name: value for name, value in os.environ.items() if name.startswith("LOANHUB_")}
    for name in before:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]
        os.environ.update(before)


def _write_configuration(folder: Path) -> None:
    folder.mkdir(parents=True)
    source = sandbox_folder()
    shutil.copyfile(source / "products.yaml", folder / "products.yaml")
    partners = _read(source / "partners.yaml")["partners"]
    agreements = {one["id"]: one for one in _read(source / "agreements.yaml")["agreements"]}
    for name, dialect, name_zh, name_en in _NEW:
        partners.append({**copy.deepcopy(partners[0]), "id": name, "keys": name, "connector": dialect})
        partners[-1] |= {"name_zh": name_zh, "name_en": name_en, "kind": "bank"}
        agreements[_AGREEMENTS[name]] = _like(agreements["sunfin_standard_2025"], name, name_zh, name_en)
    for partner in partners:
        partner["timeouts"] = {"connect_seconds": 1, "read_seconds": 1}
    _write(folder / "partners.yaml", partners=partners)
    _write(folder / "agreements.yaml", agreements=[agreements[one] for one in _AGREEMENTS.values()])
    _write(folder / "programmes.yaml", programmes=list(_programmes()))


def _like(pattern: dict[str, Any], name: str, name_zh: str, name_en: str) -> dict[str, Any]:
    made = copy.deepcopy(pattern) | {"id": _AGREEMENTS[name], "partner": name}
    made["parties"][0] = {"id": name, "role": "funder", "name_zh": name_zh, "name_en": name_en}
    made["capital"] = [{"party": name, "weight": 1}]
    for clause in made["clauses"]:
        if clause.get("party") == "sunfin":
            clause["party"] = name
    return made


def _programmes() -> Iterator[dict[str, Any]]:
    for place, (partner, region) in enumerate(HOMES.items()):
        joint = partner == "citybank"
        for kind, fee_fen in (("home", 100), ("far", 10_000 + 100 * place)):
            yield {
                "id": f"{partner}_{kind}",
                "version": 1,
                "partner": partner,
                "products": ["cash_loan"],
                "agreement": _AGREEMENTS[partner],
                "effective_from": "2025-01-01",
                "amount_min_fen": 100_000,
                "amount_max_fen": 20_000_000,
                "terms": [3, 6, 12],
                "methods": ["equal_instalment", "equal_principal"],
                "age_min": 20,
                "age_max": 60,
                **({"regions_allowed": [region]} if kind == "home" else {}),
                "customer_rate_min": "0.0300",
                "customer_rate_max": "0.3600",
                "funding_rate": "0.0550",
                **({"co_funding_rate": "0.0550"} if joint else {}),
                "guarantee_rate": "0.0150",
                "per_application_fee_fen": fee_fen,
                "own_share": "0.70" if joint else "1",
                "quota": {"daily_fen": 2_000_000_000_000},
            }


def _read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _write(file: Path, **document: Any) -> None:
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
