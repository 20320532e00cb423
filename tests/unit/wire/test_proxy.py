"""Proxies from the environment: plain requests, tunnels, exceptions, and that credentials stay with them."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from cloud._wire import Origin, ProxyError, TlsOptions
from unit.wire.scripted import OK_EMPTY, Peer, ok, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud._wire import SocketTransport
    from unit.wire.scripted import Authority, MakeTransport, Serve

SECRET_LINE = "Basic dXNlcjpnZWhlaW0vMQ=="  # user:geheim/1


def tunnel_to(port: int) -> Callable[[Peer], None]:
    """Return a proxy's script: answer CONNECT, then carry bytes between both sides."""

    def script(peer: Peer) -> None:
        peer.read_head()
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            peer.send(b"HTTP/1.1 200 Connection established\r\nX-Proxy: 1\r\n\r\n")
            back = threading.Thread(target=carry, args=(upstream, peer.sock))
            back.start()
            carry(peer.sock, upstream)
            upstream.shutdown(socket.SHUT_RDWR)
            back.join(20)

    return script


def carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while block := source.recv(65536):
            target.sendall(block)
    except OSError:
        return  # one side has closed


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_plain_requests_go_to_the_proxy_in_absolute_form(
    serve: Serve, transport: SocketTransport, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    proxy = serve(lambda peer: peer.answer(ok(b"one"), ok(b"two")))
    monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    for expected in (b"one", b"two"):
        with transport.send(request(Origin("http", "store.example", 80), target="/b/k?x=1")) as response:
            assert response.read(10) == expected
    assert [one.line for one in proxy.requests] == ["GET http://store.example/b/k?x=1 HTTP/1.1"] * 2
    assert proxy.requests[0].headers == {"host": "store.example"}
    assert proxy.connections == 1


def test_the_proxys_credentials_go_to_the_proxy(
    serve: Serve, transport: SocketTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda peer: peer.answer(OK_EMPTY))
    monkeypatch.setenv("http_proxy", f"user:geheim%2F1@127.0.0.1:{proxy.port}")
    transport.send(request(Origin("http", "store.example", 80))).close()
    assert proxy.requests[0].headers["proxy-authorization"] == SECRET_LINE


def test_https_goes_through_a_tunnel(
    serve: Serve, make_transport: MakeTransport, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    server = serve(
        lambda peer: peer.answer(ok(b"one"), ok(b"two")), authority.server_context("store.example")
    )
    proxy = serve(tunnel_to(server.port))
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:geheim%2F1@127.0.0.1:{proxy.port}")
    transport = make_transport(tls=TlsOptions(ca_bundle=authority.bundle))
    for expected in (b"one", b"two"):
        with transport.send(request(Origin("https", "store.example", 443), target="/k")) as response:
            assert response.read(10) == expected
    transport.close()
    assert [one.line for one in proxy.requests] == ["CONNECT store.example:443 HTTP/1.1"]
    assert proxy.requests[0].headers["proxy-authorization"] == SECRET_LINE
    assert [one.line for one in server.requests] == ["GET /k HTTP/1.1"] * 2
    assert all("proxy-authorization" not in one.headers for one in server.requests)


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b""],
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_refusal_of_the_proxy_names_no_credentials(
    serve: Serve, transport: SocketTransport, monkeypatch: pytest.MonkeyPatch, scheme: str, answer: bytes
) -> None:
    if scheme == "http" and not answer.startswith(b"HTTP"):
        answer = b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"
    proxy = serve(lambda peer: peer.answer(answer))
    monkeypatch.setenv(f"{scheme}_proxy", f"http://user:geheim@127.0.0.1:{proxy.port}")
    with pytest.raises(ProxyError) as caught:
        transport.send(request(Origin(scheme, "store.example", 80)))
    assert caught.value.status == (407 if answer.startswith(b"HTTP") else None)
    assert "geheim" not in f"{caught.value!r} {vars(caught.value)} {caught.value.__cause__!r}"
    assert not caught.value.request_sent


@pytest.mark.parametrize(
    "url",
    ["socks5://user:geheim@127.0.0.1:1", "https://user:geheim@127.0.0.1:1", "http://user:geheim@h:port"],
)
def test_an_unsupported_proxy_is_refused_and_not_ignored(
    transport: SocketTransport, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", url)
    with pytest.raises(ProxyError) as caught:
        transport.send(request(Origin("http", "store.example", 80)))
    assert "geheim" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


@pytest.mark.parametrize("exception", ["127.0.0.1", "*", "example, 127.0.0.1"])
def test_no_proxy_is_respected(
    serve: Serve, transport: SocketTransport, monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", exception)
    transport.send(request(server.origin)).close()
    assert server.requests[0].line == "GET /bucket/key HTTP/1.1"


def test_the_environment_can_be_left_alone(
    serve: Serve, make_transport: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    make_transport(use_environment_proxies=False).send(request(server.origin)).close()
    assert len(server.requests) == 1
