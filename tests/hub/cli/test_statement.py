"""What the hub hands out is signed, and a partner verifies it with the public key alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hub.demo.premises import Premises
from hub.settings import Settings
from signing.keystore import load_ring
from tests.hub.cli.conftest import Run
from tests.hub.cli.test_closing import lend


def test_statements_are_signed_and_verified_and_an_altered_one_is_found(run: Run, premises: Premises) -> None:
    lend("loan_1", date(2026, 1, 6))
    assert "unsigned: make a signing key" in run("close", "--period", "2026-01").stdout
    key = Path("statements.pem")
    key.write_text("", encoding="utf-8")
    nothing = run("statement", "verify", str(premises.statements), "--key", str(key))
    assert (nothing.exit_code, "holds no *.manifest.json" in nothing.stderr) == (1, True)
    assert run("keys", "new", "--partner", "statements").exit_code == 0
    ring = load_ring(Settings().key_dir / "statements" / "ours")
    key.write_bytes(ring.entries[0].key.export_public())
    assert ".manifest.sig" in run("close", "--period", "2026-01").stdout
    first = {path.name: path.read_bytes() for path in premises.statements.iterdir()}
    run("close", "--period", "2026-01")
    assert {path.name: path.read_bytes() for path in premises.statements.iterdir()} == first
    (premises.statements / "note.txt").write_text("x", encoding="utf-8")
    said = run("statement", "verify", str(premises.statements), "--key", str(key))
    assert said.exit_code == 0, said.stdout
    assert "签名有效 holds, 3 files" in said.stdout
    assert "note.txt: 不在签名范围" in said.stdout
    pdf = next(premises.statements.glob("*.pdf"))
    pdf.write_bytes(pdf.read_bytes() + b" ")
    said = run("statement", "verify", str(premises.statements), "--key", str(key))
    assert (said.exit_code, f"{pdf.name} 已被改动 was altered" in said.stdout) == (3, True)
    pdf.unlink()
    manifest = premises.statements / f"{pdf.stem}.manifest.json"
    assert (
        f"{pdf.name} is missing"
        in run("statement", "verify", str(premises.statements), "--key", str(key)).stdout
    )
    manifest.write_bytes(manifest.read_bytes().replace(b'"lines": ', b'"lines": 1'))
    said = run("statement", "verify", str(premises.statements), "--key", str(key))
    assert (said.exit_code, "签名无效" in said.stdout) == (3, True)
    manifest.with_suffix(".sig").unlink()
    assert "is missing" in run("statement", "verify", str(premises.statements), "--key", str(key)).stdout
