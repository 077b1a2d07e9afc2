"""No application is pending without a reason."""

from __future__ import annotations

import pytest

from hub.domain.lifecycle import FINAL_APPLICATION, ApplicationState
from hub.domain.waiting import waiting_for


@pytest.mark.parametrize("state", ApplicationState)
def test_every_state_is_final_or_waits_for_something(state: ApplicationState) -> None:
    reason = waiting_for(state)
    assert (reason is None) == (state in FINAL_APPLICATION)
    assert reason is None or all(reason.values())
