"""Generated repayments under three agreements of four parties: what the settlement benchmark closes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from contracts.agreement import Agreement
from hub.bulk.rows import MOVED, state_names

_ROLES = {"bank": "funder", "trust": "funder", "platform": "platform", "guard": "guarantor"}
_ENDS = [
    {"id": "fees", "kind": "residual", "party": "guard", "base": "fee"},
    {"id": "penalties", "kind": "residual", "party": "bank", "base": "penalty"},
]


def _terms(name: str, capital: list[tuple[str, int]], *clauses: dict[str, Any], **split: Any) -> Agreement:
    return Agreement.model_validate(
        {
            "id": name,
            "version": 1,
            "effective_from": "2026-01-01",
            "partner": "bank",
            "parties": [
                {"id": party, "role": role, "name_zh": party, "name_en": party}
                for party, role in _ROLES.items()
            ],
            "capital": [{"party": party, "weight": weight} for party, weight in capital],
            "clauses": [*clauses, {"id": "capital", "kind": "capital_split", **split}, *_ENDS],
        }
    )


def _cost(name: str, party: str, rate: str, day_count: int) -> dict[str, Any]:
    return {"id": name, "kind": "cost_first", "party": party, "rate": rate, "day_count": day_count}


AGREEMENTS = (
    _terms(
        "spread",
        [("bank", 7), ("trust", 3)],
        _cost("funder_cost", "bank", "0.085", 360),
        _cost("guarantee", "guard", "0.03", 360),
        {"id": "rest", "kind": "residual", "party": "platform", "base": "interest"},
    ),
    _terms(
        "shares",
        [("bank", 8), ("trust", 2)],
        {"id": "part", "kind": "share_of_received", "party": "platform", "fraction": "0.30"},
        {"id": "cover", "kind": "share_of_received", "party": "guard", "fraction": "0.08"},
        also=["interest"],
    ),
    _terms(
        "single",
        [("bank", 1)],
        _cost("guarantee", "guard", "0.0275", 365),
        {
            "id": "part",
            "kind": "share_of_received",
            "party": "platform",
            "fraction": "0.25",
            "least_fen": 100,
            "most_fen": 50_000,
            "rounding": "half_even",
        },
        {"id": "rest", "kind": "residual", "party": "trust", "base": "interest"},
    ),
)


def columns(terms: Agreement) -> list[str]:
    """The columns that sharing out a repayment looks at."""
    single = len(terms.capital) == 1
    states = [
        name
        for name in state_names(terms)
        if name.startswith("taken_") or (name.startswith(("put_", "back_")) and not single)
    ]
    return [*MOVED, *states]


def generate(engine: duckdb.DuckDBPyConnection, terms: Agreement, rows: int, file: Path) -> None:
    """Write so many repayments: loans of 3,000 to 20,000 yuan at 6 to 24 % over twelve equal parts.

    One in ten is the second payment of its term, of which the first met the costs in part.
    """
    whole = sum(share.weight for share in terms.capital)
    first = Fraction(terms.capital[0].weight) / Fraction(whole)
    top, bottom = first.numerator, first.denominator
    states = ", ".join(
        f"CASE WHEN number % 10 = 3 THEN interest_fen // 3 ELSE 0 END AS {name}"
        for name in state_names(terms)
        if name.startswith("taken_")
    )
    engine.execute(
        f"""
        COPY (
          WITH numbered AS (SELECT range AS number, hash(range // 12) AS seed FROM range({rows})),
          loan AS (
            SELECT number, number % 12 AS term, 300000 + (seed % 1700000)::BIGINT AS amount,
                   600 + (seed // 7 % 1800)::BIGINT AS bips FROM numbered
          ),
          paid AS (
            SELECT *, amount // 12 AS part, amount - amount // 12 * term AS opening,
                   amount * {top} // {bottom} AS put_0 FROM loan
          ),
          moved AS (
            SELECT *, (opening * bips + 60000) // 120000 AS interest_fen,
                   (2 * put_0 * part * term + amount) // (2 * amount) AS back_0 FROM paid
          )
          SELECT 'loan_' || (number // 12) AS loan_id, '2026-' || lpad((term + 1)::VARCHAR, 2, '0') AS month,
                 CASE WHEN term = 11 THEN opening ELSE part END AS principal_fen, interest_fen,
                 CASE WHEN number % 31 = 0 THEN 500 ELSE 0 END::BIGINT AS fee_fen,
                 CASE WHEN number % 50 = 0 THEN 300 ELSE 0 END::BIGINT AS penalty_fen,
                 opening AS opening_fen, 30::BIGINT AS days,
                 put_0, amount - put_0 AS put_1, back_0, part * term - back_0 AS back_1,
                 {states or "0 AS none"}
          FROM moved
        ) TO '{file}' (FORMAT parquet)
        """
    )
