"""Sending a request's body from memory, from a file, or from an iterable. Loaded with the first request."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from cloud._wire._errors import RequestBodyError
from cloud.common._bodies import FileRange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud._wire._connection import Connection
    from cloud._wire._types import Body

# Up to here head and body are joined and go out in one call: the copy costs less than a second call.
SMALL_BODY = 1 << 16
_SENDFILE_STEP = 1 << 30  # Linux moves at most 2 GiB less a page per call (sendfile(2))
# The peer's doing; any other error of sendfile comes from the file.
_PEER_ERRORS = frozenset(
    {
        errno.EAGAIN, errno.ECONNABORTED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETDOWN,
        errno.ENETUNREACH, errno.ENOTCONN, errno.EPIPE, errno.ETIMEDOUT,
    }
)  # fmt: skip
_NO_SENDFILE = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})  # not from this file system


class _SendFailed(Exception):  # noqa: N818  # never leaves the module
    """The socket refused bytes; `cause` is its error. Keeps it apart from errors of the caller's own body."""

    def __init__(self, cause: OSError) -> None:
        super().__init__()
        self.cause = cause


def send_body(connection: Connection, head: bytes, body: Body, length: int | None) -> OSError | None:
    """Send the head and then the body, and return the socket's error, if it had one.

    Args:
        connection: used for writing only.
        head: goes first.
        body: whatever the caller's iterable or file raises goes through, unchanged.
        length: what the head promises; None means chunked.

    Raises:
        RequestBodyError: the body is not `length` bytes long.
    """
    try:
        _send(connection, head, body, length)
    except _SendFailed as failed:
        return failed.cause
    return None


def _send(connection: Connection, head: bytes, body: Body, length: int | None) -> None:
    if isinstance(body, (bytes, bytearray, memoryview)):
        view = memoryview(body).cast("B")
        if len(view) <= SMALL_BODY:
            _write(connection, b"".join((head, view)))
        else:
            _write(connection, head)
            _write(connection, view)
    elif isinstance(body, FileRange):
        _send_file(connection, head, body)
    elif length is None:
        _send_chunked(connection, head, body)
    else:
        _send_sized(connection, head, body, length)


def _send_file(connection: Connection, head: bytes, body: FileRange) -> None:
    with body.open() as descriptor:
        _write(connection, head)
        sent = 0
        if connection.kernel_timeouts and hasattr(os, "sendfile"):
            sent = _sendfile(connection, descriptor, body)
        for block in body.blocks(descriptor, sent):
            _write(connection, block)
            sent += len(block)
    if sent != body.length:
        raise _wrong_length(connection, sent, body.length)


def _sendfile(connection: Connection, descriptor: int, body: FileRange) -> int:
    """Return how many bytes the kernel sent by itself: all, or none where it cannot, or up to the file's end."""
    out, sent = connection.sock.fileno(), 0
    pace = connection.pace
    step = _SENDFILE_STEP if pace is None else pace.piece
    while sent < body.length:
        length = min(body.length - sent, step)
        if pace is not None:
            pace.take(length)
        try:
            count = os.sendfile(out, descriptor, body.offset + sent, length)
        except OSError as error:
            if error.errno in _PEER_ERRORS:
                raise _SendFailed(error) from error
            if not sent and error.errno in _NO_SENDFILE:
                return 0
            raise
        if not count:
            break
        sent += count
    return sent


def _send_sized(
    connection: Connection, head: bytes, blocks: Iterable[bytes | memoryview], length: int
) -> None:
    _write(connection, head)
    sent = 0
    for block in blocks:
        view = memoryview(block).cast("B")
        sent += len(view)
        if sent > length:
            break  # the surplus would be read as the next request
        _write(connection, view)
    if sent != length:
        raise _wrong_length(connection, sent, length)


def _send_chunked(connection: Connection, head: bytes, blocks: Iterable[bytes | memoryview]) -> None:
    _write(connection, head)
    for block in blocks:
        view = memoryview(block).cast("B")
        size = len(view)
        if not size:
            continue  # a chunk of no bytes is the end of the body
        if size <= SMALL_BODY:
            _write(connection, b"".join((b"%x\r\n" % size, view, b"\r\n")))
        else:
            _write(connection, b"%x\r\n" % size)
            _write(connection, view)
            _write(connection, b"\r\n")
    _write(connection, b"0\r\n\r\n")


def _write(connection: Connection, data: bytes | memoryview) -> None:
    pace = connection.pace
    try:
        if pace is None:
            connection.sendall(data)
        else:
            for piece in pace.pieces(data):
                connection.sendall(piece)
    except OSError as error:
        del data  # the traceback keeps this frame, and a head has credentials
        raise _SendFailed(error) from error


def _wrong_length(connection: Connection, sent: int, length: int) -> RequestBodyError:
    more = "at least " if sent > length else ""
    return RequestBodyError(
        f"the body has {more}{sent} bytes, {length} were promised", host=connection.host, request_sent=True
    )
