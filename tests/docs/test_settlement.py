"""The page on settling is walked: every command it shows is run, in its order, on one hub."""

from __future__ import annotations

import json
import os
import re
import shlex
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import app
from hub.demo.premises import prepare
from hub.domain import sharing
from hub.domain.payment_files import BANK
from hub.flows.books import book
from hub.flows.context import Cause
from hub.settings import Settings
from hub.store import paid
from hub.wiring import assemble
from tests.shared import ROOT

PAGE = ROOT / "docs" / "settlement.md"
BLOCK = re.compile(r"^```bash\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
START = datetime(2026, 1, 5, 1, tzinfo=UTC)


def loanhub(line: str) -> str:
    ended = CliRunner().invoke(app, shlex.split(line)[1:])
    assert ended.exit_code == 0, (line, ended.output)
    return ended.stdout


def lend() -> None:
    """A loan and a repayment of January: the lender owes the guarantor and the platform their shares."""
    context = assemble(Settings(), clock=lambda: START, random=os.urandom, wake=lambda _queue: None)
    agreement = context.catalogue.agreements[0]
    events = (
        sharing.Disbursed("loan_1", 1_000_000, date(2026, 1, 6)),
        sharing.Received("loan_1", "R1", "normal", 1, 80_000, 20_000, 0, 0, 1_000_000, 20, date(2026, 1, 26)),
    )
    with context.database.write() as tx:
        for event in events:
            cause = Cause("test", "api", START)
            book(context, tx, "loan_1", agreement.partner, agreement, event, cause)
    context.database.close()


class Reader:
    """Somebody who reads the page and puts in what the hub printed for its words in capitals."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.others: list[str] = []

    def do(self, line: str) -> None:
        if "settle instruct" in line:
            self.approve_the_others()
        for word, value in self.known.items():
            line = re.sub(rf"\b{word}\b", value, line)
        said = loanhub(line)
        if "settle list" in line:
            heads = {words[2]: words[0] for words in map(str.split, said.splitlines())}
            self.known["STATEMENT"] = heads["platform"]
            self.others = [one for party, one in heads.items() if party != "platform"]
        if "keys new" in line:
            pem = said[said.index("-----BEGIN") :]
            Path("statements.pem").write_text(pem[: pem.index("-----END")] + "-----END PUBLIC KEY-----\n")
        if "statement verify" in line:
            # What the page shows next is another statement, and one of its lines.
            self.known["STATEMENT"] = self.others[0]
            self.known["LINE"] = "loan_1:received:R1:2"
        if found := re.search(r"^(dis_\w+): disputed", said):
            self.known["DISPUTE"] = found[1]
        if "settle payments" in line:
            rows = [json.loads(row) for row in said.splitlines()]
            (payment,) = (row for row in rows if row["creditor"] == "platform")
            self.known["PAYMENT"] = payment["id"]
            yuan = f"{payment['amount_fen'] // 100}.{payment['amount_fen'] % 100:02d}"
            row = f"2026-02-06,S1,{yuan},lender,{payment['id']}"
            Path("bank.csv").write_text("\n".join([",".join(BANK), row]), encoding="utf-8")

    def approve_the_others(self) -> None:
        for one in self.others:
            for step, who in (("review", "ann"), ("confirm", "ann"), ("approve", "bob")):
                loanhub(f"loanhub settle {step} {one} --who {who} --why 'as the page says'")


def test_every_command_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    premises = prepare(tmp_path / "run", partners_url="http://127.0.0.1:9", start=START)
    for name, value in premises.environment().items():
        if name.startswith("LOANHUB_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(premises.statements.parent)
    lend()
    reader, seen = Reader(), 0
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        for line in block["body"].splitlines():
            if line.startswith("loanhub"):
                reader.do(line)
                seen += 1
    assert seen >= 20
    context = assemble(Settings(), clock=lambda: START, random=os.urandom, wake=lambda _queue: None)
    try:
        states = {row["creditor"]: row["state"] for row in paid.payments(context.database, "2026-01")}
    finally:
        context.database.close()
    assert states["platform"] == "reconciled"
