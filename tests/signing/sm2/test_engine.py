"""The engine that was asked for runs, or the error says which one can."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from signing.sm2 import EngineAbsent, EngineChoice, choose_engine
from tests.signing.sm2.engines import engine


def test_auto_prefers_openssl() -> None:
    engine("fast")
    assert choose_engine(random=os.urandom).name == "fast"
    assert choose_engine(EngineChoice.PORTABLE, random=os.urandom).name == "portable"


def test_auto_falls_back_and_fast_does_not(tmp_path: Path) -> None:
    absent = str(tmp_path / "libcrypto.so.3")
    assert choose_engine(random=os.urandom, library=absent).name == "portable"
    with pytest.raises(EngineAbsent, match="portable"):
        choose_engine(EngineChoice.FAST, random=os.urandom, library=absent)
