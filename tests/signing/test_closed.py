"""Whatever a verifier did not foresee is a refusal, and tells nothing of its cause."""

from __future__ import annotations

import pytest

from signing.closed import opens, refuses
from signing.errors import (
    ClockRefused,
    KeyUnavailable,
    MalformedMessage,
    OpenFailed,
    SignatureRefused,
    SigningError,
)

OWN = [KeyUnavailable("k"), MalformedMessage("m"), ClockRefused("c", skew_s=1.0), OpenFailed()]
FOREIGN = [
    ValueError("secret 42"),
    KeyError("x"),
    RecursionError(),
    MemoryError(),
    AssertionError(),
    OSError(),
]


def failing(error: Exception) -> int:
    raise error


@pytest.mark.parametrize("error", OWN, ids=lambda error: type(error).__name__)
def test_our_own_errors_pass(error: SigningError) -> None:
    for guard in (refuses, opens):
        with pytest.raises(type(error)) as caught:
            guard(failing)(error)
        assert caught.value is error


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
def test_foreign_errors_refuse_without_their_cause(error: Exception) -> None:
    with pytest.raises(SignatureRefused) as refused:
        refuses(failing)(error)
    with pytest.raises(OpenFailed) as unopened:
        opens(failing)(error)
    for caught in (refused.value, unopened.value):
        assert "42" not in str(caught)
        assert caught.__suppress_context__


def test_results_pass() -> None:
    assert refuses(str)(5) == opens(str)(5) == "5"
