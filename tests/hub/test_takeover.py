"""A worker killed in the middle of an exchange is succeeded in time, by one that asks instead of sending."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from hub.store.mailbox import LEASE
from hub.store.tables import T
from hub.worker import RENEW_SECONDS
from tests.hub.flows.world import World
from tests.shared import ROOT

_VICTIM = """
import sys, threading
from tests.hub.flows.world import World

def hang(request):
    print("taken", flush=True)
    threading.Event().wait()

world = World(sys.argv[1])
world.wires["alpha"].reactions.append(hang)
world.submit()
world.worker.start()
threading.Event().wait()
"""


@pytest.mark.parametrize("after_seconds", [LEASE.total_seconds() - 1, LEASE.total_seconds() + RENEW_SECONDS])
def test_a_worker_killed_while_sending_is_succeeded_within_half_a_minute(
    database_url: str, after_seconds: float
) -> None:
    assert LEASE.total_seconds() + RENEW_SECONDS <= 30
    victim = subprocess.Popen(
        [sys.executable, "-c", _VICTIM, database_url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == "taken\n"
    victim.send_signal(signal.SIGKILL)
    victim.communicate()

    world = World(database_url)
    world.time += timedelta(seconds=after_seconds)
    world.worker.keep_leases()
    world.worker.drain()
    attempt = world.row(T.attempt)
    if after_seconds < LEASE.total_seconds():
        assert attempt.state == "written"  # it may only be slow
        assert world.wires["alpha"].sent == []
    else:
        assert attempt.state == "uncertain"
        world.pass_time(minutes=1)
        assert [request.path for request in world.wires["alpha"].sent] == ["/query_credit"]
    world.database.close()
