"""`settle` brings a statement from draft to approved by two persons, and disputes a line of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from contracts.money import format_yuan
from hub.demo.premises import Premises
from hub.domain.payment_files import BANK
from tests.hub.cli.conftest import Run
from tests.hub.cli.test_closing import lend


def test_a_statement_is_settled_step_by_step(run: Run, premises: Premises) -> None:
    lend("loan_1", date(2026, 1, 6))
    assert run("close", "--period", "2026-01").exit_code == 0
    lines = run("settle", "list", "--period", "2026-01").stdout.splitlines()
    assert lines
    assert all("[draft]" in line for line in lines)
    one = lines[0].split()[0]
    ann, bob = ("--who", "ann", "--why", "compared"), ("--who", "bob", "--why", "compared")
    assert "state who you are" in run("settle", "review", one, "--who", "a", "--why", "x").stderr
    assert "[reviewed] finance:ann: compared" in run("settle", "review", one, *ann).stdout
    assert "[confirmed]" in run("settle", "confirm", one, *ann).stdout
    refused = run("settle", "approve", one, *ann)
    assert (refused.exit_code, "another person must approve" in refused.stderr) == (1, True)
    assert "[draft]" in run("settle", "return", one, *bob).stdout
    shown = json.loads(run("settle", "show", one).stdout)
    assert [event["what"] for event in shown["events"]] == ["reviewed", "confirmed", "returned"]
    assert "there is no statement stm_9" in run("settle", "show", "stm_9").stderr
    assert "no such line" in run("settle", "dispute", one, "x", "--says", "1.00", *ann).stderr
    assert "--says" in run("settle", "dispute", one, "x", "--says", "1.001", *ann).stderr
    assert "no such dispute" in run("settle", "agree", "dis_9", *bob).stderr
    assert run("settle", "reject", "dis_9", *bob).exit_code == 1
    assert run("settle", "lapse").stdout == "0 lapsed\n"


def test_what_is_approved_is_instructed_paid_and_found_at_the_bank(run: Run, premises: Premises) -> None:
    lend("loan_1", date(2026, 1, 6))
    assert run("close", "--period", "2026-01").exit_code == 0
    ann, bob = ("--who", "ann", "--why", "compared"), ("--who", "bob", "--why", "compared")
    refused = run("settle", "instruct", "--period", "2026-01", "--who", "bob")
    assert (refused.exit_code, "no statement of 2026-01 is approved" in refused.stderr) == (1, True)
    for line in run("settle", "list", "--period", "2026-01").stdout.splitlines():
        one = line.split()[0]
        for step, who in (("review", ann), ("confirm", ann), ("approve", bob)):
            assert run("settle", step, one, *who).exit_code == 0
    said = run("settle", "instruct", "--period", "2026-01", "--who", "bob")
    assert said.exit_code == 0, said.stderr
    written = (premises.statements / "2026-01-payments.csv").read_text(encoding="utf-8-sig")
    payments = [
        json.loads(line) for line in run("settle", "payments", "--period", "2026-01").stdout.splitlines()
    ]
    rows = [",".join(BANK)]
    for place, payment in enumerate(payments):
        assert payment["id"] in written
        assert run("settle", "paid", payment["id"], "--on", "2026-02-03", *bob).exit_code == 0
        sign = "" if payment["creditor"] == payments[0]["creditor"] else "-"
        rows.append(f"2026-02-04,S{place},{sign}{format_yuan(payment['amount_fen'])},x,{payment['id']}")
    Path("bank.csv").write_text("\n".join([*rows, "2026-02-04,S9,1.00,shop,rent"]), encoding="utf-8")
    party = payments[0]["creditor"] if payments else "platform"
    found = run("settle", "bank", "bank.csv", "--party", party, "--who", "ann")
    assert (found.exit_code, "DIFFERENCE not_in_books - S9 1.00 yuan" in found.stdout) == (3, True)
    matched = [line.split()[1] for line in found.stdout.splitlines() if line.startswith("matched")]
    assert matched == sorted(p["id"] for p in payments if party in (p["creditor"], p["debtor"]))
    wrong = run("settle", "bank", "bank.csv", "--party", party, "--who", "ann", "--reference", "100")
    assert (wrong.exit_code, "lies between 0 and 20" in wrong.stderr) == (1, True)
    Path("bank.csv").write_text("x", encoding="utf-8")
    wrong = run("settle", "bank", "bank.csv", "--party", party, "--who", "ann")
    assert (wrong.exit_code, "row 1: the headings are" in wrong.stderr) == (1, True)
