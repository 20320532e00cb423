"""Sending bodies: every kind arrives whole, a wrong length never does, and an early answer is heard."""

from __future__ import annotations

import os
import re
from threading import Event
from typing import TYPE_CHECKING

import pytest

from cloud._wire import (
    ConnectionBrokenError,
    FileRange,
    InvalidHeaderError,
    Origin,
    RequestBodyError,
    WriteTimeoutError,
)
from unit.wire.scripted import OK_EMPTY, Peer, request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from cloud._wire import SocketTransport
    from unit.wire.scripted import MakeTransport, Serve

pytestmark = pytest.mark.usefixtures("platform_calls")
BIG = os.urandom(3_000_001)
TOO_BIG_FOR_BUFFERS = bytes(48 << 20)
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 6\r\n\r\nreason"


@pytest.mark.parametrize("body", [b"", b"small", BIG], ids=len)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_like_bodies_arrive(serve: Serve, transport: SocketTransport, kind: Any, body: Any) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY, OK_EMPTY))
    for _ in range(2):
        transport.send(request(server.origin, "PUT", body=kind(body))).close()
    assert [one.body for one in server.requests] == [body, body]
    assert server.requests[0].headers["content-length"] == str(len(body))
    assert server.connections == 1


def test_a_memoryview_of_wide_items_is_counted_in_bytes(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY))
    transport.send(request(server.origin, "PUT", body=memoryview(bytes(range(16))).cast("I"))).close()
    assert server.requests[0].body == bytes(range(16))


@pytest.mark.parametrize(
    ("method", "expected"), [("GET", None), ("DELETE", None), ("PUT", "0"), ("POST", "0")]
)
def test_a_request_without_a_body_says_so_where_one_is_usual(
    serve: Serve, transport: SocketTransport, method: str, expected: Any
) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY))
    transport.send(request(server.origin, method)).close()
    assert server.requests[0].headers.get("content-length") == expected


def test_a_signed_content_length_is_not_sent_twice(serve: Serve, transport: SocketTransport) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY))
    signed = request(server.origin, "PUT", body=b"four")
    signed.headers["content-length"] = "4"
    transport.send(signed).close()
    assert server.requests[0].raw.count(b"content-length") == 1


def test_an_iterable_of_known_length_arrives(serve: Serve, transport: SocketTransport) -> None:
    blocks = [b"a", b"", memoryview(b"bc"), BIG]
    server = serve(lambda peer: peer.answer(OK_EMPTY))
    transport.send(request(server.origin, "PUT", body=iter(blocks), content_length=len(BIG) + 3)).close()
    assert server.requests[0].body == b"abc" + BIG


@pytest.mark.parametrize("blocks", [(), (b"",), (b"a", b"", b"bc", BIG)], ids=len)
def test_an_iterable_of_unknown_length_goes_out_chunked(
    serve: Serve, transport: SocketTransport, blocks: Any
) -> None:
    server = serve(lambda peer: peer.answer(OK_EMPTY, OK_EMPTY))
    transport.send(request(server.origin, "PUT", body=iter(blocks))).close()
    transport.send(request(server.origin)).close()
    assert server.requests[0].headers["transfer-encoding"] == "chunked"
    assert server.requests[0].body == b"".join(blocks)
    assert server.connections == 1


@pytest.mark.parametrize("blocks", [(b"ab",), (b"ab", b"cde")], ids=["short", "long"])
def test_an_iterable_of_another_length_than_promised_is_never_a_whole_request(
    serve: Serve, transport: SocketTransport, blocks: Any
) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        assert peer._exactly(2) == b"ab"
        with pytest.raises(EOFError):
            peer._exactly(1)

    server = serve(script)
    with pytest.raises(RequestBodyError) as caught:
        transport.send(request(server.origin, "PUT", body=iter(blocks), content_length=4))
    assert caught.value.request_sent


@pytest.mark.parametrize("length", [None, 100])
def test_an_error_of_the_callers_iterable_goes_through_and_drops_the_connection(
    serve: Serve, transport: SocketTransport, length: int | None
) -> None:
    class MineError(OSError):
        pass

    def blocks() -> Iterator[bytes]:
        yield b"start"
        raise MineError

    def script(peer: Peer) -> None:
        peer.read_head()
        with pytest.raises(EOFError):
            peer._exactly(100)

    server = serve(script)
    with pytest.raises(MineError):
        transport.send(request(server.origin, "PUT", body=blocks(), content_length=length))


def test_ctrl_c_while_sending_drops_the_connection(serve: Serve, transport: SocketTransport) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"start"
        raise KeyboardInterrupt

    def script(peer: Peer) -> None:
        peer.read_head()
        with pytest.raises(EOFError):
            peer._exactly(100)

    server = serve(script)
    with pytest.raises(KeyboardInterrupt):
        transport.send(request(server.origin, "PUT", body=blocks(), content_length=100))


@pytest.mark.parametrize("kind", ["path", "text", "descriptor"])
def test_a_slice_of_a_file_arrives_as_often_as_asked(
    serve: Serve, transport: SocketTransport, tmp_path: Path, kind: Any
) -> None:
    path = tmp_path / "data"
    path.write_bytes(BIG)
    server = serve(lambda peer: peer.answer(OK_EMPTY, OK_EMPTY, OK_EMPTY))
    with path.open("rb") as file:
        source = {"path": path, "text": str(path), "descriptor": file.fileno()}[kind]
        part = FileRange(source, 1000, 2_000_000)
        for body in (part, part, FileRange(source, len(BIG) - 5)):
            transport.send(request(server.origin, "PUT", body=body)).close()
    assert [one.body for one in server.requests] == [BIG[1000:2_001_000]] * 2 + [BIG[-5:]]
    assert server.connections == 1


def test_a_given_descriptor_keeps_its_position(
    serve: Serve, transport: SocketTransport, tmp_path: Path
) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"0123456789")
    server = serve(lambda peer: peer.answer(OK_EMPTY))
    with path.open("rb", buffering=0) as file:
        file.seek(3)
        transport.send(request(server.origin, "PUT", body=FileRange(file.fileno(), 5, 2))).close()
        position = file.tell()
    assert server.requests[0].body == b"56"
    # Without pread (Windows) the position is the only way to say where to read.
    assert position == (3 if hasattr(os, "pread") else 7)


def test_an_empty_file_arrives(serve: Serve, transport: SocketTransport, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    server = serve(lambda peer: peer.answer(OK_EMPTY))
    transport.send(request(server.origin, "PUT", body=FileRange(tmp_path / "empty"))).close()
    assert server.requests[0].headers["content-length"] == "0"


def test_a_file_that_has_become_shorter_is_never_a_whole_request(
    serve: Serve, transport: SocketTransport, tmp_path: Path
) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"x" * 1000)
    body = FileRange(path)
    os.truncate(path, 600)

    def script(peer: Peer) -> None:
        peer.read_head()
        with pytest.raises(EOFError):
            peer._exactly(601)

    server = serve(script)
    with pytest.raises(RequestBodyError, match="600"):
        transport.send(request(server.origin, "PUT", body=body))


def test_a_file_that_is_not_there_is_the_systems_error(
    serve: Serve, transport: SocketTransport, tmp_path: Path
) -> None:
    server = serve(Peer.wait_until_closed)
    with pytest.raises(FileNotFoundError):
        transport.send(request(server.origin, "PUT", body=FileRange(tmp_path / "none", 0, 5)))
    with pytest.raises(FileNotFoundError):
        FileRange(tmp_path / "none")


@pytest.mark.parametrize(("offset", "length"), [(-1, 5), (0, -5), (11, None)])
def test_a_slice_outside_the_file_is_refused(tmp_path: Path, offset: int, length: int | None) -> None:
    (tmp_path / "data").write_bytes(b"0123456789")
    with pytest.raises(ValueError, match="negative"):
        FileRange(tmp_path / "data", offset, length)


def _bodies(tmp_path: Path) -> dict[str, object]:
    path = tmp_path / "data"
    path.write_bytes(TOO_BIG_FOR_BUFFERS)
    return {
        "bytes": TOO_BIG_FOR_BUFFERS,
        "file": FileRange(path),
        "chunks": iter([TOO_BIG_FOR_BUFFERS]),
    }


@pytest.mark.parametrize("kind", ["bytes", "file", "chunks"])
def test_an_answer_before_the_body_is_sent_is_heard(
    serve: Serve, transport: SocketTransport, tmp_path: Path, kind: Any
) -> None:
    def script(peer: Peer) -> None:
        if peer.number == 1:
            peer.read_head()
            peer.send(FORBIDDEN)  # and close, with most of the body unread: a reset follows
        else:
            peer.answer(OK_EMPTY)

    server = serve(script)
    body = _bodies(tmp_path)[kind]
    with transport.send(request(server.origin, "PUT", body=body)) as response:
        assert response.status == 403
        assert response.read(10) == b"reason"
    transport.send(request(server.origin)).close()
    assert server.connections == 2


@pytest.mark.parametrize("kind", ["bytes", "file", "chunks"])
def test_a_connection_that_breaks_while_sending(
    serve: Serve, transport: SocketTransport, tmp_path: Path, kind: Any
) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.reset()

    server = serve(script)
    with pytest.raises(ConnectionBrokenError) as caught:
        transport.send(request(server.origin, "PUT", body=_bodies(tmp_path)[kind]))
    assert caught.value.request_sent
    assert not caught.value.response_started


@pytest.mark.parametrize("kind", ["bytes", "file", "chunks"])
def test_a_peer_that_stops_taking_times_out(
    serve: Serve, make_transport: MakeTransport, tmp_path: Path, kind: Any
) -> None:
    over = Event()

    def script(peer: Peer) -> None:
        peer.read_head()
        over.wait(20)

    server = serve(script)
    try:
        with pytest.raises(WriteTimeoutError) as caught:
            make_transport(read=0.1).send(request(server.origin, "PUT", body=_bodies(tmp_path)[kind]))
    finally:
        over.set()
    assert caught.value.request_sent


@pytest.mark.parametrize("body", [None, b"four", bytearray(b"four"), FileRange(0, 0, 4)])
def test_a_length_that_contradicts_the_body_is_refused(transport: SocketTransport, body: Any) -> None:
    wrong = request(Origin("http", "127.0.0.1", 1), "PUT", body=body, content_length=5)
    with pytest.raises(InvalidHeaderError, match="content_length"):
        transport.send(wrong)
    wrong.content_length = None
    wrong.headers["content-length"] = "5"
    with pytest.raises(InvalidHeaderError, match=re.escape("content-length")):
        transport.send(wrong)
