"""Dialects are found by name, built in or by entry point."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from connectors import registry
from connectors.conformance.rig import keys, seeded
from connectors.port import Partner


@pytest.mark.parametrize("dialect", sorted(registry.BUILT_IN))
def test_a_built_in_has_both_sides(dialect: str) -> None:
    partner = Partner("p", keys("ours")[0])
    assert registry.build(dialect, partner).dialect == dialect
    assert registry.simulator(dialect, partner, random=seeded("x")).dialect == dialect
    assert dialect in registry.names()


def test_an_unknown_dialect_is_told_what_there_is() -> None:
    with pytest.raises(registry.UnknownDialect, match="envelope_json"):
        registry.build("nobody", Partner("p", keys("ours")[0]))


def test_an_installed_dialect_is_found_but_does_not_displace_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "connectors.trust_file.connector:TrustFileConnector"
    installed = [EntryPoint(name, path, registry.GROUP) for name in ("installed_one", "sorted_form")]

    def found(*, group: str, name: str | None = None) -> list[EntryPoint]:
        return [point for point in installed if point.group == group and name in (None, point.name)]

    monkeypatch.setattr(registry, "entry_points", found)
    partner = Partner("p", keys("ours")[0])
    assert registry.build("installed_one", partner).dialect == "trust_file"
    assert registry.build("sorted_form", partner).dialect == "sorted_form"
    assert "installed_one" in registry.names()
