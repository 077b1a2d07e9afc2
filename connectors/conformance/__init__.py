"""What every connector must do, named by capability; a connector's whole test is one subclass."""

import pytest

pytest.register_assert_rewrite(
    "connectors.conformance.rig", "connectors.conformance.honest", "connectors.conformance.hostile"
)

from connectors.conformance.honest import HonestPartner  # noqa: E402
from connectors.conformance.hostile import HostilePartner  # noqa: E402
from connectors.conformance.rig import Rig  # noqa: E402


class ConnectorContract(HonestPartner, HostilePartner):
    """All of it. Set `dialect`, and give the payloads only the dialect can spell; see `Rig`."""


__all__ = ["ConnectorContract", "Rig"]
