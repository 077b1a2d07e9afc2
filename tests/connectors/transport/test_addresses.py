"""Where the network may lead: nowhere private unless configured, whatever a name resolves to."""

from __future__ import annotations

import httpcore
import pytest

from connectors.transport.addresses import LOOPBACK, PRIVATE, Deadline, ForbiddenAddress, Guard, resolve
from tests.connectors.transport.steps import Steps

PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
REFUSED = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_dialled(address: str) -> None:
    assert Guard((), lambda host, port: [address]).checked("partner.example", 443) == [address]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused_and_named(address: str) -> None:
    for found in ([address], [PUBLIC[0], address]):
        with pytest.raises(ForbiddenAddress, match="is not a public address"):
            Guard((), lambda host, port, found=found: found).checked("partner.example", 443)


@pytest.mark.parametrize(
    ("networks", "address"),
    [
        (LOOPBACK, "127.0.0.1"),
        (LOOPBACK, "::1"),
        (PRIVATE, "10.1.2.3"),
        (("10.1.0.0/16",), "::ffff:10.1.2.3"),
        (("169.254.169.254/32",), "169.254.169.254"),
    ],
)
def test_a_configured_network_is_dialled(networks: tuple[str, ...], address: str) -> None:
    assert Guard(networks, lambda host, port: [address]).checked("p", 1) == [address]


def test_a_network_that_is_none_and_a_name_nobody_knows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        Guard(("10.0.0.1/8",))

    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(httpcore.ConnectError, match="not known"):
        Guard((), unknown).checked("p", 1)


def test_a_number_resolves_to_itself() -> None:
    assert list(resolve("127.0.0.1", 80)) == ["127.0.0.1"]


def test_every_step_is_cut_to_what_is_left() -> None:
    clock = Steps()
    deadline = Deadline(clock)
    assert deadline.cut(5, httpcore.ReadTimeout) == 5
    deadline.set(3)
    assert deadline.cut(5, httpcore.ReadTimeout) == 3
    assert deadline.cut(None, httpcore.ReadTimeout) == 3
    clock.at += 3
    with pytest.raises(httpcore.WriteTimeout):
        deadline.cut(5, httpcore.WriteTimeout)
