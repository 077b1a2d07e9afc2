"""Putting the parts together: from settings to a context the flows, the web and the worker can use."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel
from sqlalchemy import Connection, func, insert, select

from connectors import registry
from connectors.exchange import Exchange, Folder
from connectors.port import Capability, Random
from connectors.port import Partner as Dialled
from connectors.transport import LOOPBACK, Breaking, Pace, Timeouts, Tls, Transport
from contracts.agreement import Agreement
from contracts.programme import Partner, SftpAccount
from contracts.rules import NO_RULES, RuleProgram
from hub import logs
from hub.config.load import Configuration, load, sandbox_folder
from hub.domain.activation import HOUSE, Kind
from hub.flows import exchanges
from hub.flows.context import Context, Desk
from hub.flows.pressure import Bounds, Pressure
from hub.settings import Settings
from hub.store import terms
from hub.store.bell import Bell
from hub.store.datakeys import DataKeys
from hub.store.migrate import alone, migrate
from hub.store.sealed import Vault
from hub.store.session import Database
from hub.store.tables import T
from signing.fields import FieldSealer, index_bits_for
from signing.inventory import inventory
from signing.keys import KeyRing
from signing.keystore import RING_FILE, load_partner_keys, load_ring, refuse_published

_log = logs.get(__name__)

FIELD_RING = "fields"
STATEMENT_RING = "statements"
"""Name of the key ring that seals stored fields."""


class NotReady(Exception):
    """The hub cannot start; the message says what to do."""


class SettableClock:
    """A clock for the sandbox: it runs at the usual speed from whatever time it was last set to."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self.set(start)

    def set(self, now: datetime) -> None:
        """Go on from `now`."""
        with self._lock:
            self._start, self._since = now.astimezone(UTC), time.monotonic()

    def __call__(self) -> datetime:
        with self._lock:
            return self._start + timedelta(seconds=time.monotonic() - self._since)


def configuration(settings: Settings) -> Configuration:
    """Load and check the configuration folder; raises ConfigRefused."""
    return load(settings.config_dir or sandbox_folder(), connectors=registry.names())


def assemble(
    settings: Settings, *, clock: Callable[[], datetime], random: Random, wake: Callable[[str], None]
) -> Context:
    """Build the context: configuration applied, database migrated, keys loaded and checked.

    Raises ConfigRefused, NotReady or a signing KeyUnavailable, each saying what to do.
    """
    found = configuration(settings)
    at_start_only_here(settings, found)
    now = clock()
    database = open_database(settings)

    def apply(tx: Connection) -> dict[tuple[str, int], Agreement]:
        _apply(tx, found, now)
        return _agreements(tx)

    agreements = database.run(apply, repeatable=True)
    ring = field_ring(settings)
    warn(ring, now)
    desks = {partner.id: _desk(settings, partner, now) for partner in found.partners.values()}
    demand_able(found, desks)
    bell = None if database.sqlite else Bell(settings.database_url)
    return Context(
        database=database,
        catalogue=found,
        agreements=agreements,
        desks=desks,
        vault=Vault(field_sealer(database, ring, clock=clock, random=random)),
        clock=clock,
        random=random,
        wake=wake if bell is None else _both(wake, bell.ring),
        two_persons=settings.two_persons,
        bell=bell,
        day_end=settings.day_end,
        voids_per_hour=settings.voids_per_hour,
        bid_prices=settings.bid_prices,
        pressure=Pressure(Bounds(settings.intake_backlog, settings.inbox_backlog)),
    )


def at_start_only_here(settings: Settings, found: Configuration) -> None:
    """Raise NotReady where terms one person wrote would send applications off this machine."""
    if settings.two_persons or settings.sandbox:
        return
    for partner in found.partners.values():
        host = urlsplit(partner.endpoint or "").hostname
        if host not in _HERE:
            raise NotReady(
                f"LOANHUB_TERMS=at_start is for a sandbox, and partner {partner.id} is at {host}; "
                "leave it out, and let two persons put the terms in use: loanhub terms draft, then activate"
            )


_HERE = ("127.0.0.1", "::1", "localhost")
_NEEDED = {
    "disbursed_by": ("disbursed_by", {Capability.PAYOUT}),
    "collected_by": ("collected_by", {Capability.DEBIT_AGREEMENT, Capability.DEBIT}),
    "partner": ("collected_by", {Capability.REPAYMENT_REQUEST}),
    "custody": ("custody", {Capability.ACCOUNT_OPENING, Capability.FUNDS_FREEZE, Capability.TRANSFER}),
}
"""By a programme's field that names a partner: the field that makes it so, and what its dialect must have."""


def demand_able(found: Configuration, desks: Mapping[str, Desk]) -> None:
    """Raise NotReady when the dialect of somebody who moves money, or is told of it, cannot be asked to."""
    for programme in found.programmes:
        for field, (wanted, needed) in _NEEDED.items():
            if getattr(programme, wanted) is None:
                continue
            name: str = getattr(programme, field)
            missing = sorted(needed - desks[name].connector.capabilities)
            if missing:
                raise NotReady(
                    f"programme {programme.id} has {wanted}, and the dialect of {name} has no "
                    f"{', '.join(missing)}; leave {wanted} out, or name a partner whose dialect has it"
                )


def _both(here: Callable[[str], None], elsewhere: Callable[[str], None]) -> Callable[[str], None]:
    def wake(queue: str) -> None:
        here(queue)
        elsewhere(queue)

    return wake


def open_database(settings: Settings) -> Database:
    """The database at the newest schema, without the rest of the hub."""
    database = Database(settings.database_url)
    migrate(database)
    return database


def field_ring(settings: Settings) -> KeyRing:
    """The ring that seals stored fields. Raises KeyUnavailable."""
    ring = load_ring(settings.key_dir / FIELD_RING, environ=os.environ)
    refuse_published(ring, sandbox=settings.sandbox)
    return ring


def statement_ring(settings: Settings) -> KeyRing | None:
    """The ring whose key signs statements; None where there is none. Raises KeyUnavailable."""
    folder = settings.key_dir / STATEMENT_RING / "ours"
    if not (folder / RING_FILE).exists():
        return None
    ring = load_ring(folder, environ=os.environ)
    refuse_published(ring, sandbox=settings.sandbox)
    return ring


def field_sealer(
    database: Database, ring: KeyRing, *, clock: Callable[[], datetime], random: Random
) -> FieldSealer:
    """A sealer whose data key is in the database, and whose blind indexes fit what is stored today.

    An index as long as many rows need would single persons out while there are few.
    """
    with database.read() as tx:
        rows = tx.execute(select(func.count()).select_from(T.application)).scalar_one()
    keys = DataKeys(database, clock)
    return FieldSealer(ring, keys, now=clock(), random=random, index_bits=index_bits_for(rows))


def warn(ring: KeyRing, now: datetime) -> None:
    """Log the keys of a ring that end within 30 days, or have ended."""
    for item in inventory(ring, now):
        if item.warning is not None:
            _log.warning("key ends", ring=ring.name, key=item.key_id, days_left=item.days_left)


def _desk(settings: Settings, partner: Partner, now: datetime) -> Desk:
    keys = load_partner_keys(settings.key_dir / partner.keys, environ=os.environ)
    for ring in (keys.ours, keys.theirs, keys.shared):
        if ring is not None:
            refuse_published(ring, sandbox=settings.sandbox)
            warn(ring, now)
    if partner.endpoint is None:
        raise NotReady(f"partner {partner.id} has no endpoint; give it one in partners.yaml")
    connector = registry.build(partner.connector, Dialled(partner.id, keys, partner.settings))
    transport = _transport(settings, partner, partner.endpoint)
    return Desk(partner, connector, transport, exchange_of(settings, partner, connector.file_marker))


def _transport(settings: Settings, partner: Partner, endpoint: str) -> Transport:
    how, waits = partner.dialling, partner.timeouts
    folder = settings.key_dir / partner.keys / "tls"
    tls = Tls(
        ca=None if how.ca is None else folder / how.ca,
        client=None if how.certificate is None else folder / how.certificate,
        password_env=how.password_env,
    )
    a_minute = how.requests_per_minute
    try:
        return Transport(
            endpoint,
            timeouts=Timeouts(waits.connect_seconds, waits.read_seconds, how.total_seconds),
            concurrency=partner.parallel,
            pace=Pace(
                per_second=None if a_minute is None else a_minute / 60,
                burst=how.burst,
                spacing=partner.query.spacing_seconds,
            ),
            breaking=Breaking(how.failures, how.pause_seconds),
            tls=tls,
            observer=exchanges.observe,
            networks=(*how.networks, *(LOOPBACK if settings.sandbox else ())),
            environ=os.environ,
        )
    except ValueError as error:
        raise NotReady(f"partner {partner.id}: {error}") from error


def exchange_of(settings: Settings, partner: Partner, marker: str) -> Exchange | None:
    """Where a partner's daily files arrive; None for one without files. Raises NotReady."""
    if partner.exchange_folder is not None:
        return Folder(settings.exchange_dir / partner.exchange_folder, marker)
    if partner.exchange is not None:
        return _sftp(settings, partner, partner.exchange, marker)
    return None


def _sftp(settings: Settings, partner: Partner, at: SftpAccount, marker: str) -> Exchange:
    # The library takes a quarter of a second to import, which every command of every hub would wait for.
    from connectors.exchange.sftp import Account, After, Place, Sftp

    secrets = settings.key_dir / partner.keys / "sftp"
    key = None if at.key is None else _secret(secrets / at.key, partner)
    password = None if at.password is None else _secret(secrets / at.password, partner).decode().strip("\r\n")
    account = Account(at.host, at.port, at.user, at.host_keys, key, password)
    place = Place(at.path, marker, at.day_folders, After(at.after))
    mirror = settings.exchange_dir / f"{partner.id}.sftp"
    try:
        return Sftp(account, place, mirror, poll_seconds=at.poll_seconds)
    except ValueError as error:
        raise NotReady(f"partner {partner.id}: {error}; correct exchange in partners.yaml") from None


def _secret(file: Path, partner: Partner) -> bytes:
    try:
        if file.stat().st_mode & 0o077:
            raise NotReady(f"partner {partner.id}: others may read {file}; chmod 600 it")
        return file.read_bytes()
    except OSError as error:
        why = f"cannot read {file}: {error.strerror}"
        raise NotReady(f"partner {partner.id}: {why}; put the SFTP login there") from None


def _apply(tx: Connection, found: Configuration, now: datetime) -> None:
    """Keep every configured version for ever; one that changed without a new version is refused.

    Kept terms are compared as they read today: a field that this release added has its default in them.
    """
    alone(tx)
    c = T.config_version.c
    kept = {
        (kind, name, version): (sha256, body)
        for kind, name, version, sha256, body in tx.execute(
            select(c.kind, c.name, c.version, c.sha256, c.body)
        )
    }
    for kind, items in (("programme", found.programmes), ("agreement", found.agreements)):
        for item in items:
            body: dict[str, Any] = item.model_dump(mode="json")
            sha256 = _digest(item)
            before = kept.get((kind, item.id, item.version))
            if before is None:
                row = {"kind": kind, "name": item.id, "version": item.version, "sha256": sha256}
                tx.execute(insert(T.config_version), row | {"body": body, "applied_at": now})
            elif before[0] != sha256 and type(item).model_validate_json(json.dumps(before[1])) != item:
                raise NotReady(
                    f"{kind} {item.id} version {item.version} was applied with other terms; "
                    "undo the change or give it the next version number"
                )
    _apply_rules(tx, found.rules, now)


def _apply_rules(tx: Connection, rules: RuleProgram, now: datetime) -> None:
    """Keep a rule program that differs from the newest kept as the next version of the house's rules."""
    newest = terms.newest(tx, Kind.RULES)
    before = NO_RULES if newest is None else terms.program(tx, newest)
    if before != rules:
        number = 1 if newest is None else newest.version + 1
        row = {"kind": Kind.RULES.value, "name": HOUSE, "version": number, "sha256": _digest(rules)}
        body: dict[str, Any] = rules.model_dump(mode="json")
        tx.execute(insert(T.config_version), row | {"body": body, "applied_at": now})


def _digest(item: BaseModel) -> str:
    text = json.dumps(item.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _agreements(tx: Connection) -> dict[tuple[str, int], Agreement]:
    c = T.config_version.c
    bodies = tx.execute(select(c.body).where(c.kind == "agreement")).scalars()
    found = (Agreement.model_validate_json(json.dumps(body)) for body in bodies)
    return {(agreement.id, agreement.version): agreement for agreement in found}
