"""Versions of terms as they were applied, and the steps persons took with them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select

from contracts.rules import RuleProgram
from hub.domain import activation
from hub.domain.activation import Kind, Signed, Step, Version
from hub.store.tables import T

_C, _S = T.config_version.c, T.terms_step.c
_KINDS: Final = tuple(kind.value for kind in Kind)
_KEPT = select(_C.kind, _C.name, _C.version, _C.sha256, _C.applied_at).where(_C.kind.in_(_KINDS))
_BODY = select(_C.body).where(
    _C.kind == bindparam("of_kind"), _C.name == bindparam("of_name"), _C.version == bindparam("of_version")
)
_STEPS = select(T.terms_step)
_ACTIVE = select(_S.kind, _S.name, _S.version).where(_S.step == Step.ACTIVATE.value)
_TAKE = insert(T.terms_step)


def kept(tx: Connection) -> dict[Version, Any]:
    """Every version ever applied: its row with `sha256` and `applied_at`."""
    return {Version(Kind(row.kind), row.name, row.version): row for row in tx.execute(_KEPT)}


def newest(tx: Connection, kind: Kind) -> Version | None:
    """The highest version of a kind ever applied."""
    return activation.newest(kept(tx), kind)


def program(tx: Connection, version: Version) -> RuleProgram:
    """A version of the rules as it was applied; NoResultFound when it never was."""
    key = {"of_kind": version.kind.value, "of_name": version.name, "of_version": version.version}
    return RuleProgram.model_validate_json(json.dumps(tx.execute(_BODY, key).scalar_one()))


def steps(tx: Connection) -> dict[Version, dict[Step, Any]]:
    """The steps taken with each version: rows with `who`, `why` and `at`."""
    found: dict[Version, dict[Step, Any]] = {}
    for row in tx.execute(_STEPS):
        taken = found.setdefault(Version(Kind(row.kind), row.name, row.version), {})
        taken[Step(row.step)] = row
    return found


def active(tx: Connection) -> frozenset[Version]:
    """The versions that two persons have put in use."""
    return frozenset(Version(Kind(row.kind), row.name, row.version) for row in tx.execute(_ACTIVE))


def take(tx: Connection, version: Version, step: Step, signed: Signed, now: datetime) -> None:
    """Write a step down; IntegrityError when another process has taken it meanwhile."""
    row = {"kind": version.kind.value, "name": version.name, "version": version.version}
    tx.execute(_TAKE, row | {"step": step.value, "who": signed.who, "why": signed.why, "at": now})
