"""A recording as a test: what the partner said once is said again, and must be understood in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from connectors.conformance.recording import Exchange, Recording, Stage


class Replayed:
    """The test of one recording; made by `replay`."""

    recording: ClassVar[Recording]
    stage: ClassVar[Stage]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Ask once for each exchange."""
        said = self.recording.exchanges
        names = [f"{number:02d}-{_name(exchange)}" for number, exchange in enumerate(said, 1)]
        metafunc.parametrize("exchange", said, ids=names)

    def test_is_understood_as_it_was(self, exchange: Exchange) -> None:
        """The same words mean the same."""
        again = self.stage.said_again(exchange)
        assert (again.told, again.failure) == (exchange.told, exchange.failure)


def replay(file: Path) -> type[Replayed]:
    """Return the test of a recording, to be assigned to a name that begins with `Test`.

    Raises OSError, ValueError for a file that is no recording, UnknownDialect.
    """
    recording = Recording.model_validate_json(file.read_text(encoding="utf-8"))
    return type("Replay", (Replayed,), {"recording": recording, "stage": Stage(recording.dialect)})


def _name(exchange: Exchange) -> str:
    return exchange.kind or str((exchange.ask or {}).get("kind", ""))
