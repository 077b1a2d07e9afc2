"""The gateway's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import contract

TestDigestForm = contract("digest_form")
