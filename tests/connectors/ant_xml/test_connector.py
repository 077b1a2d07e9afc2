"""The platform's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import contract

TestAntXml = contract("ant_xml")
