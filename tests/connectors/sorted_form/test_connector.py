"""The bank's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import contract

TestSortedForm = contract("sorted_form")
