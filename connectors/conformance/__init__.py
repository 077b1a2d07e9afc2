"""What every connector must do, named by capability; a connector's whole test is one line."""

import pytest

pytest.register_assert_rewrite(
    "connectors.conformance.rig",
    "connectors.conformance.honest",
    "connectors.conformance.hostile",
    "connectors.conformance.errands",
    "connectors.conformance.orders",
    "connectors.conformance.stormy",
    "connectors.conformance.replayed",
)

from connectors.conformance.rig import Rig  # noqa: E402
from connectors.conformance.spelling import ConnectorContract, contract  # noqa: E402

__all__ = ["ConnectorContract", "Rig", "contract"]
