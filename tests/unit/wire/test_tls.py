"""Whom the transport trusts, and that bodies move over TLS as they do without."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from cloud._wire import (
    BodyTruncatedError,
    ConnectError,
    ConnectTimeoutError,
    FileRange,
    Origin,
    ReadTimeoutError,
    SocketTransport,
    Timeouts,
    TlsError,
    TlsOptions,
    WriteTimeoutError,
)
from unit.wire.scripted import OK_EMPTY, Peer, ok, request

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from unit.wire.scripted import Authority, MakeTransport, Serve

BIG = os.urandom(3_000_001)


def test_a_known_authority_is_trusted_and_the_connection_kept(
    serve: Serve, make_transport: MakeTransport, authority: Authority
) -> None:
    server = serve(lambda peer: peer.answer(ok(b"one"), ok(b"two")), authority.server_context("localhost"))
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle))
    for expected in (b"one", b"two"):
        with transport.send(request(server.origin)) as response:
            assert response.read(10) == expected
    assert server.connections == 1


def test_the_systems_store_can_be_named_by_ssl_cert_file(
    serve: Serve, transport: SocketTransport, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority.bundle)
    server = serve(lambda peer: peer.answer(OK_EMPTY), authority.server_context("localhost"))
    transport.send(request(server.origin)).close()


def test_an_unknown_authority_is_refused(
    serve: Serve, transport: SocketTransport, authority: Authority
) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY), authority.server_context("localhost"))
    with pytest.raises(TlsError, match="certificate verify failed") as caught:
        transport.send(request(server.origin))
    assert not caught.value.request_sent
    assert server.requests == []


def test_a_certificate_for_another_host_is_refused(
    serve: Serve, make_transport: MakeTransport, authority: Authority
) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY), authority.server_context("elsewhere.example"))
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle))
    with pytest.raises(TlsError, match="localhost"):
        transport.send(request(server.origin))
    assert server.requests == []


def test_checks_can_be_switched_off_for_a_server_of_ones_own(
    serve: Serve, make_transport: MakeTransport, authority: Authority
) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY), authority.server_context("elsewhere.example"))
    make_transport(tls=TlsOptions(verify=False)).send(request(server.origin)).close()


def test_tls_1_1_is_refused(serve: Serve, make_transport: MakeTransport, authority: Authority) -> None:
    context = authority.server_context("localhost")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = serve(lambda peer: peer.answer(OK_EMPTY), context)
    with pytest.raises(TlsError):
        make_transport(tls=TlsOptions(ca_bundle=authority.bundle)).send(request(server.origin))


def test_a_bundle_that_cannot_be_read_is_named(make_transport: MakeTransport, tmp_path: Path) -> None:
    for bundle in (tmp_path / "none.pem", tmp_path / "bad.pem"):
        (tmp_path / "bad.pem").write_text("no certificate")
        with pytest.raises(TlsError, match=bundle.name):
            make_transport(tls=TlsOptions(ca_bundle=bundle)).send(request(Origin("https", "localhost", 1)))


def test_an_empty_directory_of_certificates_trusts_nobody(
    serve: Serve, make_transport: MakeTransport, authority: Authority, tmp_path: Path
) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY), authority.server_context("localhost"))
    with pytest.raises(TlsError, match="certificate verify failed"):
        make_transport(tls=TlsOptions(ca_bundle=tmp_path)).send(request(server.origin))


@pytest.mark.parametrize("talk", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_a_server_without_tls(serve: Serve, transport: SocketTransport, talk: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.sock.recv(1)
        if talk:
            peer.send(talk)

    server = serve(script)
    with pytest.raises((TlsError, ConnectError)) as caught:
        transport.send(request(Origin("https", "localhost", server.port)))
    assert not caught.value.request_sent


def test_a_handshake_without_an_answer_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport = SocketTransport(timeouts=Timeouts(connect=0.1))
        with pytest.raises(ConnectTimeoutError):
            transport.send(request(Origin("https", "127.0.0.1", listener.getsockname()[1])))


@pytest.mark.parametrize("kind", ["bytes", "file", "blocks"])
def test_large_bodies_go_both_ways(
    serve: Serve, make_transport: MakeTransport, authority: Authority, tmp_path: Path, kind: Any
) -> None:
    path = tmp_path / "data"
    path.write_bytes(BIG)
    body = {"bytes": BIG, "file": FileRange(path), "blocks": iter([BIG[:99], BIG[99:]])}[kind]

    def script(peer: Peer) -> None:
        peer.send(ok(peer.read_request().body))
        peer.answer(OK_EMPTY)

    server = serve(script, authority.server_context("localhost"))
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle))
    with transport.send(request(server.origin, "PUT", body=body)) as response:
        assert response.read(len(BIG)) == BIG
    transport.send(request(server.origin)).close()
    assert server.connections == 1


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b"HTTP/1.1 200 OK\r\n\r\nshort"]
)
def test_an_end_without_tls_closing_message_is_never_the_end_of_a_body(
    serve: Serve, make_transport: MakeTransport, authority: Authority, start: bytes
) -> None:
    server = serve(lambda peer: peer.answer(start), authority.server_context("localhost"))
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle))
    with transport.send(request(server.origin)) as response, pytest.raises(BodyTruncatedError) as caught:
        response.read(100)
    assert caught.value.received == 5


def test_a_body_until_close_ends_with_tls_closing_message(
    serve: Serve, make_transport: MakeTransport, authority: Authority
) -> None:
    def script(peer: Peer) -> None:
        peer.answer(b"HTTP/1.1 200 OK\r\n\r\nwhole")
        peer.sock.unwrap()

    server = serve(script, authority.server_context("localhost"))
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle))
    with transport.send(request(server.origin)) as response:
        assert response.read(100) == b"whole"


def test_silence_times_out_in_both_directions(
    serve: Serve, make_transport: MakeTransport, authority: Authority
) -> None:
    from threading import Event

    over = Event()

    def script(peer: Peer) -> None:
        peer.read_head()
        over.wait(20)

    server = serve(script, authority.server_context("localhost"))
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle), read=0.1)
    try:
        with pytest.raises(ReadTimeoutError):
            transport.send(request(server.origin))
        with pytest.raises(WriteTimeoutError):
            transport.send(request(server.origin, "PUT", body=bytes(48 << 20)))
    finally:
        over.set()


def test_an_answer_before_the_body_is_sent_is_heard(
    serve: Serve, make_transport: MakeTransport, authority: Authority
) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 6\r\n\r\nreason")

    server = serve(script, authority.server_context("localhost"))
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle))
    with transport.send(request(server.origin, "PUT", body=bytes(48 << 20))) as response:
        assert (response.status, response.read(10)) == (403, b"reason")


def test_surplus_in_the_same_record_drops_the_connection(
    serve: Serve, make_transport: MakeTransport, authority: Authority
) -> None:
    def script(peer: Peer) -> None:
        peer.answer(ok(bytes(70_000)) + OK_EMPTY)
        peer.wait_until_closed()

    server = serve(script, authority.server_context("localhost"))
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle))
    for _ in range(2):
        with transport.send(request(server.origin)) as response:
            assert response.read(70_000) == bytes(70_000)
    assert server.connections == 2


def test_closing_early_over_tls(serve: Serve, make_transport: MakeTransport, authority: Authority) -> None:
    def script(peer: Peer) -> None:
        peer.answer(ok(BIG))
        peer.wait_until_closed()

    server = serve(script, authority.server_context("localhost"))
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle))
    for _ in range(2):
        with transport.send(request(server.origin)) as response:
            assert response.readinto(memoryview(bytearray(10))) > 0
    assert server.connections == 2
