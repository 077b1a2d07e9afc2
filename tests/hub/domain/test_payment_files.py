"""The payment instruction proves itself whole; a bank's file is read whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.payment_files import BANK, BadBankFile, Instruction, read_bank, to_csv
from hub.domain.reconciliation import BankLine

FEN = st.integers(1, 10**14)


@given(st.lists(FEN, max_size=5))
def test_an_instruction_adds_up_and_hashes_what_is_above(amounts: list[int]) -> None:
    made = [Instruction(f"pay_{at}", "2026-01", "alpha", "=cmd", fen) for at, fen in enumerate(amounts)]
    content = to_csv(made, {"alpha": "某银行"})
    assert content == to_csv(made, {"alpha": "某银行"})
    text = content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert sum(int(row[7]) for row in rows[1:-3]) == sum(amounts) == int(rows[-2][7])
    assert rows[-3][1] == str(len(amounts))
    assert all(row[5] == "'=cmd" for row in rows[1:-3])
    above = text[: text.index("校验 SHA-256")]
    assert rows[-1][1] == sha256(above.encode()).hexdigest()


def bank(*rows: str) -> bytes:
    return "\r\n".join([",".join(BANK), *rows, ""]).encode("utf-8-sig")


def test_a_bank_statement_is_read() -> None:
    assert read_bank(bank('2026-02-05,S1,-90.00,"平台, 公司",pay_1')) == (
        BankLine("S1", date(2026, 2, 5), -9_000, "平台, 公司", "pay_1"),
    )
    assert read_bank(bank()) == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "row 1: the headings are"),
        (b"\xff\xfe", "not CSV in UTF-8"),
        (bank("2026-02-05,S1,-90.00,x"), "row 2: has 4 columns"),
        (bank("2026-02-05,S1,1.00,x,y", "5 Feb,S2,1.00,x,y"), "row 3, 交易日期 Date: is a day"),
        (bank("2026-02-05,,1.00,x,y"), "row 2, 流水号 Serial: is empty"),
        (bank('2026-02-05,S1,"1,000.00",x,y'), "row 2, 收支金额"),
        (bank("2026-02-05,S1,1.001,x,y"), "two decimals"),
        (bank("2026-02-05,S1,1.00,x,y", "2026-02-05,S1,1.00,x,y"), "S1 stands in the file twice"),
    ],
)
def test_a_bad_file_is_refused_with_its_row_and_column(content: bytes, words: str) -> None:
    with pytest.raises(BadBankFile, match=words.replace("(", r"\(")):
        read_bank(content)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for some in (content, bank() + content):
        with contextlib.suppress(BadBankFile):
            assert isinstance(read_bank(some), tuple)
