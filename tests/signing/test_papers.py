"""A file's signature holds for its bytes and key alone, and is what OpenSSL itself verifies."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from signing.errors import KeyUnavailable
from signing.keys import Key, KeyRing
from signing.newkeys import new_ec, new_ed25519, new_rsa, new_sm2, new_symmetric
from signing.papers import paper_holds, sign_paper, signer

NOW = datetime(2026, 2, 1, tzinfo=UTC)
DATA = "结算单 manifest\n".encode()


def random(size: int) -> bytes:
    return b"".join(sha256(bytes([at])).digest() for at in range(1 + size // 32))[:size]


KEYS = {"rsa": new_rsa("k"), "ec": new_ec("k"), "ed25519": new_ed25519("k"), "sm2": new_sm2("k", random)}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_it_holds_for_these_bytes_and_this_key_alone(key: Key) -> None:
    ring = KeyRing.of("statements", key)
    assert signer(ring, NOW) == "k"
    value = sign_paper(DATA, ring, NOW).value
    public = key.export_public()
    assert paper_holds(DATA, value, public, NOW)
    assert not paper_holds(DATA + b" ", value, public, NOW)
    assert not paper_holds(DATA, value[:-1] + bytes([value[-1] ^ 1]), public, NOW)
    for other in KEYS.values():
        if other is not key:
            assert not paper_holds(DATA, value, other.export_public(), NOW)


@pytest.mark.parametrize("name", ["rsa", "ed25519"])
def test_the_same_bytes_have_the_same_signature(name: str) -> None:
    ring = KeyRing.of("statements", KEYS[name])
    assert sign_paper(DATA, ring, NOW).value == sign_paper(DATA, ring, NOW).value


def test_what_cannot_sign_a_file_is_refused() -> None:
    with pytest.raises(KeyUnavailable):
        sign_paper(DATA, KeyRing.of("statements", new_symmetric("k", random)), NOW)
    with pytest.raises(KeyUnavailable):
        paper_holds(DATA, b"", b"no key", NOW)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command to compare with")
@pytest.mark.parametrize("name", ["rsa", "ec", "ed25519"])
def test_openssl_verifies_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(KEYS[name].export_public())
    (tmp_path / "m.json").write_bytes(DATA)
    (tmp_path / "m.sig").write_bytes(sign_paper(DATA, KeyRing.of("statements", KEYS[name]), NOW).value)
    command = (
        "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in m.json -sigfile m.sig"
        if name == "ed25519"
        else "openssl dgst -sha256 -verify key.pem -signature m.sig m.json"
    )
    codes = []
    for _ in itertools.repeat(None, 2):
        ended = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False, timeout=60)
        codes.append(ended.returncode)
        (tmp_path / "m.json").write_bytes(DATA + b"altered")
    assert codes[0] == 0
    assert codes[1] != 0
