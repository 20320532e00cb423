"""A real server on a loopback socket whose every byte the test decides."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trustme

from cloud._wire import HttpRequest, Origin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from typing_extensions import Self

    from cloud._wire import Body, SocketTransport

    Serve: TypeAlias = Callable[..., "Server"]
    MakeTransport: TypeAlias = Callable[..., SocketTransport]

PATIENCE = 20.0  # seconds; nothing waits that long unless the test is failing
OK_EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def ok(body: bytes, *headers: str) -> bytes:
    """Return a plain answer with a content-length."""
    lines = "".join(f"{line}\r\n" for line in headers)
    return f"HTTP/1.1 200 OK\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def request(
    origin: Origin,
    method: str = "GET",
    target: str = "/bucket/key",
    body: Body | None = None,
    *,
    content_length: int | None = None,
    **headers: str,
) -> HttpRequest:
    """Return a request with a host header; underscores in header names become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(method, origin, target, {"host": origin.host_header, **named}, body, content_length)


@dataclass
class Received:
    """One request as the server saw it."""

    line: str
    headers: dict[str, str]
    body: bytes = b""
    raw: bytes = field(default=b"", repr=False)


class Peer:
    """The server's side of one connection."""

    def __init__(self, sock: socket.socket, number: int, server: Server) -> None:
        self.sock = sock
        self.number = number
        self._server = server
        self._waiting = b""

    def read_head(self) -> Received:
        """Return the next request's head; EOFError when the client closed."""
        head = self._until(b"\r\n\r\n")
        line, *rest = head.decode("latin-1")[:-4].split("\r\n")
        received = Received(line, dict(one.split(": ", 1) for one in rest), raw=head)
        self._server.requests.append(received)
        return received

    def read_request(self) -> Received:
        """Return the next request with its body, decoded from chunks."""
        received = self.read_head()
        if received.headers.get("transfer-encoding") == "chunked":
            while size := int(self._until(b"\r\n"), 16):
                received.body += self._exactly(size)
                assert self._exactly(2) == b"\r\n"
            assert self._exactly(2) == b"\r\n"
        else:
            received.body = self._exactly(int(received.headers.get("content-length", 0)))
        return received

    def answer(self, *answers: bytes) -> None:
        """Read one request for each answer, and send it."""
        for data in answers:
            self.read_request()
            self.send(data)

    def answer_and_wait(self, data: bytes) -> None:
        """Answer one request, and wait for the client to close."""
        self.read_request()
        with contextlib.suppress(ConnectionError):  # it may close before it has all
            self.send(data)
        self.wait_until_closed()

    def swallow(self) -> None:
        """Read one request and say nothing until the client gives up."""
        self.read_request()
        self.wait_until_closed()

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        self.sock.sendall(data)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def wait_until_closed(self) -> None:
        """Return when the client has closed; AssertionError when it sends something instead."""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            assert self.sock.recv(1) == b""

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._waiting:
            block = self.sock.recv(65536)
            if not block:
                raise EOFError
            self._waiting += block
        head, self._waiting = self._waiting.split(mark, 1)
        return head + mark

    def _exactly(self, size: int) -> bytes:
        blocks = [self._waiting]
        have = len(self._waiting)
        while have < size:
            blocks.append(self.sock.recv(1 << 20))
            if not blocks[-1]:
                raise EOFError
            have += len(blocks[-1])
        data = b"".join(blocks)
        self._waiting = data[size:]
        return data[:size]


class Server:
    """Runs `script` in a thread of its own for each connection. What a script raises fails the test at the end."""

    def __init__(self, script: Callable[[Peer], None], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self._script = script
        self._tls = tls
        self._errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
        self.origin = Origin(scheme, host, self.port)
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return  # closed: the test is over
            sock.settimeout(PATIENCE)
            # Otherwise a reset could overtake an answer that waits for the client's acknowledgement.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            thread = threading.Thread(target=self._run, args=(sock, self.connections))
            self._threads.append(thread)
            thread.start()

    def _run(self, sock: socket.socket, number: int) -> None:
        try:
            if self._tls is not None:
                try:
                    sock = self._tls.wrap_socket(sock, server_side=True)
                except (OSError, EOFError):
                    return  # the client did not like the certificate; it says why
            self._sockets.append(sock)
            self._script(Peer(sock, number, self))
        except (EOFError, ConnectionError, ssl.SSLError):
            pass  # the client went away: what it said to its caller is what the test looks at
        except BaseException as error:  # noqa: BLE001  # kept for the test, which raises it
            self._errors.append(error)
        finally:
            sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads)
        if kind is None and self._errors:
            raise self._errors[0]


class Authority:
    """A certificate authority of the tests' own."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.bundle = str(folder / "ca.pem")
        self._authority.cert_pem.write_to_path(self.bundle)

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return a server's context with a certificate for `host`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        return context
