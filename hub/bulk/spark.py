"""Spark, for when one machine is outgrown; installed by the extra `spark`, with Java 17."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def local_session(threads: int) -> SparkSession:
    """Return a session on this machine, for tests and trials; a cluster's own session does as well.

    Raises ModuleNotFoundError when the extra is not installed.
    """
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.master(f"local[{threads}]")
        .appName("loanhub")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", str(threads))
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.driver.memory", "3g")
        .getOrCreate()
    )
