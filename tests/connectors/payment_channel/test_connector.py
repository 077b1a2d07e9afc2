"""The payment channel's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import contract

TestPaymentChannel = contract("payment_channel")
