"""Every reason speaks both languages and survives being stored."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hub.domain.reasons import CODES, Reason, because, percent


@pytest.mark.parametrize("code", sorted(CODES))
def test_words(code: str) -> None:
    """Chinese first, English second, both filled in."""
    reason = because(code, "field", limit="甲", actual="乙")
    assert any("\u4e00" <= character <= "\u9fff" for character in reason.zh)
    assert any("a" <= character <= "z" for character in reason.en)
    assert "{" not in reason.zh + reason.en
    for fact in "甲乙":
        assert (fact in reason.zh) == (fact in reason.en)
    assert Reason.from_json(reason.to_json()) == reason


def test_a_code_outside_the_table() -> None:
    with pytest.raises(KeyError):
        because("mood", "field")


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("0.085", "8.50%"),
        ("0.24", "24.00%"),
        ("0", "0.00%"),
        ("1", "100.00%"),
        ("0.2400080001", "24.00080001%"),
    ],
)
def test_percent(rate: str, text: str) -> None:
    assert percent(Decimal(rate)) == text
