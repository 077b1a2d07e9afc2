"""One SSH session with a partner's server: who it must be, who we are, and for how long at most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import asyncssh

from connectors.port import ConnectorFailure, Forged, Rejected, Unreachable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """Where and as whom we log in. The server is who holds one of `host_keys`, OpenSSH public keys.

    `key` is our private key in PEM or OpenSSH form; without one `password` is used. Neither is ever shown.
    Seconds: `connect_seconds` to be logged in, `visit_seconds` for a whole visit; what was fetched of a file
    by then is kept.
    """

    host: str
    port: int
    user: str
    host_keys: tuple[str, ...]
    key: bytes | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    connect_seconds: float = 15
    visit_seconds: float = 600


def check_account(account: Account) -> None:
    """Raise ValueError when the keys of an account cannot be read, without saying what stands there."""
    try:
        _options(account)
    except asyncssh.KeyImportError:
        raise ValueError("the host key or our own key is not one that can be read") from None


def run(act: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Run to its end, in a thread and loop of its own, for so long at most.

    Raises Forged, Rejected or Unreachable for what the library says; FileExistsError passes.
    """

    async def bounded() -> T:
        async with asyncio.timeout(seconds):
            return await act()

    with ThreadPoolExecutor(1, thread_name_prefix="sftp-loop") as pool:
        return pool.submit(lambda: asyncio.run(_translated(bounded))).result()


async def _translated(act: Callable[[], Awaitable[T]]) -> T:
    try:
        return await act()
    except (ConnectorFailure, FileExistsError):
        raise
    except asyncssh.HostKeyNotVerifiable:
        raise Forged("the server does not hold a host key that is pinned for it") from None
    except asyncssh.PermissionDenied:
        raise Rejected("the server refuses our login") from None
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPPermissionDenied) as error:
        raise Rejected(f"the server refuses access: {type(error).__name__}") from None
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise Unreachable(f"the server cannot be used: {type(error).__name__}") from error


def _options(account: Account) -> asyncssh.SSHClientConnectionOptions:
    keys = [asyncssh.import_public_key(key) for key in account.host_keys]
    by_key = account.key is not None
    return asyncssh.SSHClientConnectionOptions(
        config=None,
        known_hosts=(keys, [], []),
        username=account.user,
        client_keys=[asyncssh.import_private_key(account.key)] if account.key is not None else None,
        password=None if by_key else account.password,
        preferred_auth=["publickey"] if by_key else ["password"],
        # Nothing of the machine's user is offered to a partner: no agent, no tickets, no keys from a home.
        agent_path=None,
        gss_host=None,
        disable_trivial_auth=True,
        compression_algs=None,
        connect_timeout=account.connect_seconds,
        login_timeout=account.connect_seconds,
        keepalive_interval=15,
    )


@asynccontextmanager
async def session(account: Account) -> AsyncIterator[asyncssh.SFTPClient]:
    """Log in and open SFTP; closed on leaving."""
    async with (
        asyncssh.connect(account.host, account.port, options=_options(account)) as connection,
        connection.start_sftp_client() as sftp,
    ):
        yield sftp
