"""The same expressions on Spark give the same lines and the same sums, byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pytest

from benchmarks.settlement_cases import AGREEMENTS, generate
from contracts.money import Rounding
from hub.bulk import whole
from hub.bulk.close import Batch, sums
from hub.bulk.rows import RowKind

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None, reason="Java is not installed: Spark cannot run"
)
ROWS = 600
EDGE = 2**52


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """A Spark of this machine."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    from hub.bulk.spark import local_session

    made = local_session(2)
    yield made
    made.stop()


def test_the_same_sums(session: Any, tmp_path: Path) -> None:
    engine = duckdb.connect()
    for terms in AGREEMENTS:
        file = tmp_path / f"{terms.id}.parquet"
        generate(engine, terms, ROWS, file)
        here = sums(Batch(terms, RowKind.RECEIVED, nw.from_native(engine.read_parquet(str(file)))))
        there = sums(Batch(terms, RowKind.RECEIVED, nw.from_native(session.read.parquet(str(file)))))
        assert here == there
        assert sum(one.lines for one in here) > ROWS


def test_division_is_exact_where_doubles_end(session: Any) -> None:
    tops = [EDGE - 1, EDGE - 2, EDGE // 3 * 3 - 1, EDGE // 7 * 7 - 1, EDGE // 7 * 7, 1, 0]
    frame = nw.from_native(session.createDataFrame([(top,) for top in tops], "top: bigint"))
    for by in (3, 7, 10_007):
        for rounding in (Rounding.DOWN, Rounding.UP):
            made = frame.with_columns(value=whole.divide(nw.col("top"), by, rounding)).collect()
            up = by - 1 if rounding is Rounding.UP else 0
            found = [int(row["value"]) for row in made.rows(named=True)]
            assert found == [(int(row["top"]) + up) // by for row in made.rows(named=True)]
