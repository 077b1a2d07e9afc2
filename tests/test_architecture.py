"""The direction of imports holds, and every rule of it can fail."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from copy import deepcopy
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from typing import Any

import grimp
import pytest
from importlinter import Contract
from importlinter.api import read_configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.layers import LayersContract

from tests.import_contracts import ForbiddenFromTheStart, ProtectedFromTheStart
from tests.shared import ROOT

CONFIGURATION = read_configuration(str(ROOT / ".importlinter"))
RULES: dict[str, dict[str, Any]] = {rule["id"]: rule for rule in CONFIGURATION["contracts_options"]}
TYPES: dict[str, type[Contract]] = {
    "layers": LayersContract,
    "forbidden": ForbiddenFromTheStart,
    "protected": ProtectedFromTheStart,
    "acyclic_siblings": AcyclicSiblingsContract,
}

# One import per rule that it must refuse: (rule, importer, imported).
OFFENCES = [
    ("packages", "contracts.money", "signing.keys"),
    ("packages", "signing.keys", "contracts.money"),
    ("packages", "connectors.port", "hub.domain"),
    ("hub-layers", "hub.domain.ledger", "hub.flows"),
    ("hub-layers", "hub.web.app", "hub.worker"),
    ("hub-layers", "hub.store.tables", "hub.bulk"),
    ("hub-layers", "hub.newcomer", "json"),
    ("connector-layers", "connectors.sorted_form.wire", "connectors.trust_file.wire"),
    ("connector-layers", "connectors.port", "connectors.files"),
    ("connector-layers", "connectors.newcomer", "json"),
    ("pure-domain", "hub.domain.routing", "sqlalchemy"),
    ("pure-domain", "contracts.messages", "httpx"),
    ("pure-domain", "hub.domain.ledger", "signing.fields"),
    ("pure-connectors", "connectors.sorted_form.connector", "connectors.transport"),
    ("pure-connectors", "connectors.trust_file.wire", "httpx"),
    ("simulators", "connectors.registry", "connectors.sorted_form.simulator"),
    ("simulators", "hub.demo", "connectors.trust_file.simulator"),
    ("simulators", "connectors.sorted_form.connector", "connectors.simulation.books"),
    ("dialling", "hub.flows.outbound", "httpx"),
    ("dialling", "connectors.envelope_json.connector", "tenacity"),
    ("dialling", "hub.web.app", "requests"),
    ("file-transfer", "hub.flows.daily_files", "asyncssh"),
    ("file-transfer", "connectors.trust_file.connector", "asyncssh"),
    ("cryptography", "connectors.sorted_form.wire", "cryptography"),
    ("cryptography", "hub.store.sealed", "gmalg"),
    ("refused-libraries", "signing.sm2", "gmssl"),
    ("connectors-users", "hub.web.partners", "connectors.registry"),
    ("connectors-users", "hub.store.tables", "connectors.port"),
    ("store-users", "hub.web.finance", "hub.store.tables"),
    ("store-users", "hub.demo", "hub.store.mailbox"),
    ("database-users", "hub.web.app", "sqlalchemy"),
    ("database-users", "connectors.exchange", "sqlite3"),
]
# Two imports that are harmless alone and refused together.
CIRCLE = ("contracts.money", "contracts.messages")


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """Return the graph of what imports what today."""
    return grimp.build_graph(
        *CONFIGURATION["session_options"]["root_packages"], include_external_packages=True, cache_dir=None
    )


def _kept(rule_id: str, graph: grimp.ImportGraph) -> bool:
    rule = RULES[rule_id]
    contract = TYPES[rule["type"]](
        name=rule["name"], session_options=CONFIGURATION["session_options"], contract_options=rule
    )
    return contract.check(graph=deepcopy(graph), verbose=False).kept


@pytest.mark.parametrize("rule_id", sorted(RULES))
def test_import_rule_holds(rule_id: str, imports: grimp.ImportGraph) -> None:
    assert _kept(rule_id, imports), (
        f"run `make lint` to see the offending import of: {RULES[rule_id]['name']}"
    )


@pytest.mark.parametrize(("rule_id", "importer", "imported"), OFFENCES)
def test_import_rule_refuses(rule_id: str, importer: str, imported: str, imports: grimp.ImportGraph) -> None:
    graph = deepcopy(imports)
    _plant(graph, importer, imported)
    assert not _kept(rule_id, graph)


def test_a_circle_is_refused(imports: grimp.ImportGraph) -> None:
    graph = deepcopy(imports)
    _plant(graph, *CIRCLE)
    _plant(graph, *reversed(CIRCLE))
    assert not _kept("acyclic", graph)


def test_every_import_rule_has_an_offence_that_it_refuses() -> None:
    assert {rule_id for rule_id, _, _ in OFFENCES} | {"acyclic"} == set(RULES)


def test_every_library_imported_is_declared(imports: grimp.ImportGraph) -> None:
    """What works because a tool for development brought it along fails where only the hub is installed."""
    ours = set(CONFIGURATION["session_options"]["root_packages"])
    libraries = {module.split(".")[0] for module in imports.modules} - ours - sys.stdlib_module_names
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked_for = [one for extra in extras.keys() - {"dev"} for one in extras[extra]]  # imported when wanted
    declared = _names([*project["dependencies"], *asked_for])
    brought_along = {name for one in declared for name in _names(_requirements(one))}
    homes = packages_distributions()
    strangers = {
        name for name in libraries if not declared.union(brought_along) & _names(homes.get(name, []))
    }
    assert not strangers


def _requirements(distribution: str) -> list[str]:
    try:
        return requires(distribution) or []
    except PackageNotFoundError:
        return []


def _names(requirements: Iterable[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; (]", one)[0]).lower() for one in requirements}


def _plant(graph: grimp.ImportGraph, importer: str, imported: str) -> None:
    for module in (importer, imported):
        _add_with_parents(graph, module)
    graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="planted")


def _add_with_parents(graph: grimp.ImportGraph, module: str) -> None:
    ours = module.split(".")[0] in CONFIGURATION["session_options"]["root_packages"]
    names = module.split(".")
    for depth in range(1, len(names) + 1):
        name = ".".join(names[:depth])
        if name not in graph.modules:
            graph.add_module(name, is_squashed=not ours)
