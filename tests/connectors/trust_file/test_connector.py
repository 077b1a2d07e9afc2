"""The trust's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import contract

TestTrustFile = contract("trust_file")
