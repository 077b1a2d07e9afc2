"""Import rules that may name modules and libraries nobody imports yet.

The linter's own types refuse a name that is absent from the import graph. A ban has to stand before the first
offender arrives, so these drop absent names for the run; tests/test_architecture.py proves that each rule
bites once its names are there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from grimp import ImportGraph
from importlinter import ContractCheck
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.protected import ProtectedContract
from importlinter.domain.imports import ModuleExpression


def _present(graph: ImportGraph, expressions: Iterable[ModuleExpression]) -> list[ModuleExpression]:
    return [
        expression
        for expression in expressions
        if expression.has_wildcard_expression() or expression.expression in graph.modules
    ]


class ForbiddenFromTheStart(ForbiddenContract):
    """A forbidden contract whose modules need not exist yet."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Check what is there."""
        rule: Any = self
        rule.source_modules = set(_present(graph, rule.source_modules))
        rule.forbidden_modules = set(_present(graph, rule.forbidden_modules))
        return super().check(graph, verbose)


class ProtectedFromTheStart(ProtectedContract):
    """A protected contract whose modules need not exist yet."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Check what is there."""
        rule: Any = self
        rule.protected_modules = _present(graph, rule.protected_modules)
        rule.allowed_importers = _present(graph, rule.allowed_importers)
        return super().check(graph, verbose)
