"""A loopback HTTP server that answers what a test wrote down, in order.

::

    with ScriptedServer(ScriptedResponse(status=503), ScriptedResponse(body=b"data")) as server:
        assert fetch_with_retry(f"{server.url}/x") == b"data"
    assert [request.path for request in server.requests] == ["/x", "/x"]
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Union

from cloud.testing._http1 import encode_head, status_line

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from typing_extensions import Self

_HOST = "127.0.0.1"
_WAKE_SECONDS = 0.05
_JOIN_SECONDS = 10.0
_BACKLOG = 64


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it was received.

    Attributes:
        method: for example ``GET``.
        path: the target with its query, as sent.
        headers: in order, as sent.
        body: without its framing.
        connection: 0 for requests on the server's first connection, 1 on its second ...
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name`; None when there is none."""
        return next((value for other, value in self.headers if other.lower() == name.lower()), None)


@dataclass(frozen=True, kw_only=True)
class ScriptedResponse:
    """One answer.

    Attributes:
        status: of the answer.
        headers: Content-Length is added unless they frame the body themselves.
        body: sent as it is, also when a header promises another length. Not sent to HEAD.
        raw: sent instead of all of the above.
        when: the answer waits for this event.
        body_when: the body waits for this event; the head is sent before.
        close: end the connection afterwards: ``"fin"`` or ``"rst"``; None keeps it.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    raw: bytes | None = None
    when: threading.Event | None = None
    body_when: threading.Event | None = None
    close: str | None = None

    def head(self) -> bytes:
        """Return the head's bytes."""
        framed = any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in self.headers)
        length = [] if framed or self.status in {204, 304} else [("Content-Length", str(len(self.body)))]
        return encode_head(status_line(self.status), [*self.headers, *length])


Step = Union[ScriptedResponse, Callable[[RecordedRequest], ScriptedResponse]]  # noqa: UP007 - evaluated, on 3.10


class ScriptedServer:
    """Answers each request with the next step of a script, on a free loopback port.

    Args:
        script: answers, or functions from a request to its answer.
        otherwise: what answers the requests beyond the script; without it they are an error.
        ssl_context: serve HTTPS with it.
    """

    def __init__(
        self,
        *script: Step,
        otherwise: Step | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._script = deque(script)
        self._otherwise = otherwise
        self._ssl_context = ssl_context
        self._changed = threading.Condition()
        self._requests: list[RecordedRequest] = []
        self._unscripted: list[RecordedRequest] = []
        self._closing = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((_HOST, 0), backlog=_BACKLOG)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="scripted-server", daemon=True)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:port``, or ``https://``."""
        return f"http{'s' if self._ssl_context else ''}://{_HOST}:{self.port}"

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The requests so far, in the order of their arrival."""
        with self._changed:
            return tuple(self._requests)

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        with self._changed:
            return len(self._sockets)

    def add(self, *script: Step) -> None:
        """Append to the script."""
        with self._changed:
            self._script.extend(script)

    def wait_for_requests(self, count: int, timeout: float = 10.0) -> tuple[RecordedRequest, ...]:
        """Return the requests as soon as there are `count` of them.

        Raises:
            TimeoutError: there are fewer after `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= count, timeout):
                raise TimeoutError(f"{len(self._requests)} of {count} requests after {timeout} s")
            return tuple(self._requests)

    def __enter__(self) -> Self:
        """Start to answer."""
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the listener and every connection.

        Raises:
            RuntimeError: more requests came than the script has answers, and the block raised nothing.
        """
        self._closing.set()
        # Closing a listener does not wake a thread in accept(): a connection does, on every system.
        socket.create_connection((_HOST, self.port)).close()
        self._acceptor.join(_JOIN_SECONDS)
        self._listener.close()
        for connection in self._sockets:
            _shut_down(connection)
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)
        if self._unscripted and error is None:
            first = self._unscripted[0]
            raise RuntimeError(
                f"{len(self._unscripted)} requests beyond the script: {first.method} {first.path}"
            )

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            # Head and body go out by two calls: without this the second waits for the client's acknowledgement.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._closing.is_set():
                connection.close()
                return
            with self._changed:
                number = len(self._sockets)
                self._sockets.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self._ssl_context is not None:
                connection = self._secured(connection, number, self._ssl_context)
            with connection.makefile("rb") as stream:
                while (request := _read_request(connection, stream, number)) is not None:
                    if not self._answer(connection, request):
                        break
        except OSError:
            return  # the client may hang up, or refuse the certificate, at any time
        finally:
            connection.close()

    def _secured(self, plain: socket.socket, number: int, context: ssl.SSLContext) -> socket.socket:
        """Return the TLS connection over `plain`, known to `__exit__` before its handshake."""
        secured = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self._changed:
            self._sockets[number] = secured
        try:
            secured.do_handshake()
        except OSError:
            secured.close()
            raise
        return secured

    def _answer(self, connection: socket.socket, request: RecordedRequest) -> bool:
        with self._changed:
            self._requests.append(request)
            step = self._script.popleft() if self._script else self._otherwise
            if step is None:
                self._unscripted.append(request)
            self._changed.notify_all()
        if step is None:
            step = ScriptedResponse(status=500, body=b"the script is over", close="fin")
        response = step if isinstance(step, ScriptedResponse) else step(request)
        self._wait(response.when)
        if response.raw is not None:
            connection.sendall(response.raw)
        else:
            connection.sendall(response.head())
            self._wait(response.body_when)
            if request.method != "HEAD":
                connection.sendall(response.body)
        if response.close == "rst":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return response.close is None

    def _wait(self, event: threading.Event | None) -> None:
        while event is not None and not event.wait(_WAKE_SECONDS):
            if self._closing.is_set():
                return


def _shut_down(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it ended already


def _read_request(connection: socket.socket, stream: BinaryIO, number: int) -> RecordedRequest | None:
    """Return the next request; None when the client has ended the connection."""
    line = stream.readline()
    if not line.strip():
        return None
    method, path, *_ = [*line.decode("latin-1").split(" "), "", ""]
    headers = []
    while (line := stream.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name, value.strip()))
    known = {name.lower(): value for name, value in headers}
    if known.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in known.get("transfer-encoding", "").lower():
        body = _read_chunks(stream)
    else:
        body = stream.read(int(known.get("content-length", "0")))
    return RecordedRequest(method, path, tuple(headers), body, number)


def _read_chunks(stream: BinaryIO) -> bytes:
    body = bytearray()
    while length := int(stream.readline().split(b";")[0] or b"0", 16):
        body += stream.read(length)
        stream.readline()
    while stream.readline().strip():
        pass  # a trailer
    return bytes(body)
