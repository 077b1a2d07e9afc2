"""Daily files: fetched over SFTP they say the same as from a folder, and one bad server delays nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from connectors.exchange import Exchange, Folder
from connectors.exchange.sftp import Account, Place, Sftp
from connectors.port import Unreachable
from connectors.sandbox.sftp import Login, serve_sftp, throwaway_key
from hub.flows import daily_files
from hub.store.tables import T
from tests.hub.flows.world import World


def _give(world: World, name: str, exchange: Exchange) -> None:
    world.context.desks[name] = replace(world.context.desks[name], exchange=exchange)  # type: ignore[index]


@dataclass
class Silent:
    """An exchange whose partner cannot be reached."""

    asked: list[str] = field(default_factory=list)

    def complete(self) -> list[str]:
        self.asked.append("complete")
        raise Unreachable("no answer")

    def read(self, name: str) -> bytes:
        raise AssertionError(name)

    def take(self, name: str) -> None:
        raise AssertionError(name)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Folder, Sftp]]:
    """The partner's folder, and our exchange with the server that shows it."""
    root = tmp_path / "partner"
    root.mkdir()
    private, public = throwaway_key()
    with serve_sftp(root, Login("loanhub", public)) as served:
        account = Account(served.host, served.port, "loanhub", (served.host_key,), private)
        sftp = Sftp(account, Place("/"), tmp_path / "mirror", poll_seconds=0)
        yield Folder(root, ".ok"), sftp
        sftp.join()


def test_a_file_on_a_server_is_taken_once_and_a_restated_one_again(
    world: World, server: tuple[Folder, Sftp]
) -> None:
    there, sftp = server
    _give(world, "alpha", sftp)
    loan = world.loan(world.routed())
    lines = [world.repayment(loan, f"R{p}", p).model_dump_json().encode() for p in (1, 2)]
    there.place("repay.txt", lines[0])
    there.place("repay.txt.ok", b"repay.txt")
    _collect(world, sftp)
    assert _serials(world) == ["R1"]
    _collect(world, sftp)
    (there.root / "repay.txt").write_bytes(b"\n".join(lines))  # restated: one line more
    _collect(world, sftp)
    assert _serials(world) == ["R1", "R2"]
    files = world.rows(T.message, T.message.c.source == "file")
    assert len(files) == 2
    assert not world.parked()


def _collect(world: World, sftp: Sftp) -> None:
    sftp.join()  # a visit under way may have looked before the file was there
    daily_files.collect(world.context)
    sftp.join()
    world.worker.drain()


def _serials(world: World) -> list[str]:
    rows = world.rows(T.money_event, T.money_event.c.kind == "repayment")
    return sorted(row.serial for row in rows)


def test_a_partner_that_cannot_be_reached_delays_nobody(world: World, tmp_path: Path) -> None:
    silent = Silent()
    folder = Folder(tmp_path / "in")
    _give(world, "alpha", silent)
    _give(world, "beta", folder)
    folder.place("a.txt", b"")
    folder.place("a.txt.ok", b"")
    assert daily_files.collect(world.context) == 1
    assert silent.asked == ["complete"]
    assert folder.complete() == []
