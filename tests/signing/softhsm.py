"""A fresh SoftHSM token for the tests of PKCS#11, or the reason why there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PIN, WRONG_PIN, SO_PIN, TOKEN = "4711-0815", "0815-4711", "so-4711-0815", "hub"
CONFIGURATION = "SOFTHSM2_CONF"
# Where Debian, Red Hat and Homebrew put the library.
MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


@dataclass(frozen=True)
class SoftHsm:
    """The library and the folder in which it keeps its tokens."""

    module: str
    tokens: Path


def installed() -> tuple[str, str]:
    """Return SoftHSM's tool and library, or skip the calling test."""
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: install loanhub[hsm]")
    tool = shutil.which("softhsm2-util")
    module = os.environ.get("LOANHUB_TEST_SOFTHSM") or next(
        (one for one in MODULES if Path(one).exists()), None
    )
    if tool is None or module is None:
        pytest.skip("SoftHSM (Debian package softhsm2) is not installed: keys in a device are not tested")
    return tool, module


@contextmanager
def fresh_token(folder: Path) -> Iterator[SoftHsm]:
    """Make one token in ``folder``. The library reads its configuration once in the life of a process."""
    tool, module = installed()
    tokens = folder / "tokens"
    tokens.mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    before = os.environ.get(CONFIGURATION)
    os.environ[CONFIGURATION] = str(configuration)
    try:
        pins = ["--so-pin", SO_PIN, "--pin", PIN]
        subprocess.run(
            [tool, "--module", module, "--init-token", "--free", "--label", TOKEN, *pins],
            check=True,
            capture_output=True,
        )
        yield SoftHsm(module, tokens)
    finally:
        if before is None:
            del os.environ[CONFIGURATION]
        else:
            os.environ[CONFIGURATION] = before
