"""The depository's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import contract

TestDepository = contract("depository")
