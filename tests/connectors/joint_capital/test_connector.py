"""The joint lender's connector keeps the contract of every connector."""

from __future__ import annotations

from connectors.conformance import contract

TestJointCapital = contract("joint_capital")
