"""What only a dialect can spell, read from `kit.yaml` beside its connector, and the contract made of it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from connectors import registry
from connectors.conformance.honest import HonestPartner
from connectors.conformance.hostile import HostilePartner
from connectors.conformance.stormy import StormyPartner
from connectors.port import Capability
from signing.profile import Profile, load_profile, parse_profile

FILE = "kit.yaml"


class ConnectorContract(HonestPartner, HostilePartner, StormyPartner):
    """All questions. Set `dialect`, and give the payloads only the dialect can spell; see `Rig`."""


class Spelling(BaseModel):
    """Payloads the kit cannot make up: each is well-formed, and its code or status stands in no table.

    `profile` decides which kind of keys both sides need: the name of a built-in one, or of a `.yaml` file
    beside the connector; RSA keys and a shared secret when there is none. `user_id` is the SM2 user number
    both agreed on. `notice_fields` are the envelope's own fields of the notice. `lacks` says of each
    capability the dialect does not have why not: the reason, and which ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strange_answer: str = Field(min_length=1)
    strange_notice: str | None = None
    notice_fields: Mapping[str, str] = Field(default_factory=dict)
    profile: str | None = None
    user_id: str | None = None
    lacks: Mapping[str, tuple[Capability, ...]] = Field(default_factory=dict)


class _Unspelt:
    """Stands for a payload nobody gave: the questions that need it are reported as not tested."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, holder: object | None, owner: type) -> object:
        if holder is None:
            return self
        pytest.skip(f"not tested: {FILE} has no {self._name}")


def contract(dialect: str) -> type[ConnectorContract]:
    """Return the contract of a registered dialect, to be assigned to a name that begins with `Test`.

    Raises UnknownDialect, and ValueError for a `kit.yaml` that is not in order.
    """
    told = _spelling(dialect)
    values: dict[str, object] = {"dialect": dialect, "__doc__": f"{dialect} keeps the contract."}
    for name in ("strange_answer", "strange_notice"):
        text: str | None = getattr(told, name, None)
        values[name] = _Unspelt(name) if text is None else text.encode()
    if told is not None:
        values["notice_fields"] = told.notice_fields
        values["profile"] = None if told.profile is None else _profile(dialect, told.profile)
        values["user_id"] = None if told.user_id is None else told.user_id.encode()
    return type("Contract", (ConnectorContract,), values)


def reasons(dialect: str) -> dict[Capability, str]:
    """Return why a dialect lacks what it lacks, as its `kit.yaml` says. Raises as `contract` does."""
    told = _spelling(dialect)
    return {} if told is None else {one: why for why, many in told.lacks.items() for one in many}


def _spelling(dialect: str) -> Spelling | None:
    file = files(registry.home(dialect)).joinpath(FILE)
    if not file.is_file():
        return None
    return Spelling.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))


def _profile(dialect: str, name: str) -> Profile:
    if not name.endswith(".yaml"):
        return load_profile(name)
    return parse_profile(files(registry.home(dialect)).joinpath(name).read_text(encoding="utf-8"))
