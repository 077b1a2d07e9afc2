"""Both layouts of the journal are in balance, complete, and the same bytes each time."""

from __future__ import annotations

import csv
import io
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import parse_yuan
from hub.domain.journal_files import Booked, Layout, to_csv
from hub.domain.ledger import CHART, OutOfBalance

FEN = st.integers(-(10**12), 10**12).filter(bool)
SIDES = {Layout.JOURNAL: (11, 12), Layout.VOUCHER: (6, 7)}


def booked(number: str, amounts: list[int], memo: str = "还款 Repayment") -> Booked:
    postings = [("receivable", "alpha", fen) for fen in amounts]
    postings.append(("payable_interest", "platform", -sum(amounts)))
    return Booked(number, "received", "loan_1", "R1", "2026-02", date(2026, 2, 5), memo, tuple(postings))


@given(st.lists(st.lists(FEN, min_size=1, max_size=3), max_size=4), st.sampled_from(Layout))
def test_every_posting_is_there_and_both_sides_add_up(entries: list[list[int]], layout: Layout) -> None:
    made = [booked(f"ent_{at}", amounts, "=cmd") for at, amounts in enumerate(entries)]
    content = b"".join(to_csv(made, layout))
    assert content == b"".join(to_csv(made, layout))
    text = content.decode("utf-8-sig")
    heading, *rows, total, last = csv.reader(io.StringIO(text, newline=""))
    assert {len(row) for row in rows} <= {len(heading)}
    debit, credit = SIDES[layout]
    assert "借方" in heading[debit]
    assert "贷方" in heading[credit]
    found = [parse_yuan(row[debit] or "0") - parse_yuan(row[credit] or "0") for row in rows]
    assert found == [fen for one in made for _, _, fen in one.postings]
    assert total[1] == str(len(made))
    assert total[debit] == total[credit]
    assert parse_yuan(total[debit]) == sum(fen for fen in found if fen > 0)
    assert last[1] == sha256(text[: text.index("校验 SHA-256")].encode()).hexdigest()
    assert not [cell for row in rows for cell in row if cell.startswith("=")]


def test_a_voucher_is_an_entry_with_its_number_and_accounts_in_chinese() -> None:
    made = [booked("ent_1", [100]), booked("ent_2", [5, 6])]
    text = b"".join(to_csv(made, Layout.VOUCHER)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:-2]
    assert [row[2] for row in rows] == ["1", "1", "2", "2", "2"]
    assert rows[0] == [
        "2026-02-05",
        "转",
        "1",
        "还款 Repayment loan_1",
        "receivable",
        CHART["receivable"].zh,
        "1.00",
        "",
        "alpha",
    ]


def test_an_entry_out_of_balance_stops_the_file() -> None:
    broken = Booked("e", "x", None, "", "2026-02", date(2026, 2, 5), "m", (("receivable", "a", 1),))
    with pytest.raises(OutOfBalance, match="entry e is out by 1 fen"):
        list(to_csv([broken], Layout.VOUCHER))
