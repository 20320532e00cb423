"""An answer over a `Connection`, and its body. Loaded with the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud._wire._errors import (
    BodyTruncatedError,
    ProtocolError,
    ReadTimeoutError,
    ResponseTooLargeError,
    WireError,
)
from cloud._wire._parse import BadAnswer, Head
from cloud._wire._types import HttpResponse
from cloud.common._bodies import Allocation

if TYPE_CHECKING:
    from cloud._wire._connection import Connection


class SocketResponse(HttpResponse):
    """See `HttpResponse`. An answer that came whole has given its connection back before it is seen."""

    __slots__ = (
        "_closed",
        "_connection",
        "_head",
        "_host",
        "_left",
        "_ready",
        "_received",
        "_reusable",
    )

    def __init__(
        self,
        connection: Connection,
        head: Head,
        length: int | None,
        rest: memoryview,
        chunked: bool,
        reusable: bool,
    ) -> None:
        """Take over the connection; `rest` are the bytes that came after the head."""
        self.status = head.status
        self.headers = head.headers
        self.length = length
        self._host = connection.route.origin.host
        self._connection: Connection | None = connection
        self._reusable = reusable
        self._received = 0  # handed out
        self._closed = False
        self._head = head if chunked else None
        self._ready = b""  # received and not handed out
        self._left = 0  # of a sized body: still to come from the socket
        if chunked:
            if rest:
                self._feed(head, rest)
        elif length is None:
            self._ready = bytes(rest)
        else:
            if len(rest) > length:
                self._reusable = False  # nobody asked for more: the two sides no longer agree
            if length:
                self._ready = bytes(rest[:length])
                self._left = length - len(self._ready)

    def settle(self) -> None:
        """Let go of the connection if the whole body came with the head."""
        if self._head.complete if self._head is not None else self.length is not None and not self._left:
            self._finish()

    def readinto(self, buffer: memoryview) -> int:
        """Return how many bytes were written to `buffer`; 0 only at the end. See `HttpResponse`."""
        if self._closed:
            raise ValueError("the response was closed before its end")
        if not buffer.nbytes:
            return 0
        if self._head is not None:
            self._next_chunks(self._head)
        if self._ready:
            count = min(len(self._ready), buffer.nbytes)
            buffer[:count] = self._ready[:count]
            self._ready = self._ready[count:]
        else:
            count = self._receive(buffer)
        self._received += count
        return count

    def read(self, limit: int) -> bytes:
        """Return the rest of the body, in one allocation where its length is known. See `HttpResponse`."""
        if self._closed:
            raise ValueError("the response was closed before its end")
        if self._head is not None or self.length is None:
            return super().read(limit)
        size = len(self._ready) + self._left
        if size > limit:
            self.close()
            raise ResponseTooLargeError(
                f"the body is longer than {limit} bytes",
                host=self._host,
                request_sent=True,
                response_started=True,
            )
        if not self._left:
            body, self._ready = self._ready, b""
            self._received += size
            return body
        target = Allocation(bytes(size))
        with target.getbuffer() as view:
            done = 0
            while done < size:
                with view[done:] as rest:  # let go of also when an error's traceback keeps the frame
                    done += self.readinto(rest)
        return target.getvalue()

    def close(self) -> None:
        """Give the connection back if the body is over, or its last bytes are there; close it otherwise."""
        self._ready = b""
        connection = self._connection
        if connection is None:
            return
        self._closed = True
        if self._left and self._reusable:
            try:
                self._left -= connection.skip(self._left)
            except OSError:
                self._reusable = False  # nobody waits for these bytes: the connection is closed below
            if not self._left:
                self._finish()
                return
        self._drop()

    def _receive(self, buffer: memoryview) -> int:
        """Return the count of bytes from the socket straight into `buffer`; 0 at the end."""
        connection = self._connection
        if connection is None:
            return 0
        sized = self.length is not None
        try:
            count = connection.recv_into(buffer, min(self._left, buffer.nbytes) if sized else buffer.nbytes)
        except OSError as error:
            raise self._failed(error) from error
        except BaseException:
            self._drop()
            raise
        if sized:
            if not count:
                raise self._failed(None)
            self._left -= count
            if not self._left:
                self._finish()
        elif not count:
            self._drop(closed=False)
        return count

    def _next_chunks(self, head: Head) -> None:
        """Make `_ready` hold bytes of a chunked body, unless it is at its end."""
        while not self._ready and (connection := self._connection) is not None:
            try:
                count = connection.recv_into(connection.buffer)
                if count:
                    self._feed(head, memoryview(connection.buffer)[:count])
            except BadAnswer as error:
                self._drop()
                raise ProtocolError(
                    f"not a valid body: {error}", host=self._host, request_sent=True, response_started=True
                ) from error
            except OSError as error:
                raise self._failed(error) from error
            except BaseException:
                self._drop()
                raise
            if not count:
                raise self._failed(None)
            if head.complete:
                self._finish()

    def _feed(self, head: Head, data: memoryview) -> None:
        head.feed(data)
        if head.chunks:
            self._ready = head.chunks[0] if len(head.chunks) == 1 else b"".join(head.chunks)
            head.chunks.clear()
        if head.surplus:
            self._reusable = False

    def _finish(self) -> None:
        """The body's last byte was received."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if self._reusable:
                connection.pool.put(connection)
            else:
                connection.close()

    def _drop(self, *, closed: bool = True) -> None:
        connection, self._connection = self._connection, None
        self._closed = closed
        if connection is not None:
            connection.close()

    def _failed(self, error: OSError | None) -> WireError:
        """Drop the connection and return what to raise; None is an end that came too early."""
        seconds = self._connection.timeouts.read if self._connection is not None else 0.0
        self._drop()
        if isinstance(error, (BlockingIOError, TimeoutError)):
            return ReadTimeoutError(
                f"silent for {seconds:g} s within the body",
                host=self._host,
                request_sent=True,
                response_started=True,
            )
        how = "closed" if error is None else f"broken ({error})"
        of = "" if self.length is None else f" of {self.length}"
        return BodyTruncatedError(
            f"{how} after {self._received}{of} bytes of the body",
            host=self._host,
            received=self._received,
            expected=self.length,
        )
