"""One request, one answer: framing, interim answers, what ends a connection."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from cloud._wire import (
    ConnectError,
    ConnectionBrokenError,
    Origin,
    ProtocolError,
    ReadTimeoutError,
    ResponseTooLargeError,
)
from unit.wire.scripted import OK_EMPTY, Peer, ok, request

if TYPE_CHECKING:
    from cloud._wire import SocketTransport
    from unit.wire.scripted import MakeTransport, Serve

pytestmark = pytest.mark.usefixtures("platform_calls")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_what_is_sent_is_what_was_asked(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY))
    with transport.send(request(server.origin, "GET", "/b/a%2Fb?x=%20y", x_amz_meta="caf\xe9")) as response:
        assert (response.status, response.headers, response.length) == (200, {"content-length": "0"}, 0)
        assert response.read(0) == b""
    host = f"127.0.0.1:{server.port}"
    assert server.requests[0].raw == (
        f"GET /b/a%2Fb?x=%20y HTTP/1.1\r\nhost: {host}\r\nx-amz-meta: caf\xe9\r\n\r\n".encode("latin-1")
    )


def test_connections_are_kept_alive(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(ok(b"one"), ok(b"two"), OK_EMPTY))
    for expected in (b"one", b"two", b""):
        with transport.send(request(server.origin)) as response:
            assert response.read(10) == expected
    assert server.connections == 1


def test_repeated_headers_are_joined_and_names_lowered(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(ok(b"", "X-A: 1  ", "x-a:2", "X-Empty:", "Y:z")))
    with transport.send(request(server.origin)) as response:
        assert response.headers == {"x-a": "1, 2", "x-empty": "", "y": "z", "content-length": "0"}


def test_an_equals_sign_in_a_header_name_is_read(serve: Serve, transport: SocketTransport) -> None:
    names = ("X-Object-Meta-A=5Fb: 1=2", "X-Object-Meta-=c=: ~3d", "X-Plain: 3")
    server = serve(lambda peer: peer.answer(ok(b"body", *names)))
    with transport.send(request(server.origin)) as response:
        assert response.headers == {
            "x-object-meta-a=5fb": "1=2",
            "x-object-meta-=c=": "~3d",
            "x-plain": "3",
            "content-length": "4",
        }
        assert response.read(10) == b"body"


def test_an_encoded_body_is_left_as_it_is(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(ok(b"\x1f\x8b\x08", "Content-Encoding: gzip")))
    with transport.send(request(server.origin)) as response:
        assert response.read(10) == b"\x1f\x8b\x08"


def test_an_answer_in_single_bytes_is_read(serve: Serve, transport: SocketTransport) -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        for byte in ok(b"hello"):
            peer.send(bytes([byte]))
        peer.answer(OK_EMPTY)

    server = serve(script)
    for expected in (b"hello", b""):
        with transport.send(request(server.origin)) as response:
            assert response.read(10) == expected
    assert server.connections == 1


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"),
        ("HEAD", CHUNKED),
        ("HEAD", b"HTTP/1.1 404 Not Found\r\n\r\n"),
        ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n"),
    ],
)
def test_answers_without_a_body_leave_the_connection_usable(
    serve: Serve, transport: SocketTransport, method: str, answer: bytes
) -> None:
    server = serve(lambda peer: peer.answer(answer, OK_EMPTY))
    with transport.send(request(server.origin, method)) as response:
        assert response.length == 0
        assert response.read(0) == b""
    transport.send(request(server.origin)).close()
    assert server.connections == 1


def test_a_redirect_is_only_an_answer(serve: Serve, transport: SocketTransport) -> None:
    moved = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    server = serve(lambda peer: peer.answer(moved))
    with transport.send(request(server.origin)) as response:
        assert (response.status, response.headers["location"]) == (307, "http://127.0.0.1:1/")


def test_interim_answers_are_skipped(serve: Serve, transport: SocketTransport) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    server = serve(lambda peer: peer.answer(interim + ok(b"done"), OK_EMPTY))
    with transport.send(request(server.origin)) as response:
        assert (response.status, response.headers) == (200, {"content-length": "4"})
        assert response.read(10) == b"done"
    transport.send(request(server.origin)).close()
    assert server.connections == 1


def test_interim_answers_without_end_are_refused(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(b"HTTP/1.1 100 Continue\r\n\r\n" * 50))
    with pytest.raises(ProtocolError, match="interim"):
        transport.send(request(server.origin))


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\r\n" + OK_EMPTY,
        b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 two OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: 1\r\n folded\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 300 + b"Content-Length: 0\r\n\r\n",
        CHUNKED + b"zz\r\nhello\r\n",
        CHUNKED + b"5\r\nhelloXX",
        CHUNKED + b"ffffffffffffffffff\r\n",
    ],
)
def test_what_is_not_plain_http_is_refused_and_the_connection_dropped(
    serve: Serve, transport: SocketTransport, answer: bytes
) -> None:
    def script(peer: Peer) -> None:
        peer.answer(answer)
        peer.wait_until_closed()

    server = serve(script)
    with pytest.raises(ProtocolError) as caught, transport.send(request(server.origin)) as response:
        response.read(100)
    assert caught.value.request_sent
    assert caught.value.response_started


def test_a_head_without_end_is_refused(serve: Serve, transport: SocketTransport) -> None:
    def script(peer: Peer) -> None:
        peer.answer(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000)
        peer.wait_until_closed()

    server = serve(script)
    with pytest.raises(ResponseTooLargeError):
        transport.send(request(server.origin))


def test_the_largest_allowed_head_is_read(serve: Serve, transport: SocketTransport) -> None:
    start, end = b"HTTP/1.1 200 OK\r\nx: ", b"\r\nContent-Length: 0\r\n\r\n"
    value = b"y" * (65536 - len(start) - len(end))
    server = serve(lambda peer: peer.answer(start + value + end))
    with transport.send(request(server.origin)) as response:
        assert response.headers["x"] == value.decode()


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"whole", "Connection: close"),
        ok(b"whole", "Connection: Keep-Alive, Close"),
        ok(b"whole").replace(b"HTTP/1.1", b"HTTP/1.0"),
        ok(b"whole", "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0"),
        ok(b"whole") + b"x",
        ok(b"whole") + ok(b"whole"),
        CHUNKED + b"5\r\nwhole\r\n0\r\n\r\n" + OK_EMPTY,
        CHUNKED + b"5\r\nwhole\r\n0\r\n\r\njunk",
    ],
)
def test_the_connection_is_not_used_again_after(
    serve: Serve, transport: SocketTransport, answer: bytes
) -> None:
    def script(peer: Peer) -> None:
        if peer.number == 1:
            peer.answer(answer)
            peer.wait_until_closed()
        else:
            peer.answer(ok(b"second"))

    server = serve(script)
    for expected in (b"whole", b"second"):
        with transport.send(request(server.origin)) as response:
            assert response.read(10) == expected
    assert server.connections == 2


@pytest.mark.parametrize("abort", ["fin", "reset"])
@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_a_connection_that_ends_before_the_head_is_whole(
    serve: Serve, transport: SocketTransport, abort: str, start: bytes
) -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        if start:
            peer.send(start)
        if abort == "reset":
            peer.reset()

    server = serve(script)
    with pytest.raises(ConnectionBrokenError) as caught:
        transport.send(request(server.origin))
    assert caught.value.request_sent
    assert not caught.value.reused
    if abort == "fin":  # a reset may destroy what came before it
        assert caught.value.response_started is bool(start)


def test_a_connection_that_dies_on_reuse_says_so(serve: Serve, transport: SocketTransport) -> None:
    def script(peer: Peer) -> None:
        peer.answer(OK_EMPTY)
        peer.read_request()  # and close: the answer is lost

    server = serve(script)
    transport.send(request(server.origin)).close()
    with pytest.raises(ConnectionBrokenError) as caught:
        transport.send(request(server.origin, "POST", body=b"x"))
    error = caught.value
    assert (error.request_sent, error.reused, error.response_started) == (True, True, False)
    assert len(server.requests) == 2  # nothing was sent again


def test_silence_before_the_answer_times_out(serve: Serve, make_transport: MakeTransport) -> None:
    server = serve(Peer.swallow)
    with pytest.raises(ReadTimeoutError) as caught:
        make_transport(read=0.1).send(request(server.origin))
    assert caught.value.request_sent
    assert not caught.value.response_started


def test_nobody_listening_means_that_nothing_was_sent(transport: SocketTransport) -> None:
    with socket.socket() as bound:  # bound and not listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectError) as caught:
            transport.send(request(Origin("http", "127.0.0.1", bound.getsockname()[1])))
    assert not caught.value.request_sent
    assert caught.value.host == "127.0.0.1"


def test_a_name_that_does_not_exist_is_a_connect_error(transport: SocketTransport) -> None:
    with pytest.raises(ConnectError):
        transport.send(request(Origin("http", "no-such-host.invalid", 80)))
    with pytest.raises(ConnectError):
        transport.send(request(Origin("http", f"{'x' * 70}.invalid", 80)))


def test_errors_hold_neither_query_nor_header_values(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(b""))
    with pytest.raises(ConnectionBrokenError) as caught:
        transport.send(request(server.origin, target="/k?X-Signature=geheim", authorization="geheim"))
    text = f"{caught.value!r} {caught.value} {vars(caught.value)} {caught.value.__cause__!r}"
    assert "geheim" not in text
