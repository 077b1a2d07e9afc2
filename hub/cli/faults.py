"""What went wrong, in words: every expected refusal becomes a message and an exit code, not a traceback.

| exit code | what it means |
|---|---|
| 0 | done |
| 1 | refused: the message says what to do |
| 2 | the command line or a setting is wrong |
| 3 | it ran, and what it checked is not in order |
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

REFUSED, WRONG_USE, CHECKS_FAILED = 1, 2, 3


class Refusal(Exception):
    """A command cannot go on; the message says what to do."""

    def __init__(self, message: str, *, code: int = REFUSED) -> None:
        super().__init__(message)
        self.code = code


def spoken(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command end with a message instead of a traceback when it is refused."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Exception as error:
            told = _explained(error)
            if told is None:
                raise
            _stop(*told)

    return run


def _stop(message: str, code: int) -> NoReturn:
    print(f"loanhub: {message}", file=sys.stderr)
    raise SystemExit(code)


def _explained(error: Exception) -> tuple[str, int] | None:
    """The message and exit code of an expected error; None for one that nobody foresaw.

    The imports are here because a command that goes well, or never touched the part, should not pay for it.
    """
    if isinstance(error, Refusal):
        return str(error), error.code
    for explain in (_of_settings, _of_hub, _of_web):
        told = explain(error)
        if told is not None:
            return told
    return None


def _of_settings(error: Exception) -> tuple[str, int] | None:
    from pydantic import ValidationError

    from hub.settings import Settings

    # Other models' errors may carry input; only the settings' own are for this place.
    if not isinstance(error, ValidationError) or error.title != Settings.__name__:
        return None
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        name = "LOANHUB_" + "_".join(str(part) for part in fault["loc"]).upper()
        lines.append(f"{name}: {fault['msg'].removeprefix('Value error, ')}")
    return "\n".join(["the settings are wrong", *lines]), WRONG_USE


def _of_hub(error: Exception) -> tuple[str, int] | None:
    from hub.config.load import ConfigRefused
    from signing.errors import KeyUnavailable

    if isinstance(error, ConfigRefused):
        count = len(error.problems)
        return f"the configuration has {count} problem{'s' * (count != 1)}\n{error}", REFUSED
    if isinstance(error, KeyUnavailable):
        return f"{error}\nkeys are made with `loanhub keys new --help`", REFUSED
    return None


def _of_web(error: Exception) -> tuple[str, int] | None:
    # Modules that were never loaded cannot have raised.
    for module, name in (
        ("hub.demo.errors", "Unable"),
        ("hub.demo.client", "Answered"),
        ("hub.wiring", "NotReady"),
        ("hub.web.access", "AccessRefused"),
        ("hub.flows.errors", "FlowError"),
    ):
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return str(error), REFUSED
    kinds: tuple[type[Exception], ...] = getattr(sys.modules.get("hub.store.queries"), "UNAVAILABLE", ())
    if isinstance(error, kinds):
        # The driver's text may show the password of the database's address.
        return "the database does not answer; look at LOANHUB_DATABASE_URL and at the server", REFUSED
    return None
