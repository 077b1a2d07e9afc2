"""A partner is dialled as its configuration says, and a file that does not serve stops the hub at once."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from connectors.port import Request, Unreachable
from contracts.programme import Dialling, Partner
from hub.config.load import load, sandbox_folder
from hub.settings import Settings
from hub.wiring import NotReady, _transport

REQUEST = Request("POST", "/x", {}, b"")


def partner(**dialling: object) -> Partner:
    first = next(iter(load(sandbox_folder()).partners.values()))
    return first.model_copy(update={"dialling": Dialling.model_validate_json(json.dumps(dialling))})


def test_a_certificate_that_is_not_there_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"bank-ca\.pem"):
        _transport(Settings(key_dir=tmp_path), partner(ca="bank-ca.pem"), "https://bank.example")


@pytest.mark.parametrize(
    ("sandbox", "networks", "code"),
    [(False, [], "address"), (True, [], None), (False, ["127.0.0.0/8"], None)],
)
def test_loopback_is_for_the_sandbox_or_for_whoever_configures_it(
    sandbox: bool, networks: list[str], code: str | None, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings = Settings(key_dir=tmp_path, sandbox=sandbox)
    with (
        _transport(settings, partner(networks=networks), f"http://127.0.0.1:{port}") as transport,
        pytest.raises(Unreachable) as caught,
    ):
        transport.send(REQUEST)
    assert caught.value.code == code


def test_a_partners_rate_is_kept(tmp_path: Path) -> None:
    settings = Settings(key_dir=tmp_path, sandbox=True)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    slow = partner(requests_per_minute=1, failures=100)
    with (
        _transport(settings, slow, f"http://127.0.0.1:{port}") as transport,
        pytest.raises(Unreachable) as caught,
    ):
        transport.send(REQUEST)
    assert caught.value.code == "pace"
    assert 50 < (caught.value.retry_after or 0) <= 60


@pytest.mark.parametrize("wrong", [{"networks": ["x"]}, {"requests_per_minute": 0}, {"ca": "../ca.pem"}])
def test_a_wrong_wish_is_refused_with_the_configuration(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Dialling"):
        partner(**wrong)
