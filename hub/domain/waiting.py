"""What an application that is not final waits for: every pending state has a reason people can read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hub.domain.lifecycle import ApplicationState

WAITING_FOR: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        ApplicationState.SUBMITTED: ("routing", "等待匹配资金方", "waiting to be routed to a partner"),
        ApplicationState.REVIEWING: (
            "partner_decides",
            "等待资金方审批",
            "waiting for the partner to decide",
        ),
        ApplicationState.APPROVED: ("borrower_draws", "等待借款人支用", "waiting for the borrower to draw"),
        ApplicationState.DRAWING: ("partner_pays", "等待资金方放款", "waiting for the partner to pay out"),
        ApplicationState.REPAYING: ("borrower_repays", "还款中", "waiting for the terms still to be repaid"),
    }
)
"""Code, Chinese and English for each state that is not final."""


def waiting_for(state: str) -> dict[str, str] | None:
    """What an application in `state` waits for; None when it is final."""
    found = WAITING_FOR.get(state)
    return None if found is None else dict(zip(("code", "zh", "en"), found, strict=True))
