"""Each kind of fault does what `FaultKind` says, seen through a raw socket."""

from __future__ import annotations

import asyncio
import gc
import gzip
import re
import socket
import threading
import tracemalloc
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from cloud.testing._fault_kinds import Fault, FaultKind, SeenRequest
from cloud.testing._fault_proxy import FaultProxy
from cloud.testing._scripted_server import RecordedRequest, ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Kind = FaultKind
BODY = bytes(range(250)) * 4
UPLOAD = b"0123456789" * 50


def answer(request: RecordedRequest) -> ScriptedResponse:
    """Serve BODY, or the range asked for; say what was stored for an upload."""
    if request.body:
        return ScriptedResponse(body=b"stored %d" % len(request.body))
    asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.header("range") or "")
    if asked is None:
        return ScriptedResponse(headers=(("ETag", '"e"'),), body=BODY)
    start, end = int(asked[1]), int(asked[2])
    content_range = ("Content-Range", f"bytes {start}-{end}/{len(BODY)}")
    return ScriptedResponse(status=206, headers=(content_range,), body=BODY[start : end + 1])


def request(
    method: str = "GET", *headers: str, body: bytes = b"", path: str = "/b/k?x=1", close: bool = True
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "hOST: Some.Host:81", *headers]
    lines += [f"Content-Length: {len(body)}"] if body else []
    lines += ["Connection: close"] if close else []
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Outcome:
    """What the client read, how the connection ended, and what the two servers saw."""

    raw: bytes
    ending: str
    seen: SeenRequest
    upstream: tuple[RecordedRequest, ...]
    sleeps: list[float]

    @property
    def head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def status(self) -> int:
        return int(self.raw.split(b" ")[1])

    def header(self, name: str) -> str | None:
        found = re.search(rf"(?im)^{name}: (.*?)\r?$", self.head.decode("latin-1"))
        return found[1] if found else None


def converse(url: str, data: bytes) -> tuple[bytes, str]:
    """Send `data` and return all that comes back, and whether it ended by FIN or RST."""
    host, _, port = url.removeprefix("http://").partition(":")
    received = bytearray()
    with socket.create_connection((host, int(port)), timeout=30) as client:
        try:
            client.sendall(data)
            while piece := client.recv(65536):
                received += piece
        except ConnectionResetError:
            return bytes(received), "rst"
    return bytes(received), "fin"


def conversation_or_refusal(url: str) -> bytes | None:
    try:
        return converse(url, request())[0]
    except ConnectionRefusedError:
        return None


def ended(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer(otherwise=answer) as server:
        yield server


@pytest.fixture
def sleeps() -> list[float]:
    return []


@pytest.fixture
def proxy(upstream: ScriptedServer, sleeps: list[float]) -> Iterator[FaultProxy]:
    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    with FaultProxy(upstream.url, sleep=sleep) as running:
        yield running


# ---------------------------------------------------------------- every kind


def nothing_forwarded(it: Outcome) -> None:
    assert (it.seen.forwarded, it.upstream) == (0, ())


def reset_connect(it: Outcome) -> None:
    assert (it.raw, it.ending) == (b"", "rst")
    nothing_forwarded(it)


def reset_upload(it: Outcome) -> None:
    reset_connect(it)
    assert it.seen.received >= 100


def stall_upload(it: Outcome) -> None:
    reset_upload(it)
    assert it.sleeps == [9.0]


def fin_upload(it: Outcome) -> None:
    assert (it.raw, it.ending, it.seen.received) == (b"", "fin", len(UPLOAD))
    nothing_forwarded(it)


def corrupt_upload(it: Outcome) -> None:
    assert it.status == 200
    (stored,) = it.upstream
    assert [i for i, (a, b) in enumerate(zip(stored.body, UPLOAD, strict=True)) if a != b] == [100]


def dup_request(it: Outcome) -> None:
    assert [seen.body for seen in it.upstream] == [UPLOAD, UPLOAD]
    assert (it.seen.forwarded, it.body) == (2, b"stored 500")


def drop_range(it: Outcome) -> None:
    assert (it.status, it.body, it.header("content-range")) == (200, BODY, None)


def wrong_range(it: Outcome) -> None:
    assert (it.status, it.header("content-range")) == (206, "bytes 100-199/1000")
    assert it.body == BODY[95:195]


def executed(it: Outcome) -> None:
    assert [seen.body for seen in it.upstream] == [UPLOAD]
    assert (it.seen.forwarded, it.seen.status) == (1, 200)


def lost_reply(it: Outcome) -> None:
    assert (it.raw, it.ending) == (b"", "rst")
    executed(it)


def lost_reply_fin(it: Outcome) -> None:
    assert (it.raw, it.ending) == (b"", "fin")
    executed(it)


def lost_reply_503(it: Outcome) -> None:
    assert it.status == 503
    assert b"<Code>SlowDown</Code>" in it.body
    executed(it)


def cut_framed(it: Outcome, ending: str) -> None:
    assert (it.status, it.header("content-length"), it.header("etag")) == (200, "1000", '"e"')
    assert (it.body, it.ending, it.seen.sent) == (BODY[:100], ending, 100)


def stall_body(it: Outcome) -> None:
    cut_framed(it, "rst")
    assert it.sleeps == [9.0]


def trunc_cl(it: Outcome) -> None:
    assert (it.header("content-length"), it.body) == ("100", BODY[:100])


def trunc_chunked(it: Outcome) -> None:
    assert (it.header("transfer-encoding"), it.header("content-length")) == ("chunked", None)
    assert (it.body, it.ending) == (b"64\r\n" + BODY[:100] + b"\r\n", "fin")


def trunc_chunked_ok(it: Outcome) -> None:
    assert (it.header("transfer-encoding"), it.header("content-length")) == ("chunked", None)
    assert it.body == b"64\r\n" + BODY[:100] + b"\r\n0\r\n\r\n"


def trunc_close(it: Outcome) -> None:
    assert (it.header("connection"), it.header("content-length")) == ("close", None)
    assert (it.body, it.ending) == (BODY[:100], "fin")


def pad_cl(it: Outcome) -> None:
    assert (it.header("content-length"), it.body) == ("1003", BODY + b"ZZZ")


def corrupt(it: Outcome) -> None:
    assert it.header("content-length") == "1000"
    assert [i for i, (a, b) in enumerate(zip(it.body, BODY, strict=True)) if a != b] == [100]


def bad_gzip(it: Outcome) -> None:
    assert (it.header("content-encoding"), it.body) == ("gzip", BODY)


def dup_reply(it: Outcome) -> None:
    assert it.raw == (it.head + b"\r\n\r\n" + BODY) * 2
    assert it.seen.forwarded == 1


def slow_head(it: Outcome) -> None:
    assert (it.status, it.body, it.sleeps) == (200, BODY, [9.0])


def trickle(it: Outcome) -> None:
    assert (it.header("content-length"), it.body, it.sleeps) == ("1000", BODY, [1, 1, 1, 1])


def status(it: Outcome) -> None:
    assert (it.status, it.header("retry-after"), it.body) == (429, "7", b"slow")
    assert it.seen.status == 429
    nothing_forwarded(it)


def s3_error(it: Outcome) -> None:
    assert it.status == 500
    assert b"<Error><Code>InternalError</Code>" in it.body
    nothing_forwarded(it)


def s3_200_error(it: Outcome) -> None:
    assert it.status == 200
    assert b"<Error><Code>SlowDown</Code>" in it.body
    nothing_forwarded(it)


def html_200(it: Outcome) -> None:
    assert (it.status, it.header("content-type")) == (200, "text/html")
    assert it.body.startswith(b"<html>")
    nothing_forwarded(it)


def empty_200(it: Outcome) -> None:
    assert (it.status, it.header("content-length"), it.body) == (200, "0", b"")
    nothing_forwarded(it)


def redirect(it: Outcome) -> None:
    assert (it.status, it.header("location")) == (307, "http://elsewhere/b/k?x=1")
    nothing_forwarded(it)


def gzip_bomb(it: Outcome) -> None:
    assert (it.header("content-encoding"), it.header("content-length")) == ("gzip", str(len(it.body)))
    assert gzip.decompress(it.body) == bytes(3 << 20)
    assert len(it.body) < 20_000
    nothing_forwarded(it)


def junk(it: Outcome) -> None:
    assert (it.raw[:3], it.ending) == (b"\x00\xff\x00", "fin")
    nothing_forwarded(it)


def huge_header(it: Outcome) -> None:
    assert it.header("x-big") == "a" * (1 << 20)
    nothing_forwarded(it)


PUT = request("PUT", body=UPLOAD)
RANGE = request("GET", "Range: bytes=100-199")


@dataclass
class Case:
    check: Callable[[Outcome], None]
    send: bytes = field(default_factory=request)
    options: dict[str, object] = field(default_factory=dict)


CASES = {
    Kind.REFUSE: Case(reset_connect),  # and test_refuse_*
    Kind.RESET_CONNECT: Case(reset_connect),
    Kind.RESET_UPLOAD: Case(reset_upload, PUT, {"at": 100}),
    Kind.STALL_UPLOAD: Case(stall_upload, PUT, {"at": 100, "seconds": 9.0}),
    Kind.FIN_UPLOAD: Case(fin_upload, PUT),
    Kind.CORRUPT_UPLOAD: Case(corrupt_upload, PUT, {"at": 100}),
    Kind.DUP_REQUEST: Case(dup_request, PUT),
    Kind.DROP_RANGE: Case(drop_range, RANGE),
    Kind.WRONG_RANGE: Case(wrong_range, RANGE, {"shift": 5}),
    Kind.LOST_REPLY: Case(lost_reply, PUT),
    Kind.LOST_REPLY_FIN: Case(lost_reply_fin, PUT),
    Kind.LOST_REPLY_503: Case(lost_reply_503, PUT),
    Kind.RESET_BODY: Case(lambda it: cut_framed(it, "rst"), options={"at": 100}),
    Kind.TRUNC_FIN: Case(lambda it: cut_framed(it, "fin"), options={"fraction": 0.1}),
    Kind.TRUNC_CL: Case(trunc_cl, options={"at": 100}),
    Kind.TRUNC_CHUNKED: Case(trunc_chunked, options={"at": 100}),
    Kind.TRUNC_CHUNKED_OK: Case(trunc_chunked_ok, options={"at": 100}),
    Kind.TRUNC_CLOSE: Case(trunc_close, options={"at": 100}),
    Kind.PAD_CL: Case(pad_cl, options={"extra": 3}),
    Kind.CORRUPT: Case(corrupt, options={"at": 100}),
    Kind.BAD_GZIP: Case(bad_gzip),
    Kind.DUP_REPLY: Case(dup_reply),
    Kind.SLOW_HEAD: Case(slow_head, options={"seconds": 9.0}),
    Kind.STALL_BODY: Case(stall_body, options={"at": 100, "seconds": 9.0}),
    Kind.TRICKLE: Case(trickle, options={"rate": 250}),
    Kind.STATUS: Case(status, PUT, {"status": 429, "headers": {"Retry-After": "7"}, "body": b"slow"}),
    Kind.S3_ERROR: Case(s3_error, PUT, {"status": 500}),
    Kind.S3_200_ERROR: Case(s3_200_error, PUT, {"error_code": "SlowDown"}),
    Kind.HTML_200: Case(html_200),
    Kind.EMPTY_200: Case(empty_200),
    Kind.REDIRECT: Case(redirect, options={"location": "http://elsewhere{path}"}),
    Kind.GZIP_BOMB: Case(gzip_bomb, options={"size": 3 << 20}),
    Kind.JUNK: Case(junk),
    Kind.HUGE_HEADER: Case(huge_header),
}


def test_the_table_has_every_kind() -> None:
    assert set(CASES) == set(FaultKind)


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.value)
def test_the_fault_is_what_its_kind_says_and_hits_once(
    kind: FaultKind, proxy: FaultProxy, upstream: ScriptedServer, sleeps: list[float]
) -> None:
    case = CASES[kind]
    proxy.inject(Fault(kind=kind, **case.options))  # type: ignore[arg-type]  # a table of options
    raw, ending = converse(proxy.url, case.send)
    (seen,) = proxy.requests
    assert (seen.fault, seen.path) == (kind, "/b/k?x=1")
    case.check(Outcome(raw, ending, seen, upstream.requests, list(sleeps)))

    proxy.accept()
    raw, ending = converse(proxy.url, request())
    assert (raw.partition(b"\r\n\r\n")[2], ending) == (BODY, "fin")
    assert proxy.requests[1] == SeenRequest(
        "GET", "/b/k?x=1", proxy.requests[1].headers, status=200, forwarded=1, sent=len(BODY)
    )


# ---------------------------------------------------------------- the proxy itself


def test_heads_are_forwarded_as_received(proxy: FaultProxy, upstream: ScriptedServer) -> None:
    converse(
        proxy.url,
        request("PUT", "X-Amz-Date: 20260101T000000Z", "x-odd:  a  b ", "Expect: 100-continue", body=UPLOAD),
    )
    (seen,) = upstream.requests
    assert seen.headers == (
        ("hOST", "Some.Host:81"),
        ("X-Amz-Date", "20260101T000000Z"),
        ("x-odd", "a  b"),
        ("Content-Length", "500"),
        ("Connection", "close"),
    )
    assert seen.body == UPLOAD
    assert proxy.requests[0].headers[0] == ("hOST", "Some.Host:81")


def test_a_chunked_upload_stays_chunked(proxy: FaultProxy, upstream: ScriptedServer) -> None:
    raw, _ = converse(
        proxy.url, request("PUT", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    )
    assert raw.endswith(b"stored 5")
    (seen,) = upstream.requests
    assert (seen.body, seen.header("transfer-encoding"), seen.header("content-length")) == (
        b"abcde",
        "chunked",
        None,
    )


CHUNKS = b"4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("framing", "body"), [(b"Transfer-Encoding: chunked", CHUNKS), (b"Connection: close", b"abcdefgh")]
)
def test_an_answer_without_a_length_passes_and_can_be_cut_in_its_middle(framing: bytes, body: bytes) -> None:
    response = ScriptedResponse(raw=b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n" + body, close="fin")
    with ScriptedServer(otherwise=response) as upstream, FaultProxy(("127.0.0.1", upstream.port)) as proxy:
        whole, _ = converse(proxy.url, request())
        proxy.inject(Fault(kind=Kind.TRUNC_CL))
        cut, _ = converse(proxy.url, request())
    chunks = whole.partition(b"\r\n\r\n")[2]
    assert b"".join(re.findall(rb"\r\n([a-h]+)", b"\r\n" + chunks)) == b"abcdefgh"
    assert chunks.endswith(b"\r\n0\r\n\r\n")
    assert cut.endswith(b"Content-Length: 4\r\n\r\nabcd")


def test_a_connection_is_kept_for_the_next_request(proxy: FaultProxy) -> None:
    raw, ending = converse(proxy.url, request("HEAD", close=False) + request("GET"))
    first, second = raw.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert b"Content-Length: 1000" in first
    assert first.endswith(b"\r\n\r\n")
    assert second.endswith(BODY)
    assert ending == "fin"


def test_the_first_matching_fault_hits_after_its_skips_and_as_often_as_it_says(proxy: FaultProxy) -> None:
    proxy.inject(
        Fault(kind=Kind.STATUS, status=500, method="PUT", count=0),
        Fault(kind=Kind.STATUS, status=501, path=r"^/b/", skip=1, count=2),
        Fault(kind=Kind.STATUS, status=502, header="range: =5-", count=0),
    )
    sent = [
        *[request()] * 4,
        request("PUT"),
        request(path="/c"),
        request("GET", "Range: bytes=5-6", path="/c"),
    ]
    for data in sent:
        converse(proxy.url, data)
    assert [seen.status for seen in proxy.requests] == [200, 501, 501, 200, 500, 200, 502]
    proxy.clear()
    converse(proxy.url, request("PUT"))
    assert [seen.fault for seen in proxy.requests] == [None]


@pytest.mark.parametrize(
    "options",
    [
        {"kind": Kind.STATUS},
        {"kind": Kind.REDIRECT},
        {"kind": Kind.TRUNC_FIN, "at": -1},
        {"kind": Kind.TRUNC_FIN, "fraction": 1.5},
        {"kind": Kind.TRICKLE, "rate": 0},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"fault|at least"):
        Fault(**options)  # type: ignore[arg-type]  # a table of options


def test_refuse_drops_open_connections_and_keeps_the_port(proxy: FaultProxy) -> None:
    host, _, port = proxy.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(request(close=False))
        received = b""
        while not received.endswith(BODY):
            received += client.recv(65536)
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            converse(proxy.url, request())
        assert ended(client)
    proxy.accept()
    assert converse(proxy.url, request())[0].endswith(BODY)


def test_refuse_ends_by_itself_after_its_seconds(upstream: ScriptedServer) -> None:
    release, waits = threading.Event(), threading.Event()
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        waits.set()
        await asyncio.to_thread(release.wait)

    with FaultProxy(upstream.url, sleep=sleep) as proxy:
        proxy.inject(Fault(kind=Kind.REFUSE, seconds=5))
        assert converse(proxy.url, request()) == (b"", "rst")
        with pytest.raises(ConnectionRefusedError):
            converse(proxy.url, request())
        assert waits.wait(10)
        release.set()
        while (answered := conversation_or_refusal(proxy.url)) is None:
            pass  # the listener opens in the proxy's own thread
    assert asked == [5]
    assert answered.endswith(BODY)


def test_a_stall_is_silent_until_its_end(upstream: ScriptedServer) -> None:
    release = threading.Event()

    async def sleep(seconds: float) -> None:
        await asyncio.to_thread(release.wait)

    with FaultProxy(upstream.url, sleep=sleep) as proxy:
        proxy.inject(Fault(kind=Kind.STALL_BODY, at=10))
        host, _, port = proxy.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(request())
            received = b""
            while not received.endswith(BODY[:10]):
                received += client.recv(65536)
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            client.settimeout(30)
            release.set()
            with pytest.raises(ConnectionResetError):
                client.recv(1)


def test_a_body_that_nobody_reads_to_its_end_leaves_nothing(
    upstream: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    stalled = threading.Event()

    async def sleep(seconds: float) -> None:
        stalled.set()
        await asyncio.Event().wait()

    with FaultProxy(upstream.url, sleep=sleep) as proxy:
        proxy.inject(Fault(kind=Kind.STALL_UPLOAD, at=100))
        host, _, port = proxy.url.removeprefix("http://").partition(":")
        client = socket.create_connection((host, int(port)), timeout=30)
        client.sendall(request("PUT", body=UPLOAD))
        assert stalled.wait(30)
    client.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_an_upstream_that_is_down_is_a_502() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with FaultProxy(f"127.0.0.1:{port}") as proxy:
        raw, _ = converse(proxy.url, request("PUT", body=UPLOAD))
    assert raw.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"cannot reach its upstream" in raw


def test_an_answer_before_the_end_of_the_upload_reaches_the_client() -> None:
    early = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse_at_once() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(10)
                connection.sendall(early)
                while connection.recv(65536):
                    pass

        thread = threading.Thread(target=refuse_at_once)
        thread.start()
        with FaultProxy(listener.getsockname()[:2]) as proxy:
            host, _, port = proxy.url.removeprefix("http://").partition(":")
            with socket.create_connection((host, int(port)), timeout=30) as client:
                client.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly some of it")
                received = b""
                while not received.endswith(b"no"):
                    received += client.recv(65536)
            thread.join(30)
    assert received.startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_https_upstreams_are_refused() -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        FaultProxy("https://127.0.0.1:1")


def test_large_bodies_pass_in_little_memory() -> None:
    size, piece = 24 << 20, bytes(1 << 16)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def swallow_and_send() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                while stream.readline().strip():
                    pass
                room = memoryview(bytearray(1 << 16))
                left = size
                while left:
                    left -= stream.readinto(room[: min(left, len(room))])
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                for _ in range(size // len(piece)):
                    connection.sendall(piece)

        thread = threading.Thread(target=swallow_and_send)
        with FaultProxy(listener.getsockname()[:2]) as proxy:
            host, _, port = proxy.url.removeprefix("http://").partition(":")
            thread.start()
            tracemalloc.start()
            try:
                received = 0
                with socket.create_connection((host, int(port)), timeout=60) as client:
                    client.sendall(
                        b"PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size
                    )
                    for _ in range(size // len(piece)):
                        client.sendall(piece)
                    room = bytearray(1 << 16)
                    while count := client.recv_into(room):
                        received += count
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            (seen,) = proxy.requests
            thread.join(60)
    assert (seen.received, seen.sent) == (size, size)
    assert received > size
    assert peak < 4 << 20
