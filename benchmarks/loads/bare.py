"""The floor: FastAPI and SQLAlchemy Core, one validated body, one inserted row, one commit, nothing else.

`python -m benchmarks.loads.bare URL` serves it under the settings of `loanhub serve`: the same server, the
same threads, the same pool and durability, the same rounds of the garbage collector.
"""

from __future__ import annotations

import gc
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert

from hub.store.session import Database
from hub.web.app import THREADS

_TABLE = Table(
    "bare", MetaData(), Column("id", Integer, primary_key=True), Column("no", Text), Column("row", Text)
)
_INSERT = insert(_TABLE)
ROW = "x" * 500


class Item(BaseModel):
    """What is sent: of an application, its number; the rest is not looked at."""

    platform_no: str


class Receipt(BaseModel):
    """What is answered."""

    no: str


def application(database: Database) -> FastAPI:
    """The bare endpoint over a database."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/bare", status_code=201)
    def take(item: Item) -> Receipt:
        with database.write() as tx:
            tx.execute(_INSERT, {"no": item.platform_no, "row": ROW})
        return Receipt(no=item.platform_no)

    return app


def main(url: str) -> None:
    """Make the table and serve until told to stop; the address is printed once it listens."""
    database = Database(url)
    with database.write() as tx:
        _TABLE.metadata.create_all(tx)
    app = application(database)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    settings: dict[str, Any] = {"access_log": False, "log_config": None, "server_header": False}
    server = uvicorn.Server(uvicorn.Config(app, **settings))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    server.run(sockets=[listening])
    database.close()


if __name__ == "__main__":
    main(sys.argv[1])
