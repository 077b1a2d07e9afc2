"""The search for personal values finds them wherever they may hide, or its silence would prove nothing."""

from __future__ import annotations

import json
import zipfile
from base64 import b64encode
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.journeys.searching import files_below, leaks

NAME, NUMBER = "欧阳示例", "11010119900307299X"


@given(st.binary(max_size=9), st.binary(max_size=9), st.sampled_from([NAME, NUMBER]))
def test_a_value_is_found_inside_base64(before: bytes, after: bytes, value: str) -> None:
    content = b64encode(before + value.encode() + after)
    assert leaks([value], {"here": content}) == [f"{value[:2]}... in here"]


def test_a_value_is_found_in_plain_escaped_and_wide_text() -> None:
    for content in (NAME.encode(), json.dumps(NAME).encode(), b"\x01\x00" + NAME.encode("utf-16-le")):
        assert leaks([NAME], {"here": b"..." + content + b"..."})
    assert leaks([NAME, NUMBER], {"here": b"nothing of the kind"}) == []


def test_a_value_is_found_in_a_workbook_and_not_in_a_folder_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("sheet.xml", f"<c>{NAME}</c>")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "one").write_text(NUMBER)
    assert leaks([NAME, NUMBER], files_below(tmp_path)) == [
        "欧阳... in a.xlsx/sheet.xml",
        "11... in keys/one",
    ]
    assert leaks([NUMBER], files_below(tmp_path, but=("keys",))) == []
