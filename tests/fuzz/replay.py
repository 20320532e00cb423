"""A raw server on loopback that plays answers: one after the other, byte for byte, one a connection."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from cloud.testing._http1 import status_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Self

MAX_REQUESTS = 40
"""Of one play; after them connections just end, so that no loop of a client is endless."""
_JOIN_SECONDS = 10.0


class Answer(NamedTuple):
    """One answer.

    Attributes:
        status: of the answer.
        headers: in order; where none frames the body, its length is added, and that the connection ends.
        body: not sent to HEAD.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def raw(self, method: str) -> bytes:
        """Return the bytes that go out."""
        names = {name.lower() for name, _ in self.headers}
        headers = list(self.headers)
        if not names & {"content-length", "transfer-encoding"} and self.status not in {204, 304}:
            headers.append(("Content-Length", str(len(self.body))))
        if "connection" not in names:
            headers.append(("Connection", "close"))
        lines = [status_line(self.status), *(f"{name}: {value}" for name, value in headers), "", ""]
        # What a header can hold are bytes; what a mutation made of it need not be.
        head = "\r\n".join(lines).encode("latin-1", "replace")
        return head if method == "HEAD" else head + self.body


class Player:
    """Answers each request with the next answer of a play, and again with the last one when it is over.

    Each play has a port of its own: a connection that the play before left behind can't take an answer of it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Sequence[Answer] = ()
        self._asked = 0
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._closing = False
        self.url = ""

    @property
    def asked(self) -> int:
        """How many requests this play has had."""
        with self._lock:
            return self._asked

    def play(self, answers: Sequence[Answer]) -> None:
        """Begin a new play, at a new `url`."""
        self._end()
        self._answers, self._asked, self._closing = answers, 0, False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Nothing listens before the first play."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the listener."""
        self._end()

    def _end(self) -> None:
        if self._listener is None or self._thread is None:
            return
        self._closing = True
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join(_JOIN_SECONDS)
        self._listener.close()
        self._listener = self._thread = None

    def _accept(self, listener: socket.socket) -> None:
        """Serve one connection after the other: clients under test use one at a time."""
        while True:
            connection, _ = listener.accept()
            if self._closing:
                connection.close()
                return
            with connection:
                connection.settimeout(_JOIN_SECONDS)
                try:
                    self._serve(connection)
                except (OSError, ValueError):
                    continue  # the client hung up, or sent half a request

    def _serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            method = read_request(connection, stream)
            if not method:
                return
            with self._lock:
                place = min(self._asked, len(self._answers) - 1)
                self._asked += 1
                answer = self._answers[place] if self._asked <= MAX_REQUESTS else None
            if answer is not None:
                connection.sendall(answer.raw(method))


def read_request(connection: socket.socket, stream: BinaryIO) -> str:
    """Read one request to its end and return its method."""
    method = stream.readline().decode("latin-1").split(" ")[0].strip()
    length, chunked = 0, False
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "content-length":
            length = int(value)
        elif name.lower() == "transfer-encoding":
            chunked = True
        elif name.lower() == "expect":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while chunked and (size := int(stream.readline().split(b";")[0], 16)):
        stream.read(size + 2)
    if chunked:
        stream.readline()  # what is left unread becomes a reset
    while length:
        length -= len(stream.read(min(length, 1 << 16)) or b"x" * length)
    return method
