"""HTTP/1.1 on asyncio streams, for the test servers: heads as received, bodies piece by piece.

It is lenient on purpose and follows no redirect, decodes no content and keeps no state: what a peer says
is passed on as it is. https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import asyncio
import http
import socket
import struct
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

# Of one head, and half of what asyncio reads ahead of a body.
READ_LIMIT_BYTES = 1 << 18
PIECE_BYTES = 1 << 16
_SPOOL_MEMORY_BYTES = 1 << 20
_FLUSH_POLL_SECONDS = 0.005
_FLUSH_POLLS = 400
_LINE = b"\r\n"


class PeerGoneError(Exception):
    """The other side ended the connection in the middle of a message, or before one."""


@dataclass(frozen=True)
class Head:
    """The first line and the headers of a message, as received."""

    start: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """Return the first value of the header `name` (lower case)."""
        return next((value for other, value in self.headers if other.lower() == name), None)

    def without(self, *names: str) -> list[tuple[str, str]]:
        """Return the headers but those called `names` (lower case)."""
        return [header for header in self.headers if header[0].lower() not in names]

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return "chunked" in (self.get("transfer-encoding") or "").lower()

    @property
    def length(self) -> int | None:
        """The body's length where the head says it."""
        value = self.get("content-length")
        return _number(value) if value is not None and not self.chunked else None

    @property
    def status(self) -> int:
        """The status of an answer."""
        return _number(self.start.partition(" ")[2][:3])

    @property
    def keeps_connection(self) -> bool:
        """Whether the sender of this request wants to use the connection again."""
        wish = (self.get("connection") or "").lower()
        return "keep-alive" in wish if self.start.endswith("HTTP/1.0") else "close" not in wish


def _number(text: str) -> int:
    """Return the number that `text` must be; a peer that says otherwise does not speak HTTP."""
    try:
        return int(text)
    except ValueError as error:
        raise PeerGoneError(f"not a number: {text[:40]!r}") from error


def encode_head(start: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the bytes of a head."""
    return "".join([start, "\r\n", *(f"{name}: {value}\r\n" for name, value in headers), "\r\n"]).encode(
        "latin-1"
    )


def status_line(status: int) -> str:
    """Return the first line of an answer."""
    known = {member.value: member.phrase for member in http.HTTPStatus}
    return f"HTTP/1.1 {status} {known.get(status, 'Unknown')}"


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Return the next message's head.

    Raises:
        PeerGoneError: the connection ended, or the head is longer than 256 KiB.
    """
    try:
        raw = await reader.readuntil(_LINE + _LINE)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
        raise PeerGoneError("no head") from error
    start, *lines = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    return Head(start, tuple((name, value.strip()) for name, _, value in pairs))


async def _exactly(reader: asyncio.StreamReader, length: int) -> AsyncIterator[bytes]:
    while length:
        try:
            piece = await reader.read(min(length, PIECE_BYTES))
        except ConnectionError as error:
            raise PeerGoneError("reset in the body") from error
        if not piece:
            raise PeerGoneError("the body is short")
        length -= len(piece)
        yield piece


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    try:
        while length := int((await reader.readuntil(_LINE)).split(b";")[0], 16):
            async for piece in _exactly(reader, length):
                yield piece
            await reader.readexactly(len(_LINE))
        while await reader.readuntil(_LINE) != _LINE:
            pass  # a trailer
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError) as error:
        raise PeerGoneError("broken chunks") from error


async def _until_end(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    try:
        while piece := await reader.read(PIECE_BYTES):
            yield piece
    except ConnectionError as error:
        raise PeerGoneError("reset in the body") from error


async def _nothing() -> AsyncIterator[bytes]:
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


def request_body(reader: asyncio.StreamReader, head: Head) -> AsyncIterator[bytes]:
    """Yield the pieces of a request's body, framing removed; at most 64 KiB each."""
    return _chunks(reader) if head.chunked else _exactly(reader, head.length or 0)


def answer_body(reader: asyncio.StreamReader, head: Head, method: str) -> AsyncIterator[bytes]:
    """Yield the pieces of the body of the answer to a `method` request."""
    if not has_body(head, method):
        return _nothing()
    if head.chunked:
        return _chunks(reader)
    return _until_end(reader) if head.length is None else _exactly(reader, head.length)


def has_body(head: Head, method: str) -> bool:
    """Return whether such an answer has a body.

    https://www.rfc-editor.org/rfc/rfc9112#section-6.3
    """
    return method != "HEAD" and head.status not in {204, 304}


class Spool:
    """A body kept to be read more than once: up to 1 MiB in memory, more in a temporary file."""

    def __init__(self) -> None:
        # typeshed gives the class only the methods of BinaryIO that it had in 3.10.
        self._file = cast("BinaryIO", tempfile.SpooledTemporaryFile(_SPOOL_MEMORY_BYTES))  # noqa: SIM115 - closed by `close`
        self.length = 0

    async def fill(self, pieces: AsyncIterator[bytes]) -> None:
        """Read `pieces` to their end."""
        async for piece in pieces:
            self._file.write(piece)
            self.length += len(piece)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body from its start."""
        self._file.seek(0)
        while piece := self._file.read(PIECE_BYTES):
            yield piece

    def close(self) -> None:
        """Give the memory or the file back."""
        self._file.close()


async def first(pieces: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    """Yield the first `limit` bytes of `pieces`."""
    if not limit:
        return
    async for piece in pieces:
        yield piece[:limit]
        limit -= len(piece)
        if limit <= 0:
            return


async def flipped(pieces: AsyncIterator[bytes], position: int) -> AsyncIterator[bytes]:
    """Yield `pieces` with the bits of one byte turned: the one at `position`, else the last one."""
    offset, done, held = 0, False, b""
    async for piece in pieces:
        if held:
            yield held
        held = piece
        if offset <= position < offset + len(piece):
            held, done = _flip(piece, position - offset), True
        offset += len(piece)
    if held:
        yield held if done else _flip(held, len(held) - 1)


def _flip(piece: bytes, position: int) -> bytes:
    return piece[:position] + bytes([piece[position] ^ 0x55]) + piece[position + 1 :]


class Connection:
    """The client's end of a connection: what is written is on its way when a call returns."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        # drain() then waits for an empty buffer, which bounds the memory and makes a reset come after the bytes
        writer.transport.set_write_buffer_limits(high=0)

    async def write(self, data: bytes) -> None:
        """Send `data`."""
        self.writer.write(data)
        await self.writer.drain()

    async def reset(self) -> None:
        """End the connection with RST, after the peer's kernel has what was written.

        Nothing happens when the peer hung up meanwhile and the connection is closed already.
        """
        sock = self.writer.get_extra_info("socket")
        await _sent(sock)
        if sock.fileno() < 0:
            return
        # closing with a linger time of zero is how a RST is asked for: socket(7), SO_LINGER
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


async def _sent(sock: socket.socket) -> None:
    """Return when the peer has acknowledged all that was written, or after two seconds.

    A RST throws away what is still queued here, and a peer that does not read leaves it queued.
    """
    if sys.platform != "linux":  # elsewhere the queue's length is not so easily asked for
        await asyncio.sleep(40 * _FLUSH_POLL_SECONDS)
        return
    import fcntl
    import termios

    for _ in range(_FLUSH_POLLS):
        if sock.fileno() < 0:
            return
        # for sockets this is SIOCOUTQ, the unacknowledged bytes: tcp(7)
        (queued,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))
        if not queued:
            return
        await asyncio.sleep(_FLUSH_POLL_SECONDS)
