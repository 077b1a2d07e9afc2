"""The sharing and settlement of `hub.domain` as set expressions, for millions of rows.

One expression in Narwhals runs on DuckDB, embedded, and on Spark when one machine is outgrown. A row is one
movement of money with what had been posted before it, in whole fen; a column is one party's part of it by one
clause. No window is needed and no float is made. The answers are those of `hub.domain.sharing.share`.
"""
