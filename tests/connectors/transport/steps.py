"""Time that passes only when somebody sleeps."""

from __future__ import annotations


class Steps:
    """A clock and the sleep that moves it."""

    def __init__(self) -> None:
        self.at = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
