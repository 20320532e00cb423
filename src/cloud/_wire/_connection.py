"""One connection: a request out, an answer's head in. Loaded with the first request."""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from cloud._wire._connect import open_socket
from cloud._wire._errors import (
    ConnectionBrokenError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    ResponseTooLargeError,
    WireError,
    WriteTimeoutError,
)
from cloud._wire._parse import MAX_HEAD_BYTES, BadAnswer, Head
from cloud._wire._response import SocketResponse
from cloud._wire._send import SMALL_BODY, send_body

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from cloud._wire._pool import Pool, Route
    from cloud._wire._types import Body, HttpRequest, Timeouts
    from cloud.common._cancel import Cancellation
    from cloud.common._pace import Pace

_MAX_INTERIM = 16  # 1xx answers before the real one; a server has no reason for more than two
_HTTP = b"HTTP/1."
_BODILESS = frozenset({204, 304})
_FIRST_FINAL, _PROXY_AUTHENTICATION = 200, 407
_MINOR_1 = ord("1")


class Connection:
    """A socket, the buffer that heads are received in, and where both belong."""

    __slots__ = (
        "_poller",
        "_tls",
        "_view",
        "answered",
        "buffer",
        "generation",
        "idle_since",
        "kernel_timeouts",
        "pool",
        "recv_into",
        "route",
        "sendall",
        "sock",
        "switch",
        "timeouts",
    )

    def __init__(
        self, pool: Pool, route: Route, timeouts: Timeouts, tls_context: Callable[[], ssl.SSLContext]
    ) -> None:
        self.pool = pool
        self.route = route
        self.timeouts = timeouts
        self.generation = pool.generation
        self.sock, self._tls, self.kernel_timeouts = open_socket(route, timeouts, tls_context)
        self.recv_into = self.sock.recv_into
        self.sendall = self.sock.sendall
        self.buffer = bytearray(MAX_HEAD_BYTES)
        self._view = memoryview(self.buffer)
        self.answered = False  # an earlier request: then this connection is a reused one
        self.idle_since = 0.0
        self.switch: Cancellation | None = None
        self._poller = _make_poller(self.sock)

    @property
    def host(self) -> str:
        """The host that the requests are for, also through a proxy."""
        return self.route.origin.host

    @property
    def pace(self) -> Pace | None:
        """How fast bodies may be sent; None for no limit."""
        switch = self.switch
        return None if switch is None else switch.pace

    def readable(self) -> bool:
        """Return whether bytes or an end have arrived, without taking or waiting."""
        if self._tls is not None and self._tls.pending():
            return True
        if self._poller is not None:
            return bool(self._poller.poll(0))
        return bool(select.select((self.sock,), (), (), 0)[0])

    def skip(self, size: int) -> int:
        """Throw away up to `size` bytes that have arrived already; return how many."""
        waiting = self.readable() if self._tls is None else self._tls.pending() >= size
        return self.recv_into(self.buffer, size) if waiting and size <= len(self.buffer) else 0

    def ended_by(self, switch: Cancellation) -> None:
        """Let `switch` end what is going on, until the connection is free or closed.

        Raises:
            CancelledError: it has ended everything already; the connection is closed.
        """
        try:
            switch.watch(self)
        except BaseException:
            self.close()
            raise
        self.switch = switch

    def free(self) -> None:
        """Nothing is going on any more that a switch could end."""
        switch, self.switch = self.switch, None
        if switch is not None:
            switch.forget(self)

    def stop(self) -> None:
        """End what another thread is sending or waiting for."""
        with suppress(OSError):  # the other side was faster
            # Not TLS's own: that would change the object under the thread that is using it.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the descriptor. TLS's closing message is not sent: after a fork it would end the parent's."""
        self.free()
        self.sock.close()

    def exchange(self, request: HttpRequest, head: bytes, length: int | None) -> SocketResponse:
        """Send the request and return the answer once its head is there.

        The connection goes back to the pool when the answer is over, and is closed on any error.
        """
        try:
            error = self._send(request.body, head, length)
            if error is not None:
                self._check_for_early_answer(error)
            response = self._receive(request, error is None)
        except BaseException:
            self.close()
            raise
        response.settle()  # from here on another thread may have the connection
        return response

    def _send(self, body: Body | None, head: bytes, length: int | None) -> OSError | None:
        """Send everything and return the socket's error, if it had one."""
        if body is None:
            data = head
        elif type(body) is bytes and len(body) <= SMALL_BODY and self.pace is None:
            data = head + body
        else:
            return send_body(self, head, body, length)
        try:
            self.sendall(data)
        except OSError as error:
            del data  # the error's traceback keeps this frame, and the head has credentials
            return error
        return None

    def _check_for_early_answer(self, error: OSError) -> None:
        """Return when the server answered before it had everything, and closed: the answer says why."""
        timed_out = isinstance(error, (BlockingIOError, TimeoutError))
        # Under TLS what has arrived may as well be a session ticket: no reason to wait once more.
        if self.readable() and not (timed_out and self._tls is not None):
            return
        if timed_out:
            raise WriteTimeoutError(
                f"took nothing for {self.timeouts.read:g} s", host=self.host, request_sent=True
            ) from error
        raise self._broken(f"broken while sending: {error}", started=False) from error

    def _receive(self, request: HttpRequest, reusable: bool) -> SocketResponse:
        """Return the first answer that is not an interim one."""
        filled = 0
        try:
            for _ in range(_MAX_INTERIM):
                end, filled = self._receive_head(filled)
                head = Head(self.buffer, self._view, end)
                if head.status >= _FIRST_FINAL:
                    return self._respond(request, head, end, filled, reusable)
                # An interim answer makes room for the next one.
                filled -= end
                self._view[:filled] = self._view[end : end + filled]
        except BadAnswer as error:
            raise self._protocol_error(error) from error
        raise self._protocol_error("too many interim answers")

    def _respond(
        self, request: HttpRequest, head: Head, end: int, filled: int, reusable: bool
    ) -> SocketResponse:
        if request.mark is not None and request.mark.contradicts(head.headers):
            raise BadAnswer("it answers another request")
        if head.status == _PROXY_AUTHENTICATION and self.route.proxy is not None:
            raise ProxyError("wants other credentials", host=self.host, status=head.status)
        chunked, length = head.is_chunked(), head.body_length()
        if request.method == "HEAD" or head.status in _BODILESS:
            chunked, length = False, 0
        option = head.headers.get("connection")
        if option is not None and "close" in option.lower():
            reusable = False
        # HTTP/1.0 has no agreed way to keep a connection.
        reusable = reusable and self.buffer[len(_HTTP)] == _MINOR_1
        self.answered = True
        return SocketResponse(self, head, length, self._view[end:filled], chunked, reusable)

    def _receive_head(self, filled: int) -> tuple[int, int]:
        """Return where the first head in the buffer ends and how much the buffer holds."""
        buffer, view, recv_into = self.buffer, self._view, self.recv_into
        start = 0
        while (end := buffer.find(b"\r\n\r\n", start, filled)) < 0:
            if filled:
                self._check_unfinished_head(filled)
                start = max(0, filled - 3)
            try:
                count = recv_into(view[filled:] if filled else view)
            except (BlockingIOError, TimeoutError) as error:
                raise ReadTimeoutError(
                    f"silent for {self.timeouts.read:g} s",
                    host=self.host,
                    request_sent=True,
                    response_started=filled > 0,
                    reused=self.answered,
                ) from error
            except OSError as error:
                raise self._broken(f"broken before the answer: {error}", started=filled > 0) from error
            if not count:
                raise self._broken("closed before the answer", started=filled > 0)
            filled += count
        return end + 4, filled

    def _check_unfinished_head(self, filled: int) -> None:
        buffer = self.buffer
        if buffer[: min(filled, len(_HTTP))] != _HTTP[:filled]:
            raise self._protocol_error("the answer is not HTTP/1")
        if b"\n\n" in buffer[:filled]:
            raise self._protocol_error("the answer's lines do not end in CR LF")
        if filled == len(buffer):
            raise ResponseTooLargeError(
                f"the head is longer than {MAX_HEAD_BYTES} bytes",
                host=self.host,
                request_sent=True,
                response_started=True,
            )

    def _broken(self, message: str, *, started: bool) -> WireError:
        return ConnectionBrokenError(
            message, host=self.host, request_sent=True, response_started=started, reused=self.answered
        )

    def _protocol_error(self, reason: object) -> WireError:
        return ProtocolError(
            f"not a valid answer: {reason}", host=self.host, request_sent=True, response_started=True
        )


def _make_poller(sock: socket.socket) -> select.poll | None:
    if not hasattr(select, "poll"):  # Windows
        return None
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return poller
