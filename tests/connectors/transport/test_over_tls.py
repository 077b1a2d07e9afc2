"""A real TLS server on loopback: who it must be, who we are to it, and how long it may take."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from connectors.port import Request, Uncertain, Unreachable
from connectors.transport import LOOPBACK, Retries, Timeouts, Tls, Transport

REQUEST = Request("POST", "/api", {"content-type": "text/plain"}, b"body")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
ONCE = Retries(attempts=1)


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@contextmanager
def tls_server(
    ca: trustme.CA, serve: Callable[[ssl.SSLSocket], None], *, host: str = "127.0.0.1", asks: bool = False
) -> Iterator[str]:
    """Serve one connection at a time; `asks` demands a client certificate of the same CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(host).configure_cert(context)
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        ca.configure_trust(context)
    listening = socket.create_server(("127.0.0.1", 0))

    def loop() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    serve(connection)
            except OSError:
                continue

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def answering(connection: ssl.SSLSocket) -> None:
    received = b""
    while not received.endswith(b"body"):
        received += connection.recv(4096)
    connection.sendall(OK)


def pem(ca: trustme.CA, folder: Path) -> Path:
    file = folder / "ca.pem"
    ca.cert_pem.write_to_path(file)
    return file


def test_only_what_the_pinned_ca_signed_is_the_partner(ca: trustme.CA, tmp_path: Path) -> None:
    with tls_server(ca, answering) as url:
        with Transport(url, networks=LOOPBACK, tls=Tls(ca=pem(ca, tmp_path))) as transport:
            assert transport.send(REQUEST).body == b"ok"
        other = tmp_path / "other"
        other.mkdir()
        for tls in (Tls(ca=pem(trustme.CA(), other)), Tls()):
            with (
                Transport(url, networks=LOOPBACK, tls=tls, retries=ONCE) as transport,
                pytest.raises(Unreachable, match="ConnectError"),
            ):
                transport.send(REQUEST)


def test_another_name_than_the_certificates_is_not_the_partner(ca: trustme.CA, tmp_path: Path) -> None:
    tls = Tls(ca=pem(ca, tmp_path))
    with (
        tls_server(ca, answering, host="partner.example") as url,
        Transport(url, networks=LOOPBACK, tls=tls, retries=ONCE) as transport,
        pytest.raises(Unreachable),
    ):
        transport.send(REQUEST)


def test_we_show_our_certificate_where_the_partner_asks(ca: trustme.CA, tmp_path: Path) -> None:
    ours = tmp_path / "ours.pem"
    ca.issue_cert("hub.example").private_key_and_cert_chain_pem.write_to_path(ours)
    seen: list[object] = []

    def looking(connection: ssl.SSLSocket) -> None:
        seen.append(connection.getpeercert())
        answering(connection)

    root = pem(ca, tmp_path)
    with tls_server(ca, looking, asks=True) as url:
        with Transport(url, networks=LOOPBACK, tls=Tls(ca=root, client=ours)) as transport:
            assert transport.send(REQUEST).status == 200
        # TLS 1.3 tells the client of its refusal after the request went out: in doubt, not unsent.
        with (
            Transport(url, networks=LOOPBACK, tls=Tls(ca=root), retries=ONCE) as transport,
            pytest.raises((Uncertain, Unreachable)),
        ):
            transport.send(REQUEST)
    assert len(seen) == 1
    assert "hub.example" in str(seen[0])


@pytest.mark.parametrize("what", ["ca", "client"])
@pytest.mark.parametrize("content", [None, b"not a certificate"])
def test_a_file_that_does_not_serve_is_named_when_the_hub_starts(
    what: str, content: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "x.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.pem"):
        Transport("https://partner.example", tls=Tls(**{what: file}))


def test_a_key_with_a_password_is_opened_by_its_variable_and_never_asked_for(
    ca: trustme.CA, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization

    issued = ca.issue_cert("hub.example")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    file = tmp_path / "ours.pem"
    file.write_bytes(sealed + b"".join(one.bytes() for one in issued.cert_chain_pems))
    tls = Tls(client=file, password_env="BANK_TLS_PASSWORD")
    tls.context({"BANK_TLS_PASSWORD": "secret"})
    with pytest.raises(ValueError, match="password"):
        tls.context({})


def test_headers_that_drip_end_with_the_whole_exchanges_time(ca: trustme.CA, tmp_path: Path) -> None:
    over = threading.Event()

    def dripping(connection: ssl.SSLSocket) -> None:
        connection.recv(4096)
        for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000:
            if over.wait(0.02):
                return
            connection.sendall(bytes([byte]))

    timeouts = Timeouts(read=5, total=0.3)
    with (
        tls_server(ca, dripping) as url,
        Transport(url, networks=LOOPBACK, tls=Tls(ca=pem(ca, tmp_path)), timeouts=timeouts) as transport,
    ):
        with pytest.raises(Uncertain, match="ReadTimeout"):
            transport.send(REQUEST)
        over.set()
