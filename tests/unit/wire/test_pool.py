"""Which connection is used again, by whom, and when it no longer is."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cloud._wire import Mark, ProtocolError, TransportClosedError
from unit.wire.scripted import OK_EMPTY, Peer, ok, request

if TYPE_CHECKING:
    from cloud._wire import HttpResponse, SocketTransport
    from unit.wire.scripted import Authority, MakeTransport, Serve, Server

pytestmark = pytest.mark.usefixtures("platform_calls")


def answer_for_ever(peer: Peer) -> None:
    while True:
        received = peer.read_request()
        peer.send(ok(received.line.split(" ")[1].encode(), f"X-Connection: {peer.number}"))


def connection_used(transport: SocketTransport, server: Server) -> str:
    with transport.send(request(server.origin)) as response:
        return response.headers["x-connection"]


def held(transport: SocketTransport, server: Server, count: int) -> list[HttpResponse]:
    """Return answers that each hold a connection of their own."""
    return [transport.send(request(server.origin)) for _ in range(count)]


def test_the_latest_used_connection_is_taken_first(serve: Serve, transport: SocketTransport) -> None:
    def script(peer: Peer) -> None:
        while True:
            peer.read_request()
            # More than fits into the buffer for the head, so that the connection is held until it is read.
            peer.send(ok(bytes(200_000), f"X-Connection: {peer.number}"))

    server = serve(script)
    answers = held(transport, server, 3)
    for answer in (answers[2], answers[0], answers[1]):
        answer.read(200_000)
    with transport.send(request(server.origin)) as response:
        assert response.headers["x-connection"] == answers[1].headers["x-connection"]
        response.read(200_000)


def test_no_more_idle_connections_are_kept_than_allowed(serve: Serve, make_transport: MakeTransport) -> None:
    def script(peer: Peer) -> None:
        while True:
            peer.read_request()
            peer.send(ok(bytes(200_000)))

    server = serve(script)
    transport = make_transport(max_idle_per_origin=2)
    for answer in held(transport, server, 5):
        answer.read(200_000)
    for answer in held(transport, server, 3):
        answer.read(200_000)
    assert server.connections == 6


def test_a_connection_that_was_idle_for_too_long_is_not_used_again(
    serve: Serve, make_transport: MakeTransport
) -> None:
    now = [1000.0]
    server = serve(answer_for_ever)
    transport = make_transport(clock=lambda: now[0], max_idle_seconds=30.0)
    assert connection_used(transport, server) == "1"
    now[0] += 29.0
    assert connection_used(transport, server) == "1"
    now[0] += 30.0
    assert connection_used(transport, server) == "2"


def test_old_connections_to_other_origins_are_closed_when_a_new_one_is_opened(
    serve: Serve, make_transport: MakeTransport
) -> None:
    now = [1000.0]
    transport = make_transport(clock=lambda: now[0], max_idle_seconds=30.0)
    closed = threading.Event()

    def script(peer: Peer) -> None:
        peer.answer(OK_EMPTY)
        peer.wait_until_closed()
        closed.set()

    first, second = serve(script), serve(answer_for_ever)
    transport.send(request(first.origin)).close()
    now[0] += 31.0
    connection_used(transport, second)
    assert closed.wait(20)


@pytest.mark.parametrize("surplus", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale"])
def test_a_connection_that_the_server_gave_up_is_not_used_again(
    serve: Serve, transport: SocketTransport, surplus: bytes
) -> None:
    done = threading.Event()

    def script(peer: Peer) -> None:
        if peer.number > 1:
            answer_for_ever(peer)
        peer.answer(OK_EMPTY)
        if surplus:
            peer.send(surplus)  # an answer that nobody asked for must not answer the next request
        else:
            peer.sock.close()
        done.set()
        if surplus:
            peer.wait_until_closed()

    server = serve(script)
    transport.send(request(server.origin)).close()
    assert done.wait(20)
    assert connection_used(transport, server) == "2"


@pytest.mark.parametrize("framing", ["sized", "chunked", "empty", "head"])
def test_an_answer_behind_an_answer_drops_the_connection(
    serve: Serve, transport: SocketTransport, framing: str
) -> None:
    """Also where both came in one piece: the second is neither read nor left for the next request."""
    first = {
        "sized": ok(b"first"),
        "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n",
        "empty": OK_EMPTY,
        "head": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    }[framing]

    def script(peer: Peer) -> None:
        if peer.number > 1:
            answer_for_ever(peer)
        peer.answer_and_wait(first + ok(b"stale"))

    server = serve(script)
    method = "HEAD" if framing == "head" else "GET"
    with transport.send(request(server.origin, method)) as response:
        assert response.read(100) == (b"first" if framing in {"sized", "chunked"} else b"")
    assert connection_used(transport, server) == "2"


@pytest.mark.parametrize(
    ("said", "is_refused"),
    [
        ("ours-1", True),
        ("tx1-ours-1", True),
        ("tx1-ours-22", True),
        ("ours-2", False),
        ("tx1-ours-2", False),
        ("tx1", False),  # a server that repeats nothing
        ("", False),
    ],
)
def test_an_answer_that_repeats_the_mark_of_another_request_is_refused(
    serve: Serve, transport: SocketTransport, said: str, is_refused: bool
) -> None:
    def script(peer: Peer) -> None:
        peer.answer(ok(b"", "X-Id: ours-1"))
        peer.answer_and_wait(ok(b"late", f"X-Id: {said}"))

    server = serve(script)
    first, second = request(server.origin), request(server.origin)
    first.mark, second.mark = Mark("x-id", "ours-1", "ours"), Mark("x-id", "ours-2", "ours")
    transport.send(first).close()
    if is_refused:
        with pytest.raises(ProtocolError, match="answers another request") as caught:
            transport.send(second)
        assert caught.value.request_sent
    else:
        with transport.send(second) as response:
            assert response.read(100) == b"late"
    assert server.connections == 1
    transport.close()


def test_where_nothing_else_stands_in_the_header_any_other_value_is_refused(
    serve: Serve, transport: SocketTransport
) -> None:
    server = serve(lambda peer: peer.answer_and_wait(ok(b"", "X-Id: someone-else")))
    one = request(server.origin)
    one.mark = Mark("x-id", "ours-1")
    with pytest.raises(ProtocolError, match="answers another request"):
        transport.send(one)


def test_origins_do_not_share_connections(serve: Serve, transport: SocketTransport) -> None:
    first, second = serve(answer_for_ever), serve(answer_for_ever)
    for _ in range(2):
        connection_used(transport, first)
        connection_used(transport, second)
    assert (first.connections, second.connections) == (1, 1)


def test_threads_share_a_transport(serve: Serve, transport: SocketTransport) -> None:
    server = serve(answer_for_ever)

    def call(number: int) -> None:
        target = f"/{number}-{'x' * (number % 7 * 30_000)}"[:50_000]
        with transport.send(request(server.origin, target=target)) as response:
            assert response.read(100_000) == target.encode()

    with ThreadPoolExecutor(8) as workers:
        assert len(list(workers.map(call, range(400)))) == 400
    assert server.connections <= 8


def test_a_closed_transport_sends_nothing_and_keeps_nothing(serve: Serve, transport: SocketTransport) -> None:
    def script(peer: Peer) -> None:
        if peer.number == 1:
            peer.answer(ok(bytes(200_000)))
        else:
            peer.answer(OK_EMPTY)
        peer.wait_until_closed()

    server = serve(script)
    in_use = transport.send(request(server.origin))
    transport.send(request(server.origin)).close()
    transport.close()
    assert in_use.read(200_000) == bytes(200_000)
    with pytest.raises(TransportClosedError) as caught:
        transport.send(request(server.origin))
    assert not caught.value.request_sent
    transport.close()


FORKING = """
import os, sys
from cloud._wire import HttpRequest, Origin, SocketTransport, TlsOptions
origin = Origin.parse(sys.argv[1])
transport = SocketTransport(tls=TlsOptions(ca_bundle=sys.argv[2] or None))

def connection_used() -> None:
    headers = {"host": origin.host_header}
    with transport.send(HttpRequest("GET", origin, "/", headers)) as response:
        response.read(1000)
        return response.headers["x-connection"]

assert connection_used() == "1"
in_use = transport.send(HttpRequest("GET", origin, "/" + "x" * 30_000, {"host": origin.host_header}))
transport._pool.lock.acquire()  # as if another thread were in the middle of something
child = os.fork()
if child == 0:
    in_use.close()
    used = connection_used(), connection_used()
    transport.close()
    os._exit(0 if used == ("2", "2") else 1)
transport._pool.lock.release()
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert status == 0, status
assert len(in_use.read(40_000)) == 30_001
assert connection_used() == "1"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_forked_child_has_its_own_connections_and_leaves_the_parents_alone(
    serve: Serve, authority: Authority, scheme: str
) -> None:
    tls = authority.server_context("localhost") if scheme == "https" else None
    server = serve(answer_for_ever, tls)
    script = [sys.executable, "-c", FORKING, f"{scheme}://{server.origin.host}:{server.port}"]
    subprocess.run([*script, authority.bundle if tls else ""], check=True, timeout=60)
    assert server.connections == 2
