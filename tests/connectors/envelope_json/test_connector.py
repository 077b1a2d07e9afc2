"""The consumer-finance company's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import contract

TestEnvelopeJson = contract("envelope_json")
