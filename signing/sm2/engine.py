"""Which SM2 engine runs: OpenSSL where it is present, Python elsewhere, or the one that is named."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from signing.sm2.fast import FastEngine
from signing.sm2.port import Engine, EngineAbsent
from signing.sm2.portable import PortableEngine


class EngineChoice(StrEnum):
    """What a deployment asks for; FAST and PORTABLE never fall back."""

    AUTO = "auto"
    FAST = "fast"
    PORTABLE = "portable"


def choose_engine(
    choice: EngineChoice = EngineChoice.AUTO,
    *,
    random: Callable[[int], bytes],
    library: str | None = None,
) -> Engine:
    """Return the engine chosen. Raises `EngineAbsent` if FAST is asked for and cannot run here.

    `random` feeds the nonces of the portable engine and must be unpredictable: a nonce that can be guessed or
    repeats gives the private key away. The fast engine draws from OpenSSL. `library` is a path to libcrypto.
    """
    if choice is EngineChoice.PORTABLE:
        return PortableEngine(random)
    try:
        return FastEngine(library)
    except EngineAbsent:
        if choice is EngineChoice.FAST:
            raise
        return PortableEngine(random)
