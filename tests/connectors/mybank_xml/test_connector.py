"""The internet bank's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import contract

TestMybankXml = contract("mybank_xml")
