"""Compare what could parse HTTP for us: CPU and wall time of small calls over one kept-alive connection.

``python benchmarks/http_machinery.py [--rounds 9] [--calls 500] [--endpoint http://host:port]``

The candidates take turns (A B C D, then D C B A), so that a change of the machine's state hits all of
them. CPU is user and system time of this process; the server is another process. Each candidate sends
the same signed-looking headers and must return the status, the headers as a dict and the whole body.
``floor`` (one send, one recv, no parsing) and ``cloud._wire`` (the transport as it is, with pool,
checks and errors) stand beside them for orientation. Needs: ``pip install httptools pycurl urllib3``.
The decision that this supports: docs/adr/0002-http-machinery.md.
"""

from __future__ import annotations

import argparse
import http.client
import io
import platform
import socket
import statistics
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod

import httptools
import pycurl
import urllib3

from cloud._wire import HttpRequest, Origin, SocketTransport

SIZE = 4096
BODY = b"x" * SIZE
METHODS = ("HEAD", "GET", "PUT")
TARGET = "/bucket/data/part%3D2026/file-00000001.parquet"
SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ANSWER_HEAD = (
    b"HTTP/1.1 200 OK\r\nDate: Wed, 21 Oct 2026 07:28:00 GMT\r\nServer: bench\r\n"
    b"x-amz-request-id: 0A49CE4060975EAC\r\nx-amz-id-2: abcdefghijklmnopqrstuvwxyz0123456789\r\n"
    b"Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n"
    b'ETag: "9b2cf535f27731c974343645a3985328"\r\nLast-Modified: Wed, 21 Oct 2026 07:28:00 GMT\r\n'
    b"Content-Length: %d\r\n\r\n"
)
Answer = tuple[int, dict[str, str], bytes]


class Candidate(ABC):
    """One connection to one server."""

    name: str

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.headers = {
            "host": origin.host_header,
            "x-amz-content-sha256": SHA256_OF_NOTHING,
            "x-amz-date": "20261021T072800Z",
            "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261021/us-east-1/s3/aws4_request, "
            f"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={SHA256_OF_NOTHING}",
        }

    @abstractmethod
    def call(self, method: str, body: bytes | None) -> Answer: ...

    def connect(self) -> socket.socket:
        sock = socket.create_connection((self.origin.host, self.origin.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def encode(self, method: str, body: bytes | None) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        length = f"content-length: {len(body)}\r\n" if body is not None else ""
        return f"{method} {TARGET} HTTP/1.1\r\n{lines}{length}\r\n".encode("latin-1") + (body or b"")


class Floor(Candidate):
    """The least that Python can do: what it returns is not even looked at."""

    name = "floor: send, recv"

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self.sock = self.connect()
        self.data = {method: self.encode(method, BODY if method == "PUT" else None) for method in METHODS}

    def call(self, method: str, body: bytes | None) -> Answer:  # noqa: ARG002  # encoded already
        self.sock.sendall(self.data[method])
        expected = SIZE if method == "GET" else 0
        data = self.sock.recv(65536)
        while not data.endswith(b"\r\n\r\n") if not expected else len(data) < expected:
            data += self.sock.recv(65536)
        return 200, {"etag": ""}, data[len(data) - expected :]


class HttpClient(Candidate):
    name = "http.client"

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self.connection = http.client.HTTPConnection(origin.host, origin.port)

    def call(self, method: str, body: bytes | None) -> Answer:
        self.connection.request(method, TARGET, body, self.headers)
        response = self.connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()


class Urllib3(Candidate):
    name = "urllib3"

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self.pool = urllib3.HTTPConnectionPool(origin.host, origin.port)

    def call(self, method: str, body: bytes | None) -> Answer:
        response = self.pool.urlopen(method, TARGET, body, self.headers, retries=False, redirect=False)
        return response.status, {k.lower(): v for k, v in response.headers.items()}, response.data


class Httptools(Candidate):
    """llhttp over a socket, as plainly as it goes."""

    name = "httptools"

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self.sock = self.connect()
        self.answer_headers: dict[str, str] = {}
        self.blocks: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answer_headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def call(self, method: str, body: bytes | None) -> Answer:
        self.answer_headers = {}
        self.sock.sendall(self.encode(method, body))
        data = self.sock.recv(65536)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self.sock.recv(65536)
        parser = httptools.HttpResponseParser(self)
        parser.feed_data(data[: end + 4])
        length = 0 if method == "HEAD" else int(self.answer_headers["content-length"])
        content = data[end + 4 :]
        while len(content) < length:
            content += self.sock.recv(65536)
        return parser.get_status_code(), self.answer_headers, content


class Pycurl(Candidate):
    name = "pycurl"

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self.curl = pycurl.Curl()
        self.url = f"http://{origin.host_header}{TARGET}"

    def call(self, method: str, body: bytes | None) -> Answer:
        curl, content, lines = self.curl, io.BytesIO(), []
        curl.reset()
        curl.setopt(pycurl.NOPROXY, "*")
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.URL, self.url)
        curl.setopt(pycurl.HTTPHEADER, [f"{k}: {v}" for k, v in self.headers.items()] + ["Expect:"])
        curl.setopt(pycurl.HEADERFUNCTION, lines.append)
        curl.setopt(pycurl.WRITEDATA, content)
        if method == "HEAD":
            curl.setopt(pycurl.NOBODY, 1)
        elif body is not None:
            curl.setopt(pycurl.UPLOAD, 1)
            curl.setopt(pycurl.READDATA, io.BytesIO(body))
            curl.setopt(pycurl.INFILESIZE, len(body))
        curl.perform()
        headers: dict[str, str] = {}
        for line in lines[1:-1]:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return curl.getinfo(pycurl.RESPONSE_CODE), headers, content.getvalue()


class Wire(Candidate):
    name = "cloud._wire"

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self.transport = SocketTransport(use_environment_proxies=False)

    def call(self, method: str, body: bytes | None) -> Answer:
        with self.transport.send(HttpRequest(method, self.origin, TARGET, self.headers, body)) as response:
            return response.status, response.headers, response.read(1 << 20)


CANDIDATES = (HttpClient, Urllib3, Httptools, Pycurl, Floor, Wire)


def serve() -> None:
    """Answer every request from memory; the port is the first line of the output."""
    answers = {
        b"H": ANSWER_HEAD % SIZE,
        b"G": ANSWER_HEAD % SIZE + BODY,
        b"P": ANSWER_HEAD % 0,
    }

    def talk(sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := sock.recv(65536):
            received = data
            while (end := received.find(b"\r\n\r\n")) < 0:
                received += sock.recv(65536)
            left = (end + 4 + SIZE if received[:1] == b"P" else end + 4) - len(received)
            while left > 0:
                left -= len(sock.recv(left))
            sock.sendall(answers[received[:1]])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=talk, args=(sock,), daemon=True).start()


def check(candidate: Candidate, method: str) -> None:
    status, headers, body = candidate.call(method, BODY if method == "PUT" else None)
    assert status == 200, (candidate.name, status)  # HTTP
    assert "etag" in headers, candidate.name
    assert len(body) == (SIZE if method == "GET" else 0), (candidate.name, method, len(body))


def measure(candidate: Candidate, method: str, calls: int) -> tuple[float, float]:
    """Return CPU and wall time of one call, in microseconds."""
    body = BODY if method == "PUT" else None
    call = candidate.call
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        call(method, body)
    return (time.process_time() - cpu) / calls * 1e6, (time.perf_counter() - wall) / calls * 1e6


def compare(origin: Origin, rounds: int, calls: int) -> None:
    candidates = [kind(origin) for kind in CANDIDATES]
    figures: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for method in METHODS:
        for candidate in candidates:
            check(candidate, method)
        for number in range(rounds):
            for candidate in candidates if number % 2 == 0 else reversed(candidates):
                figures.setdefault((candidate.name, method), []).append(measure(candidate, method, calls))
    print(
        f"Python {platform.python_version()}, {platform.machine()}; median of {rounds} rounds of {calls} calls\n"
    )
    print("| CPU us per call (least; wall us) | " + " | ".join(METHODS) + " |")
    print("|---|" + "---|" * len(METHODS))
    for candidate in candidates:
        cells = []
        for method in METHODS:
            cpu, wall = zip(*figures[candidate.name, method], strict=True)
            cells.append(f"{statistics.median(cpu):.0f} ({min(cpu):.0f}; {statistics.median(wall):.0f})")
        print(f"| {candidate.name} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--endpoint", help="a server that answers HEAD, GET and PUT; default: one of our own")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
    elif options.endpoint:
        compare(Origin.parse(options.endpoint), options.rounds, options.calls)
    else:
        with subprocess.Popen(
            [sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            try:
                compare(Origin("http", "127.0.0.1", port), options.rounds, options.calls)
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
