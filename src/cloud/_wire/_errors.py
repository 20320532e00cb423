"""What can go wrong on the wire. None of these holds a header's value, a query string or a body.

WireError
 +-- InvalidHeaderError      the request cannot be written as HTTP; nothing was sent
 +-- TransportClosedError    the transport was closed; nothing was sent
 +-- ConnectError            no connection: name, route, refusal
 |    +-- ConnectTimeoutError
 +-- TlsError                the peer's certificate or protocol is not acceptable
 +-- ProxyError              the proxy refused, or is of a kind that is not supported
 +-- WriteTimeoutError       the peer stopped taking the request
 +-- ReadTimeoutError        the peer stopped sending
 +-- ConnectionBrokenError   the connection ended before the answer's head was whole
 +-- BodyTruncatedError      the connection ended within the answer's body
 +-- ProtocolError           the answer is not HTTP, or its framing is contradictory
 +-- ResponseTooLargeError   the answer's head or body is larger than allowed
 +-- RequestBodyError        the request's body is not as long as it said
"""

from __future__ import annotations


class WireError(Exception):
    """Base of what the transport raises.

    Attributes:
        host: the host that the request was for.
        request_sent: any byte of the request may have reached the server: a call that is not
            idempotent may have happened.
        response_started: at least one byte of the answer was received.
        reused: the connection had answered an earlier request. Together with `request_sent` and
            without `response_started` it most likely was closed by the server while idle.
    """

    def __init__(
        self,
        message: str,
        *,
        host: str = "",
        request_sent: bool = False,
        response_started: bool = False,
        reused: bool = False,
    ) -> None:
        super().__init__(f"{host}: {message}" if host else message)
        self.host = host
        self.request_sent = request_sent
        self.response_started = response_started
        self.reused = reused


class InvalidHeaderError(WireError):
    """Method, target, a header or the framing cannot be sent as HTTP. Nothing was sent."""


class TransportClosedError(WireError):
    """The transport was closed by its owner. Nothing was sent."""


class ConnectError(WireError):
    """No connection could be made. Nothing of the request was sent."""


class ConnectTimeoutError(ConnectError):
    """The connection, with its TLS handshake, took longer than `Timeouts.connect`."""


class TlsError(WireError):
    """The certificate or the TLS protocol was not accepted. Nothing of the request was sent."""


class ProxyError(WireError):
    """The proxy refused the connection or is of an unsupported kind.

    Attributes:
        status: the proxy's HTTP status, when it answered.
    """

    def __init__(self, message: str, *, host: str = "", status: int | None = None) -> None:
        super().__init__(message, host=host)
        self.status = status


class WriteTimeoutError(WireError):
    """The peer took no byte of the request for `Timeouts.read` seconds."""


class ReadTimeoutError(WireError):
    """The peer sent no byte for `Timeouts.read` seconds."""


class ConnectionBrokenError(WireError):
    """The connection was closed or reset before the answer's head was whole."""


class BodyTruncatedError(WireError):
    """The connection was closed or reset before the body's end.

    Attributes:
        received: bytes of the body that were handed out.
        expected: the body's whole length; None where the answer did not say.
    """

    def __init__(self, message: str, *, host: str, received: int, expected: int | None) -> None:
        super().__init__(message, host=host, request_sent=True, response_started=True)
        self.received = received
        self.expected = expected


class ProtocolError(WireError):
    """The peer does not speak HTTP/1.1, or the answer's framing contradicts itself."""


class ResponseTooLargeError(WireError):
    """The answer's head or body is larger than the limit."""


class RequestBodyError(WireError):
    """The request's body was shorter or longer than its promised length."""
