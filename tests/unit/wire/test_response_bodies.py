"""Reading bodies: whole or an error, straight into the caller's memory, and what close() does."""

from __future__ import annotations

import os
import threading
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from cloud._wire import BodyTruncatedError, ProtocolError, ReadTimeoutError, ResponseTooLargeError
from unit.wire.scripted import OK_EMPTY, ok, request

if TYPE_CHECKING:
    from typing import Any

    from cloud._wire import HttpResponse, SocketTransport
    from unit.wire.scripted import MakeTransport, Peer, Serve

pytestmark = pytest.mark.usefixtures("platform_calls")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n"
BIG = os.urandom(3_000_001)


def chunks(*blocks: bytes) -> bytes:
    return b"".join(b"%x;ext=1\r\n%b\r\n" % (len(block), block) for block in blocks) + b"0\r\nT: 1\r\n\r\n"


def read_in_steps(response: HttpResponse, step: int) -> bytes:
    buffer = memoryview(bytearray(step))
    body = b""
    while count := response.readinto(buffer):
        body += buffer[:count]
    assert response.readinto(buffer) == 0  # the end stays the end
    return body


@pytest.mark.parametrize("body", [b"x", b"hello" * 1000, BIG], ids=len)
@pytest.mark.parametrize("step", [1000, 65536, 1 << 20])
def test_a_sized_body_is_read_in_steps(
    serve: Serve, transport: SocketTransport, body: Any, step: int
) -> None:
    server = serve(lambda peer: peer.answer(ok(body), OK_EMPTY))
    with transport.send(request(server.origin)) as response:
        assert response.length == len(body)
        assert read_in_steps(response, step) == body
    transport.send(request(server.origin)).close()
    assert server.connections == 1


@pytest.mark.parametrize("body", [b"", b"x", BIG], ids=len)
def test_a_sized_body_is_read_at_once(serve: Serve, transport: SocketTransport, body: Any) -> None:
    server = serve(lambda peer: peer.answer(ok(body), OK_EMPTY))
    with transport.send(request(server.origin)) as response:
        data = response.read(len(body))
        assert type(data) is bytes
        assert data == body
        assert response.read(0) == b""
    transport.send(request(server.origin)).close()
    assert server.connections == 1


def test_reading_at_once_goes_on_where_steps_stopped(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(ok(BIG)))
    with transport.send(request(server.origin)) as response:
        buffer = memoryview(bytearray(100_000))
        count = response.readinto(buffer)
        assert bytes(buffer[:count]) + response.read(len(BIG)) == BIG


def test_reading_at_once_takes_one_allocation_of_the_body(serve: Serve, transport: SocketTransport) -> None:
    size = 32 << 20

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        block = bytes(1 << 20)
        for _ in range(size >> 20):
            peer.send(block)

    server = serve(script)
    with transport.send(request(server.origin)) as response:
        tracemalloc.start()
        try:
            body = response.read(size)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert len(body) == size
    assert peak < size + (4 << 20)


@pytest.mark.parametrize("body", [b"hello", BIG], ids=len)
def test_a_body_beyond_the_limit_is_refused(serve: Serve, transport: SocketTransport, body: Any) -> None:
    server = serve(lambda peer: peer.answer_and_wait(ok(body)))
    with transport.send(request(server.origin)) as response, pytest.raises(ResponseTooLargeError):
        response.read(len(body) - 1)
    transport.close()


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("blocks", [(), (b"hello",), (b"a", b"bc", b"def"), (BIG, b"end")], ids=len)
def test_a_chunked_body_is_read(serve: Serve, transport: SocketTransport, blocks: Any, split: bool) -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        data = CHUNKED + chunks(*blocks)
        if split:
            for byte in data[:200]:
                peer.send(bytes([byte]))
            data = data[200:]
        peer.send(data)
        peer.answer(CHUNKED + chunks(*blocks))

    server = serve(script)
    with transport.send(request(server.origin)) as response:
        assert response.length is None
        assert "t" not in response.headers  # a trailer is no header
        assert read_in_steps(response, 50_000) == b"".join(blocks)
    with transport.send(request(server.origin)) as response:
        assert response.read(len(BIG) * 2) == b"".join(blocks)
    assert server.connections == 1


def test_a_chunked_or_endless_body_beyond_the_limit_is_refused(
    serve: Serve, transport: SocketTransport
) -> None:
    for start in (CHUNKED + chunks(BIG), UNTIL_CLOSE + BIG):
        server = serve(lambda peer, start=start: peer.answer(start))
        with transport.send(request(server.origin)) as response, pytest.raises(ResponseTooLargeError):
            response.read(len(BIG) - 1)


@pytest.mark.parametrize("bomb", [b"5;" + b"x" * 1_000_000, b"0\r\n" + b"T: v\r\n" * 100_000])
def test_chunk_extensions_and_trailers_without_end_are_refused(
    serve: Serve, transport: SocketTransport, bomb: bytes
) -> None:
    server = serve(lambda peer: peer.answer_and_wait(CHUNKED + bomb))
    with pytest.raises(ProtocolError), transport.send(request(server.origin)) as response:
        response.read(100)


def test_a_body_until_close_ends_with_the_connection(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(UNTIL_CLOSE + BIG))
    with transport.send(request(server.origin)) as response:
        assert response.length is None
        assert response.read(len(BIG)) == BIG
        assert response.read(0) == b""


@pytest.mark.parametrize("abort", ["fin", "reset"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 9),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\nshort", 5_000_000),
        (CHUNKED + b"9\r\nshort", None),
        (CHUNKED + b"5\r\nshort\r\n", None),
        (CHUNKED + b"5\r\nshort\r\n0\r\n", None),
    ],
)
def test_a_short_body_is_an_error_in_either_way_of_reading(
    serve: Serve, transport: SocketTransport, answer: bytes, expected: Any, abort: str
) -> None:
    def script(peer: Peer) -> None:
        peer.answer(answer)
        go_on.wait(20)
        if abort == "reset":
            peer.reset()

    go_on = threading.Event()
    server = serve(script)
    with transport.send(request(server.origin)) as response:
        buffer = memoryview(bytearray(100))
        assert response.readinto(buffer) == 5
        go_on.set()
        with pytest.raises(BodyTruncatedError) as caught:
            response.readinto(buffer)
        with pytest.raises(ValueError, match="closed"):
            response.readinto(buffer)  # an error must not be followed by what looks like the end
    error = caught.value
    assert (error.received, error.expected) == (5, expected)
    assert (error.request_sent, error.response_started) == (True, True)
    with transport.send(request(server.origin)) as response, pytest.raises(BodyTruncatedError):
        response.read(10_000_000)
    assert server.connections == 2


def test_silence_within_the_body_times_out(serve: Serve, make_transport: MakeTransport) -> None:
    def script(peer: Peer) -> None:
        peer.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")
        peer.wait_until_closed()

    server = serve(script)
    response = make_transport(read=0.1).send(request(server.origin))
    with pytest.raises(ReadTimeoutError) as caught:
        response.read(9)
    assert caught.value.response_started


def test_closing_early_drops_the_connection(serve: Serve, transport: SocketTransport) -> None:
    def script(peer: Peer) -> None:
        peer.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\nstart")
        peer.wait_until_closed()

    server = serve(script)
    for _ in range(2):
        response = transport.send(request(server.origin))
        response.close()
        response.close()
        with pytest.raises(ValueError, match="closed"):
            response.read(5_000_000)
        with pytest.raises(ValueError, match="closed"):
            response.readinto(memoryview(bytearray(1)))
    assert server.connections == 2


def test_closing_keeps_the_connection_when_the_rest_has_arrived(
    serve: Serve, transport: SocketTransport
) -> None:
    rest_is_there = threading.Event()

    def script(peer: Peer) -> None:
        peer.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")
        peer.send(b"rest")
        rest_is_there.set()
        peer.answer(OK_EMPTY)

    server = serve(script)
    response = transport.send(request(server.origin))
    rest_is_there.wait(20)
    response.close()
    transport.send(request(server.origin)).close()
    assert server.connections == 1


def test_closing_without_the_rest_drops_the_connection(serve: Serve, transport: SocketTransport) -> None:
    def script(peer: Peer) -> None:
        if peer.number == 1:
            peer.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")
            peer.wait_until_closed()
        else:
            peer.answer(OK_EMPTY)

    server = serve(script)
    transport.send(request(server.origin)).close()
    transport.send(request(server.origin)).close()
    assert server.connections == 2


def test_an_empty_buffer_reads_nothing_and_ends_nothing(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(ok(b"x")))
    with transport.send(request(server.origin)) as response:
        assert response.readinto(memoryview(b"")) == 0
        assert response.read(1) == b"x"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", CHUNKED])
def test_ctrl_c_while_reading_drops_the_connection(
    serve: Serve, transport: SocketTransport, start: bytes
) -> None:
    server = serve(lambda peer: peer.answer_and_wait(start))
    response = transport.send(request(server.origin))

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    response._connection.recv_into = interrupted  # a signal that arrives in the middle of recv(2)
    with pytest.raises(KeyboardInterrupt):
        response.read(100)
    with pytest.raises(ValueError, match="closed"):
        response.read(100)
